//! Channels between threads.

use std::thread;

use compare_harness::work::{Message, sum_below};
use crossbeam_channel::{Receiver, Sender, bounded};

pub(crate) type Channel = (Sender<u64>, Receiver<u64>);

/// One sender, one receiver.
pub(crate) fn one_to_one((tx, rx): &Channel, n: u64) {
    thread::scope(|s| {
        s.spawn(|| (0..n).for_each(|i| tx.send(i).unwrap()));
        for i in 0..n {
            assert_eq!(rx.recv(), Ok(i));
        }
    });
}

/// Eight senders, one receiver.
pub(crate) fn eight_to_one((tx, rx): &Channel, n: u64) {
    thread::scope(|s| {
        for _ in 0..8 {
            s.spawn(|| (0..n / 8).for_each(|i| tx.send(i).unwrap()));
        }
        assert_eq!(rx.iter().take(n as usize).sum::<u64>(), 8 * sum_below(n / 8));
    });
}

/// Eight senders, eight receivers. The channel closes with the last sender.
pub(crate) fn eight_to_eight((tx, rx): Channel, n: u64) {
    thread::scope(|s| {
        for _ in 0..8 {
            let tx = tx.clone();
            s.spawn(move || (0..n / 8).for_each(|i| tx.send(i).unwrap()));
        }
        drop(tx);
        let count = || rx.iter().fold((0, 0), |(count, sum), i| (count + 1, sum + i));
        let receivers: [_; 8] = std::array::from_fn(|_| s.spawn(count));
        let (mut count, mut sum) = (0, 0);
        for receiver in receivers {
            let (own_count, own_sum) = receiver.join().unwrap();
            count += own_count;
            sum += own_sum;
        }
        assert_eq!((count, sum), (n, 8 * sum_below(n / 8)));
    });
}

/// Messages of 8 bytes and `REST`, by value.
pub(crate) fn messages<const REST: usize>(n: u64) {
    let (tx, rx) = bounded::<Message<REST>>(128);
    thread::scope(|s| {
        s.spawn(|| {
            let mut message = Message::first();
            for i in 0..n {
                message.number = i;
                tx.send(message).unwrap();
            }
        });
        for i in 0..n {
            // By reference: unwrapping would copy it once more.
            rx.recv().as_ref().unwrap().check(i);
        }
    });
}
