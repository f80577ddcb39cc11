//! `timeout`: work that is waited for only so long.

use std::error::Error;
use std::fmt;
use std::io;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use crate::context::{self, Cause, Context, ContextError};
use crate::rt::Critical;

/// What [`timeout`] returns when it has not waited for the end: the time was up, or the
/// caller's own context was done.
///
/// ```
/// use std::time::Duration;
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
///
/// let error = gmp_sync::time::timeout(Duration::ZERO, || ()).unwrap_err();
/// assert_eq!(error.to_string(), "the time is up");
/// assert_eq!(std::io::Error::from(error).kind(), std::io::ErrorKind::TimedOut);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Elapsed {
    err: ContextError,
}

impl Elapsed {
    /// Which of the two it was: [`ContextError::DeadlineExceeded`] if the time was up (the one
    /// asked for, or that of a context above), [`ContextError::Canceled`] if the caller's
    /// context was cancelled before.
    ///
    /// ```
    /// use gmp_sync::context::{self, ContextError};
    /// use gmp_sync::time::timeout_with;
    /// use std::time::Duration;
    /// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
    ///
    /// let (ctx, cancel) = context::background().with_cancel();
    /// cancel();
    /// let error = timeout_with(&ctx, Duration::from_secs(60), |_| ()).unwrap_err();
    /// assert_eq!(error.err(), ContextError::Canceled);
    /// ```
    pub fn err(&self) -> ContextError {
        self.err
    }
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.err {
            ContextError::DeadlineExceeded => "the time is up",
            ContextError::Canceled => "cancelled before the time was up",
        })
    }
}

impl Error for Elapsed {}

/// `TimedOut` if the time was up, otherwise `Other`.
impl From<Elapsed> for io::Error {
    fn from(elapsed: Elapsed) -> io::Error {
        io::Error::new(io::Error::from(elapsed.err).kind(), elapsed)
    }
}

/// Runs `f` on a goroutine of its own and waits for its result, but not longer than
/// `duration`. Parks a goroutine, blocks a plain thread.
///
/// `f` runs under a context with that deadline, a child of the caller's:
/// [`context::current()`](crate::context::current) returns it. When the time is up this
/// function returns, and the context is done, which tells `f` to stop: nobody can stop it from
/// outside. The context is cancelled, too, when `f` ends: goroutines that it has left behind
/// are told to stop.
///
/// # A body that does not listen
///
/// It goes on, as a goroutine nobody waits for, and keeps what it has captured until it ends by
/// itself. Then its result is dropped; a panic is reported by the panic hook and ends nothing but
/// that goroutine (the process, under `on_panic = "abort"`). A body that never looks at its
/// context and never ends is a leak. So give it something to notice by: receive from
/// `context::current().done()` in its selects, look at `err()` in its loops, pass the context to
/// what it calls.
///
/// # Errors
///
/// [`Elapsed`] if `f` has not ended in time, even if it ends at the very moment it is told to.
/// Also, at once, if the caller's own context is done first; [`Elapsed::err`] tells the two
/// apart. If there is no time at all (`duration` is
/// zero, or the caller's context is done), `f` is not started. A duration beyond the clock's range
/// never elapses.
///
/// # Panics
///
/// With the panic of `f`, its payload unchanged, if that comes in time. If `f` calls
/// [`goexit`](gmp_core::goexit), a calling goroutine exits, too; on a plain thread that is a
/// panic. Panics as [`spawn`](gmp_core::spawn) does if no runtime has been started.
///
/// Costs a goroutine, a context and a timer: about a microsecond.
///
/// ```
/// use gmp_sync::context;
/// use gmp_sync::time::timeout;
/// use std::time::Duration;
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// # rt.block_on_goroutine(|| {
/// assert_eq!(timeout(Duration::from_secs(60), || 6 * 7), Ok(42));
///
/// let late = timeout(Duration::from_millis(1), || {
///     let _ = context::current().done().recv(); // works until it is told to stop
/// });
/// assert!(late.is_err());
/// # });
/// ```
#[track_caller]
pub fn timeout<F, T>(duration: Duration, f: F) -> Result<T, Elapsed>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    timeout_with(&context::current(), duration, move |_| f())
}

/// As [`timeout`], with `ctx` in place of the caller's current context; `f` is given the context
/// that it runs under.
///
/// # Errors
///
/// As [`timeout`].
///
/// # Panics
///
/// As [`timeout`].
///
/// ```
/// use gmp_sync::context;
/// use gmp_sync::time::timeout_with;
/// use std::time::Duration;
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// # rt.block_on_goroutine(|| {
/// let ctx = context::background().with_value(7_u32);
/// let sum = timeout_with(&ctx, Duration::from_secs(60), |ctx| *ctx.value::<u32>().unwrap() + 1);
/// assert_eq!(sum, Ok(8));
/// # });
/// ```
#[track_caller]
pub fn timeout_with<F, T>(ctx: &Context, duration: Duration, f: F) -> Result<T, Elapsed>
where
    F: FnOnce(&Context) -> T + Send + 'static,
    T: Send + 'static,
{
    let (ctx, cancel) = ctx.with_timeout_and_cause(duration);
    if let Some(err) = ctx.err() {
        return Err(Elapsed { err });
    }
    let end: Cause = Arc::new(Ended);
    // If this function unwinds nobody wants the result any more.
    let _abandoned = OnDrop { cancel: cancel.clone(), cause: None };
    let body = {
        let (ctx, end) = (ctx.clone(), OnDrop { cancel, cause: Some(Arc::clone(&end)) });
        gmp_core::spawn(move || {
            let _end = end;
            let value = ctx.enter(|| f(&ctx));
            // An exit that `f` has swallowed goes on here, not in the destructor above.
            drop(Critical::enter());
            value
        })
    };
    let _ = ctx.done().recv();
    // Of the three that may end it, the first one decides.
    if !ctx.cause().is_some_and(|cause| Arc::ptr_eq(&cause, &end)) {
        let err = ctx.err().unwrap_or(ContextError::Canceled);
        return Err(Elapsed { err });
    }
    match body.join() {
        Ok(value) => Ok(value),
        Err(payload) if payload.is::<gmp_core::Goexit>() => exit(),
        Err(payload) => resume_unwind(payload),
    }
}

/// Cancels when it is dropped.
struct OnDrop<C: Fn(Option<Cause>)> {
    cancel: C,
    cause: Option<Cause>,
}

impl<C: Fn(Option<Cause>)> Drop for OnDrop<C> {
    fn drop(&mut self) {
        (self.cancel)(self.cause.take());
    }
}

/// The cause of what a body has left behind: it has ended. Each call of `timeout_with` has one
/// of its own, which is at an address of its own.
#[derive(Debug)]
struct Ended;

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the work that the context was made for has ended")
    }
}

impl Error for Ended {}

/// The body is part of what the caller does, so its exit is the caller's.
fn exit() -> ! {
    if gmp_core::current().is_some() {
        gmp_core::goexit();
    }
    panic!("the body of a timeout called goexit, and a plain thread cannot exit like that");
}
