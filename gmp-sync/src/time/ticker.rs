//! `Ticker`: many moments, evenly spaced.

use std::fmt;
use std::time::{Duration, Instant};

use gmp_chan::{Receiver, go};

/// Delivers instants at an even pace.
///
/// At most one tick is pending: those that come while nobody receives it are dropped. The
/// ticks stay on the grid that the start and the period make, however late one of them is
/// received. Dropping the ticker, and the clones of its channel, frees it; there is no need
/// to stop it first.
///
/// ```
/// use gmp_sync::time::Ticker;
/// use std::time::Duration;
///
/// let period = Duration::from_millis(2);
/// let ticker = Ticker::new(period);
/// let first = ticker.chan().recv().unwrap();
/// for tick in ticker.chan().iter().take(3) {
///     let since = (tick - first).as_nanos();
///     assert_eq!(since % period.as_nanos(), 0, "off the grid");
/// }
/// ```
pub struct Ticker {
    chan: Receiver<Instant>,
}

impl Ticker {
    /// A ticker whose first tick comes `period` from now.
    ///
    /// Costs one allocation. As long as nobody waits for it, nothing is armed.
    ///
    /// # Panics
    /// With `non-positive interval for NewTicker` if `period` is zero.
    ///
    /// ```
    /// use gmp_sync::time::Ticker;
    /// use std::time::Duration;
    ///
    /// let ticker = Ticker::new(Duration::from_millis(2));
    /// ticker.chan().recv().unwrap();
    /// ```
    #[track_caller]
    pub fn new(period: Duration) -> Ticker {
        assert!(!period.is_zero(), "non-positive interval for NewTicker");
        Ticker { chan: go::ticker(period) }
    }

    /// The channel of the ticker. Each value is the instant at which it was due, and goes to
    /// one receiver. It behaves as one without a buffer, and is never closed, also not when
    /// the ticker is stopped.
    ///
    /// ```
    /// use gmp_sync::time::Ticker;
    /// use std::time::Duration;
    ///
    /// let ticker = Ticker::new(Duration::from_secs(3600));
    /// assert!(ticker.chan().try_recv().is_err());
    /// assert_eq!((ticker.chan().len(), ticker.chan().capacity()), (0, Some(0)));
    /// ```
    pub fn chan(&self) -> &Receiver<Instant> {
        &self.chan
    }

    /// Stops the ticker: nothing is received any more, also not the tick that was pending.
    ///
    /// ```
    /// use gmp_sync::time::{Ticker, sleep};
    /// use std::time::Duration;
    ///
    /// let ticker = Ticker::new(Duration::from_millis(1));
    /// sleep(Duration::from_millis(2));
    /// ticker.stop();
    /// assert!(ticker.chan().try_recv().is_err());
    /// ```
    pub fn stop(&self) {
        go::stop(&self.chan);
    }

    /// Stops the ticker and starts it with another period: the next tick comes `period`
    /// from now.
    ///
    /// # Panics
    /// With `non-positive interval for Ticker.Reset` if `period` is zero.
    ///
    /// ```
    /// use gmp_sync::time::Ticker;
    /// use std::time::{Duration, Instant};
    ///
    /// let ticker = Ticker::new(Duration::from_secs(3600));
    /// let start = Instant::now();
    /// ticker.reset(Duration::from_millis(2));
    /// assert!(ticker.chan().recv().unwrap() >= start + Duration::from_millis(2));
    /// ```
    #[track_caller]
    pub fn reset(&self, period: Duration) {
        assert!(!period.is_zero(), "non-positive interval for Ticker.Reset");
        go::reset_ticker(&self.chan, period);
    }
}

impl fmt::Debug for Ticker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticker").finish_non_exhaustive()
    }
}
