//! What the models share: how they are played, and what is looked at from within.

pub(super) use gmp_chan::loom_rt::play::{By, Goroutine, Kept, Thread, model};

use std::cell::Cell;

use loom::cell::UnsafeCell;

/// What a lock guards: loom sees two who use it at once, or without having been told what
/// the other one did.
#[derive(Debug)]
pub(super) struct Guarded(UnsafeCell<u32>);

impl Guarded {
    pub(super) fn new() -> Guarded {
        Guarded(UnsafeCell::new(0))
    }

    /// Looks at it, as one of any number.
    pub(super) fn look(&self) -> u32 {
        // SAFETY: loom ends the model if somebody changes it meanwhile.
        #[expect(unsafe_code, reason = "loom's cells have no other way")]
        self.0.with(|value| unsafe { *value })
    }

    /// Changes it, alone.
    pub(super) fn change(&self) {
        // SAFETY: loom ends the model if somebody uses it meanwhile.
        #[expect(unsafe_code, reason = "as above")]
        self.0.with_mut(|value| unsafe { *value += 1 });
    }
}

/// Counts what happens, for the model only: loom neither sees it nor switches at it.
#[derive(Debug, Default)]
pub(super) struct Count(Cell<u32>);

impl Count {
    /// Counts one more, and says how many there were before.
    pub(super) fn next(&self) -> u32 {
        self.0.replace(self.0.get() + 1)
    }

    pub(super) fn get(&self) -> u32 {
        self.0.get()
    }
}
