//! Timers that can be disarmed: README.md says who may touch one when.
#![expect(unsafe_code, reason = "timers are linked to the heaps by raw pointers")]

use super::heap::Entry;
use super::{Item, Timers};
use crate::prim::AtomicRef;
use crate::rt::{Critical, Parker};
use std::cell::Cell;
use std::marker::PhantomPinned;
use std::ptr::from_ref;
use std::sync::atomic::Ordering::{Acquire, Release};

/// What a timer that fired wants.
#[derive(Debug)]
pub struct Fired {
    /// Whom to make ready, as `Critical::ready` does; null for nobody.
    pub ready: *const Parker,
    /// When to fire again, in nanoseconds of the runtime's clock; `u64::MAX`
    /// for never.
    pub again: u64,
}

impl Fired {
    /// Nobody is to be made ready, and the timer is done.
    pub const DONE: Fired = Fired { ready: std::ptr::null(), again: u64::MAX };
}

/// Called with the timer and the time, on a scheduler's stack, with the lock of
/// the heap held. It may not block, allocate, free or run user code.
pub type Fire = unsafe fn(*const Timer, u64) -> Fired;

/// A deadline with an action, to be armed on the caller's P. Must not move while
/// it is armed.
pub struct Timer {
    /// The heap it was last put into.
    pub(super) heap: AtomicRef<Timers>,
    /// Its place there. Under that heap's lock.
    pub(super) index: Cell<u32>,
    pub(super) fire: Fire,
    _pinned: PhantomPinned,
}

/// Not in a heap.
pub(super) const NONE: u32 = u32::MAX;

/// A heap that stays locked until `unlock`, the commit of who parks.
pub struct HeapLock(&'static Timers);

impl Timer {
    /// A timer that is not armed.
    pub const fn new(fire: Fire) -> Timer {
        Timer { heap: AtomicRef::none(), index: Cell::new(NONE), fire, _pinned: PhantomPinned }
    }

    /// Arms it for `when` (nanoseconds of the runtime's clock) on the P of the
    /// caller, a goroutine.
    ///
    /// # Safety
    /// The timer is not armed, and neither moves nor goes before it has fired
    /// for good or was disarmed. `fire` may be called with it from now on.
    pub unsafe fn arm(&self, critical: &Critical, when: u64) {
        // SAFETY: the caller's promises.
        let lock = unsafe { self.arm_and_keep(critical, when) };
        lock.unlock();
    }

    /// As `arm`, but the heap stays locked: `fire` is not called before
    /// `unlock`.
    ///
    /// # Safety
    /// As for `arm`; `unlock` is called by the same thread, soon.
    pub unsafe fn arm_and_keep(&self, critical: &Critical, when: u64) -> HeapLock {
        let Some(mp) = critical.m() else { crate::fatal("a timer armed by a plain thread") };
        let timers: &'static Timers = &mp.p().timers;
        timers.insert_locked(when, Item::Timer(from_ref(self)));
        HeapLock(timers)
    }

    /// Disarms it. False if it was not armed: it has fired, or never was. When
    /// this returns `fire` is not running and will not be called.
    ///
    /// May spin while the heap's lock is taken; a plain thread may call it, too.
    pub fn disarm(&self, _critical: &Critical) -> bool {
        loop {
            let Some(heap) = self.heap.load(Acquire) else { return false };
            if let Some(removed) = heap.remove(self) {
                return removed;
            }
        }
    }
}

impl HeapLock {
    /// Releases the heap and makes sure that somebody minds the new timer.
    pub fn unlock(self) {
        self.0.unlock_inserted();
    }
}

impl Timers {
    /// Takes `timer` out of this heap, if it is there; None if it has moved to
    /// another heap.
    fn remove(&'static self, timer: &Timer) -> Option<bool> {
        self.heap.with(|heap| {
            let here = timer.heap.load(Acquire).is_some_and(|heap| std::ptr::eq(heap, self));
            if !here {
                return None;
            }
            let index = timer.index.get();
            if index == NONE {
                return Some(false);
            }
            heap.remove(index as usize);
            timer.index.set(NONE);
            self.publish_next(heap);
            Some(true)
        })
    }

    /// Tells the timer of `entry`, if it is one, that this is its heap now.
    pub(super) fn adopt(&'static self, entry: &Entry<Item>) {
        if let Item::Timer(timer) = entry.item {
            // SAFETY: alive until disarmed, which takes the lock we hold.
            unsafe { (*timer).heap.store(Some(self), Release) };
        }
    }
}

impl std::fmt::Debug for HeapLock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HeapLock")
    }
}

impl std::fmt::Debug for Timer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Timer")
    }
}
