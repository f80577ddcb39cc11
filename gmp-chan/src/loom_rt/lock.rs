//! The spin lock: the runtime's word and its orderings, but waiters block.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use loom::cell::UnsafeCell;
use loom::sync::atomic::AtomicU32;
use loom::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::Critical;
use super::world::{Party, World};

#[derive(Debug)]
pub struct SpinLock {
    /// For the story.
    number: usize,
    word: AtomicU32,
    /// What counts the locks of who locked it. For the checks, as all but the atomic.
    holder: RefCell<Option<Rc<Cell<u32>>>>,
    waiters: RefCell<Vec<Rc<Party>>>,
    /// Read by every use and written by the drop, which must come after them.
    life: UnsafeCell<()>,
    dropped: Cell<bool>,
}

impl SpinLock {
    pub fn new() -> SpinLock {
        SpinLock {
            number: World::lock_number(),
            word: AtomicU32::new(0),
            holder: RefCell::new(None),
            waiters: RefCell::new(Vec::new()),
            life: UnsafeCell::new(()),
            dropped: Cell::new(false),
        }
    }

    fn used(&self) {
        assert!(!self.dropped.get(), "a lock used after its channel was freed");
        self.life.with(|_| ());
    }

    pub fn lock(&self, critical: &Critical) {
        assert!(critical.party().inside.get());
        self.acquire();
    }

    /// `lock`, for who is in no section: the clock.
    pub(super) fn acquire(&self) {
        while !self.try_lock() {
            let party = World::here().party();
            World::here().note("waits for lock", self.number);
            self.waiters.borrow_mut().push(Rc::clone(&party));
            party.block();
        }
    }

    pub fn try_lock(&self) -> bool {
        self.used();
        if self.word.compare_exchange(0, 1, Acquire, Relaxed).is_err() {
            return false;
        }
        World::here().note("locks", self.number);
        let before = self.holder.replace(Some(World::here().party().locked()));
        assert!(before.is_none(), "held twice");
        true
    }

    pub fn is_locked(&self) -> bool {
        self.used();
        self.word.load(Acquire) != 0
    }

    /// # Safety
    /// As the runtime's.
    #[expect(unsafe_code, reason = "the signature is the runtime's")]
    pub unsafe fn unlock(&self) {
        self.used();
        let holder = self.holder.take().expect("unlocked without being held");
        holder.set(holder.get() - 1);
        self.word.store(0, Release);
        World::here().note("has unlocked", self.number);
        // Nobody else has run since the store: with it this is one step.
        for waiter in self.waiters.take() {
            waiter.unblock();
        }
    }
}

impl Drop for SpinLock {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        self.life.with_mut(|_| ());
        assert!(self.holder.borrow().is_none(), "freed while held");
        assert!(!self.dropped.replace(true), "freed twice");
        World::lock_freed();
    }
}
