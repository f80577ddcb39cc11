//! Futures that have no end of their own: others run all the same.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::task::Poll;

use gmp::{block_on, go, spawn_future};

use crate::support::spin_until;

/// Each wakes itself in every poll, until somebody else has run who cannot while they do.
pub(crate) fn self_wakers() {
    const FUTURES: usize = 4;
    const TURNS: usize = 50;
    let turns = Arc::new(AtomicUsize::new(0));
    let futures: Vec<_> = (0..FUTURES)
        .map(|_| {
            let turns = Arc::clone(&turns);
            let mut polls = 0_u64;
            spawn_future(poll_fn(move |context| {
                polls += 1;
                context.waker().wake_by_ref();
                if turns.load(SeqCst) < TURNS { Poll::Pending } else { Poll::Ready(polls) }
            }))
        })
        .collect();
    let takes = Arc::clone(&turns);
    let other = go!(move || {
        for _ in 0..TURNS {
            takes.fetch_add(1, SeqCst);
            gmp::gosched();
        }
    });
    for future in futures {
        assert!(future.join().unwrap() > 0);
    }
    other.join().unwrap();
}

/// A poll that computes until somebody else has run: it is interrupted for him, is woken
/// meanwhile, and polls again.
pub(crate) fn hogs() {
    for _ in 0..3 {
        let ran = Arc::new(AtomicBool::new(false));
        let mut polls = 0;
        block_on(poll_fn(|context| {
            polls += 1;
            if polls == 2 {
                return Poll::Ready(());
            }
            let (waker, runs) = (context.waker().clone(), Arc::clone(&ran));
            go!(move || {
                waker.wake();
                runs.store(true, SeqCst);
            });
            spin_until(|| ran.load(SeqCst));
            Poll::Pending
        }));
        assert_eq!(polls, 2);
    }
}
