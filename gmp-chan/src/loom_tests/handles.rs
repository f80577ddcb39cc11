//! The last handles: what their drops do to who waits, and who frees the channel.
//!
//! Faults seen here:
//! - neither side, or both, free the channel;
//! - the counts, or the flag of the side that leaves first, are changed relaxed;
//! - values left in the buffer are not dropped.

use super::harness::{By, Goroutine, Kept, Thread, Token, model};
use crate::{Receiver, Sender, bounded, unbounded};

const KINDS: [[By; 2]; 3] = [[Goroutine, Goroutine], [Thread, Goroutine], [Thread, Thread]];

/// Handles that the parties take, and drop.
struct Ends {
    tx: Kept<Sender<Token>>,
    tx2: Kept<Sender<Token>>,
    rx: Kept<Receiver<Token>>,
}

fn ends(cap: usize) -> Ends {
    let (tx, rx) = bounded(cap);
    Ends { tx: Kept::some(tx), tx2: Kept::none(), rx: Kept::some(rx) }
}

fn with_clone(cap: usize) -> Ends {
    let (tx, rx) = bounded(cap);
    Ends { tx2: Kept::some(tx.clone()), tx: Kept::some(tx), rx: Kept::some(rx) }
}

fn nothing(_: &Ends) {}

fn send_one(ends: &Ends) {
    let tx = ends.tx.take().unwrap();
    tx.send(Token::new(1)).unwrap();
}

/// Receives until there is no sender any more.
fn drain(ends: &Ends) {
    let rx = ends.rx.take().unwrap();
    let mut sum = 0;
    while let Ok(token) = rx.recv() {
        sum += token.number();
    }
    assert_eq!(sum, 1);
}

#[test]
fn loom_last_sender_against_recv() {
    let model = model("last sender against recv").by(&KINDS);
    model.check(|| ends(1), [send_one, drain], nothing);
}

#[test]
fn loom_last_sender_of_a_rendezvous() {
    let model = model("last sender of a rendezvous").by(&KINDS);
    model.check(|| ends(0), [send_one, drain], nothing);
}

#[test]
fn loom_two_senders_leave() {
    let other = |ends: &Ends| drop(ends.tx2.take());
    let model = model("two senders leave").by(&[[Goroutine; 3], [Thread, Goroutine, Thread]]);
    model.check(|| with_clone(1), [send_one, other, drain], nothing);
}

#[test]
fn loom_a_look_without_the_lock_before_leaving() {
    let looker = |ends: &Ends| {
        let tx = ends.tx2.take().unwrap();
        assert!(tx.try_send(Token::new(1)).is_err());
    };
    let other = |ends: &Ends| {
        drop(ends.tx.take());
        drop(ends.rx.take());
    };
    let model = model("a look before leaving").by(&KINDS);
    model.check(|| with_clone(0), [looker, other], nothing);
}

#[test]
fn loom_last_receiver_against_send() {
    // The value is buffered and dropped with the receiver, or comes back.
    let sender = |ends: &Ends| {
        let tx = ends.tx.take().unwrap();
        let first = tx.send(Token::new(1));
        let second = tx.send(Token::new(2));
        assert!(second.is_err(), "nobody takes the first");
        drop((first, second));
    };
    let receiver = |ends: &Ends| drop(ends.rx.take());
    let model = model("last receiver against send").by(&KINDS);
    model.check(|| ends(1), [sender, receiver], nothing);
}

#[test]
fn loom_last_receiver_against_an_unbounded_send() {
    // The block that the sender fetches may come too late.
    let sender = |ends: &Ends| {
        let tx = ends.tx.take().unwrap();
        drop(tx.send(Token::new(1)));
        drop(tx.send(Token::new(2)));
    };
    let receiver = |ends: &Ends| drop(ends.rx.take());
    let start = || {
        let (tx, rx) = unbounded();
        Ends { tx: Kept::some(tx), tx2: Kept::none(), rx: Kept::some(rx) }
    };
    let model = model("last receiver, unbounded").by(&KINDS);
    model.check(start, [sender, receiver], nothing);
}

#[test]
fn loom_last_receiver_against_a_waiting_sender() {
    let sender = |ends: &Ends| {
        let tx = ends.tx.take().unwrap();
        assert_eq!(tx.send(Token::new(1)).unwrap_err().0.number(), 1);
    };
    let receiver = |ends: &Ends| drop(ends.rx.take());
    let model = model("last receiver, rendezvous").by(&KINDS);
    model.check(|| ends(0), [sender, receiver], nothing);
}

#[test]
fn loom_both_sides_leave() {
    let sender = |ends: &Ends| drop(ends.tx.take());
    let receiver = |ends: &Ends| drop(ends.rx.take());
    let start = || {
        let ends = ends(1);
        let tx = ends.tx.take().unwrap();
        tx.try_send(Token::new(1)).unwrap();
        ends.tx.put(tx);
        ends
    };
    let model = model("both sides leave").by(&KINDS);
    model.check(start, [sender, receiver], nothing);
}

#[test]
fn loom_both_sides_leave_with_a_clone() {
    let model = model("both sides leave, three handles");
    model.check(
        || with_clone(0),
        [
            |ends: &Ends| drop(ends.tx.take()),
            |ends: &Ends| drop(ends.tx2.take()),
            |ends: &Ends| drop(ends.rx.take()),
        ],
        nothing,
    );
}
