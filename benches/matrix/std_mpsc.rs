//! The rounds that the standard library's channels are able to play.

use std::hint::black_box;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::scope;

use super::Cap;

const SENDERS: u64 = 4;

/// There is a type of senders for each kind of channels.
enum Tx {
    Bounded(SyncSender<u64>),
    Unbounded(Sender<u64>),
}

impl Tx {
    fn clone(&self) -> Tx {
        match self {
            Tx::Bounded(tx) => Tx::Bounded(tx.clone()),
            Tx::Unbounded(tx) => Tx::Unbounded(tx.clone()),
        }
    }

    fn send(&self, n: u64) {
        match self {
            Tx::Bounded(tx) => (0..n).for_each(|i| tx.send(i).unwrap()),
            Tx::Unbounded(tx) => (0..n).for_each(|i| tx.send(i).unwrap()),
        }
    }
}

fn new(cap: Cap) -> (Tx, Receiver<u64>) {
    match cap {
        Cap::Bounded(cap) => {
            let (tx, rx) = sync_channel(cap);
            (Tx::Bounded(tx), rx)
        }
        Cap::Unbounded => {
            let (tx, rx) = channel();
            (Tx::Unbounded(tx), rx)
        }
    }
}

fn receive(rx: &Receiver<u64>, n: u64) {
    for _ in 0..n {
        black_box(rx.recv().unwrap());
    }
}

pub(crate) fn seq(cap: Cap, n: u64) {
    let (tx, rx) = new(cap);
    for burst in cap.bursts(n) {
        tx.send(burst);
        receive(&rx, burst);
    }
}

pub(crate) fn spsc(cap: Cap, n: u64) {
    let (tx, rx) = new(cap);
    scope(|s| {
        s.spawn(|| tx.send(n));
        receive(&rx, n);
    });
}

pub(crate) fn mpsc(cap: Cap, n: u64) {
    let (tx, rx) = new(cap);
    scope(|s| {
        for _ in 0..SENDERS {
            let tx = tx.clone();
            s.spawn(move || tx.send(n / SENDERS));
        }
        receive(&rx, n);
    });
}
