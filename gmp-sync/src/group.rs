//! Goroutines that work on one task, and may fail.

use std::fmt;
use std::panic::resume_unwind;
use std::sync::Arc;

use gmp_chan::{Receiver, Sender, bounded};

use crate::caught::Payload;
use crate::context::{Cause, Context};
use crate::group::body::Body;
use crate::group::link::Link;
use crate::{Condvar, Mutex, MutexGuard, PoisonError};

mod body;
mod link;

/// Goroutines that work on parts of one task: waits for all of them, and reports the first
/// error; Go's `errgroup`.
///
/// [`go`](Self::go) starts one; [`wait`](Self::wait) returns when all have ended. With a
/// [context](Self::with_context) the first failure tells the others to stop, and with a
/// [limit](Self::set_limit) only so many run at a time.
///
/// Clones are handles of one group; a body may have one, to start more. Dropping them all
/// without `wait` detaches what runs. After `wait` the group can be used again.
///
/// A `go` costs about an allocation, four short locks and a
/// [`spawn`](gmp_core::spawn); a limit, a send and a receive on a channel.
///
/// # Examples
///
/// ```
/// use gmp_sync::Group;
/// use std::num::ParseIntError;
///
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// let group = Group::<ParseIntError>::new();
/// for text in ["1", "2", "three"] {
///     group.go(move || text.parse::<i32>());
/// }
/// assert_eq!(group.wait(), "three".parse::<i32>().map(drop));
/// ```
pub struct Group<E> {
    shared: Arc<Shared<E>>,
}

struct Shared<E> {
    state: Mutex<State<E>>,
    /// Nobody runs.
    ended: Condvar,
    link: Option<Link<E>>,
}

struct State<E> {
    running: usize,
    places: Option<Places>,
    error: Option<E>,
    panic: Option<Payload>,
}

/// Who runs has a message in the channel of places. Closed when the limit is changed.
#[derive(Clone)]
struct Places {
    enter: Sender<()>,
    leave: Receiver<()>,
}

impl<E> Group<E> {
    /// Makes a group without a limit, which stops nobody when one fails.
    ///
    /// ```
    /// let group = gmp_sync::Group::<std::io::Error>::new();
    /// assert!(group.wait().is_ok());
    /// ```
    pub fn new() -> Group<E> {
        Group::linked(None)
    }

    /// Makes a group, and a context derived from `parent` that is cancelled by the first error,
    /// by the first panic, or when [`wait`](Self::wait) returns.
    ///
    /// Bodies find it as [`context::current`](crate::context::current), too. Its cause is
    /// [`ContextError::Canceled`](crate::context::ContextError::Canceled), or for a panic a text
    /// that says so. For the error see [`with_context_cause`](Self::with_context_cause).
    ///
    /// # Examples
    ///
    /// ```
    /// use gmp_sync::Group;
    /// use gmp_sync::context::background;
    ///
    /// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
    /// let (group, context) = Group::with_context(&background());
    /// group.go(move || {
    ///     let stopped = context.done().recv(); // by the other one
    ///     stopped.map_err(|_| "stopped")
    /// });
    /// group.go(|| Err::<(), _>("no such host"));
    /// assert_eq!(group.wait(), Err("no such host"));
    /// ```
    pub fn with_context(parent: &Context) -> (Group<E>, Context)
    where
        E: 'static,
    {
        let (link, context) = Link::new(parent, None);
        (Group::linked(Some(link)), context)
    }

    /// As [`with_context`](Self::with_context), and `cause` makes the context's
    /// [cause](Context::cause) of the first error.
    ///
    /// # Examples
    ///
    /// ```
    /// use gmp_sync::Group;
    /// use gmp_sync::context::background;
    /// use std::num::ParseIntError;
    /// use std::sync::Arc;
    ///
    /// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
    /// let (group, context) =
    ///     Group::with_context_cause(&background(), |error: &ParseIntError| Arc::new(error.clone()));
    /// group.go(|| "three".parse::<i32>());
    /// let error = group.wait().unwrap_err();
    /// assert_eq!(context.cause().unwrap().to_string(), error.to_string());
    /// ```
    pub fn with_context_cause<C>(parent: &Context, cause: C) -> (Group<E>, Context)
    where
        E: 'static,
        C: Fn(&E) -> Cause + Send + Sync + 'static,
    {
        let (link, context) = Link::new(parent, Some(Box::new(cause)));
        (Group::linked(Some(link)), context)
    }

    fn linked(link: Option<Link<E>>) -> Group<E> {
        let state = State { running: 0, places: None, error: None, panic: None };
        let shared = Shared { state: Mutex::new(state), ended: Condvar::new(), link };
        Group { shared: Arc::new(shared) }
    }

    /// Lets `limit` goroutines of the group run at a time; `None`, as at first, any number.
    ///
    /// With a limit of 0 none can be started: `try_go` refuses, and `go` waits for another
    /// limit.
    ///
    /// # Panics
    ///
    /// With `errgroup: modify limit while N goroutines in the group are still active` if
    /// some are.
    ///
    /// # Examples
    ///
    /// ```
    /// let group = gmp_sync::Group::<String>::new();
    /// group.set_limit(8);
    /// group.set_limit(None);
    /// ```
    #[track_caller]
    pub fn set_limit(&self, limit: impl Into<Option<usize>>) {
        let new = limit.into().map(|limit| {
            let (enter, leave) = bounded(limit);
            Places { enter, leave }
        });
        let mut state = self.shared.state();
        // Who took a place may not have been counted yet.
        let entered = state.places.as_ref().map_or(0, |places| places.leave.len());
        let active = state.running.max(entered);
        if active == 0 {
            let old = std::mem::replace(&mut state.places, new);
            drop(state);
            if let Some(old) = old {
                old.enter.close();
            }
            return;
        }
        drop(state);
        panic!("errgroup: modify limit while {active} goroutines in the group are still active");
    }

    /// Waits until all goroutines of the group have ended, cancels its context, and reports the
    /// first error. Parks the goroutine, blocks a plain thread.
    ///
    /// If several wait one of them gets the error, or the panic. A body that waits for its own
    /// group waits for ever.
    ///
    /// # Errors
    ///
    /// The first that a body returned.
    ///
    /// # Panics
    ///
    /// With the payload of the first panic of a body, whatever errors there were. A body that
    /// calls `goexit` has just ended.
    ///
    /// # Examples
    ///
    /// ```
    /// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
    /// let group = gmp_sync::Group::new();
    /// group.go(|| Err::<(), _>("broken"));
    /// assert_eq!(group.wait(), Err("broken"));
    /// assert_eq!(group.wait(), Ok(()), "a new beginning");
    /// ```
    pub fn wait(&self) -> Result<(), E> {
        let mut state = self.shared.state();
        while state.running > 0 {
            state = self.shared.ended.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let (error, panic) = (state.error.take(), state.panic.take());
        drop(state);
        if let Some(link) = &self.shared.link {
            link.cancel();
        }
        if let Some(payload) = panic {
            resume_unwind(payload);
        }
        error.map_or(Ok(()), Err)
    }
}

impl<E: Send + 'static> Group<E> {
    /// Runs `f` on a new goroutine of the group. If the limit is reached it first waits until
    /// one has ended; who waits longest is first.
    ///
    /// What `f` returns in `Ok` is dropped.
    ///
    /// # Panics
    ///
    /// If no goroutine can be started, as when no runtime runs.
    ///
    /// # Examples
    ///
    /// ```
    /// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
    /// let group = gmp_sync::Group::<std::io::Error>::new();
    /// group.set_limit(2);
    /// for name in ["Cargo.toml", "src/lib.rs"] {
    ///     group.go(move || std::fs::metadata(name)); // how long is it?
    /// }
    /// group.wait().unwrap();
    /// ```
    #[track_caller]
    pub fn go<F, T>(&self, f: F)
    where
        F: FnOnce() -> Result<T, E> + Send + 'static,
    {
        loop {
            let mut state = self.shared.state();
            let Some(places) = state.places.clone() else {
                let body = self.body(&mut state, None);
                drop(state);
                return body.start(f);
            };
            drop(state);
            if places.enter.send(()).is_ok() {
                let body = self.body(&mut self.shared.state(), Some(places));
                return body.start(f);
            }
        }
    }

    /// As [`go`](Self::go) if the limit is not reached; else drops `f` and returns false.
    ///
    /// # Panics
    ///
    /// As [`go`](Self::go).
    ///
    /// # Examples
    ///
    /// ```
    /// let group = gmp_sync::Group::<()>::new();
    /// group.set_limit(0);
    /// assert!(!group.try_go(|| Ok(())));
    /// ```
    #[track_caller]
    pub fn try_go<F, T>(&self, f: F) -> bool
    where
        F: FnOnce() -> Result<T, E> + Send + 'static,
    {
        let mut state = self.shared.state();
        let places = state.places.clone();
        let room = places.as_ref().is_none_or(|places| places.enter.try_send(()).is_ok());
        if !room {
            return false;
        }
        let body = self.body(&mut state, places);
        drop(state);
        body.start(f);
        true
    }

    /// Counts one more that runs, in the place it took.
    fn body(&self, state: &mut State<E>, places: Option<Places>) -> Body<E> {
        state.running += 1;
        Body::new(self.shared.clone(), places)
    }
}

impl<E> Shared<E> {
    fn state(&self) -> MutexGuard<'_, State<E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<E> Clone for Group<E> {
    fn clone(&self) -> Group<E> {
        Group { shared: self.shared.clone() }
    }
}

impl<E> Default for Group<E> {
    fn default() -> Group<E> {
        Group::new()
    }
}

impl<E> fmt::Debug for Group<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.state();
        let limit = state.places.as_ref().and_then(|places| places.enter.capacity());
        let running = state.running;
        drop(state);
        f.debug_struct("Group").field("running", &running).field("limit", &limit).finish()
    }
}
