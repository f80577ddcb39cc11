//! Poisoning: std's error types, and the flag.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

pub use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

/// Set by a guard that is dropped by a panic which began after it was made. Under its lock,
/// but for looks from outside.
pub(crate) struct Flag(AtomicBool);

/// Whether a panic was under way already when a guard was made.
#[derive(Clone, Copy)]
pub(crate) struct Before(bool);

impl Flag {
    pub(crate) const fn new() -> Flag {
        Flag(AtomicBool::new(false))
    }

    #[inline(always)]
    pub(crate) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn clear(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// What a guard is to remember.
    #[inline(always)]
    pub(crate) fn before(&self) -> Before {
        Before(thread::panicking())
    }

    /// A guard is dropped.
    #[inline(always)]
    pub(crate) fn after(&self, before: Before) {
        if !before.0 && thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    /// `value`, as an error if it is poisoned.
    #[inline(always)]
    pub(crate) fn wrap<T>(&self, value: T) -> LockResult<T> {
        if self.get() { Err(PoisonError::new(value)) } else { Ok(value) }
    }
}
