//! Making contexts from contexts.

use std::any::Any;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::chain::Link;
use super::node::{Fate, Kind, Node};
use super::{CancelFunc, Cause, Context, ContextError, Repr};
use crate::rt::Critical;
use crate::time;

impl Context {
    /// Makes a child that can be cancelled by itself.
    ///
    /// It is done when the function is called, or when its parent is done, whichever comes
    /// first; if the parent is done already it is born so. When its last handle is dropped the
    /// child is gone, and leaves nothing behind in its parent.
    ///
    /// Costs two allocations, about 100 ns.
    ///
    /// ```
    /// use gmp_sync::context::{self, ContextError};
    ///
    /// let (parent, cancel_parent) = context::background().with_cancel();
    /// let (child, cancel_child) = parent.with_cancel();
    /// cancel_child();
    /// assert_eq!((child.err(), parent.err()), (Some(ContextError::Canceled), None));
    /// cancel_parent();
    /// assert!(parent.err().is_some());
    /// ```
    pub fn with_cancel(&self) -> (Context, CancelFunc) {
        let node = Node::new(self, Kind::Cancel, self.deadline());
        with_function(node)
    }

    /// As [`with_cancel`](Self::with_cancel), with a function that is told the cause.
    ///
    /// The first cancellation decides: a cause that comes later is dropped. Without a cause
    /// (`None`), the cause is the error itself.
    ///
    /// ```
    /// use gmp_sync::context::{self, ContextError};
    /// use std::sync::Arc;
    ///
    /// let (ctx, cancel) = context::background().with_cancel_cause();
    /// cancel(Some(Arc::new(std::fmt::Error)));
    /// cancel(None);
    /// assert_eq!(ctx.err(), Some(ContextError::Canceled));
    /// assert!(ctx.cause().unwrap().is::<std::fmt::Error>());
    /// ```
    pub fn with_cancel_cause(
        &self,
    ) -> (Context, impl Fn(Option<Cause>) + Clone + Send + Sync + use<>) {
        with_cause_function(Node::new(self, Kind::Cancel, self.deadline()))
    }

    /// [`with_timeout`](Self::with_timeout) with the function of
    /// [`with_cancel_cause`](Self::with_cancel_cause).
    pub(crate) fn with_timeout_and_cause(
        &self,
        timeout: Duration,
    ) -> (Context, impl Fn(Option<Cause>) + Clone + Send + Sync + use<>) {
        with_cause_function(self.timed(after(timeout), None))
    }

    /// Makes a child that is done after `timeout`; otherwise as
    /// [`with_deadline`](Self::with_deadline). A timeout beyond the clock's range never
    /// comes.
    ///
    /// ```
    /// use gmp_sync::context::{self, ContextError};
    /// use std::time::Duration;
    ///
    /// let (ctx, _cancel) = context::background().with_timeout(Duration::from_millis(1));
    /// assert!(ctx.done().recv().is_err()); // waits
    /// assert_eq!(ctx.err(), Some(ContextError::DeadlineExceeded));
    /// ```
    pub fn with_timeout(&self, timeout: Duration) -> (Context, CancelFunc) {
        with_function(self.timed(after(timeout), None))
    }

    /// As [`with_timeout`](Self::with_timeout); `cause` is the cause if it is the time that
    /// runs out.
    ///
    /// ```
    /// use gmp_sync::context;
    /// use std::sync::Arc;
    /// use std::time::Duration;
    ///
    /// let slow = Arc::new(std::io::Error::other("the server is slow"));
    /// let (ctx, _cancel) = context::background().with_timeout_cause(Duration::ZERO, slow);
    /// assert_eq!(ctx.cause().unwrap().to_string(), "the server is slow");
    /// ```
    pub fn with_timeout_cause(&self, timeout: Duration, cause: Cause) -> (Context, CancelFunc) {
        with_function(self.timed(after(timeout), Some(cause)))
    }

    /// Makes a child that is done, with [`ContextError::DeadlineExceeded`], at the moment
    /// `deadline`, unless it is cancelled or its parent is done before.
    ///
    /// If the moment has passed, the child is born done. If the parent's deadline is earlier,
    /// that one holds. Never early. Calling the function frees the timer; so does dropping
    /// the last handle.
    ///
    /// Costs what [`with_cancel`](Self::with_cancel) and a timer cost.
    ///
    /// ```
    /// use gmp_sync::context::{self, ContextError};
    /// use std::time::{Duration, Instant};
    ///
    /// let noon = Instant::now() + Duration::from_secs(60);
    /// let (ctx, cancel) = context::background().with_deadline(noon);
    /// assert_eq!(ctx.deadline(), Some(noon));
    /// let (later, _) = ctx.with_deadline(noon + Duration::from_secs(1));
    /// assert_eq!(later.deadline(), Some(noon));
    /// cancel();
    /// assert_eq!(later.err(), Some(ContextError::Canceled));
    /// ```
    pub fn with_deadline(&self, deadline: Instant) -> (Context, CancelFunc) {
        with_function(self.timed(Some(deadline), None))
    }

    /// As [`with_deadline`](Self::with_deadline); `cause` is the cause if it is this deadline
    /// that passes. It is not if the parent's deadline is earlier, or when the context is
    /// cancelled.
    ///
    /// ```
    /// use gmp_sync::context::{self, ContextError};
    /// use std::sync::Arc;
    /// use std::time::Instant;
    ///
    /// let closed = Arc::new(std::io::Error::other("the shop is closed"));
    /// let (ctx, _) = context::background().with_deadline_cause(Instant::now(), closed);
    /// assert_eq!(ctx.err(), Some(ContextError::DeadlineExceeded));
    /// assert_eq!(ctx.cause().unwrap().to_string(), "the shop is closed");
    /// ```
    pub fn with_deadline_cause(&self, deadline: Instant, cause: Cause) -> (Context, CancelFunc) {
        with_function(self.timed(Some(deadline), Some(cause)))
    }

    fn timed(&self, deadline: Option<Instant>, cause: Option<Cause>) -> Arc<Node> {
        let above = self.deadline();
        let Some(deadline) = deadline.filter(|own| above.is_none_or(|above| above >= *own)) else {
            return Node::new(self, Kind::Cancel, above);
        };
        let node = Node::new(self, Kind::Deadline, Some(deadline));
        let fate = Fate { err: ContextError::DeadlineExceeded, cause };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            node.cancel(fate);
        } else if node.err().is_none() {
            let expiring = Arc::downgrade(&node);
            node.set_timer(time::after_func(left, move || {
                if let Some(node) = Weak::upgrade(&expiring) {
                    node.cancel(fate.clone());
                }
            }));
        }
        node
    }

    /// Makes a child that carries `value`, to be found by its type.
    ///
    /// For what belongs to a request and passes through code that does not care; not for
    /// what a function needs as an argument. Use types of your own. The child is done when its
    /// parent is. Costs two allocations.
    ///
    /// ```
    /// use gmp_sync::context;
    ///
    /// struct User(&'static str);
    ///
    /// let ctx = context::background().with_value(User("root"));
    /// let inner = ctx.with_value(User("guest"));
    /// assert_eq!(ctx.value::<User>().unwrap().0, "root");
    /// assert_eq!(inner.value::<User>().unwrap().0, "guest");
    /// assert!(inner.value::<u32>().is_none());
    /// ```
    pub fn with_value<T: Any + Send + Sync>(&self, value: T) -> Context {
        Context { repr: Repr::Link(Arc::new(Link::with_value(self, value))) }
    }

    /// Makes a child that has the parent's values, but neither its deadline nor its
    /// cancellation: for what has to be done when the parent is over.
    ///
    /// ```
    /// use gmp_sync::context;
    ///
    /// let (ctx, cancel) = context::background().with_value(7_u32).with_cancel();
    /// let cleanup = ctx.without_cancel();
    /// cancel();
    /// assert!(cleanup.err().is_none());
    /// assert_eq!(cleanup.value::<u32>().as_deref(), Some(&7));
    /// ```
    pub fn without_cancel(&self) -> Context {
        Context { repr: Repr::Link(Arc::new(Link::without_cancel(self))) }
    }
}

/// None: beyond the clock.
fn after(timeout: Duration) -> Option<Instant> {
    Instant::now().checked_add(timeout)
}

fn with_function(node: Arc<Node>) -> (Context, CancelFunc) {
    let ctx = Context::of(Arc::clone(&node));
    (ctx, CancelFunc::new(move || cancel(&node, None)))
}

fn with_cause_function(
    node: Arc<Node>,
) -> (Context, impl Fn(Option<Cause>) + Clone + Send + Sync + use<>) {
    let ctx = Context::of(Arc::clone(&node));
    (ctx, move |cause| cancel(&node, cause))
}

fn cancel(node: &Arc<Node>, cause: Option<Cause>) {
    // A goroutine that has swallowed its exit goes on with it here, and not half-way.
    drop(Critical::enter());
    node.cancel(Fate { err: ContextError::Canceled, cause });
}
