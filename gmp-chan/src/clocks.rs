//! Channels that deliver instants: `after`, `at` and `tick`.

use std::time::{Duration, Instant};

use crate::chan::Chan;
use crate::{Receiver, handle, never};

fn clock(first: Instant, period: Option<Duration>) -> Receiver<Instant> {
    Receiver { handle: Some(handle::receiving_only(Chan::clock(first, period))) }
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
    clock(when, None)
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
        Some(first) => clock(first, Some(duration)),
        None => never(),
    }
}
