//! Messages and selects that the benches time and `guard` counts: `n` of them each.

use gmp::chan::{Receiver, Sender, bounded};
use gmp::{go, select};

pub(crate) fn one_to_one((tx, rx): (Sender<u64>, Receiver<u64>), n: u64) {
    go! {
        for i in 0..n {
            tx.send(i).unwrap();
        }
    };
    for i in 0..n {
        assert_eq!(rx.recv(), Ok(i));
    }
}

pub(crate) fn select_of_two(n: u64) {
    let [(_tx, one), (_other_tx, other)] = [(); 2].map(|()| {
        let (tx, rx) = bounded(0);
        // The clone that is kept: a channel without senders would always be ready.
        let sender = tx.clone();
        go! {
            for i in 0..n / 2 {
                sender.send(i).unwrap();
            }
        };
        (tx, rx)
    });
    let mut next = [0; 2];
    for _ in 0..n {
        let (from, i) = select! {
            i = <-one => (0, i),
            i = <-other => (1, i),
        };
        assert_eq!(i, Ok(next[from]));
        next[from] += 1;
    }
}

pub(crate) fn select_of_four_ready(n: u64) {
    let [a, b, c, d] = [0, 1, 2, 3].map(|i| {
        let (tx, rx) = bounded(1);
        tx.send(i).unwrap();
        (tx, rx)
    });
    for _ in 0..n {
        select! {
            i = <-a.1 => a.0.send(i.unwrap()).unwrap(),
            i = <-b.1 => b.0.send(i.unwrap()).unwrap(),
            i = <-c.1 => c.0.send(i.unwrap()).unwrap(),
            i = <-d.1 => d.0.send(i.unwrap()).unwrap(),
        }
    }
    assert_eq!([a, b, c, d].map(|(_, rx)| rx.recv().unwrap()), [0, 1, 2, 3]);
}

pub(crate) fn default_of_two(n: u64) {
    let [(_tx, one), (_other_tx, other)] = [(); 2].map(|()| bounded::<u64>(0));
    for _ in 0..n {
        select! {
            <-one => unreachable!(),
            <-other => unreachable!(),
            default => {}
        }
    }
}
