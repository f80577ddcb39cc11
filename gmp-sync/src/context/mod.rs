//! Contexts: telling a whole tree of goroutines to stop, with deadlines and values.
//!
//! A [`Context`] is handed down from a function to those it calls and the goroutines it
//! starts. Each may derive contexts of its own: that can be cancelled by themselves, have an
//! earlier deadline, or carry a value. When a context is cancelled, or its deadline passes,
//! it and all that were derived from it are *done*: their [`done`](Context::done) channels are
//! closed, for good. Contexts only tell; whoever works under one looks at it, by a receive
//! from `done` in a select, or by [`err`](Context::err).
//!
//! ```
//! use gmp_sync::context;
//! use std::thread;
//!
//! let (ctx, cancel) = context::background().with_cancel();
//! let workers: Vec<_> = (0..4)
//!     .map(|_| {
//!         let ctx = ctx.clone();
//!         thread::spawn(move || {
//!             while ctx.err().is_none() {
//!                 thread::yield_now(); // works
//!             }
//!         })
//!     })
//!     .collect();
//! cancel();
//! workers.into_iter().for_each(|worker| worker.join().unwrap());
//! ```
//!
//! Everything here works on plain threads and without a runtime, too.

use std::any::Any;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use gmp_chan::Receiver;

mod after_func;
mod cancel;
mod chain;
mod children;
mod current;
mod derive;
mod error;
mod node;
#[cfg(test)]
mod tests;
mod walk;

pub use after_func::AfterFunc;
pub(crate) use cancel::WeakCancel;
pub use cancel::{CancelFunc, CancelGuard};
pub use current::current;
pub use error::{Cause, ContextError};

use chain::Link;
use node::Node;

/// A deadline, a cancellation, and values, for a piece of work that many take part in.
///
/// Clones are the same context; cloning costs one atomic addition. `Debug` and `Display`
/// show how it was made, as Go does: `context.Background.WithCancel`.
///
/// ```
/// use gmp_sync::context;
///
/// let (ctx, _cancel) = context::background().with_value(1_u8).with_cancel();
/// assert_eq!(ctx.to_string(), "context.Background.WithValue(u8).WithCancel");
/// ```
#[derive(Clone, Default)]
pub struct Context {
    repr: Repr,
}

#[derive(Clone, Default)]
enum Repr {
    #[default]
    Background,
    Todo,
    Node(Arc<Node>),
    Link(Arc<Link>),
}

impl UnwindSafe for Context {}
impl RefUnwindSafe for Context {}

/// The root of all contexts: never done, without a deadline or values. Allocates nothing.
///
/// ```
/// let ctx = gmp_sync::context::background();
/// assert!(ctx.err().is_none() && ctx.deadline().is_none());
/// ```
pub const fn background() -> Context {
    Context { repr: Repr::Background }
}

/// As [`background`], for where it is not clear yet which context belongs there.
///
/// ```
/// assert_eq!(gmp_sync::context::todo().to_string(), "context.TODO");
/// ```
pub const fn todo() -> Context {
    Context { repr: Repr::Todo }
}

impl Context {
    fn of(node: Arc<Node>) -> Context {
        Context { repr: Repr::Node(node) }
    }

    /// A channel that is closed when the context is done; the same one at every call. It
    /// never carries a value, and never closes if the context cannot be done.
    ///
    /// It is made at the first call (about 100 ns). Do not close it yourself: it would look
    /// as if the context were done.
    ///
    /// ```
    /// use gmp_sync::context;
    /// use gmp_chan::RecvError;
    ///
    /// let (ctx, cancel) = context::background().with_cancel();
    /// std::thread::spawn(move || cancel());
    /// assert_eq!(ctx.done().recv(), Err(RecvError));
    /// ```
    pub fn done(&self) -> &Receiver<()> {
        static NEVER: LazyLock<Receiver<()>> = LazyLock::new(gmp_chan::never);
        match self.node() {
            Some(node) => node.done(),
            None => &NEVER,
        }
    }

    /// How the context has ended; None as long as it is not done. When this is `Some`,
    /// [`done`](Self::done) is closed. A few nanoseconds.
    ///
    /// ```
    /// use gmp_sync::context::{self, ContextError};
    ///
    /// let (ctx, cancel) = context::background().with_cancel();
    /// assert_eq!(ctx.err(), None);
    /// cancel();
    /// assert_eq!(ctx.err(), Some(ContextError::Canceled));
    /// ```
    pub fn err(&self) -> Option<ContextError> {
        self.node()?.err()
    }

    /// Why the context has ended; None as long as it is not done.
    ///
    /// It is what was given to the function of
    /// [`with_cancel_cause`](Self::with_cancel_cause), or with the deadline that has passed:
    /// of this context, or of the one above it that was done first and took this one along.
    /// If nothing was given it is the [`ContextError`] itself.
    ///
    /// ```
    /// use gmp_sync::context::{self, ContextError};
    ///
    /// let (ctx, cancel) = context::background().with_cancel();
    /// cancel();
    /// let cause = ctx.cause().unwrap();
    /// assert_eq!(cause.downcast_ref(), Some(&ContextError::Canceled));
    /// ```
    pub fn cause(&self) -> Option<Cause> {
        self.node()?.cause()
    }

    /// When the context will be done at the latest: the earliest of its own deadline and those
    /// above.
    ///
    /// ```
    /// use gmp_sync::context;
    /// use std::time::{Duration, Instant};
    ///
    /// let (ctx, _cancel) = context::background().with_timeout(Duration::from_secs(1));
    /// assert!(ctx.deadline().unwrap() <= Instant::now() + Duration::from_secs(1));
    /// ```
    pub fn deadline(&self) -> Option<Instant> {
        self.node()?.deadline
    }

    /// The value of type `T` that was added last on the way to this context. The cost grows
    /// with the way: a nanosecond or two per context.
    ///
    /// ```
    /// let ctx = gmp_sync::context::background().with_value(String::from("trace-7"));
    /// assert_eq!(*ctx.value::<String>().unwrap(), "trace-7");
    /// ```
    pub fn value<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.find()
    }

    /// Has `f` called once, on a goroutine of its own, when the context is done; at once if it
    /// is. Whoever cancels the context does not wait for `f`.
    ///
    /// Without a runtime `f` runs on a thread of its own. A panic of `f` is that goroutine's.
    /// If all handles of the context are dropped (its clones, its [`CancelFunc`]s, contexts
    /// derived from it, the [`AfterFunc`]), it cannot be done any more, and `f` is dropped
    /// without being called.
    ///
    /// ```
    /// use gmp_sync::context;
    ///
    /// let (ctx, cancel) = context::background().with_cancel();
    /// let (tx, rx) = gmp_chan::bounded(1);
    /// let after = ctx.after_func(move || tx.send("cleaned up").unwrap());
    /// cancel();
    /// assert_eq!(rx.recv(), Ok("cleaned up"));
    /// assert!(!after.stop());
    /// ```
    pub fn after_func(&self, f: impl FnOnce() + Send + 'static) -> AfterFunc {
        AfterFunc::new(self, f)
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_chain(f)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_chain(f)
    }
}
