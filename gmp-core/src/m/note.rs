//! An M's sleep note: a token that outlives the race between going to sleep
//! and being woken.
//!
//! One sleeper, the note's owner; any number of wakers over time, but at most
//! one outstanding wake-up (whoever wakes an M has first taken it off the idle
//! list, or is the one who dequeued its bound goroutine).
//!
//! Waker:   1. write what the sleeper shall find (its P)   2. token = 1 (Release)
//!          3. futex wake.
//! Sleeper: 1. token == 0? futex wait while it is 0        2. token = 1 (Acquire):
//!          take it, token = 0.
//! The kernel re-reads the token under its own lock before it sleeps, so a
//! store in step 2 either is seen by the sleeper's read or its wake-up finds
//! the sleeper on the futex's queue.

use crate::prim::{AtomicU32, const_unless_loom, futex_wait, futex_wake};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

#[derive(Debug)]
pub(crate) struct Note(AtomicU32);

impl Note {
    const_unless_loom! {
        pub(crate) fn new() -> Note {
            Note(AtomicU32::new(0))
        }
    }

    /// Sleeps until the token is there and takes it.
    pub(crate) fn sleep(&self) {
        while !self.take() {
            futex_wait(&self.0, 0, None);
        }
    }

    /// Sleeps until the token is there, and takes it (true), or until
    /// `deadline` (CLOCK_MONOTONIC nanoseconds) has passed (false).
    #[cfg(not(gmp_loom))]
    pub(crate) fn sleep_until(&self, deadline: u64) -> bool {
        loop {
            if self.take() {
                return true;
            }
            if crate::sys::monotonic_ns() >= deadline {
                return false;
            }
            futex_wait(&self.0, 0, Some(deadline));
        }
    }

    fn take(&self) -> bool {
        let there = self.0.load(Acquire) != 0;
        if there {
            self.0.store(0, Relaxed);
        }
        there
    }

    /// Leaves the token and wakes the sleeper. The note may be gone when this
    /// returns: nothing of it is read after the store.
    pub(crate) fn wake(&self) {
        let word: *const AtomicU32 = &self.0;
        self.0.store(1, Release);
        futex_wake(word);
    }
}

#[cfg(all(test, gmp_loom))]
mod loom_tests;
