//! The context of a group.

use crate::context::{Cause, Context};

type Cancel = Box<dyn Fn(Option<Cause>) + Send + Sync>;
type CauseOf<E> = Box<dyn Fn(&E) -> Cause + Send + Sync>;

/// A group's context, and how to cancel it.
pub(super) struct Link<E> {
    context: Context,
    cancel: Cancel,
    cause_of: Option<CauseOf<E>>,
}

impl<E> Link<E> {
    /// One below `parent`, and its context.
    pub(super) fn new(parent: &Context, cause_of: Option<CauseOf<E>>) -> (Link<E>, Context) {
        let (context, cancel) = parent.with_cancel_cause();
        (Link { context: context.clone(), cancel: Box::new(cancel), cause_of }, context)
    }

    /// Runs a body.
    pub(super) fn enter<T>(&self, f: impl FnOnce() -> T) -> T {
        self.context.enter(f)
    }

    pub(super) fn cause_of(&self, error: &E) -> Option<Cause> {
        self.cause_of.as_ref().map(|cause_of| cause_of(error))
    }

    /// Tells all to stop. The first one says why.
    pub(super) fn cancel_with(&self, cause: Option<Cause>) {
        (self.cancel)(cause);
    }

    /// Nobody is left to tell.
    pub(super) fn cancel(&self) {
        (self.cancel)(None);
    }
}
