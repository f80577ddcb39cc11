//! A context that can be cancelled: what it holds, and how it comes and goes.
//!
//! README.md has the protocol; the numbers are its steps.

use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, OnceLock, PoisonError};
use std::time::Instant;

use gmp_chan::{Receiver, Sender};

use super::after_func::Func;
use super::chain::unchain;
use super::children::{Children, NOWHERE};
use super::{Cause, Context, ContextError};
use crate::rt::Critical;
use crate::time::Timer;
use crate::{Mutex, MutexGuard};

/// How a node has ended, or is to end.
#[derive(Clone)]
pub(super) struct Fate {
    pub(super) err: ContextError,
    /// None: the error itself.
    pub(super) cause: Option<Cause>,
}

/// A context with a cancellation of its own.
pub(super) struct Node {
    pub(super) parent: Context,
    /// The earliest of its own and all above.
    pub(super) deadline: Option<Instant>,
    /// What a context prints itself as.
    pub(super) kind: Kind,
    /// One of the codes below: the error of `state.fate`, written with it.
    err: AtomicU8,
    /// Made when first asked for, under `state`.
    done: OnceLock<Receiver<()>>,
    /// Its place in the list of the node above. Written under that one's `state`.
    place: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Cancel,
    Deadline,
}

const LIVE: u8 = 0;
const CANCELED: u8 = 1;
const EXCEEDED: u8 = 2;

pub(super) struct State {
    /// Set once (2).
    pub(super) fate: Option<Fate>,
    /// Drops to close `done`.
    pub(super) close: Option<Sender<()>>,
    pub(super) timer: Option<Timer>,
    /// Empty when all below is done (5).
    pub(super) children: Children,
}

impl Node {
    /// Makes a child of `parent`, and has it adopted.
    pub(super) fn new(parent: &Context, kind: Kind, deadline: Option<Instant>) -> Arc<Node> {
        let node = Arc::new(Node {
            parent: parent.clone(),
            deadline,
            kind,
            err: AtomicU8::new(LIVE),
            done: OnceLock::new(),
            place: AtomicUsize::new(NOWHERE),
            state: Mutex::new(State {
                fate: None,
                close: None,
                timer: None,
                children: Children::default(),
            }),
        });
        if let Some(above) = node.above() {
            above.adopt(&node);
        }
        node
    }

    /// The nearest node that cancels this one.
    pub(super) fn above(&self) -> Option<&Arc<Node>> {
        self.parent.node()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that may panic is done with it locked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Step 1, by the parent.
    fn adopt(&self, child: &Arc<Node>) {
        let mut state = self.lock();
        match state.fate.clone() {
            None => {
                let place = state.children.add_node(Arc::downgrade(child));
                child.place.store(place, Ordering::Relaxed);
            }
            Some(fate) => {
                drop(state);
                child.cancel(fate);
            }
        }
    }

    /// Leaves the parent's list.
    pub(super) fn detach(&self) {
        let place = self.place.load(Ordering::Relaxed);
        let Some(above) = self.above() else { return };
        // A parent that was claimed is about to drop its list, or has.
        if place == NOWHERE || above.is_claimed() {
            return;
        }
        let me = std::ptr::from_ref(self).cast();
        if above.lock().children.remove(place, me) {
            self.place.store(NOWHERE, Ordering::Relaxed);
        }
    }

    /// Step 2; the lock is held.
    pub(super) fn claim(&self, state: &mut State, fate: Fate) {
        let code = match fate.err {
            ContextError::Canceled => CANCELED,
            ContextError::DeadlineExceeded => EXCEEDED,
        };
        state.fate = Some(fate);
        // With the Acquire of those who read it without the lock: the fate was set before.
        self.err.store(code, Ordering::Release);
    }

    fn is_claimed(&self) -> bool {
        self.err.load(Ordering::Acquire) != LIVE
    }

    /// The context is done when this says how.
    pub(super) fn err(&self) -> Option<ContextError> {
        let err = match self.err.load(Ordering::Acquire) {
            LIVE => return None,
            CANCELED => ContextError::Canceled,
            _ => ContextError::DeadlineExceeded,
        };
        self.await_close();
        Some(err)
    }

    /// Step 3 by somebody else; the node was claimed. It is a few instructions away, if the
    /// one who is at it has a CPU.
    pub(super) fn await_close(&self) {
        // Acquired with the claim: it is not filled any more with a channel that is open.
        while self.done.get().is_some_and(|done| !done.is_closed()) {
            Critical::enter_inside().yield_now();
        }
    }

    pub(super) fn cause(&self) -> Option<Cause> {
        let err = self.err()?;
        let own = self.lock().fate.as_ref().and_then(|fate| fate.cause.clone());
        Some(own.unwrap_or_else(|| err.as_cause()))
    }

    pub(super) fn done(&self) -> &Receiver<()> {
        match self.done.get() {
            Some(done) => done,
            None => self.make_done(),
        }
    }

    #[cold]
    fn make_done(&self) -> &Receiver<()> {
        let mut state = self.lock();
        // The lock is held: the cell is empty until we fill it.
        self.done.get_or_init(|| {
            if state.fate.is_some() {
                return closed();
            }
            let (close, done) = gmp_chan::bounded(0);
            state.close = Some(close);
            done
        })
    }

    /// Keeps `timer`, or, if it is too late for it, stops it.
    pub(super) fn set_timer(&self, timer: Timer) {
        let mut state = self.lock();
        if state.fate.is_none() {
            state.timer = Some(timer);
        } else {
            drop(state);
            timer.stop();
        }
    }

    /// Has `func` called when the node is done; None if it is.
    pub(super) fn add_func(&self, func: &Arc<Func>) -> Option<usize> {
        let mut state = self.lock();
        let live = state.fate.is_none();
        live.then(|| state.children.add_func(Arc::clone(func)))
    }

    /// Whether `func` was there and is not called any more.
    pub(super) fn remove_func(&self, place: usize, func: &Arc<Func>) -> bool {
        self.lock().children.remove(place, Arc::as_ptr(func).cast())
    }

    /// How many children and functions would be told.
    #[cfg(test)]
    pub(super) fn listed(&self) -> usize {
        self.lock().children.len()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.leave();
        unchain(std::mem::take(&mut self.parent));
    }
}

impl Node {
    /// Everything a drop has to do but for the parent.
    pub(super) fn leave(&mut self) {
        self.detach();
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(timer) = state.timer.take() {
            timer.stop();
        }
    }
}

/// A channel that was closed when it was made.
fn closed() -> Receiver<()> {
    static CLOSED: LazyLock<Receiver<()>> = LazyLock::new(|| gmp_chan::bounded(0).1);
    CLOSED.clone()
}
