//! Timers that can be disarmed, in one heap that the model's clock fires from.

#![expect(unsafe_code, reason = "timers are known by their addresses")]

use std::cell::{Cell, RefCell};

use loom::sync::atomic::AtomicBool;
use loom::sync::atomic::Ordering::{Acquire, Release};

use super::world::World;
use super::{Critical, Parker, SpinLock};

#[derive(Debug)]
pub(crate) struct Fired {
    pub(crate) ready: *const Parker,
    pub(crate) again: u64,
}

impl Fired {
    pub(crate) const DONE: Fired = Fired { ready: std::ptr::null(), again: u64::MAX };
}

pub(crate) type Fire = unsafe fn(*const Timer, u64) -> Fired;

pub(crate) struct Timer {
    /// Whether it ever was in the heap, readable by all: the runtime's `heap`.
    known: AtomicBool,
    /// Whether it is in the heap, or fires. Under the heap's lock.
    armed: Cell<bool>,
    fire: Fire,
}

/// The timers that are armed.
pub(super) struct Heap {
    lock: SpinLock,
    entries: RefCell<Vec<(u64, *const Timer)>>,
}

impl Heap {
    pub(super) fn new(lock: SpinLock) -> Heap {
        Heap { lock, entries: RefCell::new(Vec::new()) }
    }

    /// Looked at without the lock, by who then takes it.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.borrow().is_empty()
    }

    /// Fires the earliest timer, as late as the clock gets there. Whether it wants to be
    /// fired again, and whom to make ready.
    pub(super) fn fire_first(&self, world: &World) -> (bool, *const Parker) {
        self.lock.acquire();
        let first = {
            let mut entries = self.entries.borrow_mut();
            let first = entries.iter().enumerate().min_by_key(|(_, entry)| entry.0);
            first.map(|(place, _)| place).map(|place| entries.remove(place))
        };
        let mut result = (false, std::ptr::null());
        if let Some((when, timer)) = first {
            world.pass(when);
            // SAFETY: it is alive until disarmed, and disarming takes the lock.
            let fired = unsafe { ((*timer).fire)(timer, world.now()) };
            if fired.again == u64::MAX {
                // SAFETY: as above.
                unsafe { (*timer).armed.set(false) };
            } else {
                self.entries.borrow_mut().push((fired.again, timer));
            }
            result = (fired.again != u64::MAX, fired.ready);
        }
        // SAFETY: acquired above.
        unsafe { self.lock.unlock() };
        result
    }
}

pub(crate) struct HeapLock(());

impl Timer {
    pub(crate) fn new(fire: Fire) -> Timer {
        Timer { known: AtomicBool::new(false), armed: Cell::new(false), fire }
    }

    /// # Safety
    /// As the runtime's.
    pub(crate) unsafe fn arm(&self, critical: &Critical, when: u64) {
        // SAFETY: the caller's promise.
        unsafe { self.arm_and_keep(critical, when) }.unlock();
    }

    /// # Safety
    /// As the runtime's.
    pub(crate) unsafe fn arm_and_keep(&self, critical: &Critical, when: u64) -> HeapLock {
        assert!(critical.is_goroutine(), "a timer armed by a plain thread");
        let world = World::here();
        let heap = world.heap();
        heap.lock.lock(critical);
        self.known.store(true, Release);
        assert!(!self.armed.replace(true), "armed twice");
        heap.entries.borrow_mut().push((when, self));
        HeapLock(())
    }

    pub(crate) fn disarm(&self, critical: &Critical) -> bool {
        if !self.known.load(Acquire) {
            return false;
        }
        let world = World::here();
        let heap = world.heap();
        heap.lock.lock(critical);
        let place = heap.entries.borrow().iter().position(|entry| std::ptr::eq(entry.1, self));
        if let Some(place) = place {
            heap.entries.borrow_mut().remove(place);
            self.armed.set(false);
        }
        // SAFETY: locked above.
        unsafe { heap.lock.unlock() };
        place.is_some()
    }
}

impl HeapLock {
    pub(crate) fn unlock(self) {
        let world = World::here();
        // SAFETY: `arm_and_keep` has locked it.
        unsafe { world.heap().lock.unlock() };
        world.tell_clock();
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(!self.armed.get(), "a timer gone while armed or firing");
        }
    }
}
