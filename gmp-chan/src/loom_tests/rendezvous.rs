//! Send, receive, their `try_` forms, close.
//!
//! Faults seen here:
//! - the end of a channel is looked at before its buffer;
//! - `looks_empty` without its look at the state, at the senders, or with the state first;
//! - `looks_full` without its look at the receivers;
//! - the heads of the queues stored relaxed;
//! - a peer made ready before its value was copied, in or out;
//! - senders are not told of the end.

use crossbeam_channel::{TryRecvError, TrySendError};
use loom::sync::atomic::AtomicBool;
use loom::sync::atomic::Ordering::{Acquire, Release};

use super::harness::{Goroutine, Kept, Thread, Token, model};
use crate::{Receiver, Sender, bounded, unbounded};

struct One {
    tx: Sender<Token>,
    rx: Receiver<Token>,
    /// What each party has got.
    got: [Kept<u32>; 3],
    /// Something that another party may know about.
    flag: AtomicBool,
    closed: AtomicBool,
}

fn made((tx, rx): (Sender<Token>, Receiver<Token>)) -> One {
    let got = [Kept::none(), Kept::none(), Kept::none()];
    One { tx, rx, got, flag: AtomicBool::new(false), closed: AtomicBool::new(false) }
}

fn one(cap: usize) -> One {
    made(bounded(cap))
}

fn filled(cap: usize, values: u32) -> One {
    let one = one(cap);
    (1..=values).for_each(|n| one.tx.try_send(Token::new(n)).unwrap());
    one
}

fn nobody_waits(one: &One) {
    assert_eq!((one.tx.waiting_senders(), one.tx.waiting_receivers()), (0, 0));
}

fn send_two(one: &One) {
    one.tx.send(Token::new(1)).unwrap();
    one.tx.send(Token::new(2)).unwrap();
}

fn receive_two(one: &One) {
    assert_eq!(one.rx.recv().unwrap().number(), 1);
    assert_eq!(one.rx.recv().unwrap().number(), 2);
}

#[test]
fn loom_rendezvous() {
    let model = model("rendezvous").by_all();
    model.check(|| one(0), [send_two, receive_two], nobody_waits);
}

#[test]
fn loom_buffer_of_one() {
    let model = model("buffer of one").by_all();
    model.check(|| one(1), [send_two, receive_two], nobody_waits);
}

#[test]
fn loom_unbounded() {
    let model = model("unbounded").by_all();
    model.check(|| made(unbounded()), [send_two, receive_two], nobody_waits);
}

#[test]
fn loom_senders_are_served_in_order() {
    let first = |one: &One| one.tx.send(Token::new(1)).unwrap();
    let second = |one: &One| {
        one.flag.store(one.tx.waiting_senders() == 1, Release);
        one.tx.send(Token::new(2)).unwrap();
    };
    let receiver = |one: &One| {
        let values = [one.rx.recv().unwrap().number(), one.rx.recv().unwrap().number()];
        one.got[2].put(values[0]);
        assert_eq!(values[0] + values[1], 3);
    };
    let model = model("senders in order").by(&[[Goroutine; 3], [Thread, Goroutine, Thread]]);
    model.check(
        || one(0),
        [first, second, receiver],
        |one| {
            if one.flag.load(Acquire) {
                assert_eq!(one.got[2].get(), Some(1));
            }
            nobody_waits(one);
        },
    );
}

#[test]
fn loom_receivers_are_served_in_order() {
    let first = |one: &One| one.got[0].put(one.rx.recv().unwrap().number());
    let second = |one: &One| {
        one.flag.store(one.tx.waiting_receivers() == 1, Release);
        one.got[1].put(one.rx.recv().unwrap().number());
    };
    let model = model("receivers in order").by(&[[Goroutine; 3], [Thread, Goroutine, Thread]]);
    model.check(
        || one(1),
        [first, second, send_two],
        |one| {
            if one.flag.load(Acquire) {
                assert_eq!((one.got[0].get(), one.got[1].get()), (Some(1), Some(2)));
            }
            nobody_waits(one);
        },
    );
}

/// A value is sent, then the channel closed: who hears of the one has heard of the other.
fn send_and_close(one: &One) {
    one.tx.send(Token::new(1)).unwrap();
    one.flag.store(true, Release);
    one.tx.close();
    one.closed.store(true, Release);
}

#[test]
fn loom_try_recv_against_send_and_close() {
    let receiver = |one: &One| {
        let mut got = 0;
        for _ in 0..2 {
            let (closed, sent) = (one.closed.load(Acquire), one.flag.load(Acquire));
            match one.rx.try_recv() {
                Ok(token) => got = token.number(),
                Err(TryRecvError::Empty) => {
                    assert!(!sent || got == 1, "it was sent");
                    assert!(!closed, "it was closed");
                }
                Err(TryRecvError::Disconnected) => assert_eq!(got, 1, "sent before the close"),
            }
        }
        if got == 0 {
            assert_eq!(one.rx.recv().unwrap().number(), 1);
        }
        assert!(one.rx.recv().is_err());
    };
    let model = model("try_recv against close").by(&[[Goroutine, Thread]]);
    model.check(|| one(1), [send_and_close, receiver], nobody_waits);
}

#[test]
fn loom_try_send_against_recv() {
    let receiver = |one: &One| {
        assert_eq!(one.rx.recv().unwrap().number(), 1);
        one.flag.store(true, Release);
        one.got[0].put(one.rx.recv().map_or(0, |token| token.number()));
    };
    let sender = |one: &One| {
        let taken = one.flag.load(Acquire);
        match one.tx.try_send(Token::new(2)) {
            Ok(()) => one.got[1].put(2),
            Err(TrySendError::Full(token)) => {
                assert!(!taken, "there was room");
                assert_eq!(token.number(), 2);
                one.got[1].put(0);
            }
            Err(TrySendError::Disconnected(_)) => panic!("it is open"),
        }
        one.tx.close();
    };
    let model = model("try_send against recv").by(&[[Goroutine, Thread]]);
    model.check(
        || filled(1, 1),
        [receiver, sender],
        |one| {
            assert_eq!(one.got[0].get(), one.got[1].get());
            nobody_waits(one);
        },
    );
}

#[test]
fn loom_never_empty_is_never_found_empty() {
    // One value is in there whenever nobody has taken more than was put.
    let mover = |one: &One| {
        one.tx.try_send(Token::new(2)).unwrap();
        one.rx.try_recv().unwrap();
    };
    let taker = |one: &One| drop(one.rx.try_recv().unwrap());
    let model = model("never empty");
    model.check(|| filled(2, 1), [mover, taker], nobody_waits);
}

#[test]
fn loom_try_recv_from_a_waiting_sender() {
    let sender = |one: &One| {
        let sent = one.tx.send(Token::new(1));
        one.got[0].put(sent.map_or_else(|error| error.0.number() - 1, |()| 1));
    };
    let receiver = |one: &One| {
        let waits = one.tx.waiting_senders() == 1;
        match one.rx.try_recv() {
            Ok(token) => one.got[1].put(token.number()),
            Err(error) => {
                assert!(!waits && error == TryRecvError::Empty);
                one.got[1].put(0);
            }
        }
        one.rx.close();
    };
    let model = model("try_recv of a rendezvous").by_all();
    model.check(
        || one(0),
        [sender, receiver],
        |one| {
            assert_eq!(one.got[0].get(), one.got[1].get());
            nobody_waits(one);
        },
    );
}

#[test]
fn loom_try_send_to_a_waiting_receiver() {
    let receiver = |one: &One| {
        one.got[0].put(one.rx.recv().map_or(0, |token| token.number()));
    };
    let sender = |one: &One| {
        let waits = one.tx.waiting_receivers() == 1;
        let sent = one.tx.try_send(Token::new(1));
        assert!(!waits || sent.is_ok(), "somebody waits for it");
        one.got[1].put(u32::from(sent.is_ok()));
        one.tx.close();
    };
    let model = model("try_send of a rendezvous").by_all();
    model.check(
        || one(0),
        [receiver, sender],
        |one| {
            assert_eq!(one.got[0].get(), one.got[1].get());
            nobody_waits(one);
        },
    );
}

#[test]
fn loom_try_recv_from_a_waiting_sender_against_close() {
    // From when the sender waits, there is its value or the end, at every moment.
    let sender = |one: &One| {
        let sent = one.tx.send(Token::new(1));
        one.got[0].put(u32::from(sent.is_ok()));
    };
    let receiver = |one: &One| {
        let waits = one.tx.waiting_senders() == 1;
        match one.rx.try_recv() {
            Ok(token) => one.got[1].put(token.number()),
            Err(error) => {
                assert!(!waits || error == TryRecvError::Disconnected, "never empty");
                one.got[1].put(0);
            }
        }
    };
    let closer = |one: &One| one.tx.close();
    let model = model("try_recv of a rendezvous and close").by(&[[Goroutine; 3]]);
    model.check(
        || one(0),
        [sender, receiver, closer],
        |one| {
            assert_eq!(one.got[0].get(), one.got[1].get());
            nobody_waits(one);
        },
    );
}

#[test]
fn loom_close_against_a_rendezvous() {
    let sender = |one: &One| {
        one.got[0].put(one.tx.send(Token::new(1)).map_or(0, |()| 1));
    };
    let receiver = |one: &One| {
        one.got[1].put(one.rx.recv().map_or(0, |token| token.number()));
    };
    let closer = |one: &One| one.rx.close();
    let model =
        model("close against a rendezvous").by(&[[Goroutine; 3], [Thread, Goroutine, Thread]]);
    model.check(
        || one(0),
        [sender, receiver, closer],
        |one| {
            assert_eq!(one.got[0].get(), one.got[1].get());
            nobody_waits(one);
        },
    );
}

#[test]
fn loom_close_wakes_all() {
    let receiver = |one: &One| assert!(one.rx.recv().is_err());
    let model = model("close wakes all").by(&[[Goroutine; 3], [Thread, Goroutine, Thread]]);
    model.check(|| one(0), [receiver, |one| one.tx.close(), receiver], nobody_waits);
}
