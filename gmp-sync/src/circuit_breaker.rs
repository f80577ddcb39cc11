//! Protection against calling, and waiting for, what fails anyhow.

use std::error::Error;
use std::fmt;
use std::time::{Duration, Instant};

use crate::circuit_breaker::machine::{Generation, Machine, Settings};
use crate::{Mutex, MutexGuard, PoisonError, caught};

mod machine;

/// Calls something that may fail, until it failed too often in a row; then refuses to, for a
/// while.
///
/// - *Closed*, at first: calls go through. After as many failures in a row as
///   [`failures`](BreakerBuilder::failures) says it opens.
/// - *Open*: calls are refused at once, for the time of [`open_for`](BreakerBuilder::open_for).
/// - *Half-open*: no more than [`probes`](BreakerBuilder::probes) calls at a time go through,
///   the others are refused. After [`successes`](BreakerBuilder::successes) of them it closes;
///   one failure opens it again.
///
/// A failure is an `Err`, a panic, or a `goexit`. What a call that began before the last change
/// of the state comes to does not count: it tells of a time that is over. An error that says
/// nothing about the health of what is called can be returned inside of `Ok`.
///
/// A call costs two short locks, which are not held while it runs. Share a breaker by reference
/// or in an `Arc`.
///
/// # Examples
///
/// ```
/// use gmp_sync::{BreakerError, BreakerState, CircuitBreaker};
/// use std::time::Duration;
///
/// let breaker = CircuitBreaker::builder()
///     .failures(2)
///     .open_for(Duration::from_millis(1))
///     .build();
/// for _ in 0..2 {
///     let result: Result<(), _> = breaker.call(|| Err("no route to host"));
///     assert_eq!(result, Err(BreakerError::Inner("no route to host")));
/// }
/// let refused = breaker.call(|| -> Result<(), &str> { unreachable!() });
/// if let Err(BreakerError::Open { retry_after }) = refused {
///     std::thread::sleep(retry_after);
/// }
/// assert_eq!(breaker.state(), BreakerState::HalfOpen);
/// assert_eq!(breaker.call(|| Ok::<_, &str>("welcome")), Ok("welcome"));
/// assert_eq!(breaker.state(), BreakerState::Closed);
/// ```
#[derive(Default)]
pub struct CircuitBreaker {
    machine: Mutex<Machine>,
}

/// How a [`CircuitBreaker`] treats calls; see there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BreakerState {
    /// They go through.
    Closed,
    /// They are refused.
    Open,
    /// Some go through, to find out.
    HalfOpen,
}

/// Why [`CircuitBreaker::call`] has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BreakerError<E> {
    /// The call was not made.
    Open {
        /// When the breaker will let calls through again, from now. Zero if it is half-open, as
        /// that depends on how long the calls take that it lets through.
        retry_after: Duration,
    },
    /// The call was made, and failed.
    Inner(E),
}

/// The settings of a [`CircuitBreaker`].
///
/// ```
/// use std::time::Duration;
///
/// let breaker = gmp_sync::CircuitBreaker::builder()
///     .failures(10)
///     .open_for(Duration::from_secs(5))
///     .probes(2)
///     .successes(4)
///     .build();
/// # drop(breaker);
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "call `build`"]
pub struct BreakerBuilder {
    settings: Settings,
}

impl BreakerBuilder {
    /// The breaker opens after `n` failures in a row. 5 if not set.
    ///
    /// # Panics
    ///
    /// If `n` is 0.
    ///
    /// ```
    /// let touchy = gmp_sync::CircuitBreaker::builder().failures(1).build();
    /// # drop(touchy);
    /// ```
    #[track_caller]
    pub fn failures(mut self, n: u32) -> BreakerBuilder {
        self.settings.failures = at_least_one("failures", n);
        self
    }

    /// It refuses calls for `duration`. One minute if not set.
    ///
    /// ```
    /// use std::time::Duration;
    /// let breaker = gmp_sync::CircuitBreaker::builder().open_for(Duration::from_secs(1)).build();
    /// # drop(breaker);
    /// ```
    pub fn open_for(mut self, duration: Duration) -> BreakerBuilder {
        self.settings.open_for = duration;
        self
    }

    /// It lets `n` calls at a time through while it is half-open. 1 if not set.
    ///
    /// # Panics
    ///
    /// If `n` is 0.
    ///
    /// ```
    /// let breaker = gmp_sync::CircuitBreaker::builder().probes(2).successes(2).build();
    /// # drop(breaker);
    /// ```
    #[track_caller]
    pub fn probes(mut self, n: u32) -> BreakerBuilder {
        self.settings.probes = at_least_one("probes", n);
        self
    }

    /// It closes after `n` of these have succeeded. 1 if not set.
    ///
    /// # Panics
    ///
    /// If `n` is 0.
    ///
    /// ```
    /// let convinced = gmp_sync::CircuitBreaker::builder().successes(10).build();
    /// # drop(convinced);
    /// ```
    #[track_caller]
    pub fn successes(mut self, n: u32) -> BreakerBuilder {
        self.settings.successes = at_least_one("successes", n);
        self
    }

    /// Makes the breaker, closed.
    ///
    /// ```
    /// use gmp_sync::{BreakerState, CircuitBreaker};
    /// assert_eq!(CircuitBreaker::builder().build().state(), BreakerState::Closed);
    /// ```
    pub fn build(self) -> CircuitBreaker {
        CircuitBreaker { machine: Mutex::new(Machine::new(self.settings)) }
    }
}

#[track_caller]
fn at_least_one(what: &str, n: u32) -> u32 {
    assert!(n > 0, "CircuitBreaker: `{what}(0)`: pass 1 or more");
    n
}

impl CircuitBreaker {
    /// Makes one with the settings that [`builder`](Self::builder) begins with.
    ///
    /// ```
    /// let breaker = gmp_sync::CircuitBreaker::new();
    /// assert_eq!(breaker.call(|| "7".parse::<u32>()), Ok(7));
    /// ```
    pub fn new() -> CircuitBreaker {
        CircuitBreaker::default()
    }

    /// What to make one with other settings with.
    ///
    /// ```
    /// let breaker = gmp_sync::CircuitBreaker::builder().failures(3).build();
    /// # drop(breaker);
    /// ```
    pub fn builder() -> BreakerBuilder {
        BreakerBuilder::default()
    }

    /// Calls `f`, unless the breaker is open, or is half-open and has let enough calls through.
    ///
    /// How long `f` may take is its own affair: while all probes of a half-open breaker hang,
    /// it refuses all others. See [`timeout`](crate::time::timeout).
    ///
    /// # Errors
    ///
    /// [`BreakerError::Inner`] with the error of `f`; [`BreakerError::Open`] if `f` was not
    /// called.
    ///
    /// # Panics
    ///
    /// If `f` does, which is a failure.
    ///
    /// # Examples
    ///
    /// ```
    /// use gmp_sync::{BreakerError, CircuitBreaker};
    ///
    /// let breaker = CircuitBreaker::builder().failures(1).build();
    /// assert_eq!(breaker.call(|| Ok::<_, String>(7)), Ok(7));
    /// assert!(breaker.call(|| "x".parse::<u32>()).is_err());
    /// let error = breaker.call(|| "7".parse::<u32>()).unwrap_err();
    /// assert!(matches!(error, BreakerError::Open { .. }));
    /// ```
    pub fn call<T, E>(&self, f: impl FnOnce() -> Result<T, E>) -> Result<T, BreakerError<E>> {
        let generation = match self.machine().begin(Instant::now) {
            Ok(generation) => generation,
            Err(retry_after) => return Err(BreakerError::Open { retry_after }),
        };
        let mut call = Call { breaker: self, generation, succeeded: false };
        let result = f();
        caught::let_exit_go_on();
        call.succeeded = result.is_ok();
        drop(call);
        result.map_err(BreakerError::Inner)
    }

    /// What the breaker does with calls at this moment.
    ///
    /// ```
    /// use gmp_sync::{BreakerState, CircuitBreaker};
    ///
    /// let breaker = CircuitBreaker::builder().failures(1).build();
    /// assert_eq!(breaker.state(), BreakerState::Closed);
    /// let _ = breaker.call(|| Err::<(), _>("out of order"));
    /// assert_eq!(breaker.state(), BreakerState::Open);
    /// ```
    pub fn state(&self) -> BreakerState {
        self.machine().state(Instant::now)
    }

    fn machine(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call under way; however it ends, its end is counted.
struct Call<'a> {
    breaker: &'a CircuitBreaker,
    generation: Generation,
    succeeded: bool,
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.breaker.machine().end(self.generation, self.succeeded, Instant::now);
    }
}

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker").field("state", &self.state()).finish_non_exhaustive()
    }
}

impl<E: fmt::Display> fmt::Display for BreakerError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BreakerError::Open { retry_after } if retry_after.is_zero() => {
                f.write_str("circuit breaker is half-open: other calls try whether it works")
            }
            BreakerError::Open { retry_after } => {
                write!(f, "circuit breaker is open: retry after {retry_after:?}")
            }
            BreakerError::Inner(error) => error.fmt(f),
        }
    }
}

impl<E: Error> Error for BreakerError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            BreakerError::Open { .. } => None,
            // Its text is ours, so what comes next is what it stems from.
            BreakerError::Inner(error) => error.source(),
        }
    }
}
