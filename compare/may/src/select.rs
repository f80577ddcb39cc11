//! `cqueue`, by which may's `select!` is made: a coroutine for each arm sends an event when
//! its channel had a message, and goes on when the event is polled.

use may::cqueue;
use may::sync::spsc;

use crate::start::run;

/// Four channels that always have a message: the one received is sent back.
pub(crate) fn select_4_ready(n: u64) {
    run(move || {
        let mut counts = [0; 4];
        cqueue::scope(|queue| {
            for token in 0..4 {
                let (tx, rx) = spsc::channel();
                tx.send(token).expect("the receiver is there");
                queue.add(token, move |events| {
                    while let Ok(received) = rx.recv() {
                        events.send(token);
                        assert_eq!(received, token);
                        tx.send(token).expect("the receiver is there");
                    }
                });
            }
            for _ in 0..n {
                counts[queue.poll(None).expect("there is always a message").token] += 1;
            }
        });
        assert_eq!(counts.iter().sum::<u64>(), n);
    });
}

/// Whether there is a message, which there never is. may has no select with a default:
/// `try_recv` is what a program on may writes instead.
pub(crate) fn select_default(n: u64) {
    use std::sync::mpsc::TryRecvError;
    run(move || {
        let (tx, rx) = spsc::channel::<u64>();
        for _ in 0..n {
            assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
        }
        drop(tx);
    });
}
