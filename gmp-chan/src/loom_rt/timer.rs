//! Timers that can be disarmed, in one heap that the model's clock fires from.

#![expect(unsafe_code, reason = "timers are known by their addresses")]

use std::cell::{Cell, RefCell};
use std::panic::Location;

use loom::sync::atomic::AtomicBool;
use loom::sync::atomic::Ordering::{Acquire, Release};

use super::world::World;
use super::{Critical, Parker, SpinLock};

#[derive(Debug)]
pub struct Fired {
    pub ready: *const Parker,
    pub again: u64,
    pub start: Option<Start>,
}

/// The runtime starts a goroutine for it; here the clock does it itself.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    pub run: unsafe fn(*mut ()),
    pub arg: *mut (),
    pub site: &'static Location<'static>,
}

impl Fired {
    pub const DONE: Fired = Fired { ready: std::ptr::null(), again: u64::MAX, start: None };
}

pub type Fire = unsafe fn(*const Timer, u64) -> Fired;

pub struct Timer {
    /// Whether it ever was in the heap, readable by all: the runtime's `heap`.
    known: AtomicBool,
    /// Whether it is in the heap, or fires. Under the heap's lock.
    armed: Cell<bool>,
    /// Whether `fire` may ask for a start.
    starts: bool,
    fire: Fire,
}

impl std::fmt::Debug for Timer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Timer")
    }
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
        let mut start = None;
        if let Some((when, timer)) = first {
            world.pass(when);
            // SAFETY: it is alive until disarmed, and disarming takes the lock.
            let fired = unsafe { ((*timer).fire)(timer, world.now()) };
            // SAFETY: as above.
            assert!(fired.start.is_none() || unsafe { (*timer).starts }, "starts unannounced");
            start = fired.start;
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
        if let Some(start) = start {
            // SAFETY: what the timer asked for, once.
            unsafe { (start.run)(start.arg) };
        }
        result
    }
}

#[derive(Debug)]
pub struct HeapLock(());

impl Timer {
    pub fn new(fire: Fire) -> Timer {
        Timer { known: AtomicBool::new(false), armed: Cell::new(false), starts: false, fire }
    }

    pub fn starter(fire: Fire) -> Timer {
        let mut timer = Timer::new(fire);
        timer.starts = true;
        timer
    }

    /// # Safety
    /// As the runtime's.
    pub unsafe fn arm(&self, critical: &Critical, when: u64) {
        // SAFETY: the caller's promise.
        unsafe { self.arm_and_keep(critical, when) }.unlock();
    }

    /// # Safety
    /// As the runtime's.
    pub unsafe fn arm_and_keep(&self, critical: &Critical, when: u64) -> HeapLock {
        let world = World::here();
        let heap = world.heap();
        heap.lock.lock(critical);
        self.known.store(true, Release);
        assert!(!self.armed.replace(true), "armed twice");
        heap.entries.borrow_mut().push((when, self));
        HeapLock(())
    }

    /// # Safety
    /// As the runtime's.
    pub unsafe fn rearm(&self, critical: &Critical, when: u64) -> bool {
        let world = World::here();
        let heap = world.heap();
        heap.lock.lock(critical);
        self.known.store(true, Release);
        let was = self.armed.replace(true);
        heap.entries.borrow_mut().retain(|entry| !std::ptr::eq(entry.1, self));
        heap.entries.borrow_mut().push((when, self));
        HeapLock(()).unlock();
        was
    }

    pub fn if_armed(&self, critical: &Critical, f: impl Fn()) -> bool {
        if !self.known.load(Acquire) {
            return false;
        }
        let world = World::here();
        let heap = world.heap();
        heap.lock.lock(critical);
        let armed = self.armed.get();
        if armed {
            f();
        }
        // SAFETY: locked above.
        unsafe { heap.lock.unlock() };
        armed
    }

    pub fn disarm(&self, critical: &Critical) -> bool {
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
    pub fn unlock(self) {
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
