//! Who only wants to know: `Select::ready`, against those who come, and tell.
//!
//! Faults seen here:
//! - watchers are not told of a value, of who parks, of a select that joins.

use std::time::Duration;

use super::harness::{By, Goroutine, Kept, Thread, Token, model};
use crate::arm::{RecvArm, SendArm, select};
use crate::{Receiver, Select, Sender, bounded};

const KINDS: [[By; 2]; 4] =
    [[Goroutine, Goroutine], [Goroutine, Thread], [Thread, Goroutine], [Thread, Thread]];

struct Two {
    a: (Sender<Token>, Receiver<Token>),
    b: (Sender<Token>, Receiver<Token>),
    got: Kept<bool>,
}

fn two(cap: usize) -> Two {
    Two { a: bounded(cap), b: bounded(cap), got: Kept::none() }
}

fn nobody_waits(two: &Two) {
    for (tx, _) in [&two.a, &two.b] {
        assert_eq!((tx.waiting_senders(), tx.waiting_receivers()), (0, 0));
    }
}

/// Waits until `a` or `b` may be received from.
fn ready(two: &Two) -> usize {
    let mut set = Select::new();
    set.recv(&two.a.1);
    set.recv(&two.b.1);
    set.ready()
}

/// Nobody else receives: what is ready stays so.
fn ready_and_recv(two: &Two) {
    assert_eq!(ready(two), 0);
    assert_eq!(two.a.1.try_recv().unwrap().number(), 1);
}

#[test]
fn loom_ready_against_a_buffered_send() {
    let sender = |two: &Two| two.a.0.send(Token::new(1)).unwrap();
    let model = model("ready, buffered").split().by(&KINDS);
    model.check(|| two(1), [ready_and_recv, sender], nobody_waits);
}

#[test]
fn loom_ready_against_a_rendezvous() {
    // The sender tells the watcher that it waits now, before it parks.
    let sender = |two: &Two| two.a.0.send(Token::new(1)).unwrap();
    let model = model("ready, rendezvous").split().by(&KINDS);
    model.check(|| two(0), [ready_and_recv, sender], nobody_waits);
}

#[test]
fn loom_ready_against_a_select_that_sends() {
    let sender = |two: &Two| {
        let mut send = SendArm::new(Some(&two.a.0), Some(Token::new(1)));
        let mut recv = RecvArm::new(Some(&two.b.1));
        assert_eq!(select(&mut [send.case(), recv.case()]), 0);
        send.finish().unwrap();
    };
    let model = model("ready, select").split().by(&KINDS);
    model.check(|| two(0), [ready_and_recv, sender], nobody_waits);
}

#[test]
fn loom_ready_against_close() {
    let watcher = |two: &Two| {
        assert_eq!(ready(two), 1);
        assert!(two.b.1.try_recv().is_err());
    };
    let model = model("ready, close").split().by(&KINDS);
    model.check(|| two(0), [watcher, |two| two.b.0.close()], nobody_waits);
}

#[test]
fn loom_ready_to_send() {
    let watcher = |two: &Two| {
        let mut set = Select::new();
        set.send(&two.a.0);
        assert_eq!(set.ready(), 0);
        two.a.0.try_send(Token::new(2)).unwrap();
    };
    let receiver = |two: &Two| assert_eq!(two.a.1.recv().unwrap().number(), 1);
    let start = || {
        let two = two(1);
        two.a.0.try_send(Token::new(1)).unwrap();
        two
    };
    let model = model("ready to send").split().by(&KINDS);
    model.check(start, [watcher, receiver], nobody_waits);
}

#[test]
fn loom_ready_to_send_to_a_receiver_that_comes() {
    let watcher = |two: &Two| {
        let mut set = Select::new();
        set.send(&two.a.0);
        assert_eq!(set.ready(), 0);
        two.a.0.try_send(Token::new(1)).unwrap();
    };
    let receiver = |two: &Two| assert_eq!(two.a.1.recv().unwrap().number(), 1);
    let model = model("ready to send, rendezvous").split().by(&KINDS);
    model.check(|| two(0), [watcher, receiver], nobody_waits);
}

#[test]
fn loom_two_watchers_and_one_value() {
    // All who watch are told; one of them gets the value.
    let watcher = |two: &Two| {
        let mut set = Select::new();
        set.recv(&two.a.1);
        set.ready();
        if two.a.1.try_recv().is_ok() {
            two.got.put(true);
            two.a.0.close();
        }
    };
    let sender = |two: &Two| two.a.0.send(Token::new(1)).unwrap();
    let model = model("two watchers").by(&[[Goroutine; 3], [Thread, Goroutine, Thread]]);
    model.check(
        || two(1),
        [watcher, watcher, sender],
        |two| {
            assert_eq!(two.got.get(), Some(true));
            nobody_waits(two);
        },
    );
}

#[test]
fn loom_ready_in_time() {
    let watcher = |two: &Two| {
        let mut set = Select::new();
        set.recv(&two.a.1);
        let ready = set.ready_timeout(Duration::from_nanos(10)).is_ok();
        let taken = two.a.1.try_recv().is_ok();
        assert!(taken || !ready);
        two.got.put(taken);
    };
    let sender = |two: &Two| two.a.0.send(Token::new(1)).unwrap();
    let model = model("ready in time").preemptions(2).clock().split().by(&KINDS);
    model.check(
        || two(1),
        [watcher, sender],
        |two| {
            assert_eq!(two.a.1.len(), usize::from(two.got.get() == Some(false)));
            nobody_waits(two);
        },
    );
}

#[test]
fn loom_watched_sender_against_a_receiver() {
    // While the sender tells the watcher, somebody else may serve it already.
    let watcher = |two: &Two| {
        let mut set = Select::new();
        set.recv(&two.a.1);
        set.ready();
        two.a.0.close();
    };
    let sender = |two: &Two| two.got.put(two.a.0.send(Token::new(1)).is_ok());
    let receiver = |two: &Two| {
        if let Ok(token) = two.a.1.recv() {
            assert_eq!(token.number(), 1);
        }
        let _ = two.a.0.try_send(Token::new(2));
    };
    let model = model("watched sender").by(&[[Goroutine; 3], [Thread, Goroutine, Goroutine]]);
    model.check(|| two(1), [watcher, sender, receiver], nobody_waits);
}
