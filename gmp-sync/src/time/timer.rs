//! `Timer`: one moment, as a channel or as a call.

use std::fmt;
use std::time::{Duration, Instant};

use gmp_chan::{Receiver, go, never};

use super::after_func::Func;

/// A single event in the future: either an instant that can be received from
/// [`chan`](Timer::chan) once it has come, or a call ([`after_func`]).
///
/// Shared by reference: any number of goroutines and threads may stop it, set it anew and
/// receive from it at the same time. One with a channel is freed when it, and the clones of
/// its channel, are dropped; there is no need to stop it first.
///
/// ```
/// use gmp_sync::time::Timer;
/// use std::time::{Duration, Instant};
///
/// let start = Instant::now();
/// let timer = Timer::new(Duration::from_millis(5));
/// let due = timer.chan().recv().unwrap();
/// assert!(due >= start + Duration::from_millis(5));
/// assert!(Instant::now() >= due);
/// ```
pub struct Timer {
    /// Nil if it makes a call.
    chan: Receiver<Instant>,
    func: Option<Func>,
}

impl Timer {
    /// A timer whose channel delivers one value, `duration` from now: the instant at which
    /// it was due, however late that is received.
    ///
    /// Costs one allocation. As long as nobody waits for it, nothing is armed.
    ///
    /// ```
    /// use gmp_sync::time::Timer;
    /// use std::time::Duration;
    ///
    /// let timer = Timer::new(Duration::ZERO);
    /// assert!(timer.chan().try_recv().is_ok());
    /// assert!(timer.chan().try_recv().is_err(), "there is only one");
    /// ```
    pub fn new(duration: Duration) -> Timer {
        Timer { chan: go::timer(duration), func: None }
    }

    /// The channel of the timer. It behaves as one without a buffer: `len` and `capacity`
    /// are 0. It is never closed, also not when the timer is stopped. Each value goes to
    /// one receiver; all others go on waiting.
    ///
    /// Of a timer made by [`after_func`] this is Go's nil channel, from which nothing is
    /// ever received.
    ///
    /// ```
    /// use gmp_sync::time::Timer;
    /// use std::time::Duration;
    ///
    /// let timer = Timer::new(Duration::from_secs(3600));
    /// assert!(timer.chan().try_recv().is_err());
    /// assert_eq!((timer.chan().len(), timer.chan().capacity()), (0, Some(0)));
    /// ```
    pub fn chan(&self) -> &Receiver<Instant> {
        &self.chan
    }

    /// Stops the timer. True if that prevents something:
    ///
    /// * of a timer with a channel: it was pending, or its value was there and nobody had
    ///   received it. After that nothing is received any more.
    /// * of [`after_func`]: it was pending, and its function is not called. False means
    ///   that the function's goroutine was started, or that it was stopped before; `stop`
    ///   does not wait for it.
    ///
    /// Costs a lock. In a race with the timer's end exactly one of the two things happens.
    ///
    /// ```
    /// use gmp_sync::time::Timer;
    /// use std::time::Duration;
    ///
    /// let timer = Timer::new(Duration::ZERO);
    /// assert!(timer.stop(), "its value was not received");
    /// assert!(timer.chan().try_recv().is_err(), "and is gone");
    /// assert!(!timer.stop());
    /// ```
    pub fn stop(&self) -> bool {
        match &self.func {
            Some(func) => func.stop(),
            None => go::stop(&self.chan),
        }
    }

    /// Has the timer end `duration` from now, whatever its state was. The answer is that of
    /// [`stop`](Self::stop): whether something was prevented.
    ///
    /// Values of before are not received after this; whoever waits, waits for the new one.
    /// A function may be called anew while an earlier call goes on.
    ///
    /// Costs a lock and a look at the clock.
    ///
    /// ```
    /// use gmp_sync::time::Timer;
    /// use std::time::{Duration, Instant};
    ///
    /// let timer = Timer::new(Duration::from_secs(3600));
    /// let start = Instant::now();
    /// assert!(timer.reset(Duration::from_millis(5)));
    /// assert!(timer.chan().recv().unwrap() >= start + Duration::from_millis(5));
    /// assert!(!timer.reset(Duration::from_secs(3600)), "its value was received");
    /// ```
    pub fn reset(&self, duration: Duration) -> bool {
        match &self.func {
            Some(func) => func.reset(duration),
            None => go::reset_timer(&self.chan, duration),
        }
    }
}

/// Calls `f`, `duration` from now, on a goroutine of its own.
///
/// Where no runtime runs, on a thread of its own. Dropping the timer does not stop it:
/// [`stop`](Timer::stop) does. With [`reset`](Timer::reset) it is called again, perhaps
/// while an earlier call goes on. A duration of zero is over at once, but the call is never
/// made by the caller of this function.
///
/// Costs one allocation, which is freed when the timer was dropped and `f` is neither
/// pending nor running. A panic of `f` ends its goroutine, like any other's. Without a stack
/// for the goroutine the timer fires late, as soon as there is one.
///
/// ```
/// use gmp_sync::time::after_func;
/// use std::time::Duration;
///
/// let (tx, rx) = gmp_chan::bounded(1);
/// after_func(Duration::from_millis(2), move || tx.send("called").unwrap());
/// assert_eq!(rx.recv(), Ok("called"));
///
/// let timer = after_func(Duration::from_secs(3600), || unreachable!());
/// assert!(timer.stop());
/// ```
#[track_caller]
pub fn after_func<F>(duration: Duration, f: F) -> Timer
where
    F: Fn() + Send + Sync + 'static,
{
    Timer { chan: never(), func: Some(Func::start(f, duration)) }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.func.is_some() { "a call" } else { "a channel" };
        f.debug_tuple("Timer").field(&format_args!("{kind}")).finish()
    }
}
