//! Functions that are called when a context is done.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::Context;
use super::node::Node;
use crate::{Mutex, time};

/// A function to be called once, by whoever takes it out first.
pub(super) struct Func(Mutex<Option<Body>>);

type Body = Box<dyn FnOnce() + Send>;

impl Func {
    fn take(&self) -> Option<Body> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn call(&self) {
        if let Some(f) = self.take() {
            f();
        }
    }

    /// Calls it on a goroutine of its own; on a thread if there is no runtime.
    pub(super) fn start(self: Arc<Func>) {
        // From a goroutine it is known that there is a runtime. It may be out of stacks.
        if gmp_core::current().is_some() {
            let func = Arc::clone(&self);
            if gmp_core::Builder::new().spawn(move || func.call()).is_ok() {
                return;
            }
        }
        // A timer's function is never lost, and needs no runtime.
        drop(time::after_func(Duration::ZERO, move || self.call()));
    }
}

/// A function that waits for a context to be done; see [`Context::after_func`].
///
/// Dropping it changes nothing. It keeps the context, as a clone of that would.
///
/// ```
/// use gmp_sync::context;
///
/// let (ctx, cancel) = context::background().with_cancel();
/// let after = ctx.after_func(|| unreachable!());
/// assert!(after.stop());
/// cancel();
/// ```
#[derive(Clone)]
pub struct AfterFunc {
    state: State,
}

#[derive(Clone)]
enum State {
    Listed {
        node: Arc<Node>,
        place: usize,
        func: Arc<Func>,
    },
    /// The context was done already.
    Started,
    /// The context is never done; whether it was stopped.
    Idle(Arc<AtomicBool>),
}

impl AfterFunc {
    pub(super) fn new(ctx: &Context, f: impl FnOnce() + Send + 'static) -> AfterFunc {
        let Some(node) = ctx.node() else {
            return AfterFunc { state: State::Idle(Arc::new(AtomicBool::new(false))) };
        };
        let func = Arc::new(Func(Mutex::new(Some(Box::new(f)))));
        let state = match node.add_func(&func) {
            Some(place) => State::Listed { node: Arc::clone(node), place, func },
            None => {
                func.start();
                State::Started
            }
        };
        AfterFunc { state }
    }

    /// Sees to it that the function is not called. True if this call has prevented it: false
    /// if the function was started (it may still be running: `stop` does not wait for it), or
    /// was stopped before.
    ///
    /// ```
    /// use gmp_sync::context;
    ///
    /// let (ctx, cancel) = context::background().with_cancel();
    /// let after = ctx.after_func(|| ());
    /// cancel();
    /// assert!(!after.stop());
    /// ```
    pub fn stop(&self) -> bool {
        match &self.state {
            State::Listed { node, place, func } => {
                let stopped = node.remove_func(*place, func);
                if stopped {
                    drop(func.take());
                }
                stopped
            }
            State::Started => false,
            State::Idle(stopped) => !stopped.swap(true, Ordering::Relaxed),
        }
    }
}

impl fmt::Debug for AfterFunc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AfterFunc").finish_non_exhaustive()
    }
}
