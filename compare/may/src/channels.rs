//! The channel between two coroutines. may's channels hold any number of messages.

use may::sync::spsc;

use crate::start::{go, join, run};

/// One sender and one receiver.
pub(crate) fn spsc_unbounded(n: u64) {
    run(move || {
        let (tx, rx) = spsc::channel();
        let sender = go(move || {
            for i in 0..n {
                tx.send(i).expect("the receiver is there");
            }
        });
        let receiver = go(move || {
            for i in 0..n {
                assert_eq!(rx.recv(), Ok(i));
            }
            assert!(rx.recv().is_err(), "there are no more");
        });
        join(sender);
        join(receiver);
    });
}
