//! `Parker`: somebody who waits, as those who wake see him.
#![expect(unsafe_code, reason = "a parker is gone once its owner was woken")]

use super::Critical;
use crate::g::G;
use crate::m::M;
use crate::prim::{self, AtomicU32};
use crate::sys;
use std::sync::atomic::Ordering::{AcqRel, Acquire};

/// Who waits: a goroutine, or a plain thread and the word it sleeps on. Lives
/// on the waiter's stack.
#[derive(Debug)]
pub struct Parker {
    gp: Option<&'static G>,
    /// A thread's.
    word: AtomicU32,
}

impl std::fmt::Debug for G {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "goroutine {}", self.id.get())
    }
}

/// The owner is awake and was not woken yet.
const EMPTY: u32 = 0;
/// It was woken.
const WOKEN: u32 = 1;
/// It sleeps, or is about to: waking it takes a system call.
const ASLEEP: u32 = 2;

/// Looks at the word with pauses in between, twice as many each time, before a
/// thread gives its CPU away: what it waits for often comes within a microsecond.
const SPIN_ROUNDS: u32 = 7;
/// Looks after giving the CPU to others, before a thread goes to sleep.
const YIELD_ROUNDS: u32 = 4;

impl Parker {
    /// The caller, as somebody to be woken.
    #[inline(always)]
    pub fn new(critical: &Critical) -> Parker {
        Parker { gp: critical.m().map(M::curg), word: AtomicU32::new(EMPTY) }
    }

    /// The goroutine that waits; None for a thread.
    #[inline(always)]
    pub(crate) fn goroutine(&self) -> Option<&'static G> {
        self.gp
    }

    /// Blocks the calling thread, the owner, until woken.
    pub fn sleep(&self) {
        let woken = self.sleep_until(u64::MAX);
        debug_assert!(woken);
    }

    /// Blocks the calling thread, the owner, until woken or until `deadline`
    /// (nanoseconds of the runtime's clock). Whether it was woken.
    pub fn sleep_until(&self, deadline: u64) -> bool {
        if self.woken_soon() {
            return true;
        }
        if self.word.compare_exchange(EMPTY, ASLEEP, AcqRel, Acquire).is_err() {
            return true;
        }
        let limit = (deadline != u64::MAX).then_some(deadline);
        while self.word.load(Acquire) == ASLEEP {
            if limit.is_some_and(|limit| sys::monotonic_ns() >= limit) {
                return self.word.compare_exchange(ASLEEP, EMPTY, AcqRel, Acquire).is_err();
            }
            prim::futex_wait(&self.word, ASLEEP, limit);
        }
        true
    }

    fn woken_soon(&self) -> bool {
        for round in 0..SPIN_ROUNDS + YIELD_ROUNDS {
            if self.word.load(Acquire) == WOKEN {
                return true;
            }
            if round < SPIN_ROUNDS {
                (0..1 << round).for_each(|_| std::hint::spin_loop());
            } else {
                sys::thread_yield();
            }
        }
        false
    }

    /// Wakes the owner, a thread.
    ///
    /// # Safety
    /// `parker` is alive on entry, and woken once; only its address is used after
    /// the swap.
    pub(crate) unsafe fn wake(parker: *const Parker) {
        // SAFETY: alive on entry; a field's address is computed before the swap.
        let word = unsafe { &raw const (*parker).word };
        // SAFETY: alive until this store is seen.
        let before = unsafe { (*word).swap(WOKEN, AcqRel) };
        if before == ASLEEP {
            prim::futex_wake(word);
        }
    }
}
