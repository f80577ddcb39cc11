//! An executor whose every step the test takes itself: futures are polled when it says so,
//! and their wake-ups are counted.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

use crate::support::until;

/// Counts how often it was woken.
#[derive(Default)]
pub(crate) struct Wakes(AtomicUsize);

impl Wakes {
    pub(crate) fn new() -> Arc<Wakes> {
        Arc::default()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.load(SeqCst)
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Wakes>) {
        self.0.fetch_add(1, SeqCst);
    }

    fn wake_by_ref(self: &Arc<Wakes>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// A future with a waker of its own.
pub(crate) struct ByHand<F> {
    future: Pin<Box<F>>,
    wakes: Arc<Wakes>,
}

impl<F: Future> ByHand<F> {
    pub(crate) fn new(future: F) -> ByHand<F> {
        ByHand { future: Box::pin(future), wakes: Wakes::new() }
    }

    /// Polls it once; `None` while it is pending.
    pub(crate) fn poll(&mut self) -> Option<F::Output> {
        let wakes = Arc::clone(&self.wakes);
        self.poll_for(&wakes)
    }

    /// Polls it once, to wake `wakes`.
    pub(crate) fn poll_for(&mut self, wakes: &Arc<Wakes>) -> Option<F::Output> {
        let waker = Waker::from(Arc::clone(wakes));
        match self.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    pub(crate) fn wakes(&self) -> usize {
        self.wakes.count()
    }

    /// How many wakers somebody else keeps.
    pub(crate) fn wakers_kept(&self) -> usize {
        Arc::strong_count(&self.wakes) - 1
    }

    /// As an executor does it: polls again after each wake-up, and only then.
    pub(crate) fn finish(mut self) -> F::Output {
        let mut seen = self.wakes();
        loop {
            if let Some(output) = self.poll() {
                return output;
            }
            until(|| self.wakes() > seen);
            seen = self.wakes();
        }
    }
}
