//! Channels that deliver instants: `after`, `at` and `tick`.

use std::time::{Duration, Instant};

use crate::chan::Chan;
use crate::chan::clock::{Clock, Due, Pace};
use crate::{Receiver, handle, never};

/// A clock that shows a capacity of `cap`.
pub(crate) fn clock(first: Due, pace: Pace, cap: usize) -> Receiver<Instant> {
    let chan = Chan::clock(Clock::new(first, pace), cap);
    Receiver { handle: Some(handle::receiving_only(chan)) }
}

/// A receiver that delivers one value, `duration` from now: the instant at which it was
/// due.
///
/// Whoever receives first gets it; everybody else waits for ever. It costs one allocation
/// and no thread; a timer is armed only while somebody waits. Dropping it is all it takes
/// to cancel. A duration beyond what an [`Instant`] can hold never ends.
///
/// Never early. How late it is depends on how soon the receiver can run.
///
/// ```
/// use std::time::{Duration, Instant};
///
/// let start = Instant::now();
/// let rx = gmp_chan::after(Duration::from_millis(5));
/// let due = rx.recv().unwrap();
/// assert!(due >= start + Duration::from_millis(5));
/// assert!(rx.try_recv().is_err());
/// ```
pub fn after(duration: Duration) -> Receiver<Instant> {
    match Instant::now().checked_add(duration) {
        Some(when) => at(when),
        None => never(),
    }
}

/// A receiver that delivers `when` once that instant has come. See [`after`].
///
/// ```
/// use std::time::{Duration, Instant};
///
/// let when = Instant::now() + Duration::from_millis(5);
/// assert_eq!(gmp_chan::at(when).recv(), Ok(when));
/// assert!(Instant::now() >= when);
/// ```
pub fn at(when: Instant) -> Receiver<Instant> {
    clock(Due::at(when), Pace::Once, 1)
}

/// A receiver that delivers an instant every `duration`: the one at which it was due.
///
/// At most one is pending. Who waits for each gets them at an even pace; who comes late
/// gets one at once, and the next one a `duration` after that. See [`after`] for the rest.
///
/// ```
/// use std::time::{Duration, Instant};
///
/// let start = Instant::now();
/// let rx = gmp_chan::tick(Duration::from_millis(5));
/// rx.recv().unwrap();
/// rx.recv().unwrap();
/// assert!(start.elapsed() >= Duration::from_millis(10));
/// ```
pub fn tick(duration: Duration) -> Receiver<Instant> {
    match Instant::now().checked_add(duration) {
        Some(first) => clock(Due::at(first), Pace::Tick(duration), 1),
        None => never(),
    }
}

/// The channels of Go's timers and tickers, for gmp-sync: they can be stopped and set anew,
/// and `len` and `capacity` are 0.
#[doc(hidden)]
pub mod go {
    use super::{Due, Duration, Instant, Pace, Receiver};
    use crate::chan::clock;

    /// Delivers the instant `wait` from now, when it has come. Never if no `Instant` can
    /// hold it.
    pub fn timer(wait: Duration) -> Receiver<Instant> {
        super::clock(Due::after(wait), Pace::Once, 0)
    }

    /// Delivers the instants that are multiples of `period` from now. At most one is
    /// pending, and those that would come after it meanwhile are dropped.
    pub fn ticker(period: Duration) -> Receiver<Instant> {
        super::clock(Due::after(period), Pace::Grid(period), 0)
    }

    /// Nothing is received from now on. True if that keeps a value from being received:
    /// one that was to come, or had come.
    pub fn stop(receiver: &Receiver<Instant>) -> bool {
        receiver.chan().is_some_and(clock::stop)
    }

    /// Has it deliver what a new `timer` would. Answers as `stop`.
    pub fn reset_timer(receiver: &Receiver<Instant>, wait: Duration) -> bool {
        receiver.chan().is_some_and(|chan| clock::reset(chan, Due::after(wait), Pace::Once))
    }

    /// Has it deliver what a new `ticker` would. Answers as `stop`.
    pub fn reset_ticker(receiver: &Receiver<Instant>, period: Duration) -> bool {
        let pace = Pace::Grid(period);
        receiver.chan().is_some_and(|chan| clock::reset(chan, Due::after(period), pace))
    }
}
