//! The counter of a wait group and those who wait for it.
//!
//! Counter and number of waiters share one word, so that one addition tells whether the
//! counter came to zero under someone who waits.
//!
//! Waiting: 1. under the lock, one CAS adds a waiter unless the counter is zero;
//!          2. queue, park; the commit of the park unlocks.
//! Counting: 1. one addition, without the lock; done, unless the counter is zero now and
//!              the word shows waiters;
//!           2. under the lock, take them all out of the queue and out of the word;
//!           3. unlock, wake them.
//!
//! Both waiter counts, in the word and in the queue, change under the lock only, so there
//! they agree. The word orders step 1 of both: either the waiter sees zero and does not
//! wait, or the addition that makes zero comes later and sees the waiter.

#![expect(unsafe_code, reason = "waiters are linked through raw pointers to other stacks")]

use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use gmp_core::rt::{Critical, Parker, SpinLock, WaitReason};

const MISUSE: &str = "sync: WaitGroup misuse: Add called concurrently with Wait";

/// See the module's description.
pub(crate) struct State {
    /// The counter, an `i32`, in the high half; waiters in the low half.
    word: AtomicU64,
    lock: SpinLock,
    /// The waiter that came last in a circular list, whose `next` came first.
    last: AtomicPtr<Waiter>,
}

/// One who waits, on its own stack.
struct Waiter {
    next: Cell<*mut Waiter>,
    parker: *const Parker,
}

/// A reading of the word.
#[derive(Clone, Copy)]
struct Reading(u64);

impl Reading {
    fn counter(self) -> i32 {
        (self.0 >> 32) as i32
    }

    fn waiters(self) -> u32 {
        self.0 as u32
    }

    /// What to add to the word to add `delta` to the counter.
    fn step(delta: i32) -> u64 {
        (delta as u64) << 32
    }
}

impl Default for State {
    fn default() -> State {
        State {
            word: AtomicU64::new(0),
            lock: SpinLock::new(),
            last: AtomicPtr::new(ptr::null_mut()),
        }
    }
}

impl State {
    pub(crate) fn counter(&self) -> i32 {
        self.read().counter()
    }

    pub(crate) fn waiters(&self) -> u32 {
        self.read().waiters()
    }

    fn read(&self) -> Reading {
        Reading(self.word.load(Ordering::Acquire))
    }

    /// Adds to the counter and returns the word as it is then.
    fn count(&self, delta: i32) -> Reading {
        let step = Reading::step(delta);
        Reading(self.word.fetch_add(step, Ordering::AcqRel).wrapping_add(step))
    }

    #[inline]
    #[track_caller]
    pub(crate) fn add(&self, delta: i64) {
        let Ok(small) = i32::try_from(delta) else { refuse(delta > 0) };
        let now = self.count(small);
        let counter = now.counter();
        if counter < 0 || (now.waiters() != 0 && (counter == 0 || counter == small)) {
            self.added(small, now);
        }
    }

    /// The rest of an addition that made the counter negative, released waiters, or met
    /// waiters at zero.
    #[cold]
    #[track_caller]
    fn added(&self, delta: i32, now: Reading) {
        if now.counter() >= 0 && delta <= 0 {
            return self.release();
        }
        // Refused: take it back, which may be what the waiters wait for.
        let back = self.count(delta.wrapping_neg());
        if back.counter() == 0 && back.waiters() != 0 {
            self.release();
        }
        assert!(now.counter() < 0, "{MISUSE}");
        refuse(delta > 0 && now.counter().wrapping_sub(delta) >= 0);
    }

    /// Wakes all who wait.
    fn release(&self) {
        let critical = Critical::enter();
        self.lock.lock(&critical);
        let last = self.last.swap(ptr::null_mut(), Ordering::Relaxed);
        self.word.fetch_sub(self.read().waiters().into(), Ordering::AcqRel);
        // SAFETY: locked above.
        unsafe { self.lock.unlock() };
        drop(critical);

        if last.is_null() {
            return;
        }
        // SAFETY: who was queued is alive until made ready below.
        let mut waiter = unsafe { (*last).next.get() };
        loop {
            let current = waiter;
            let critical = Critical::enter();
            // SAFETY: `current` was queued under the lock that its commit releases and we
            // held since, so it is parked; it is made ready once, and not read afterwards.
            unsafe {
                waiter = (*current).next.get();
                critical.ready((*current).parker);
            }
            if current == last {
                return;
            }
        }
    }

    #[inline]
    #[track_caller]
    pub(crate) fn wait(&self) {
        if self.read().counter() != 0 {
            self.wait_for_zero();
        }
    }

    #[cold]
    #[track_caller]
    fn wait_for_zero(&self) {
        let critical = Critical::enter();
        self.lock.lock(&critical);
        let joined = self.word.fetch_update(Ordering::AcqRel, Ordering::Acquire, |word| {
            (Reading(word).counter() != 0).then_some(word + 1)
        });
        if joined.is_err() {
            // SAFETY: locked above.
            unsafe { self.lock.unlock() };
            return;
        }
        let parker = Parker::new(&critical);
        let mut waiter = Waiter { next: Cell::new(ptr::null_mut()), parker: &raw const parker };
        // SAFETY: the lock is held; the waiter stays here until `park` returns, which is
        // when `release` took it out and woke us.
        unsafe {
            self.push(&raw mut waiter);
            critical.park(&raw const parker, WaitReason::WaitGroupWait, &raw const self.lock);
        }
        let reused = self.read().0 != 0;
        assert!(!reused, "sync: WaitGroup is reused before previous Wait has returned");
    }

    /// Queues `waiter` behind the last one.
    ///
    /// # Safety
    /// The lock is held; `waiter` stays where it is until it is made ready.
    unsafe fn push(&self, waiter: *mut Waiter) {
        let last = self.last.load(Ordering::Relaxed);
        // SAFETY: `waiter` is alive, and so is who is queued.
        unsafe {
            if last.is_null() {
                (*waiter).next.set(waiter);
            } else {
                (*waiter).next.set((*last).next.replace(waiter));
            }
        }
        self.last.store(waiter, Ordering::Relaxed);
    }
}

/// Ends an addition that the counter cannot take.
#[cold]
#[track_caller]
fn refuse(overflow: bool) -> ! {
    assert!(!overflow, "sync: WaitGroup counter overflow: more than {} to wait for", i32::MAX);
    panic!("sync: negative WaitGroup counter");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The moment between the addition that makes zero and the release of the waiters.
    #[test]
    #[should_panic(expected = "sync: WaitGroup misuse: Add called concurrently with Wait")]
    fn raised_from_zero_under_a_waiter() {
        let state = State::default();
        state.word.store(1, Ordering::Relaxed);
        assert_eq!((state.counter(), state.waiters()), (0, 1));
        state.add(1);
    }
}
