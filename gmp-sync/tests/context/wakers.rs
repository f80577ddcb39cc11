//! Tasks that wait for `done`: their wakers run inside of `cancel`, and may call back.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context as Task, Poll, Wake, Waker};

use gmp_sync::context::{CancelFunc, Context, background};

use crate::common::on_both;
use crate::{CANCELED, assert_done};

/// A waker that cancels everything it knows, and derives from it.
struct Calls {
    cancels: Vec<CancelFunc>,
    contexts: Vec<Context>,
    woken: AtomicUsize,
    panics: bool,
}

impl Wake for Calls {
    fn wake(self: Arc<Calls>) {
        for cancel in &self.cancels {
            cancel();
        }
        for ctx in &self.contexts {
            // What was cancelled above is done, whoever was first.
            assert!(ctx.done().is_closed() && ctx.err().is_some());
            assert!(ctx.with_cancel().0.err().is_some());
        }
        self.woken.fetch_add(1, Ordering::SeqCst);
        assert!(!self.panics, "a waker that panics");
    }
}

/// Root, two children, a grandchild of each.
fn tree() -> (Vec<CancelFunc>, Vec<Context>) {
    let (root, cancel_root) = background().with_cancel();
    let mut both = (vec![cancel_root], vec![root.clone()]);
    for _ in 0..2 {
        let (child, cancel_child) = root.with_cancel();
        let (below, cancel_below) = child.with_cancel();
        both.0.extend([cancel_child, cancel_below]);
        both.1.extend([child, below]);
    }
    both
}

#[test]
fn a_waker_may_cancel_the_tree() {
    on_both(|| {
        for first in 0..5 {
            let (cancels, contexts) = tree();
            let calls = Arc::new(Calls {
                cancels: cancels.clone(),
                contexts: contexts.clone(),
                woken: AtomicUsize::new(0),
                panics: false,
            });
            let waker = Waker::from(Arc::clone(&calls));
            let mut waits: Vec<_> =
                contexts.iter().map(|ctx| Box::pin(ctx.done().recv_async())).collect();
            for wait in &mut waits {
                assert!(wait.as_mut().poll(&mut Task::from_waker(&waker)).is_pending());
            }
            cancels[first]();
            for ctx in &contexts {
                assert_done(ctx, CANCELED, "context canceled");
            }
            assert_eq!(calls.woken.load(Ordering::SeqCst), 5);
        }
    });
}

/// A panic of a waker does not keep the tree from being done.
#[test]
fn a_waker_may_panic() {
    on_both(|| {
        let (cancels, contexts) = tree();
        let (tell, told) = gmp_chan::bounded(1);
        let _after = contexts[0].after_func(move || tell.send(()).expect("the test waits"));
        let calls = Arc::new(Calls {
            cancels: Vec::new(),
            contexts: Vec::new(),
            woken: AtomicUsize::new(0),
            panics: true,
        });
        let waker = Waker::from(Arc::clone(&calls));
        let mut wait = pin!(contexts[0].done().recv_async());
        assert!(wait.as_mut().poll(&mut Task::from_waker(&waker)).is_pending());
        let _ = catch_unwind(AssertUnwindSafe(|| cancels[0]()));
        assert_eq!(calls.woken.load(Ordering::SeqCst), 1);
        for ctx in &contexts {
            assert_done(ctx, CANCELED, "context canceled");
        }
        assert_eq!(told.recv(), Ok(()));
        let ready = wait.as_mut().poll(&mut Task::from_waker(Waker::noop()));
        assert!(matches!(ready, Poll::Ready(Err(_))));
    });
}
