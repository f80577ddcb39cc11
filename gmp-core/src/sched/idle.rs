//! Ps and Ms without work, and how they come together again.
//!
//! One spin lock over four lists: idle Ps, idle Ms (`m/idle.rs`), the keeper,
//! and pending Ps, which wait for a thread to be made. The lock is taken when
//! somebody goes idle or is woken, never while goroutines hand work to each
//! other on busy Ps.
#![expect(unsafe_code, reason = "lists linked through Ps that live for ever")]

use super::{SCHED, ready};
use crate::m::{IdleMs, M, spawner};
use crate::p::{P, status};
use crate::prim::{AtomicU32, AtomicU64, SpinLock};
use std::cell::Cell;
use std::ptr::{from_ref, null};
use std::sync::atomic::Ordering::Relaxed;

pub(crate) struct Idle {
    lock: SpinLock,
    ms: IdleMs,
    ps: Cell<*const P>,
    pending: Cell<*const P>,
    pending_len: Cell<u32>,
    /// Threads the spawner is making.
    starting: Cell<u32>,
    /// When the keeper wakes by itself; u64::MAX without a keeper.
    keeper_until: AtomicU64,
    /// Ms that exist or are being made.
    threads: AtomicU32,
    max_threads: AtomicU32,
    threads_created: AtomicU64,
}

// SAFETY: the cells and `ms` are touched under `lock` only.
unsafe impl Sync for Idle {}

/// Go's default for the number of threads.
const DEFAULT_MAX_THREADS: u32 = 10_000;

impl Idle {
    pub(crate) const fn new() -> Idle {
        Idle {
            lock: SpinLock::new(),
            ms: IdleMs::new(),
            ps: Cell::new(null()),
            pending: Cell::new(null()),
            pending_len: Cell::new(0),
            starting: Cell::new(0),
            keeper_until: AtomicU64::new(u64::MAX),
            threads: AtomicU32::new(0),
            max_threads: AtomicU32::new(DEFAULT_MAX_THREADS),
            threads_created: AtomicU64::new(0),
        }
    }

    fn push_idle_p(&self, p: &'static P) {
        debug_assert!(p.runq.is_empty(), "a P with work went idle");
        p.set_status(status::IDLE);
        p.link.set(self.ps.get());
        self.ps.set(p);
        SCHED.wake.p_idle();
    }

    fn pop_idle_p(&self) -> Option<&'static P> {
        // SAFETY: Ps are never freed.
        let p = unsafe { self.ps.get().as_ref() }?;
        self.ps.set(p.link.get());
        p.set_status(status::RUNNING);
        SCHED.wake.p_busy();
        Some(p)
    }

    fn push_pending(&self, p: &'static P, spinning: bool) {
        p.set_status(status::PENDING);
        p.pending_spinning.set(spinning);
        p.link.set(self.pending.get());
        self.pending.set(p);
        self.pending_len.set(self.pending_len.get() + 1);
    }

    fn pop_pending(&self) -> Option<&'static P> {
        // SAFETY: Ps are never freed.
        let p = unsafe { self.pending.get().as_ref() }?;
        self.pending.set(p.link.get());
        self.pending_len.set(self.pending_len.get() - 1);
        p.set_status(status::RUNNING);
        Some(p)
    }

    fn pop_m(&self) -> Option<(&'static M, bool)> {
        let popped = self.ms.pop();
        if let Some((_, true)) = popped {
            self.keeper_until.store(u64::MAX, Relaxed);
        }
        popped
    }

    /// Whether the limit allows another thread beyond those already promised.
    fn may_start_m(&self) -> bool {
        let promised = self.pending_len.get().saturating_sub(self.starting.get());
        self.threads.load(Relaxed) + promised < self.max_threads.load(Relaxed)
    }

    pub(crate) fn threads(&self) -> u32 {
        self.threads.load(Relaxed)
    }

    pub(crate) fn threads_created(&self) -> u64 {
        self.threads_created.load(Relaxed)
    }

    pub(crate) fn max_threads(&self) -> &AtomicU32 {
        &self.max_threads
    }

    /// When the keeper wakes by itself.
    pub(crate) fn keeper_until(&self) -> u64 {
        self.keeper_until.load(Relaxed)
    }
}

/// `mp`, which has no P, takes an idle one if there is one.
pub(crate) fn acquire(mp: &'static M) -> bool {
    let idle = &*SCHED.idle;
    idle.lock.lock();
    let found = idle.pop_idle_p();
    idle.lock.unlock();
    if let Some(p) = found {
        mp.set_p(p);
    }
    found.is_some()
}

/// `mp` has nothing to run: its P goes to the idle list, or to whoever stops
/// the world.
pub(crate) fn release(mp: &'static M) {
    let Some(p) = mp.drop_p() else { return };
    let idle = &*SCHED.idle;
    idle.lock.lock();
    if SCHED.stopping.load(Relaxed) {
        p.set_status(status::STOPPED);
    } else {
        idle.push_idle_p(p);
    }
    idle.lock.unlock();
}

/// A submitter counted a spinner: an idle P and an idle M (or a new one) become
/// it; otherwise the count is taken back.
pub(crate) fn start_spinner() {
    let idle = &*SCHED.idle;
    idle.lock.lock();
    let Some(p) = idle.pop_idle_p() else {
        idle.lock.unlock();
        SCHED.wake.stop_spinning();
        return;
    };
    if let Some((mp, _)) = idle.pop_m() {
        idle.lock.unlock();
        mp.spinning.set(true);
        wake_with(mp, p);
    } else if idle.may_start_m() {
        idle.push_pending(p, true);
        idle.lock.unlock();
        spawner::ring();
    } else {
        // At the thread limit. The P stays idle; whichever M goes idle next
        // looks everywhere first.
        idle.push_idle_p(p);
        idle.lock.unlock();
        SCHED.wake.stop_spinning();
    }
}

/// The caller gives up `p`, which may have work: another M takes it, at once or
/// when the spawner has made one; without work it goes idle.
pub(crate) fn hand_off(p: &'static P) {
    let idle = &*SCHED.idle;
    idle.lock.lock();
    if SCHED.stopping.load(Relaxed) {
        p.set_status(status::STOPPED);
        idle.lock.unlock();
        return;
    }
    let busy = p.has_work() || SCHED.global.len() != 0 || p.timers.next_due() != u64::MAX;
    if !busy {
        idle.push_idle_p(p);
        idle.lock.unlock();
        SCHED.wake.before_recheck();
        if SCHED.any_work() {
            ready::wakep();
        }
        return;
    }
    place(idle, p);
}

/// Finds an M for `p`. Called with the lock held; releases it.
fn place(idle: &Idle, p: &'static P) {
    SCHED.handoffs.fetch_add(1, Relaxed);
    match idle.pop_m() {
        Some((mp, was_keeper)) => {
            idle.lock.unlock();
            wake_with(mp, p);
            if was_keeper {
                // Somebody else has to mind the timers of idle Ps.
                ready::wakep();
            }
        }
        None => {
            idle.push_pending(p, false);
            idle.lock.unlock();
            spawner::ring();
        }
    }
}

/// Hands `p` to the sleeping `mp`, which is on no list any more.
fn wake_with(mp: &'static M, p: &'static P) {
    p.set_status(status::RUNNING);
    mp.set_p(p);
    mp.note.wake();
}

/// `mp`, which has no P, sleeps until it is given one. `next` is the earliest
/// timer it knows of: unless someone already minds one as early, it becomes the
/// keeper and wakes for it, taking an idle P.
pub(crate) fn sleep(mp: &'static M, next: u64) {
    let idle = &*SCHED.idle;
    idle.lock.lock();
    if take_pending(idle, mp) {
        return;
    }
    let keeps = next < idle.keeper_until();
    if keeps {
        idle.ms.set_keeper(mp);
        idle.keeper_until.store(next, Relaxed);
    } else {
        idle.ms.push(mp);
    }
    idle.lock.unlock();
    if keeps && !mp.note.sleep_until(next) {
        idle.lock.lock();
        if idle.ms.resign(mp) {
            idle.keeper_until.store(u64::MAX, Relaxed);
            if let Some(p) = idle.pop_idle_p() {
                idle.lock.unlock();
                mp.set_p(p);
                return;
            }
            // All Ps are busy and run their own timers.
            idle.ms.push(mp);
        }
        idle.lock.unlock();
    } else if keeps {
        return;
    }
    mp.note.sleep();
}

/// With the lock held: true, and the lock released, if `mp` got a pending P.
fn take_pending(idle: &Idle, mp: &'static M) -> bool {
    let Some(p) = idle.pop_pending() else { return false };
    mp.spinning.set(p.pending_spinning.get());
    idle.lock.unlock();
    mp.set_p(p);
    true
}

/// Spawner: how many threads to make now. Each counts as starting from here on.
pub(crate) fn claim_starts() -> u32 {
    let idle = &*SCHED.idle;
    idle.lock.lock();
    let mut claimed = 0;
    while idle.pending_len.get() > idle.starting.get() {
        let threads = idle.threads.load(Relaxed);
        // Beyond the limit only if every thread is parked with its goroutine:
        // then nobody is left to run those that could wake them.
        if threads >= idle.max_threads.load(Relaxed) && !all_parked_bound(threads) {
            break;
        }
        idle.threads.store(threads + 1, Relaxed);
        idle.starting.set(idle.starting.get() + 1);
        claimed += 1;
    }
    idle.lock.unlock();
    claimed
}

fn all_parked_bound(threads: u32) -> bool {
    let parked = spawner::all_ms().filter(|mp| mp.parked_bound.load(Relaxed)).count();
    parked >= threads as usize
}

/// A thread that was claimed runs (or, `made` false, could not be made).
pub(crate) fn started(made: bool) {
    let idle = &*SCHED.idle;
    idle.lock.lock();
    idle.starting.set(idle.starting.get() - 1);
    if made {
        idle.threads_created.fetch_add(1, Relaxed);
    } else {
        idle.threads.fetch_sub(1, Relaxed);
    }
    idle.lock.unlock();
}

/// Whether Ps wait for threads that nobody makes yet.
pub(crate) fn starts_wanted() -> bool {
    let idle = &*SCHED.idle;
    idle.lock.lock();
    let wanted = idle.pending_len.get() > idle.starting.get();
    idle.lock.unlock();
    wanted
}

/// Idle Ms now, for `Stats`.
pub(crate) fn idle_threads() -> u32 {
    let idle = &*SCHED.idle;
    idle.lock.lock();
    let len = idle.ms.len();
    idle.lock.unlock();
    len
}

/// Begins a stop: nobody gets a P from here on, and all Ps that no M holds are
/// the caller's.
pub(crate) fn begin_stop() {
    let idle = &*SCHED.idle;
    idle.lock.lock();
    SCHED.stopping.store(true, Relaxed);
    while let Some(p) = idle.pop_idle_p() {
        p.set_status(status::STOPPED);
    }
    while let Some(p) = idle.pop_pending() {
        if p.pending_spinning.get() {
            SCHED.wake.stop_spinning();
        }
        p.set_status(status::STOPPED);
    }
    idle.lock.unlock();
}

/// Ends a stop: all live Ps but `own` go back into use.
pub(crate) fn end_stop(own: Option<&'static P>) {
    let idle = &*SCHED.idle;
    idle.lock.lock();
    SCHED.stopping.store(false, Relaxed);
    idle.lock.unlock();
    for p in SCHED.live_ps() {
        if own.is_some_and(|own| from_ref(own) == from_ref(p)) {
            continue;
        }
        idle.lock.lock();
        if p.has_work() || p.timers.next_due() != u64::MAX {
            place(idle, p);
        } else {
            idle.push_idle_p(p);
            idle.lock.unlock();
        }
    }
    ready::wakep();
}
