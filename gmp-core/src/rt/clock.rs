//! The runtime's clock, and std's instants on it.

use crate::sys;
use std::sync::OnceLock;
use std::time::Instant;

/// Nanoseconds of the runtime's clock (CLOCK_MONOTONIC).
#[inline]
pub fn now_ns() -> u64 {
    sys::monotonic_ns()
}

/// `instant` on the runtime's clock: never before it, and at most some tens of
/// nanoseconds behind. What lies before the clock's start is 0; what it cannot
/// hold is `u64::MAX`.
///
/// Not to be called in a `Critical` section: the first call takes a std lock.
pub fn instant_ns(instant: Instant) -> u64 {
    static EPOCH: OnceLock<(Instant, u64)> = OnceLock::new();
    let &(base, base_ns) = EPOCH.get_or_init(measure);
    match instant.checked_duration_since(base) {
        Some(later) => base_ns.saturating_add(u64::try_from(later.as_nanos()).unwrap_or(u64::MAX)),
        None => {
            let earlier = base.duration_since(instant).as_nanos();
            base_ns.saturating_sub(u64::try_from(earlier).unwrap_or(u64::MAX))
        }
    }
}

/// One moment on both clocks, the second never before the first: the closest
/// of a few readings, in case this thread is taken off its CPU between the two.
fn measure() -> (Instant, u64) {
    let reading = || {
        let before = sys::monotonic_ns();
        let pair = (Instant::now(), sys::monotonic_ns());
        (pair.1 - before, pair)
    };
    let readings = [reading(), reading(), reading(), reading(), reading()];
    readings.into_iter().min_by_key(|reading| reading.0).map_or_else(|| reading().1, |best| best.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn an_instant_is_never_early_on_our_clock() {
        for _ in 0..1000 {
            let before = now_ns();
            let ns = instant_ns(Instant::now());
            let after = now_ns();
            assert!(before <= ns, "{ns} is before {before}");
            assert!(ns <= after + 100_000, "{ns} is far behind {after}");
        }
    }

    #[test]
    fn what_the_clock_cannot_hold_is_for_ever() {
        let centuries = Duration::from_secs(1 << 36);
        assert_eq!(instant_ns(Instant::now() + centuries), u64::MAX);
    }
}
