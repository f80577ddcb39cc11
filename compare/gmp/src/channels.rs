//! Channels between goroutines.

use compare_harness::work::{Message, sum_below};
use gmp::prelude::*;

pub(crate) type Channel = (Sender<u64>, Receiver<u64>);

/// One sender, one receiver.
pub(crate) fn one_to_one((tx, rx): Channel, n: u64) {
    go! {
        for i in 0..n {
            tx.send(i).unwrap();
        }
    };
    for i in 0..n {
        assert_eq!(rx.recv(), Ok(i));
    }
}

/// Eight senders, one receiver.
pub(crate) fn eight_to_one((tx, rx): Channel, n: u64) {
    start_eight_senders(tx, n);
    assert_eq!(rx.iter().take(n as usize).sum::<u64>(), 8 * sum_below(n / 8));
}

/// Eight senders, eight receivers.
pub(crate) fn eight_to_eight((tx, rx): Channel, n: u64) {
    start_eight_senders(tx, n);
    let start = |_| {
        let rx = rx.clone();
        go!(move || rx.iter().fold((0, 0), |(count, sum), i| (count + 1, sum + i)))
    };
    let receivers: [JoinHandle<(u64, u64)>; 8] = std::array::from_fn(start);
    let (mut count, mut sum) = (0, 0);
    for receiver in receivers {
        let (own_count, own_sum) = receiver.join().unwrap();
        count += own_count;
        sum += own_sum;
    }
    assert_eq!((count, sum), (n, 8 * sum_below(n / 8)));
}

/// The channel closes with the last of them.
fn start_eight_senders(tx: Sender<u64>, n: u64) {
    for _ in 0..8 {
        let tx = tx.clone();
        go! {
            for i in 0..n / 8 {
                tx.send(i).unwrap();
            }
        };
    }
}

/// Messages of 8 bytes and `REST`, by value.
pub(crate) fn messages<const REST: usize>(n: u64) {
    let (tx, rx) = bounded::<Message<REST>>(128);
    go! {
        let mut message = Message::first();
        for i in 0..n {
            message.number = i;
            tx.send(message).unwrap();
        }
    };
    for i in 0..n {
        // By reference: unwrapping would copy it once more.
        rx.recv().as_ref().unwrap().check(i);
    }
}
