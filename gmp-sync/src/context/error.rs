//! Why a context is done.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::{Arc, LazyLock};

/// The reason behind a cancellation, as [`Context::cause`](super::Context::cause) returns it.
///
/// ```
/// use gmp_sync::context::{self, Cause};
/// use std::sync::Arc;
///
/// let (ctx, cancel) = context::background().with_cancel_cause();
/// let cause: Cause = Arc::new(std::io::Error::other("the disk is full"));
/// cancel(Some(cause));
/// assert_eq!(ctx.cause().unwrap().to_string(), "the disk is full");
/// ```
pub type Cause = Arc<dyn Error + Send + Sync>;

/// In which way a context has ended.
///
/// ```
/// use gmp_sync::context::{self, ContextError};
/// use std::time::Duration;
///
/// let (ctx, _cancel) = context::background().with_timeout(Duration::ZERO);
/// assert_eq!(ctx.err(), Some(ContextError::DeadlineExceeded));
/// assert_eq!(ctx.err().unwrap().to_string(), "context deadline exceeded");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ContextError {
    /// It was cancelled, or a context that it was made from.
    Canceled,
    /// Its deadline has passed, or that of a context that it was made from.
    DeadlineExceeded,
}

impl ContextError {
    /// Itself as a cause: what a cancellation without a cause of its own has.
    pub(super) fn as_cause(self) -> Cause {
        static CANCELED: LazyLock<Cause> = LazyLock::new(|| Arc::new(ContextError::Canceled));
        static EXCEEDED: LazyLock<Cause> =
            LazyLock::new(|| Arc::new(ContextError::DeadlineExceeded));
        match self {
            ContextError::Canceled => Arc::clone(&CANCELED),
            ContextError::DeadlineExceeded => Arc::clone(&EXCEEDED),
        }
    }
}

impl fmt::Display for ContextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ContextError::Canceled => "context canceled",
            ContextError::DeadlineExceeded => "context deadline exceeded",
        })
    }
}

impl Error for ContextError {}

/// A deadline becomes `TimedOut`, a cancellation `Other`: `Interrupted` would be tried again
/// by much of std.
///
/// ```
/// use gmp_sync::context::ContextError;
/// use std::io;
///
/// let error = io::Error::from(ContextError::DeadlineExceeded);
/// assert_eq!(error.kind(), io::ErrorKind::TimedOut);
/// ```
impl From<ContextError> for io::Error {
    fn from(error: ContextError) -> io::Error {
        let kind = match error {
            ContextError::Canceled => io::ErrorKind::Other,
            ContextError::DeadlineExceeded => io::ErrorKind::TimedOut,
        };
        io::Error::new(kind, error)
    }
}
