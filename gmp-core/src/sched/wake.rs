//! The two counters that decide whether new work wakes another thread.
//!
//! The protocol, both sides numbered, is in README.md, "No wake-up is lost";
//! loom runs exactly this code against the queues and notes (`loom_tests.rs`).

use crate::prim::{AtomicU32, const_unless_loom, full_fence};
use std::sync::atomic::Ordering::{AcqRel, Relaxed};

/// How many Ps are idle and how many Ms are looking for work.
#[derive(Debug)]
pub(crate) struct WakeState {
    idle_ps: AtomicU32,
    spinning: AtomicU32,
}

impl WakeState {
    const_unless_loom! {
        pub(crate) fn new() -> WakeState {
            WakeState { idle_ps: AtomicU32::new(0), spinning: AtomicU32::new(0) }
        }
    }

    pub(crate) fn idle_ps(&self) -> u32 {
        self.idle_ps.load(Relaxed)
    }

    pub(crate) fn spinning(&self) -> u32 {
        self.spinning.load(Relaxed)
    }

    /// Submitter, after publishing work: true if the caller must wake an M, and
    /// then the caller counts as one spinner on that M's behalf.
    #[inline(always)]
    pub(crate) fn must_wake(&self) -> bool {
        full_fence();
        self.idle_ps.load(Relaxed) != 0
            && self.spinning.load(Relaxed) == 0
            && self.spinning.compare_exchange(0, 1, AcqRel, Relaxed).is_ok()
    }

    /// An M out of work asks to look at other Ps: at most half the busy Ps may
    /// be looked at by spinners at a time.
    pub(crate) fn try_spin(&self, procs: u32) -> bool {
        let busy = procs.saturating_sub(self.idle_ps.load(Relaxed));
        if 2 * self.spinning.load(Relaxed) >= busy {
            return false;
        }
        self.start_spinning();
        true
    }

    /// Counts one more spinner.
    pub(crate) fn start_spinning(&self) {
        self.spinning.fetch_add(1, AcqRel);
    }

    /// A spinner stops, for whatever reason. True if it was the last one: if it
    /// stops because it found work it must then see whether to wake another.
    pub(crate) fn stop_spinning(&self) -> bool {
        let before = self.spinning.fetch_sub(1, AcqRel);
        debug_assert!(before > 0, "more spinners stopped than started");
        before == 1
    }

    /// A P went idle. Under the idle lock.
    pub(crate) fn p_idle(&self) {
        self.idle_ps.fetch_add(1, AcqRel);
    }

    /// A P was taken off the idle list. Under the idle lock.
    pub(crate) fn p_busy(&self) {
        self.idle_ps.fetch_sub(1, AcqRel);
    }

    /// Leaver, after its P went idle and it stopped spinning: from here on
    /// either the leaver's recheck sees a submitter's work, or the submitter
    /// sees the idle P and no spinner.
    pub(crate) fn before_recheck(&self) {
        full_fence();
    }
}

#[cfg(all(test, gmp_loom))]
#[path = "loom_tests.rs"]
mod loom_tests;
