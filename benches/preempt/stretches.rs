//! When a goroutine ran, as it sees it by reading the clock all the time.

use std::time::{Duration, Instant};

/// Without a pause.
#[derive(Clone, Copy)]
pub(crate) struct Stretch {
    pub(crate) from: Instant,
    pub(crate) to: Instant,
}

/// Reads the clock until `stop` says so. A pause is what is longer than `pause`.
pub(crate) fn watch(pause: Duration, stop: impl Fn() -> bool) -> Vec<Stretch> {
    let mut stretches = Vec::with_capacity(1 << 16);
    let mut from = Instant::now();
    let mut to = from;
    while !stop() {
        let now = Instant::now();
        if now - to > pause {
            stretches.push(Stretch { from, to });
            from = now;
        }
        to = now;
    }
    stretches.push(Stretch { from, to });
    stretches
}
