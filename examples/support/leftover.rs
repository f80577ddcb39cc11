//! That an example leaves no goroutine behind.

use std::time::{Duration, Instant};

use gmp::{gosched, num_goroutine};

/// Waits until there are not more than `before` goroutines: one that was told to stop, or was
/// joined, may still be on its last steps.
///
/// # Panics
///
/// If that takes ten seconds.
pub(crate) fn assert_no_more_than(before: usize) {
    let start = Instant::now();
    while num_goroutine() > before {
        let left = num_goroutine();
        assert!(start.elapsed() < Duration::from_secs(10), "{left} goroutines, not {before}");
        gosched();
    }
}
