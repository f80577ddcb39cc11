//! A goroutine of a group, from its start to its end.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::{Places, Shared};
use crate::caught::{self, Payload};
use crate::context::Cause;
use crate::rt;

/// A goroutine of the group, which counts as running until this is dropped.
pub(super) struct Body<E> {
    shared: Arc<Shared<E>>,
    places: Option<Places>,
}

impl<E> Body<E> {
    /// One that was counted, in the place that it took.
    pub(super) fn new(shared: Arc<Shared<E>>, places: Option<Places>) -> Body<E> {
        Body { shared, places }
    }
}

impl<E: Send + 'static> Body<E> {
    #[track_caller]
    pub(super) fn start<F, T>(self, f: F)
    where
        F: FnOnce() -> Result<T, E> + Send + 'static,
    {
        drop(gmp_core::spawn(move || self.run(f)));
    }

    fn run<T>(self, f: impl FnOnce() -> Result<T, E>) {
        let link = self.shared.link.as_ref();
        let f = || match link {
            Some(link) => link.enter(f).map(drop),
            None => f().map(drop),
        };
        let result = catch_unwind(AssertUnwindSafe(f));
        if result.is_ok() {
            caught::let_exit_go_on();
        }
        match result {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.failed(error),
            Err(payload) => self.panicked(rt::caught(payload)),
        }
    }

    fn failed(&self, error: E) {
        let cause = self.shared.link.as_ref().and_then(|link| link.cause_of(&error));
        let mut state = self.shared.state();
        if state.error.is_none() {
            state.error = Some(error);
            drop(state);
            self.cancel_with(cause);
        }
    }

    fn panicked(&self, payload: Payload) {
        let mut state = self.shared.state();
        if state.panic.is_none() {
            state.panic = Some(payload);
            drop(state);
            self.cancel_with(Some(Arc::new(Panicked)));
        }
    }

    fn cancel_with(&self, cause: Option<Cause>) {
        if let Some(link) = &self.shared.link {
            link.cancel_with(cause);
        }
    }
}

impl<E> Drop for Body<E> {
    fn drop(&mut self) {
        // Before it is counted: who waited for all finds all places free.
        if let Some(places) = &self.places {
            let left = places.leave.try_recv();
            debug_assert!(left.is_ok(), "whoever runs has a place");
        }
        let mut state = self.shared.state();
        state.running -= 1;
        if state.running == 0 {
            self.shared.ended.notify_all();
        }
    }
}

/// The cause of a context that was cancelled by a panic.
#[derive(Debug)]
struct Panicked;

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a goroutine of the group panicked")
    }
}

impl std::error::Error for Panicked {}
