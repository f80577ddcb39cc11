//! The sleep of `gmp-timers`, and who cuts it short: README.md, "Outside of the
//! runtime", where the steps are numbered.

use crate::prim::{AtomicU32, AtomicU64, const_unless_loom, full_fence, futex_wait, futex_wake};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

pub(super) struct Doze {
    bell: AtomicU32,
    /// How long the thread sleeps; 0 while it is awake.
    until: AtomicU64,
    #[cfg(all(test, gmp_loom))]
    pub(super) cut: Cut,
}

/// A step that a model leaves out, to see it missed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cut {
    Nothing,
    U2,
    V2,
    V3,
}

impl Doze {
    const_unless_loom! {
        pub(super) fn new() -> Doze {
            Doze {
                bell: AtomicU32::new(0),
                until: AtomicU64::new(0),
                #[cfg(all(test, gmp_loom))]
                cut: Cut::Nothing,
            }
        }
    }

    #[inline(always)]
    fn has(&self, step: Cut) -> bool {
        #[cfg(all(test, gmp_loom))]
        return self.cut != step;
        #[cfg(not(all(test, gmp_loom)))]
        return step != Cut::Nothing;
    }

    /// Sleeps until what `next` says, unless that `is_past`, or until rung for something
    /// earlier. May end too soon. By the one thread that sleeps here.
    pub(super) fn sleep(&self, next: impl Fn() -> u64, is_past: impl Fn(u64) -> bool) {
        // (V1)
        let bell = self.bell.load(Acquire);
        let until = next();
        if is_past(until) {
            return;
        }
        self.until.store(until, Relaxed);
        // (V2)
        if self.has(Cut::V2) {
            full_fence();
        }
        // (V3)
        if next() >= until || !self.has(Cut::V3) {
            // (V4)
            futex_wait(&self.bell, bell, (until != u64::MAX).then_some(until));
        }
        self.until.store(0, Relaxed);
    }

    /// Something that is due at `due` was published (U1).
    pub(super) fn ring_for(&self, due: u64) {
        // (U2)
        if self.has(Cut::U2) {
            full_fence();
        }
        // (U3)
        if due < self.until.load(Relaxed) {
            self.bell.fetch_add(1, Release);
            futex_wake(&self.bell);
        }
    }
}
