//! Sends that are chosen before there is a value: kept, broken, forgotten.
//!
//! Faults seen here:
//! - a receiver is not told that its promise was broken, or does not try that case again;
//! - the value is given before the receiver has parked (I1);
//! - a place is not kept by `reserve`, by `refill`, or is not given up by the send;
//! - a place given back goes to nobody.

use std::time::Duration;

use crossbeam_channel::RecvTimeoutError;

use super::harness::{By, Goroutine, Kept, Thread, Token, model};
use crate::arm::{
    LazySendArm, Promise, RecvArm, SendArm, select, select_timeout, try_select, try_select_biased,
};
use crate::{Receiver, Select, Sender, bounded, unbounded};

const KINDS: [[By; 2]; 3] = [[Goroutine, Goroutine], [Thread, Goroutine], [Thread, Thread]];

const SOON: Duration = Duration::from_nanos(10);

struct Two {
    a: (Sender<Token>, Receiver<Token>),
    b: (Sender<Token>, Receiver<Token>),
    sent: Kept<bool>,
    received: Kept<bool>,
}

fn two(cap: usize) -> Two {
    Two { a: bounded(cap), b: bounded(cap), sent: Kept::none(), received: Kept::none() }
}

fn nobody_waits(two: &Two) {
    for (tx, _) in [&two.a, &two.b] {
        assert_eq!((tx.waiting_senders(), tx.waiting_receivers()), (0, 0));
    }
}

/// `a`, empty again, has the one place that it had.
fn one_place(two: &Two) {
    nobody_waits(two);
    two.a.0.try_send(Token::new(8)).unwrap();
    // One that decides under the lock.
    let mut send = SendArm::new(Some(&two.a.0), Some(Token::new(9)));
    assert_eq!(try_select_biased(&mut [send.case()]), 1);
    drop(send);
    assert_eq!(two.a.1.try_recv().unwrap().number(), 8);
}

/// Chooses to send on `a`, the only channel where somebody receives.
fn promise(two: &Two) -> Promise<'_, Token> {
    let mut a = LazySendArm::new(Some(&two.a.0));
    let mut b = LazySendArm::new(Some(&two.b.0));
    assert_eq!(select(&mut [a.case(), b.case()]), 0);
    a.picked()
}

fn keep(two: &Two) {
    promise(two).send(Token::new(1)).unwrap();
}

/// Breaks its promise; then it sends after all.
fn break_off(two: &Two) {
    drop(promise(two));
    two.a.0.send(Token::new(1)).unwrap();
}

fn recv(two: &Two) {
    assert_eq!(two.a.1.recv().unwrap().number(), 1);
}

/// Receives on `a`, in a select in which `b` is a channel that nobody sends on.
fn recv_in_select(two: &Two) {
    let (mut b, mut a) = (RecvArm::new(Some(&two.b.1)), RecvArm::new(Some(&two.a.1)));
    assert_eq!(select(&mut [b.case(), a.case()]), 1);
    assert_eq!(a.take().unwrap().number(), 1);
}

#[test]
fn loom_promise_kept_to_a_receiver() {
    let model = model("promise kept to recv").split().by(&KINDS);
    model.check(|| two(0), [keep, recv], nobody_waits);
}

#[test]
fn loom_promise_broken_to_a_receiver() {
    let model = model("promise broken to recv").split().by(&KINDS);
    model.check(|| two(0), [break_off, recv], nobody_waits);
}

/// As `promise`, with `a` alone.
fn one_side(two: &Two) -> Promise<'_, Token> {
    let mut a = LazySendArm::new(Some(&two.a.0));
    assert_eq!(select(&mut [a.case()]), 0);
    a.picked()
}

fn break_off_one(two: &Two) {
    drop(one_side(two));
    two.a.0.send(Token::new(1)).unwrap();
}

/// Receives if there is something to receive already; or else it waits.
fn try_and_recv(two: &Two) {
    match two.a.1.try_recv() {
        Ok(token) => assert_eq!(token.number(), 1),
        Err(_) => recv(two),
    }
}

/// As `try_and_recv`, as a select with a default does it.
fn try_select_and_recv(two: &Two) {
    let (mut a, mut b) = (RecvArm::new(Some(&two.a.1)), RecvArm::new(Some(&two.b.1)));
    match try_select(&mut [a.case(), b.case()]) {
        0 => assert_eq!(a.take().unwrap().number(), 1),
        _ => recv(two),
    }
}

#[test]
fn loom_promise_kept_to_try_recv() {
    let keep = |two: &Two| one_side(two).send(Token::new(1)).unwrap();
    let model = model("promise kept to try_recv").split().by(&KINDS);
    model.check(|| two(0), [keep, try_and_recv], nobody_waits);
}

#[test]
fn loom_promise_broken_to_try_recv() {
    let model = model("promise broken to try_recv").split().by(&KINDS);
    model.check(|| two(0), [break_off_one, try_and_recv], nobody_waits);
}

#[test]
fn loom_promise_broken_to_try_select() {
    let model = model("promise broken to try_select").preemptions(2).split().by(&KINDS);
    model.check(|| two(0), [break_off_one, try_select_and_recv], nobody_waits);
}

#[test]
fn loom_promise_broken_in_time() {
    // Both have deadlines: the promise may come too late, or break as it comes.
    let breaker = |two: &Two| {
        let mut arm = LazySendArm::new(Some(&two.a.0));
        if select_timeout(&mut [arm.case()], SOON) == 0 {
            drop(arm.picked());
        }
        two.sent.put(two.a.0.try_send(Token::new(1)).is_ok());
    };
    let receiver = |two: &Two| {
        two.received.put(match two.a.1.recv_timeout(SOON) {
            Ok(token) => token.number() == 1,
            Err(error) => {
                assert_eq!(error, RecvTimeoutError::Timeout);
                false
            }
        });
    };
    let model = model("promise broken in time").preemptions(2).clock().by(&KINDS[..2]);
    model.check(
        || two(0),
        [breaker, receiver],
        |two| {
            assert_eq!(two.sent.get(), two.received.get());
            nobody_waits(two);
        },
    );
}

#[test]
fn loom_promise_on_an_unbounded_channel() {
    let start = || Two { a: unbounded(), ..two(0) };
    let keep = |two: &Two| one_side(two).send(Token::new(1)).unwrap();
    let model = model("promise, unbounded").by(&KINDS);
    model.check(start, [keep, recv], nobody_waits);
}

#[test]
fn loom_promise_kept_to_a_select() {
    let keep = |two: &Two| one_side(two).send(Token::new(1)).unwrap();
    let model = model("promise kept to select").split().by(&KINDS);
    model.check(|| two(0), [keep, recv_in_select], nobody_waits);
}

#[test]
fn loom_promise_broken_to_a_select() {
    let model = model("promise broken to select").preemptions(2).split().by(&KINDS);
    model.check(|| two(0), [break_off_one, recv_in_select], nobody_waits);
}

#[test]
fn loom_promise_against_close() {
    let sender = |two: &Two| {
        two.sent.put(match one_side(two).send(Token::new(1)) {
            Ok(()) => true,
            Err(error) => error.0.number() != 1,
        });
    };
    let receiver = |two: &Two| {
        two.received.put(two.a.1.recv().is_ok_and(|token| token.number() == 1));
    };
    let closer = |two: &Two| two.a.0.close();
    let model = model("promise against close").by(&[[Goroutine; 3], [Thread, Goroutine, Thread]]);
    model.check(
        || two(0),
        [sender, receiver, closer],
        |two| {
            assert_eq!(two.sent.get(), two.received.get());
            nobody_waits(two);
        },
    );
}

#[test]
fn loom_kept_place_against_close() {
    // The place was kept before the close; the value is in time, or comes back.
    let sender = |two: &Two| {
        let sent = one_side(two).send(Token::new(1));
        two.sent.put(sent.is_ok());
    };
    let closer = |two: &Two| two.a.1.close();
    let model = model("kept place against close").by(&KINDS);
    model.check(
        || two(1),
        [sender, closer],
        |two| {
            let left = two.a.1.try_recv().is_ok();
            assert_eq!(two.sent.get(), Some(left));
            nobody_waits(two);
        },
    );
}

#[test]
fn loom_kept_place_goes_to_a_waiting_sender() {
    let breaker = |two: &Two| drop(one_side(two));
    let sender = |two: &Two| {
        two.a.0.send(Token::new(1)).unwrap();
        assert_eq!(two.a.1.try_recv().unwrap().number(), 1);
    };
    let model = model("kept place given back").by(&KINDS);
    model.check(|| two(1), [breaker, sender], one_place);
}

#[test]
fn loom_kept_place_goes_to_a_waiting_promise() {
    // Both choose; the one place goes from hand to hand.
    let breaker = |two: &Two| drop(one_side(two));
    let keeper = |two: &Two| {
        one_side(two).send(Token::new(1)).unwrap();
        assert_eq!(two.a.1.try_recv().unwrap().number(), 1);
    };
    let model = model("kept place to a promise").by(&KINDS);
    model.check(|| two(1), [breaker, keeper], one_place);
}

#[test]
fn loom_promise_waits_for_a_place() {
    // Full at the start: the place that a receive makes is kept for the promise.
    let keeper = |two: &Two| one_side(two).send(Token::new(1)).unwrap();
    let receiver = |two: &Two| {
        assert_eq!(two.a.1.recv().unwrap().number(), 7);
        assert_eq!(two.a.1.recv().unwrap().number(), 1);
    };
    let start = || {
        let two = two(1);
        two.a.0.try_send(Token::new(7)).unwrap();
        two
    };
    let model = model("promise waits for a place").split().by(&KINDS);
    model.check(start, [keeper, receiver], one_place);
}

#[test]
fn loom_a_forgotten_promise_costs_a_place_and_no_more() {
    let forgetful = |two: &Two| {
        #[expect(clippy::mem_forget, reason = "this is what is looked at")]
        std::mem::forget(one_side(two));
    };
    let other = |two: &Two| {
        two.a.0.send(Token::new(1)).unwrap();
        assert_eq!(two.a.1.try_recv().unwrap().number(), 1);
    };
    let model = model("promise forgotten").by(&KINDS);
    model.check(
        || two(2),
        [forgetful, other],
        |two| {
            two.a.0.try_send(Token::new(2)).unwrap();
            drop(two.a.0.try_send(Token::new(3)).unwrap_err());
            assert_eq!(two.a.1.try_recv().unwrap().number(), 2);
            nobody_waits(two);
        },
    );
}

#[test]
fn loom_selected_operations_of_two_sets() {
    // Either may be the one that sends: each has both ends of both channels.
    fn choose(send: &Sender<Token>, n: u32, recv: &Receiver<Token>) -> bool {
        let mut set = Select::new();
        let first = set.send(send);
        set.recv(recv);
        let operation = set.select();
        if operation.index() == first {
            operation.send(send, Token::new(n)).unwrap();
            return true;
        }
        assert_eq!(operation.recv(recv).unwrap().number(), 3 - n);
        false
    }
    let one = |two: &Two| two.sent.put(choose(&two.a.0, 1, &two.b.1));
    let other = |two: &Two| two.received.put(choose(&two.b.0, 2, &two.a.1));
    let model = model("two sets").split().draws(&[0, 2]).by(&KINDS);
    model.check(
        || two(0),
        [one, other],
        |two| {
            assert_ne!(two.sent.get(), two.received.get());
            nobody_waits(two);
        },
    );
}
