//! One who waits, and what becomes of him.

#![expect(unsafe_code, reason = "waiters are reached through raw pointers to other stacks")]

use std::ptr;

use super::list::List;
use crate::prim::Cell;
use crate::rt::{Critical, Parker};

/// Where a waiter is on his way. Under the lock of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// In a list, his owner not parked yet.
    Joined,
    /// In a list, his owner parked as soon as the lock is released.
    Parked,
    /// Taken out by somebody who leaves an answer.
    Chosen,
    /// Taken out because his deadline came.
    Late,
}

/// One who waits, on his owner's stack. All but `parker` and `token` is under the lock of
/// the queue until he is chosen; then `next` belongs to who chose him.
pub(super) struct Waiter {
    /// Neighbours in the list; in a `Batch` only `next`, null at the end.
    pub(super) next: Cell<*const Waiter>,
    pub(super) prev: Cell<*const Waiter>,
    pub(super) list: Cell<*const List>,
    pub(super) parker: Parker,
    pub(super) token: usize,
    pub(super) stage: Cell<Stage>,
    pub(super) answer: Cell<usize>,
}

impl Waiter {
    #[inline(always)]
    pub(super) fn new(critical: &Critical, token: usize, stage: Stage) -> Waiter {
        Waiter {
            next: Cell::new(ptr::null()),
            prev: Cell::new(ptr::null()),
            list: Cell::new(ptr::null()),
            parker: Parker::new(critical),
            token,
            stage: Cell::new(stage),
            answer: Cell::new(0),
        }
    }

    /// Whether he is in a list. Under the lock.
    #[inline(always)]
    pub(super) fn is_queued(&self) -> bool {
        matches!(self.stage.get(), Stage::Joined | Stage::Parked)
    }

    /// What he was told; None if his deadline came first. For the owner, who is awake and
    /// in no list.
    #[inline(always)]
    pub(super) fn outcome(&self) -> Option<usize> {
        (self.stage.get() == Stage::Chosen).then(|| self.answer.get())
    }
}

/// One who was taken out of a queue and has his answer. He must be woken, after the lock
/// was released.
#[must_use = "who was taken out of the queue waits to be woken"]
#[derive(Debug)]
pub(crate) struct Woken {
    /// Null if he was not parked yet: he finds his answer by himself.
    pub(super) waiter: *const Waiter,
    pub(super) token: usize,
}

impl Woken {
    /// The one to be woken, null if there is no need to.
    #[inline(always)]
    pub(super) fn into_parked(self) -> *const Waiter {
        self.waiter
    }

    /// What he said of himself when he came.
    pub(crate) fn token(&self) -> usize {
        self.token
    }

    /// Wakes him.
    #[inline(always)]
    pub(crate) fn wake(self, critical: &Critical) {
        if !self.waiter.is_null() {
            // SAFETY: he was parked when he was chosen, is alive until woken, and as
            // whoever chooses him takes him out of the list, is woken once.
            unsafe { critical.ready(&raw const (*self.waiter).parker) };
        }
    }
}
