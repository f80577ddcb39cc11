//! Futures that the tests make ready, and wakers that tell what was done to them.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

/// Something to wait for, which happens once. Counts how often it was polled for.
#[derive(Default)]
pub(crate) struct Event {
    polls: AtomicUsize,
    state: Mutex<(bool, Vec<Waker>)>,
}

impl Event {
    pub(crate) fn new() -> Arc<Event> {
        Arc::default()
    }

    /// Keeps a waker of each poll, as a future that is polled by many would.
    pub(crate) fn wait(&self) -> impl Future<Output = ()> {
        poll_fn(|context| {
            self.polls.fetch_add(1, SeqCst);
            let mut state = self.state.lock().unwrap();
            if state.0 {
                return Poll::Ready(());
            }
            if !state.1.iter().any(|waker| waker.will_wake(context.waker())) {
                state.1.push(context.waker().clone());
            }
            Poll::Pending
        })
    }

    pub(crate) fn polls(&self) -> usize {
        self.polls.load(SeqCst)
    }

    pub(crate) fn wakers(&self) -> usize {
        self.state.lock().unwrap().1.len()
    }

    /// Lets it happen, and tells all who wait.
    pub(crate) fn happen(&self) {
        let wakers = {
            let mut state = self.state.lock().unwrap();
            state.0 = true;
            std::mem::take(&mut state.1)
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Wakes all who wait although nothing has happened.
    pub(crate) fn stir(&self) {
        let wakers = self.state.lock().unwrap().1.clone();
        wakers.iter().for_each(Waker::wake_by_ref);
    }
}

/// Polls once.
pub(crate) fn poll_with<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(waker)) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// A waker that does as it is told when it is woken, and counts.
pub(crate) struct Told {
    wakes: AtomicUsize,
    act: Box<dyn Fn() + Send + Sync>,
}

impl Told {
    pub(crate) fn to(act: impl Fn() + Send + Sync + 'static) -> Arc<Told> {
        Arc::new(Told { wakes: AtomicUsize::new(0), act: Box::new(act) })
    }

    pub(crate) fn wakes(&self) -> usize {
        self.wakes.load(SeqCst)
    }
}

impl Wake for Told {
    fn wake(self: Arc<Told>) {
        self.wakes.fetch_add(1, SeqCst);
        (self.act)();
    }
}
