//! First come, first served: values, waiters, and nobody overtakes.

use std::thread;

use crate::common::{until, watchdog};
use gmp_chan::{TryRecvError, TrySendError, bounded, unbounded};

#[test]
fn blocked_senders_are_served_in_order() {
    let _watchdog = watchdog();
    for cap in [0, 1, 3] {
        let (tx, rx) = bounded(cap);
        (0..cap).for_each(|n| tx.send(n).unwrap());
        let senders: Vec<_> = (0..10)
            .map(|n| {
                let sender = tx.clone();
                let sender = thread::spawn(move || sender.send(cap + n).unwrap());
                until(|| tx.waiting_senders() == n + 1);
                sender
            })
            .collect();
        (0..cap + 10).for_each(|n| assert_eq!(rx.recv(), Ok(n)));
        senders.into_iter().for_each(|sender| sender.join().unwrap());
    }
}

#[test]
fn blocked_receivers_are_served_in_order() {
    let _watchdog = watchdog();
    for (tx, rx) in [bounded(0), bounded(4), unbounded()] {
        let receivers: Vec<_> = (0..10)
            .map(|n| {
                let receiver = rx.clone();
                let receiver = thread::spawn(move || receiver.recv());
                until(|| tx.waiting_receivers() == n + 1);
                receiver
            })
            .collect();
        (0..10).for_each(|n| tx.send(n).unwrap());
        for (n, receiver) in receivers.into_iter().enumerate() {
            assert_eq!(receiver.join().unwrap(), Ok(n));
        }
    }
}

/// The room made by a receive belongs to the sender that waits, at once.
#[test]
fn no_sender_overtakes_a_blocked_one() {
    let _watchdog = watchdog();
    let (tx, rx) = bounded(1);
    tx.send(0).unwrap();
    let blocked = tx.clone();
    let blocked = thread::spawn(move || blocked.send(1).unwrap());
    until(|| tx.waiting_senders() == 1);
    assert_eq!(rx.try_recv(), Ok(0));
    assert_eq!((tx.waiting_senders(), tx.len()), (0, 1));
    assert_eq!(tx.try_send(2), Err(TrySendError::Full(2)));
    assert_eq!(rx.try_recv(), Ok(1));
    blocked.join().unwrap();
}

/// A value sent while a receiver waits is the receiver's, at once.
#[test]
fn no_receiver_overtakes_a_blocked_one() {
    let _watchdog = watchdog();
    for (tx, rx) in [bounded(0), bounded(1), unbounded()] {
        let blocked = rx.clone();
        let blocked = thread::spawn(move || blocked.recv());
        until(|| tx.waiting_receivers() == 1);
        assert_eq!(tx.try_send(7), Ok(()));
        assert_eq!((tx.waiting_receivers(), tx.len()), (0, 0));
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
        assert_eq!(blocked.join().unwrap(), Ok(7));
    }
}

/// Each sender's values arrive in the order in which it sent them.
#[test]
fn order_per_sender_under_load() {
    const SENDERS: usize = 4;
    const VALUES: usize = 3_000;
    let _watchdog = watchdog();
    for (tx, rx) in [bounded(0), bounded(2), bounded(64), unbounded()] {
        for sender in 0..SENDERS {
            let tx = tx.clone();
            thread::spawn(move || (0..VALUES).for_each(|n| tx.send((sender, n)).unwrap()));
        }
        drop(tx);
        let mut next = [0; SENDERS];
        for (sender, n) in rx {
            assert_eq!(n, next[sender]);
            next[sender] += 1;
        }
        assert_eq!(next, [VALUES; SENDERS]);
    }
}
