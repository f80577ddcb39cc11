//! Timers that can be disarmed: README.md says who may touch one when.
#![expect(unsafe_code, reason = "timers are linked to the heaps by raw pointers")]
#![cfg_attr(gmp_loom, allow(unreachable_pub, reason = "the models have no public names"))]

use super::deadlines::Deadlines;
use super::{Item, Parker, Timers};
use crate::prim::{AtomicPtr, UnsafeCell, const_unless_loom};
use std::marker::PhantomPinned;
use std::panic::Location;
use std::ptr::{from_ref, null, null_mut};
use std::sync::atomic::Ordering::{Acquire, Release};

/// What a timer that fired wants.
#[derive(Debug)]
pub struct Fired {
    /// Whom to make ready, as `Critical::ready` does; null for nobody.
    pub ready: *const Parker,
    /// When to fire again, in nanoseconds of the runtime's clock; `u64::MAX`
    /// for never.
    pub again: u64,
    /// What to start a goroutine for. Only from a timer made by `Timer::starter`.
    pub start: Option<Start>,
}

/// A call that a goroutine of its own is to make: `run(arg)`, once. Where no
/// runtime runs, a thread of its own makes it.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// May do what any goroutine's body may. The timer vouches that the call is sound.
    pub run: unsafe fn(*mut ()),
    /// Its argument.
    pub arg: *mut (),
    /// Whose call it is: what dumps and panics show as the goroutine's spawn site.
    pub site: &'static Location<'static>,
}

// SAFETY: the timer that asks for a start vouches for the call, wherever it is made.
unsafe impl Send for Start {}

impl Fired {
    /// Nobody is to be made ready, nothing to be started, and the timer is done.
    pub const DONE: Fired = Fired { ready: null(), again: u64::MAX, start: None };
}

/// Called with the timer and the time, on a scheduler's stack, with the lock of
/// the heap held. It may not block, allocate, free or run user code.
pub type Fire = unsafe fn(*const Timer, u64) -> Fired;

/// A deadline with an action. Must not move while it is armed.
pub struct Timer {
    /// The heap it was last put into; heaps live for ever.
    heap: AtomicPtr<Timers>,
    /// Its place there. Under that heap's lock.
    place: UnsafeCell<u32>,
    /// Whether `fire` may ask for a start.
    pub(super) starts: bool,
    pub(super) fire: Fire,
    _pinned: PhantomPinned,
}

// SAFETY: `place` is touched under the heap's lock only, the rest is atomic or constant.
// Whose memory it is in decides who may arm it.
unsafe impl Sync for Timer {}
// SAFETY: as for Sync.
unsafe impl Send for Timer {}

/// Not in a heap.
const NONE: u32 = u32::MAX;

impl Timer {
    const_unless_loom! {
        fn with(fire: Fire, starts: bool) -> Timer {
            Timer {
                heap: AtomicPtr::new(null_mut()),
                place: UnsafeCell::new(NONE),
                starts,
                fire,
                _pinned: PhantomPinned,
            }
        }
    }

    const_unless_loom! {
        /// A timer that is not armed.
        pub fn new(fire: Fire) -> Timer {
            Timer::with(fire, false)
        }
    }

    const_unless_loom! {
        /// A timer that is not armed, and whose `fire` may ask for a start.
        pub fn starter(fire: Fire) -> Timer {
            Timer::with(fire, true)
        }
    }

    /// Runs `f` with the lock of its heap held; None if it was never armed.
    #[inline(always)]
    fn in_its_heap<R>(&self, mut f: impl FnMut(&Timers, &mut Deadlines<Item>) -> R) -> Option<R> {
        loop {
            // SAFETY: heaps live for ever.
            let timers = unsafe { self.heap.load(Acquire).as_ref() }?;
            if let Some(result) = timers.with_timer(self, |heap| f(timers, heap)) {
                return Some(result);
            }
        }
    }

    /// See `disarm`.
    #[inline(always)]
    pub(super) fn disarm_anywhere(&self) -> bool {
        let disarmed = self.in_its_heap(|timers, heap| {
            // SAFETY: its heap, locked.
            let was = unsafe { Timers::take_out(heap, self) };
            if was {
                timers.publish_next(heap);
            }
            was
        });
        disarmed.unwrap_or(false)
    }

    /// See `if_armed`.
    pub(super) fn if_armed_anywhere(&self, f: impl Fn()) -> bool {
        let armed = self.in_its_heap(|_, _| {
            // SAFETY: its heap's lock is held.
            let armed = self.place.with_mut(|place| unsafe { *place }) != NONE;
            if armed {
                f();
            }
            armed
        });
        armed.unwrap_or(false)
    }

    /// The heap has moved it to `place`.
    ///
    /// # Safety
    /// The lock of the heap that it is in is held.
    #[inline(always)]
    pub(super) unsafe fn set_place(&self, place: u32) {
        // SAFETY: only touched with that lock held.
        self.place.with_mut(|own| unsafe { *own = place });
    }

    /// It was taken out of the heap.
    ///
    /// # Safety
    /// As for `set_place`.
    pub(super) unsafe fn set_out(&self) {
        // SAFETY: the caller's promise.
        unsafe { self.set_place(NONE) };
    }
}

impl Timers {
    /// Runs `f` with the lock of the heap that `timer` was last put into, which is this one;
    /// None, and `f` is not run, if it has moved to another heap.
    fn with_timer<R>(&self, timer: &Timer, f: impl FnOnce(&mut Deadlines<Item>) -> R) -> Option<R> {
        self.heap.with(|heap| self.is_heap_of(timer).then(|| f(heap)))
    }

    #[inline(always)]
    fn is_heap_of(&self, timer: &Timer) -> bool {
        std::ptr::eq(timer.heap.load(Acquire), self)
    }

    /// Takes `timer` out of `heap`, this one's, if it is in there. The caller publishes.
    ///
    /// # Safety
    /// It is the heap that `timer` was last put into, and its lock is held.
    #[inline(always)]
    unsafe fn take_out(heap: &mut Deadlines<Item>, timer: &Timer) -> bool {
        // SAFETY: the caller's promise.
        let place = timer.place.with_mut(|place| unsafe { std::mem::replace(&mut *place, NONE) });
        if place != NONE {
            heap.remove(place);
        }
        place != NONE
    }

    /// Puts `timer` into this heap, for `when`, and takes it out of the one it is in, if it
    /// is armed: in one step. Whether it was armed, and what `insert_locked` says. The lock
    /// of this heap stays held.
    pub(super) fn reinsert_locked(&'static self, timer: &Timer, when: u64) -> (bool, bool) {
        loop {
            // SAFETY: heaps live for ever.
            let Some(from) = (unsafe { timer.heap.load(Acquire).as_ref() }) else {
                return (false, self.insert_locked(when, Item::from_timer(timer)));
            };
            let done = if std::ptr::eq(from, self) {
                self.heap.with_and_keep(|heap| {
                    self.is_heap_of(timer).then(|| {
                        // SAFETY: it is, and the lock is held.
                        let was = unsafe { Timers::take_out(heap, timer) };
                        (was, self.insert(heap, when, Item::from_timer(timer)))
                    })
                })
            } else if std::ptr::from_ref(from) < self {
                from.heap.with(|from_heap| {
                    self.heap.with_and_keep(|heap| self.bring(from, from_heap, heap, timer, when))
                })
            } else {
                self.heap.with_and_keep(|heap| {
                    from.heap.with(|from_heap| self.bring(from, from_heap, heap, timer, when))
                })
            };
            match done {
                Some(done) => return done,
                None => self.heap.unlock(),
            }
        }
    }

    /// Brings `timer` from `from`, if it still belongs there. Both locks are held.
    fn bring(
        &self,
        from: &Timers,
        from_heap: &mut Deadlines<Item>,
        heap: &mut Deadlines<Item>,
        timer: &Timer,
        when: u64,
    ) -> Option<(bool, bool)> {
        from.is_heap_of(timer).then(|| {
            // SAFETY: it is, and the lock is held.
            let was = unsafe { Timers::take_out(from_heap, timer) };
            from.publish_next(from_heap);
            (was, self.insert(heap, when, Item::from_timer(timer)))
        })
    }

    /// Tells the timer that `item` stands for, if it does, that this is its heap now.
    #[inline(always)]
    pub(super) fn adopt(&self, item: Item) {
        if let Some(timer) = item.timer() {
            // SAFETY: alive until disarmed, which takes the lock we hold.
            unsafe { (*timer).heap.store(from_ref(self).cast_mut(), Release) };
        }
    }
}

impl std::fmt::Debug for Timer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Timer")
    }
}
