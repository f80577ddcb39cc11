//! Who is served when: rendezvous, buffers, direct hand-off, first come first served.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use gmp::chan::{TryRecvError, TrySendError, bounded, never, unbounded};
use gmp::{go, select};

use crate::support::until;
use crate::{join, let_others_run};

/// Without a buffer a send is over when a receiver has the value, not before.
pub(crate) fn unbuffered_sends_meet() {
    for _ in 0..100 {
        let ((tx, rx), over) = (bounded(0), Arc::new(AtomicBool::new(false)));
        let flag = Arc::clone(&over);
        let sender = go!(move || {
            tx.send(1).unwrap();
            flag.store(true, SeqCst);
        });
        until(|| rx.waiting_senders() == 1);
        let_others_run_a_little();
        assert!(!over.load(SeqCst));
        assert_eq!((rx.len(), rx.recv()), (0, Ok(1)));
        join(sender);
        assert!(over.load(SeqCst));
    }
}

fn let_others_run_a_little() {
    (0..10).for_each(|_| gmp::gosched());
}

/// With room in the buffer a send is over at once: nobody else needs to run.
pub(crate) fn buffered_sends_do_not_wait() {
    for (tx, rx) in [bounded(100), unbounded()] {
        for n in 0..100 {
            if n % 2 == 0 {
                tx.send(n).unwrap();
            } else {
                select! { tx <- n => {} }
            }
            assert_eq!((rx.len(), tx.waiting_senders()), (n + 1, 0));
        }
        assert_eq!(rx.try_iter().collect::<Vec<_>>(), (0..100).collect::<Vec<_>>());
    }
}

/// A value for a waiting receiver does not pass through the buffer, and is its own before it
/// has run: who comes later finds nothing.
pub(crate) fn hand_off_is_direct() {
    for round in 0..1_000 {
        for (tx, rx) in [bounded(0), bounded(2), unbounded()] {
            let (receiver, idle) = (rx.clone(), never::<usize>());
            let waits = go!(move || match round % 2 {
                0 => receiver.recv(),
                _ => select! { v = <-receiver => v, v = <-idle => v },
            });
            until(|| tx.waiting_receivers() == 1);
            tx.send(round).unwrap();
            assert_eq!((rx.len(), tx.waiting_receivers()), (0, 0));
            assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
            assert_eq!(select! { v = <-rx => v.ok(), default => None }, None);
            assert_eq!(join(waits), Ok(round));
        }
    }
}

/// Receiving from a full buffer moves the first waiting sender's value in: the room is never
/// free for somebody else.
pub(crate) fn refill_is_direct() {
    for round in 0..1_000 {
        for cap in [1, 3] {
            let (tx, rx) = bounded(cap);
            (0..cap).for_each(|n| tx.send(n).unwrap());
            let (sender, idle) = (tx.clone(), never::<()>());
            let waits = go!(move || match round % 2 {
                0 => sender.send(cap).unwrap(),
                _ => select! { sender <- cap => {}, <-idle => {} },
            });
            until(|| tx.waiting_senders() == 1);
            assert_eq!(rx.recv(), Ok(0));
            assert_eq!((rx.len(), tx.waiting_senders()), (cap, 0));
            assert_eq!(tx.try_send(9), Err(TrySendError::Full(9)));
            assert!(select! { tx <- 9 => false, default => true });
            assert_eq!(rx.try_iter().collect::<Vec<_>>(), (1..=cap).collect::<Vec<_>>());
            join(waits);
        }
    }
}

/// Receivers get values, and senders room, strictly in the order in which they came.
pub(crate) fn waiters_are_served_in_order() {
    const WAITERS: usize = 100;
    for (tx, rx) in [bounded(0), bounded(3), unbounded()] {
        let mut waiting = Vec::new();
        for n in 0..WAITERS {
            let rx = rx.clone();
            waiting.push(go!(move || rx.recv().unwrap()));
            until(|| tx.waiting_receivers() == n + 1);
        }
        (0..WAITERS).for_each(|n| tx.send(n).unwrap());
        assert_eq!(
            waiting.into_iter().map(join).collect::<Vec<_>>(),
            (0..WAITERS).collect::<Vec<_>>()
        );
    }
    for cap in [0, 1, 3] {
        let (tx, rx) = bounded(cap);
        (0..cap).for_each(|n| tx.send(n).unwrap());
        let mut waiting = Vec::new();
        for n in 0..WAITERS {
            let tx = tx.clone();
            waiting.push(go!(move || tx.send(cap + n).unwrap()));
            until(|| rx.waiting_senders() == n + 1);
        }
        assert_eq!(
            rx.iter().take(cap + WAITERS).collect::<Vec<_>>(),
            (0..cap + WAITERS).collect::<Vec<_>>()
        );
        waiting.into_iter().for_each(join);
    }
}

/// A select stands in each line where it came, between plain receives and sends.
pub(crate) fn selects_wait_in_line() {
    const WAITERS: usize = 30;
    let ((tx, rx), (_idle_tx, idle)) = (bounded(0), bounded::<usize>(0));
    let mut waiting = Vec::new();
    for n in 0..WAITERS {
        let (rx, idle) = (rx.clone(), idle.clone());
        waiting.push(go!(move || match n % 3 {
            0 => rx.recv(),
            1 => select! { v = <-idle => v, v = <-rx => v },
            _ => select! { v = <-rx => v },
        }));
        until(|| tx.waiting_receivers() == n + 1);
    }
    for (n, receiver) in waiting.into_iter().enumerate() {
        tx.send(n).unwrap();
        assert_eq!(join(receiver), Ok(n));
    }
    let mut waiting = Vec::new();
    for n in 0..WAITERS {
        let (tx, idle) = (tx.clone(), idle.clone());
        waiting.push(go!(move || match n % 3 {
            0 => tx.send(n).unwrap(),
            1 => select! { <-idle => panic!("nobody sends"), tx <- n => {} },
            _ => select! { tx <- n => {} },
        }));
        until(|| rx.waiting_senders() == n + 1);
    }
    (0..WAITERS).for_each(|n| assert_eq!(rx.recv(), Ok(n)));
    waiting.into_iter().for_each(join);
    assert_eq!(idle.waiting_receivers(), 0);
}

/// Who was woken has its result although others grab at the channel all the time.
pub(crate) fn nothing_is_futile() {
    const ROUNDS: usize = 20_000;
    let ((tx, rx), (stop_tx, stop)) = (bounded(1), bounded::<()>(0));
    let grabber = {
        let rx = rx.clone();
        go!(move || {
            let mut grabbed = 0;
            loop {
                select! {
                    <-stop => return grabbed,
                    default => grabbed += usize::from(rx.try_recv().is_ok()),
                }
                gmp::gosched();
            }
        })
    };
    let mut got = 0;
    for n in 0..ROUNDS {
        let waits = {
            let rx = rx.clone();
            go!(move || select! { v = <-rx => v })
        };
        until(|| rx.waiting_receivers() == 1);
        // Only the one that waits can have this.
        tx.send(n).unwrap();
        got += usize::from(join(waits) == Ok(n));
    }
    assert_eq!(got, ROUNDS);
    stop_tx.close();
    assert_eq!(join(grabber), 0);
    let_others_run();
}
