//! A limit on how often something happens.

use std::fmt;
use std::time::{Duration, Instant};

use crate::context::{Context, ContextError};
use crate::rate_limiter::bucket::{Bucket, Reserved, Time};
use crate::{Mutex, MutexGuard, PoisonError};

mod bucket;

/// Lets so many events a second happen, and some at once after a pause: a token bucket.
///
/// The bucket holds up to `burst` tokens, is full at first, and gets `per_second` tokens a
/// second. Each event takes a token: [`allow`](Self::allow) if there is one,
/// [`wait`](Self::wait) when there is. In any span of time no more events are let through than
/// `burst + per_second * seconds`.
///
/// Who waits reserves a token at once and sleeps until it is there, so those who wait are
/// served in the order of their calls, one sleep each, and a call of `allow` does not
/// overtake them.
///
/// A call that does not wait costs a reading of the clock and a short lock. Share a limiter by
/// reference or in an `Arc`.
///
/// # Examples
///
/// ```
/// use gmp_sync::RateLimiter;
/// use std::time::{Duration, Instant};
///
/// let limiter = RateLimiter::new(200.0, 2);
/// assert!(limiter.allow() && limiter.allow()); // the burst
/// let start = Instant::now();
/// for _ in 0..3 {
///     limiter.wait(); // one every 5 ms
/// }
/// assert!(start.elapsed() >= Duration::from_millis(10));
/// ```
pub struct RateLimiter {
    per_second: f64,
    burst: usize,
    start: Instant,
    bucket: Mutex<Bucket>,
}

impl RateLimiter {
    /// Makes a limiter for `per_second` events a second, and `burst` at once.
    ///
    /// A rate of [`f64::INFINITY`] is no limit, whatever the burst.
    ///
    /// # Panics
    ///
    /// If `per_second` is zero, negative or not a number, or `burst` is zero: nothing could
    /// ever happen.
    ///
    /// # Examples
    ///
    /// ```
    /// use gmp_sync::RateLimiter;
    ///
    /// let every_ten_seconds = RateLimiter::new(0.1, 1);
    /// assert!(every_ten_seconds.allow());
    /// assert!(!every_ten_seconds.allow());
    /// ```
    #[track_caller]
    pub fn new(per_second: f64, burst: usize) -> RateLimiter {
        assert!(
            per_second > 0.0,
            "RateLimiter: {per_second} events a second: pass a rate above zero, or f64::INFINITY \
             for no limit"
        );
        assert!(burst > 0, "RateLimiter: a burst of 0 lets nothing through: pass 1 or more");
        let bucket = Mutex::new(Bucket::new(per_second, burst));
        RateLimiter { per_second, burst, start: Instant::now(), bucket }
    }

    /// Takes a token if there is one, and says whether: may it happen now? Never waits.
    ///
    /// # Examples
    ///
    /// ```
    /// let limiter = gmp_sync::RateLimiter::new(0.001, 1);
    /// assert!(limiter.allow());
    /// assert!(!limiter.allow());
    /// ```
    pub fn allow(&self) -> bool {
        self.allow_n(1)
    }

    /// Takes `n` tokens if there are as many, or none. More than the burst there never are.
    ///
    /// # Examples
    ///
    /// ```
    /// let bytes = gmp_sync::RateLimiter::new(0.001, 1500);
    /// assert!(bytes.allow_n(1000));
    /// assert!(!bytes.allow_n(1000));
    /// assert!(bytes.allow_n(500));
    /// ```
    pub fn allow_n(&self, n: usize) -> bool {
        let now = self.now();
        self.bucket().take(n, now)
    }

    /// Takes a token, and returns when it is there: never early. Parks the goroutine, blocks a
    /// plain thread.
    ///
    /// # Examples
    ///
    /// ```
    /// let limiter = gmp_sync::RateLimiter::new(1000.0, 1);
    /// for n in 0..3 {
    ///     limiter.wait();
    ///     println!("request {n}");
    /// }
    /// ```
    pub fn wait(&self) {
        self.wait_n(1);
    }

    /// Takes `n` tokens, and returns when they are there.
    ///
    /// # Panics
    ///
    /// If `n` is more than the burst, as that many there never are.
    ///
    /// # Examples
    ///
    /// ```
    /// let bytes = gmp_sync::RateLimiter::new(1_000_000.0, 1500);
    /// for packet in [[0_u8; 1000]; 3] {
    ///     bytes.wait_n(packet.len());
    /// }
    /// ```
    #[track_caller]
    pub fn wait_n(&self, n: usize) {
        self.check(n);
        let now = self.now();
        let reserved = self.bucket().reserve(n, now, Time::MAX);
        let at = reserved.map_or(now, |reserved| reserved.at);
        if at > now {
            gmp_core::time::sleep(since(self.now(), at));
        }
    }

    /// Takes a token, and returns when it is there, or when `context` is done.
    ///
    /// The token of a wait that was given up goes back, unless somebody has reserved a later one
    /// since.
    ///
    /// # Errors
    ///
    /// The error of `context` if it is, or becomes, done. At once
    /// [`ContextError::DeadlineExceeded`] if the token would not be there by its deadline; then
    /// none is taken.
    ///
    /// # Examples
    ///
    /// ```
    /// use gmp_sync::RateLimiter;
    /// use gmp_sync::context::{ContextError, background};
    /// use std::time::Duration;
    ///
    /// let limiter = RateLimiter::new(0.001, 1);
    /// let (context, cancel) = background().with_timeout(Duration::from_secs(5));
    /// assert_eq!(limiter.wait_ctx(&context), Ok(()));
    /// // The next token comes in 1000 s: no need to wait for the five.
    /// assert_eq!(limiter.wait_ctx(&context), Err(ContextError::DeadlineExceeded));
    /// cancel();
    /// ```
    pub fn wait_ctx(&self, context: &Context) -> Result<(), ContextError> {
        self.wait_n_ctx(context, 1)
    }

    /// Takes `n` tokens, and returns when they are there, or when `context` is done.
    ///
    /// # Errors
    ///
    /// As of [`wait_ctx`](Self::wait_ctx).
    ///
    /// # Panics
    ///
    /// If `n` is more than the burst, as that many there never are.
    ///
    /// # Examples
    ///
    /// ```
    /// use gmp_sync::context::{ContextError, background};
    ///
    /// let bytes = gmp_sync::RateLimiter::new(1_000_000.0, 1500);
    /// let (context, cancel) = background().with_cancel();
    /// assert_eq!(bytes.wait_n_ctx(&context, 1000), Ok(()));
    /// cancel();
    /// assert_eq!(bytes.wait_n_ctx(&context, 500), Err(ContextError::Canceled));
    /// ```
    #[track_caller]
    pub fn wait_n_ctx(&self, context: &Context, n: usize) -> Result<(), ContextError> {
        self.check(n);
        if let Some(error) = context.err() {
            return Err(error);
        }
        let now = self.now();
        let latest = context.deadline().map_or(Time::MAX, |deadline| self.time_of(deadline));
        let Some(reserved) = self.bucket().reserve(n, now, latest) else {
            return Err(ContextError::DeadlineExceeded);
        };
        if reserved.at <= now {
            return Ok(());
        }
        self.sleep_unless_done(context, &reserved).inspect_err(|_| {
            self.bucket().give_back(&reserved);
        })
    }

    /// How many tokens there are now; below zero if those who wait have reserved more than
    /// there are. A look, not a promise: others may take them meanwhile.
    ///
    /// # Examples
    ///
    /// ```
    /// let limiter = gmp_sync::RateLimiter::new(0.001, 10);
    /// limiter.allow_n(4);
    /// assert_eq!(limiter.tokens().round(), 6.0);
    /// ```
    pub fn tokens(&self) -> f64 {
        let now = self.now();
        self.burst as f64 - self.bucket().missing(now)
    }

    fn sleep_unless_done(&self, context: &Context, until: &Reserved) -> Result<(), ContextError> {
        let due = self.start.checked_add(since(0, until.at));
        let is_due = match due {
            Some(due) => context.done().recv_deadline(due).is_err_and(|error| error.is_timeout()),
            None => context.done().recv().is_ok(),
        };
        if is_due { Ok(()) } else { Err(context.err().unwrap_or(ContextError::Canceled)) }
    }

    #[track_caller]
    fn check(&self, n: usize) {
        let Self { per_second, burst, .. } = *self;
        assert!(
            n <= burst || per_second == f64::INFINITY,
            "RateLimiter: {n} tokens at once, but the burst is {burst}: ask for fewer at a time, \
             or make the limiter with a greater burst"
        );
    }

    fn now(&self) -> Time {
        bucket::from_ns(self.start.elapsed().as_nanos())
    }

    fn time_of(&self, instant: Instant) -> Time {
        bucket::from_ns(instant.saturating_duration_since(self.start).as_nanos())
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// From `now` to `at`, rounded up to whole nanoseconds.
fn since(now: Time, at: Time) -> Duration {
    let ns = bucket::to_ns(at.saturating_sub(now));
    u64::try_from(ns).map_or(Duration::MAX, Duration::from_nanos)
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiter")
            .field("per_second", &self.per_second)
            .field("burst", &self.burst)
            .finish_non_exhaustive()
    }
}
