//! The counter of a wait group and those who wait for it.
//!
//! The protocol is in `../README.md`, "WaitGroup"; comments here name its steps.

use std::fmt;

use crate::prim::{AtomicU64, Ordering};
use crate::rt::WaitReason;
use crate::wait::{Place, Queue};

/// See the module's description.
pub(crate) struct State {
    /// The counter, an `i32`, in the high half; waiters in the low half.
    word: AtomicU64,
    /// Its lock is held where the number of waiters changes, so that under it the word and
    /// the queue agree.
    queue: Queue,
}

/// What a group is not to be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misuse {
    Negative,
    Overflow,
    AddDuringWait,
    ReuseDuringWait,
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sync: ")?;
        match self {
            Misuse::Negative => f.write_str("negative WaitGroup counter"),
            Misuse::Overflow => {
                write!(f, "WaitGroup counter overflow: more than {} to wait for", i32::MAX)
            }
            Misuse::AddDuringWait => {
                f.write_str("WaitGroup misuse: Add called concurrently with Wait")
            }
            Misuse::ReuseDuringWait => {
                f.write_str("WaitGroup is reused before previous Wait has returned")
            }
        }
    }
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
        State { word: AtomicU64::new(0), queue: Queue::new() }
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

    /// Adds to the counter and returns the word as it is then. Who acts upon that reads the
    /// word again.
    fn count(&self, delta: i32) -> Reading {
        let step = Reading::step(delta);
        // With the Acquire of those who read zero: what was done before `done` is seen.
        Reading(self.word.fetch_add(step, Ordering::Release).wrapping_add(step))
    }

    #[inline]
    pub(crate) fn add(&self, delta: i64) -> Result<(), Misuse> {
        let Ok(small) = i32::try_from(delta) else {
            return Err(if delta > 0 { Misuse::Overflow } else { Misuse::Negative });
        };
        let now = self.count(small);
        let counter = now.counter();
        if counter < 0 || (now.waiters() != 0 && (counter == 0 || counter == small)) {
            return self.added(small, now);
        }
        Ok(())
    }

    /// The rest of an addition that made the counter negative, released waiters, or met
    /// waiters at zero.
    #[cold]
    fn added(&self, delta: i32, now: Reading) -> Result<(), Misuse> {
        if now.counter() >= 0 && delta <= 0 {
            self.release();
            return Ok(());
        }
        // Refused: take it back, which may be what the waiters wait for.
        let back = self.count(delta.wrapping_neg());
        if back.counter() == 0 && back.waiters() != 0 {
            self.release();
        }
        Err(if now.counter() >= 0 {
            Misuse::AddDuringWait
        } else if delta > 0 && now.counter().wrapping_sub(delta) >= 0 {
            Misuse::Overflow
        } else {
            Misuse::Negative
        })
    }

    /// Steps 2 and 3 of counting: wakes all who wait.
    fn release(&self) {
        // Not to be unwound: others wait.
        let mut locked = self.queue.lock_inside();
        self.word.fetch_sub(self.read().waiters().into(), Ordering::Relaxed);
        let batch = locked.pop_all_in(0, 0);
        drop(locked);
        batch.wake_all();
    }

    #[inline]
    pub(crate) fn wait(&self) -> Result<(), Misuse> {
        if self.read().counter() == 0 { Ok(()) } else { self.wait_for_zero() }
    }

    #[cold]
    fn wait_for_zero(&self) -> Result<(), Misuse> {
        let locked = self.queue.lock();
        let joined = self.word.fetch_update(Ordering::Relaxed, Ordering::Acquire, |word| {
            (Reading(word).counter() != 0).then_some(word + 1)
        });
        if joined.is_err() {
            return Ok(());
        }
        locked.wait(0, Place::Back, WaitReason::WaitGroupWait);
        if self.read().0 == 0 { Ok(()) } else { Err(Misuse::ReuseDuringWait) }
    }
}

#[cfg(all(test, not(gmp_loom)))]
mod tests {
    use super::*;

    /// The moment between the addition that makes zero and the release of the waiters.
    #[test]
    fn raised_from_zero_under_a_waiter() {
        let state = State::default();
        state.word.store(1, Ordering::Relaxed);
        assert_eq!((state.counter(), state.waiters()), (0, 1));
        assert_eq!(state.add(1), Err(Misuse::AddDuringWait));
    }
}
