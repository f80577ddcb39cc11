//! What cancels a context.

use std::fmt;
use std::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, Weak};

use super::node::{Fate, Node};
use super::{Cause, Context, ContextError};

/// Cancels a context; see [`Context::with_cancel`](super::Context::with_cancel).
///
/// It is called like a function, or by its method [`cancel`](Self::cancel), as often as one
/// likes: only the first cancellation of a context counts. Clones cancel the same context.
/// Dropping it cancels nothing, unless it was made a [`guard`](Self::guard).
///
/// ```
/// use gmp_sync::context;
///
/// let (ctx, cancel) = context::background().with_cancel();
/// let (once, again) = (cancel.clone(), cancel);
/// once();
/// again.cancel();
/// assert!(ctx.err().is_some());
/// ```
#[derive(Clone)]
pub struct CancelFunc {
    call: Arc<dyn Fn() + Send + Sync>,
}

impl UnwindSafe for CancelFunc {}
impl RefUnwindSafe for CancelFunc {}

impl CancelFunc {
    pub(crate) fn new(f: impl Fn() + Send + Sync + 'static) -> CancelFunc {
        CancelFunc { call: Arc::new(f) }
    }

    /// Cancels the context and all that were made from it. When this returns they are done:
    /// their `done` channels are closed, their `err` and `cause` are set. Functions that
    /// wait for them were started, but are not waited for.
    ///
    /// Never waits for goroutines, and may be called from anywhere. Costs about 100 ns for each
    /// context that is cancelled.
    ///
    /// ```
    /// use gmp_sync::context;
    ///
    /// let (parent, cancel) = context::background().with_cancel();
    /// let (child, _) = parent.with_cancel();
    /// cancel.cancel();
    /// assert!(child.err().is_some() && child.done().is_closed());
    /// ```
    pub fn cancel(&self) {
        (self.call)();
    }

    /// Makes it a guard that cancels when it is dropped.
    ///
    /// ```
    /// use gmp_sync::context;
    ///
    /// let (ctx, cancel) = context::background().with_cancel();
    /// {
    ///     let _guard = cancel.guard();
    ///     assert!(ctx.err().is_none());
    /// }
    /// assert!(ctx.err().is_some());
    /// ```
    pub fn guard(self) -> CancelGuard {
        CancelGuard { cancel: self }
    }
}

/// A function that is called as `cancel()`.
impl Deref for CancelFunc {
    type Target = dyn Fn() + Send + Sync;

    fn deref(&self) -> &Self::Target {
        &*self.call
    }
}

impl fmt::Debug for CancelFunc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelFunc").finish_non_exhaustive()
    }
}

/// Cancels a context when it is dropped; made by [`CancelFunc::guard`].
///
/// ```
/// use gmp_sync::context;
///
/// let (ctx, cancel) = context::background().with_cancel();
/// drop(cancel.guard());
/// assert!(ctx.err().is_some());
/// ```
#[derive(Debug)]
#[must_use = "dropped at once, it cancels at once"]
pub struct CancelGuard {
    cancel: CancelFunc,
}

impl Drop for CancelGuard {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// Cancels a context if it is still there, and does not keep it.
#[derive(Clone)]
pub(crate) struct WeakCancel {
    /// None if it cannot be cancelled.
    node: Option<Weak<Node>>,
}

impl WeakCancel {
    /// Whether the context is gone.
    pub(crate) fn is_gone(&self) -> bool {
        self.node.as_ref().is_none_or(|node| node.strong_count() == 0)
    }

    /// Cancels it; false if it is gone.
    pub(crate) fn cancel(&self, cause: Cause) -> bool {
        let node = self.node.as_ref().and_then(Weak::upgrade);
        let fate = Fate { err: ContextError::Canceled, cause: Some(cause) };
        node.map(|node| node.cancel(fate)).is_some()
    }
}

impl Context {
    pub(crate) fn weak_cancel(&self) -> WeakCancel {
        WeakCancel { node: self.node().map(Arc::downgrade) }
    }
}
