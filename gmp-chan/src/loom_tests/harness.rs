//! What the models share: how they are played (`loom_rt::play`), and tasks.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Wake, Waker};

use loom::sync::atomic::AtomicBool;

pub(super) use crate::rt::play::{By, Goroutine, Kept, Thread, Token, model};
use crate::rt::world::World;

/// The waker of a task, and where its executor sleeps.
pub(super) struct Bell {
    rung: AtomicBool,
    party: Rc<crate::rt::world::Party>,
}

// SAFETY: loom's threads are coroutines of one thread.
#[expect(unsafe_code, reason = "wakers want it, and all runs on one thread")]
unsafe impl Send for Bell {}
// SAFETY: as above.
#[expect(unsafe_code, reason = "as above")]
unsafe impl Sync for Bell {}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        assert!(World::here().party().is_outside(), "a task woken in a section");
        self.rung.swap(true, Ordering::AcqRel);
        self.party.unblock();
    }
}

/// Polls futures as an executor with one task does, on the calling party.
pub(super) struct Executor {
    bell: Arc<Bell>,
    waker: Waker,
}

impl Executor {
    pub(super) fn new() -> Executor {
        let party = World::here().party();
        let bell = Arc::new(Bell { rung: AtomicBool::new(false), party });
        Executor { waker: Waker::from(Arc::clone(&bell)), bell }
    }

    pub(super) fn poll<F: Future>(&self, future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(&self.waker))
    }

    /// Sleeps until the task was woken.
    pub(super) fn wait(&self) {
        while !self.bell.rung.swap(false, Ordering::AcqRel) {
            self.bell.party.block();
        }
    }

    pub(super) fn run<F: Future>(&self, mut future: Pin<&mut F>) -> F::Output {
        loop {
            if let Poll::Ready(output) = self.poll(future.as_mut()) {
                return output;
            }
            self.wait();
        }
    }
}
