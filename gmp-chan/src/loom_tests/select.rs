//! Selects, against each other and against plain operations.
//!
//! Faults seen here:
//! - `pop` serves who has lost the race;
//! - the locks are released before the park (I1);
//! - losers stay in their queues;
//! - the locks are taken in the order of the cases;
//! - the default is chosen after looks at one channel after the other.

use super::harness::{Goroutine, Kept, Thread, Token, model};
use crate::arm::{RecvArm, SendArm, select, select_biased, try_select};
use crate::{Receiver, Sender, bounded};

type Ends = (Sender<Token>, Receiver<Token>);

struct Two {
    a: Ends,
    b: Ends,
    /// Which case each party has chosen.
    chosen: [Kept<usize>; 3],
}

fn two(cap: usize) -> Two {
    Two { a: bounded(cap), b: bounded(cap), chosen: [Kept::none(), Kept::none(), Kept::none()] }
}

/// As `two`, but selects lock them the other way round.
fn turned(cap: usize) -> Two {
    let b = bounded(cap);
    Two { a: bounded(cap), b, chosen: [Kept::none(), Kept::none(), Kept::none()] }
}

fn nobody_waits(two: &Two) {
    for (tx, _) in [&two.a, &two.b] {
        assert_eq!((tx.waiting_senders(), tx.waiting_receivers()), (0, 0));
    }
}

/// Sends `n` to `tx` or receives `expected` from `rx`: which of the two.
fn either(tx: &Sender<Token>, n: u32, rx: &Receiver<Token>, expected: u32) -> usize {
    let mut send = SendArm::new(Some(tx), Some(Token::new(n)));
    let mut recv = RecvArm::new(Some(rx));
    let chosen = select(&mut [send.case(), recv.case()]);
    match chosen {
        0 => send.finish().unwrap(),
        _ => assert_eq!(recv.take().unwrap().number(), expected),
    }
    chosen
}

fn to_a_from_b(two: &Two) {
    two.chosen[0].put(either(&two.a.0, 1, &two.b.1, 2));
}

fn to_b_from_a(two: &Two) {
    two.chosen[1].put(either(&two.b.0, 2, &two.a.1, 1));
}

/// One has sent what the other has received.
fn one_has_committed(two: &Two) {
    let chosen = [two.chosen[0].get().unwrap(), two.chosen[1].get().unwrap()];
    assert_eq!(chosen[0] + chosen[1], 1, "{chosen:?}");
    nobody_waits(two);
}

const KINDS: [[super::harness::By; 2]; 3] =
    [[Goroutine, Goroutine], [Goroutine, Thread], [Thread, Thread]];

#[test]
fn loom_two_selects_face_each_other() {
    let model = model("two selects").split().draws(&[0, 1, 3]).by(&KINDS);
    model.check(|| two(0), [to_a_from_b, to_b_from_a], one_has_committed);
}

#[test]
fn loom_two_selects_face_each_other_turned() {
    let model = model("two selects, turned").split().draws(&[0, 2]).by(&KINDS[..2]);
    model.check(|| turned(0), [to_a_from_b, to_b_from_a], one_has_committed);
}

/// Receives from either channel, twice.
fn from_both(two: &Two) {
    let mut sum = 0;
    for _ in 0..2 {
        let (mut a, mut b) = (RecvArm::new(Some(&two.a.1)), RecvArm::new(Some(&two.b.1)));
        let token = match select(&mut [a.case(), b.case()]) {
            0 => a.take().unwrap(),
            _ => b.take().unwrap(),
        };
        sum += token.number();
    }
    assert_eq!(sum, 3);
}

#[test]
fn loom_select_against_two_senders() {
    let to_a = |two: &Two| two.a.0.send(Token::new(1)).unwrap();
    let to_b = |two: &Two| two.b.0.send(Token::new(2)).unwrap();
    let model = model("two senders").by(&[
        [Goroutine; 3],
        [Goroutine, Thread, Goroutine],
        [Thread, Goroutine, Thread],
    ]);
    model.check(|| two(0), [from_both, to_a, to_b], nobody_waits);
}

#[test]
fn loom_select_with_split_commit_against_two_senders() {
    let to_a = |two: &Two| two.a.0.send(Token::new(1)).unwrap();
    let to_b = |two: &Two| two.b.0.send(Token::new(2)).unwrap();
    let model = model("two senders, split").split().preemptions(1);
    model.check(|| two(0), [from_both, to_a, to_b], nobody_waits);
}

#[test]
fn loom_select_with_one_channel_twice() {
    let receiver = |two: &Two| {
        let (mut a, mut b) = (RecvArm::new(Some(&two.a.1)), RecvArm::new(Some(&two.a.1)));
        let token = match select(&mut [a.case(), b.case()]) {
            0 => a.take().unwrap(),
            _ => b.take().unwrap(),
        };
        assert_eq!(token.number(), 1);
    };
    let sender = |two: &Two| two.a.0.send(Token::new(1)).unwrap();
    let model = model("one channel twice").split().by(&KINDS);
    model.check(|| two(0), [receiver, sender], nobody_waits);
}

#[test]
fn loom_select_sends_against_recv_and_close() {
    // Sends to whichever is ready, or is told that one of them is closed.
    let sender = |two: &Two| {
        let mut a = SendArm::new(Some(&two.a.0), Some(Token::new(1)));
        let mut b = SendArm::new(Some(&two.b.0), Some(Token::new(2)));
        match select(&mut [a.case(), b.case()]) {
            0 => {
                a.finish().unwrap();
                two.chosen[0].put(0);
            }
            _ => {
                assert_eq!(b.finish().unwrap_err().0.number(), 2);
                two.chosen[0].put(1);
                // Whoever waits for it there gets it.
                two.a.0.send(Token::new(1)).unwrap();
            }
        }
    };
    let receiver = |two: &Two| assert_eq!(two.a.1.recv().unwrap().number(), 1);
    let closer = |two: &Two| two.b.1.close();
    let model = model("send, recv and close").by(&[[Goroutine; 3], [Thread, Goroutine, Thread]]);
    model.check(|| two(0), [sender, receiver, closer], nobody_waits);
}

#[test]
fn loom_select_against_close() {
    let chooser = |two: &Two| {
        let mut a = RecvArm::new(Some(&two.a.1));
        let mut b = SendArm::new(Some(&two.b.0), Some(Token::new(2)));
        match select_biased(&mut [a.case(), b.case()]) {
            0 => assert!(a.take().is_err()),
            _ => assert_eq!(b.finish().unwrap_err().0.number(), 2),
        }
    };
    let closer = |two: &Two| {
        two.a.0.close();
        two.b.0.close();
    };
    let model = model("select against close").split().by(&KINDS);
    model.check(|| two(0), [chooser, closer], nobody_waits);
}

/// The loser's waiters are gone: what comes later is not given to them.
#[test]
fn loom_nobody_is_left_in_a_queue() {
    let chooser = |two: &Two| {
        let (mut a, mut b) = (RecvArm::new(Some(&two.a.1)), RecvArm::new(Some(&two.b.1)));
        let got = match select(&mut [a.case(), b.case()]) {
            0 => a.take().unwrap().number(),
            _ => b.take().unwrap().number(),
        };
        let other = if got == 1 { &two.b.1 } else { &two.a.1 };
        assert_eq!(other.recv().unwrap().number(), 3 - got);
    };
    let sender = |two: &Two| {
        two.a.0.send(Token::new(1)).unwrap();
        two.b.0.send(Token::new(2)).unwrap();
    };
    let model = model("nobody is left").split().by(&KINDS);
    model.check(|| two(1), [chooser, sender], nobody_waits);
}

#[test]
fn loom_no_default_while_a_channel_is_ready() {
    // At every moment one of the two has a value, until the other party takes one.
    let mover = |two: &Two| {
        let _ = two.b.0.try_send(Token::new(2));
        drop(two.a.1.try_recv());
        let _ = two.a.0.try_send(Token::new(3));
        drop(two.b.1.try_recv());
    };
    let taker = |two: &Two| {
        let (mut a, mut b) = (RecvArm::new(Some(&two.a.1)), RecvArm::new(Some(&two.b.1)));
        match try_select(&mut [a.case(), b.case()]) {
            0 => drop(a.take().unwrap()),
            1 => drop(b.take().unwrap()),
            _ => panic!("one was ready all the time"),
        }
    };
    let start = || {
        let two = two(1);
        two.a.0.try_send(Token::new(1)).unwrap();
        two
    };
    let model = model("no default").draws(&[0, 2]);
    model.check(start, [mover, taker], nobody_waits);
}
