//! Channels between tasks. Messages are received one by one, as with the other contenders;
//! tokio can also take all that are there (`recv_many`).

use compare_harness::work::Message;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::runtime::run;

/// One sender and one receiver over a channel that holds `CAP` messages.
pub(crate) fn spsc<const CAP: usize>(n: u64) {
    run(async move {
        let (tx, mut rx) = mpsc::channel(CAP);
        let sender = tokio::spawn(async move {
            for i in 0..n {
                tx.send(i).await.expect("the receiver is there");
            }
        });
        let receiver = tokio::spawn(async move {
            for i in 0..n {
                assert_eq!(rx.recv().await, Some(i));
            }
            assert_eq!(rx.recv().await, None);
        });
        sender.await.expect("nothing panics");
        receiver.await.expect("nothing panics");
    });
}

/// The same over a channel that holds any number of messages: sending never waits.
pub(crate) fn spsc_unbounded(n: u64) {
    run(async move {
        let (tx, mut rx) = mpsc::unbounded_channel();
        let sender = tokio::spawn(async move {
            for i in 0..n {
                tx.send(i).expect("the receiver is there");
            }
        });
        let receiver = tokio::spawn(async move {
            for i in 0..n {
                assert_eq!(rx.recv().await, Some(i));
            }
            assert_eq!(rx.recv().await, None);
        });
        sender.await.expect("nothing panics");
        receiver.await.expect("nothing panics");
    });
}

/// Eight senders, one receiver.
pub(crate) fn mpsc_128(n: u64) {
    run(async move {
        let (tx, mut rx) = mpsc::channel(128);
        let mut senders = JoinSet::new();
        for first in 0..8 {
            let tx = tx.clone();
            senders.spawn(async move {
                for i in (first..n).step_by(8) {
                    tx.send(i).await.expect("the receiver is there");
                }
            });
        }
        drop(tx);
        let receiver = tokio::spawn(async move {
            let (mut count, mut sum) = (0, 0);
            while let Some(i) = rx.recv().await {
                count += 1;
                sum += i;
            }
            (count, sum)
        });
        senders.join_all().await;
        assert_eq!(receiver.await.expect("nothing panics"), (n, n * (n - 1) / 2));
    });
}

/// Messages of 8 bytes and `REST`, by value. With a place reserved first a message is moved
/// less often than by `send`, whose future has to keep it.
pub(crate) fn messages<const REST: usize>(n: u64) {
    run(async move {
        let (tx, mut rx) = mpsc::channel::<Message<REST>>(128);
        let sender = tokio::spawn(async move {
            let mut message = Message::first();
            for i in 0..n {
                message.number = i;
                tx.reserve().await.expect("the receiver is there").send(message);
            }
        });
        let receiver = tokio::spawn(async move {
            for i in 0..n {
                rx.recv().await.as_ref().expect("the sender is there").check(i);
            }
            assert!(rx.recv().await.is_none());
        });
        sender.await.expect("nothing panics");
        receiver.await.expect("nothing panics");
    });
}
