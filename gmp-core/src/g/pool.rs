//! Free goroutine slots: a LIFO list per P for the default class, and one depot
//! per class that all share. What the depot did not need for a while loses its
//! memory (`stack/README.md`, "Giving memory back").
#![expect(unsafe_code, reason = "slots change owners here")]

use super::{G, ahead};
use crate::coroutine;
use crate::m::M;
use crate::prim::{self, Locked, RawBuf};
use crate::stack::{self, Class, Slot, StackError};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

/// Slots a P keeps for itself, and how many move at a time.
const LOCAL_MAX: usize = 256;
const BATCH: usize = LOCAL_MAX / 2;
/// Warm slots a depot always keeps: many small ones, of large ones none.
fn keep(class: Class) -> usize {
    const MOST: usize = 1024;
    const LARGE: usize = 1 << 20;
    const BYTES: usize = 256 << 20;
    let size = class.slot_size();
    if size > LARGE { 0 } else { MOST.min(BYTES / size) }
}
/// How often a depot's excess is looked at, in nanoseconds.
pub(crate) const TRIM_PERIOD: u64 = 500_000_000;
/// Slots that lose their memory per lock hold.
const TRIM_BATCH: usize = 64;

/// The class new goroutines get unless they ask.
static DEFAULT_CLASS: AtomicUsize = AtomicUsize::new(4);

pub(crate) fn set_default_class(class: Class) {
    DEFAULT_CLASS.store(class.index(), Relaxed);
}

#[inline(always)]
pub(crate) fn default_class() -> Class {
    Class::from_index(DEFAULT_CLASS.load(Relaxed))
}

/// A P's own free slots, last in first out. Touched by the P's owner only. An
/// array of pointers, not a list through the records: finding the next slot must
/// not wait for the memory of this one.
pub(crate) struct FreeGs {
    len: Cell<usize>,
    slots: [Cell<Option<&'static G>>; LOCAL_MAX],
}

impl FreeGs {
    pub(crate) fn new() -> FreeGs {
        FreeGs { len: Cell::new(0), slots: [const { Cell::new(None) }; LOCAL_MAX] }
    }

    pub(crate) fn len(&self) -> usize {
        self.len.get()
    }

    /// False, and nothing done, if there is no room.
    #[inline(always)]
    fn push(&self, gp: &'static G) -> bool {
        let len = self.len.get();
        let Some(slot) = self.slots.get(len) else { return false };
        slot.set(Some(gp));
        self.len.set(len + 1);
        true
    }

    #[inline(always)]
    fn pop(&self) -> Option<&'static G> {
        let len = self.len.get().checked_sub(1)?;
        let gp = self.slots.get(len)?.get();
        self.len.set(len);
        if let Some(next) = self.slots[len.saturating_sub(1)].get() {
            prim::prefetch(next);
        }
        gp
    }
}

/// What all Ps share of one class.
struct Depot {
    /// Slots with memory and a record.
    warm: Option<&'static G>,
    warm_len: usize,
    /// The fewest warm slots since the last look.
    low_water: usize,
    /// Slots without memory, by number.
    cold: RawBuf<u32>,
    cold_len: usize,
    /// Slots from here on were never used.
    fresh: u32,
    /// Slots below this are guarded (`ahead.rs`).
    guarded: u32,
}

static DEPOTS: [Locked<Depot>; Class::COUNT] = [const {
    Locked::new(Depot {
        warm: None,
        warm_len: 0,
        low_water: 0,
        cold: RawBuf::empty(),
        cold_len: 0,
        fresh: 0,
        guarded: 0,
    })
}; Class::COUNT];

fn depot(class: Class) -> &'static Locked<Depot> {
    &DEPOTS[class.index()]
}

/// A depot has excess that nobody has looked at yet.
static TRIM_WANTED: AtomicBool = AtomicBool::new(false);

impl Depot {
    fn push_warm(&mut self, gp: &'static G) {
        gp.free_link.set(self.warm);
        self.warm = Some(gp);
        self.warm_len += 1;
    }

    fn pop_warm(&mut self) -> Option<&'static G> {
        let gp = self.warm?;
        self.warm = gp.free_link.get();
        self.warm_len -= 1;
        self.low_water = self.low_water.min(self.warm_len);
        Some(gp)
    }

    /// A slot without a record: given back, or never used.
    fn pop_bare(&mut self, class: Class) -> Result<Slot, StackError> {
        if self.cold_len > 0 {
            self.cold_len -= 1;
            // SAFETY: entries below the former cold_len were written.
            let index = unsafe { self.cold.get(self.cold_len) };
            return Ok(Slot { class, index });
        }
        if self.fresh as usize >= stack::max_slots(class) {
            return Err(StackError::AllInUse { class, slots: self.fresh });
        }
        class.commit()?;
        let slot = Slot { class, index: self.fresh };
        if self.fresh >= self.guarded {
            slot.prepare()?;
            ahead::used_up(class, self.fresh);
        }
        self.fresh += 1;
        Ok(slot)
    }

    fn push_cold(&mut self, index: u32) -> bool {
        if self.cold_len == self.cold.capacity() {
            let cap = (self.cold_len * 2).max(1024);
            let Some(mut grown) = RawBuf::with_capacity(cap) else { return false };
            for i in 0..self.cold_len {
                // SAFETY: i < cold_len <= both capacities, and was written.
                unsafe { grown.set(i, self.cold.get(i)) };
            }
            self.cold = grown;
        }
        // SAFETY: cold_len < capacity; the lock makes us the only user.
        unsafe { self.cold.set(self.cold_len, index) };
        self.cold_len += 1;
        true
    }
}

/// A dead slot of `class` for a new goroutine. `mp`: the caller's M, in the
/// scheduler, or None on a plain thread.
#[inline(always)]
pub(crate) fn get(class: Class, mp: Option<&'static M>) -> Result<&'static G, StackError> {
    if let Some(mp) = mp
        && class == default_class()
        && let Some(gp) = mp.p().free.pop()
    {
        return Ok(gp);
    }
    get_slow(class, mp)
}

#[cold]
#[inline(never)]
fn get_slow(class: Class, mp: Option<&'static M>) -> Result<&'static G, StackError> {
    let local = mp.filter(|_| class == default_class()).map(|mp| &mp.p().free);
    let found = depot(class).with(|depot| {
        if let Some(gp) = depot.pop_warm() {
            if let Some(local) = local {
                for _ in 1..BATCH {
                    let Some(gp) = depot.pop_warm() else { break };
                    local.push(gp);
                }
            }
            return Ok(Ok(gp));
        }
        depot.pop_bare(class).map(Err)
    })?;
    Ok(match found {
        Ok(gp) => gp,
        Err(slot) => {
            let record = slot.g_ptr();
            // SAFETY: the slot is prepared and ours; its memory holds nothing.
            let gp = unsafe {
                record.write(G::new(slot));
                &*record
            };
            if !coroutine::MAKE_ALLOCATES {
                // SAFETY: as above; the packet area lies between stack and record.
                let made = unsafe { gp.ctx.make(gp, gp.small_packet() as usize) };
                debug_assert!(made.is_ok(), "what allocates nothing cannot fail");
            }
            gp
        }
    })
}

/// Takes a dead slot back. Same `mp` as for `get`.
#[inline(always)]
pub(crate) fn put(gp: &'static G, mp: Option<&'static M>) {
    if let Some(mp) = mp
        && gp.slot.class == default_class()
    {
        let local = &mp.p().free;
        if !local.push(gp) {
            put_batch(gp, local);
        }
        return;
    }
    put_shared(gp);
}

#[cold]
#[inline(never)]
fn put_batch(gp: &'static G, local: &FreeGs) {
    let class = gp.slot.class;
    let excess = depot(class).with(|depot| {
        for _ in 0..BATCH {
            let Some(gp) = local.pop() else { break };
            depot.push_warm(gp);
        }
        depot.warm_len > 2 * keep(class)
    });
    local.push(gp);
    want_trim(excess);
}

#[inline(never)]
fn put_shared(gp: &'static G) {
    let class = gp.slot.class;
    let excess = depot(class).with(|depot| {
        depot.push_warm(gp);
        depot.warm_len > 2 * keep(class)
    });
    want_trim(excess);
}

fn want_trim(excess: bool) {
    if excess && !TRIM_WANTED.load(Relaxed) && !TRIM_WANTED.swap(true, Relaxed) {
        crate::m::spawner::ring();
    }
}

/// Where making a coroutine allocates: a slot for the spawner to make one in.
static TO_BE_MADE: Locked<Option<&'static G>> = Locked::new(None);
/// How many the spawner makes when asked for one.
const MADE_AHEAD: usize = 64;

/// Has the spawner make coroutines in `gp`, a slot of the default class that has none, and
/// in others. They come to the depot. In the scheduler.
#[cold]
pub(crate) fn have_made(gp: &'static G) {
    let refused = TO_BE_MADE.with(|place| {
        let refused = place.is_some();
        if !refused {
            *place = Some(gp);
        }
        refused
    });
    if refused {
        put_shared(gp);
    }
    crate::m::spawner::ring();
}

/// Makes what `have_made` asked for. Called by the spawner thread.
pub(crate) fn make_if_asked() {
    let Some(gp) = TO_BE_MADE.with(Option::take) else { return };
    let mut slots = vec![gp];
    while slots.len() < MADE_AHEAD
        && let Ok(gp) = get(gp.slot.class, None)
    {
        slots.push(gp);
    }
    for gp in slots {
        if !gp.ctx.is_made() {
            // Without memory it stays as it is, and is asked for again.
            // SAFETY: a dead slot of ours; the packet area lies between stack and record.
            let _ = unsafe { gp.ctx.make(gp, gp.small_packet() as usize) };
        }
        put_shared(gp);
    }
}

/// Moves all of a P's free slots to the depot: the P goes away. The world is
/// stopped.
pub(crate) fn flush(local: &FreeGs) {
    while let Some(gp) = local.pop() {
        put_shared(gp);
    }
}

/// True while a depot has excess; the spawner then calls `trim` once a period.
pub(crate) fn trim_wanted() -> bool {
    TRIM_WANTED.load(Relaxed)
}

/// Gives back what no depot needed since the last call. Called by the spawner
/// thread, once a `TRIM_PERIOD` while `trim_wanted`.
pub(crate) fn trim() {
    TRIM_WANTED.store(false, Relaxed);
    let mut again = false;
    for index in 0..Class::COUNT {
        let class = Class::from_index(index);
        let depot = depot(class);
        let excess = depot.with(|inner| {
            let excess = inner.low_water.saturating_sub(keep(class));
            inner.low_water = inner.warm_len;
            excess
        });
        give_back(class, excess);
        again |= depot.with(|inner| inner.warm_len > 2 * keep(class));
    }
    if again {
        TRIM_WANTED.store(true, Relaxed);
    }
}

fn give_back(class: Class, mut count: usize) {
    let depot = depot(class);
    while count > 0 {
        let mut taken = [0_u32; TRIM_BATCH];
        let mut len = 0;
        depot.with(|inner| {
            while len < TRIM_BATCH.min(count) {
                let Some(gp) = inner.pop_warm() else { break };
                taken[len] = gp.slot.index;
                len += 1;
            }
        });
        if len == 0 {
            return;
        }
        count -= len;
        let taken = &mut taken[..len];
        taken.sort_unstable();
        discard(class, taken);
        depot.with(|inner| {
            for &index in &*taken {
                // Without memory for the list the slot is lost, nothing else.
                inner.push_cold(index);
            }
        });
    }
}

/// `taken` is sorted; neighbours go in one system call.
fn discard(class: Class, taken: &[u32]) {
    for &index in taken {
        // SAFETY: the slot was on the free list: its record is there, nothing
        // runs on it, and it is ours now.
        unsafe {
            let gp = &*Slot { class, index }.g_ptr();
            gp.ctx.release(gp);
        }
    }
    let mut rest = taken;
    while let Some(&first) = rest.first() {
        let run = rest
            .iter()
            .enumerate()
            .take_while(|&(i, &index)| index as usize == first as usize + i)
            .count();
        // SAFETY: all slots of the run are dead, off every list, and ours.
        unsafe { Slot { class, index: first }.discard_run(run) };
        rest = &rest[run..];
    }
}

/// Slots in use and free, for `Stats`. A snapshot.
pub(crate) fn bytes_in_use(local_free: usize) -> u64 {
    let mut bytes = 0_u64;
    for index in 0..Class::COUNT {
        let class = Class::from_index(index);
        let mut used =
            depot(class).with(|inner| inner.fresh as usize - inner.warm_len - inner.cold_len);
        if class == default_class() {
            used = used.saturating_sub(local_free);
        }
        bytes += used as u64 * class.slot_size() as u64;
    }
    bytes
}

/// Never-used slots of `class`: where they begin, and below where they are
/// guarded.
pub(super) fn fresh(class: Class) -> (u32, u32) {
    depot(class).with(|depot| (depot.fresh, depot.guarded))
}

/// Slots of `class` below `end` are guarded from now on.
pub(super) fn set_guarded(class: Class, end: u32) {
    depot(class).with(|depot| depot.guarded = depot.guarded.max(end));
}
