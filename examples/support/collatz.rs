//! Something to compute: the same work for goroutines and for threads.

/// The most steps that a number below `limit` takes to reach 1.
pub(crate) fn longest_collatz(limit: u64) -> u32 {
    (1..limit).map(collatz_steps).max().unwrap_or(0)
}

fn collatz_steps(mut n: u64) -> u32 {
    let mut steps = 0;
    while n != 1 {
        n = if n.is_multiple_of(2) { n / 2 } else { 3 * n + 1 };
        steps += 1;
    }
    steps
}
