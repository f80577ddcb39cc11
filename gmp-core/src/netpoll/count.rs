//! How many wait for a descriptor, so that nobody polls when none does.

use crate::prim::AtomicU32;
use crate::sched::Line;
use std::sync::atomic::Ordering::{AcqRel, Relaxed};

static WAITING: Line<AtomicU32> = Line(AtomicU32::new(0));

/// One more, before he can be found.
pub(super) fn add() {
    WAITING.fetch_add(1, AcqRel);
}

/// One less: by whoever took him out of his word.
pub(super) fn remove() {
    let before = WAITING.fetch_sub(1, AcqRel);
    debug_assert!(before > 0, "more stopped waiting than began");
}

/// Whether anybody waits.
#[inline(always)]
pub(super) fn any() -> bool {
    WAITING.load(Relaxed) != 0
}

/// How many wait.
#[cfg(test)]
pub(super) fn get() -> u32 {
    WAITING.load(Relaxed)
}
