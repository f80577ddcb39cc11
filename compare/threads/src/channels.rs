//! std's channels between threads. Those with a bound and those without are of two types.

use std::sync::mpsc::{Receiver, SendError, Sender, SyncSender, sync_channel};
use std::thread;

use compare_harness::work::{Message, sum_below};

/// Either type of sender.
pub(crate) trait Send64: Clone + Send {
    fn send(&self, i: u64) -> Result<(), SendError<u64>>;
}

impl Send64 for SyncSender<u64> {
    fn send(&self, i: u64) -> Result<(), SendError<u64>> {
        SyncSender::send(self, i)
    }
}

impl Send64 for Sender<u64> {
    fn send(&self, i: u64) -> Result<(), SendError<u64>> {
        Sender::send(self, i)
    }
}

/// One sender, one receiver.
pub(crate) fn one_to_one<S: Send64>((tx, rx): (S, Receiver<u64>), n: u64) {
    thread::scope(|s| {
        s.spawn(move || (0..n).for_each(|i| tx.send(i).unwrap()));
        for i in 0..n {
            assert_eq!(rx.recv(), Ok(i));
        }
    });
}

/// Eight senders, one receiver.
pub(crate) fn eight_to_one<S: Send64>((tx, rx): (S, Receiver<u64>), n: u64) {
    thread::scope(|s| {
        for _ in 0..8 {
            let tx = tx.clone();
            s.spawn(move || (0..n / 8).for_each(|i| tx.send(i).unwrap()));
        }
        assert_eq!(rx.iter().take(n as usize).sum::<u64>(), 8 * sum_below(n / 8));
    });
}

/// Messages of 8 bytes and `REST`, by value.
pub(crate) fn messages<const REST: usize>(n: u64) {
    let (tx, rx) = sync_channel::<Message<REST>>(128);
    thread::scope(|s| {
        s.spawn(move || {
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
