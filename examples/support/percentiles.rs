//! What a number of measured times come to.

use std::fmt;
use std::time::Duration;

/// The median, what one in a hundred exceeds, and the longest.
pub(crate) struct Percentiles {
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) most: Duration,
    pub(crate) count: usize,
}

impl Percentiles {
    /// # Panics
    ///
    /// If there are no times.
    pub(crate) fn of(mut times: Vec<Duration>) -> Percentiles {
        assert!(!times.is_empty(), "nothing was measured");
        times.sort();
        let last = times.len() - 1;
        let at = |percent| times[last * percent / 100];
        Percentiles { p50: at(50), p99: at(99), most: times[last], count: times.len() }
    }
}

impl fmt::Display for Percentiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Percentiles { p50, p99, most, count } = self;
        write!(f, "p50 {p50:.1?}, p99 {p99:.1?}, most {most:.1?} of {count}")
    }
}
