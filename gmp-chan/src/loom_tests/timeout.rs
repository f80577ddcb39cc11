//! Deadlines: of goroutines, which are timers, and of threads, which sleep no longer.
//!
//! Faults seen here:
//! - the timer is not disarmed, or not when the first case has won;
//! - a deadline makes its select ready, or ends a sleep, without having won the race;
//! - the heap is unlocked before the park (I1).

use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, SendTimeoutError};

use super::harness::{By, Goroutine, Kept, Thread, Token, model};
use crate::arm::{RecvArm, SendArm, TimerArm, select};
use crate::{Receiver, Sender, bounded};

const SOON: Duration = Duration::from_nanos(10);

const KINDS: [[By; 2]; 4] =
    [[Goroutine, Goroutine], [Goroutine, Thread], [Thread, Goroutine], [Thread, Thread]];

struct One {
    tx: Sender<Token>,
    rx: Receiver<Token>,
    sent: Kept<bool>,
    received: Kept<bool>,
}

fn one(cap: usize) -> One {
    let (tx, rx) = bounded(cap);
    One { tx, rx, sent: Kept::none(), received: Kept::none() }
}

fn nobody_waits(one: &One) {
    assert_eq!((one.tx.waiting_senders(), one.tx.waiting_receivers()), (0, 0));
}

fn received_if_sent(one: &One) {
    assert_eq!(one.sent.get(), one.received.get());
    nobody_waits(one);
}

fn recv_in_time(one: &One) {
    one.received.put(match one.rx.recv_timeout(SOON) {
        Ok(token) => token.number() == 1,
        Err(error) => {
            assert_eq!(error, RecvTimeoutError::Timeout);
            false
        }
    });
}

fn send_in_time(one: &One) {
    one.sent.put(match one.tx.send_timeout(Token::new(1), SOON) {
        Ok(()) => true,
        Err(SendTimeoutError::Timeout(token)) => token.number() != 1,
        Err(SendTimeoutError::Disconnected(_)) => panic!("it is open"),
    });
}

#[test]
fn loom_both_in_time_or_neither() {
    let model = model("both in time").preemptions(2).clock().by(&KINDS);
    model.check(|| one(0), [recv_in_time, send_in_time], received_if_sent);
}

#[test]
fn loom_both_in_time_or_neither_split() {
    let model = model("both in time, split").clock().split().preemptions(1);
    model.check(|| one(0), [recv_in_time, send_in_time], received_if_sent);
}

#[test]
fn loom_recv_timeout_against_a_buffered_send() {
    let sender = |one: &One| one.tx.send(Token::new(1)).unwrap();
    let model = model("recv_timeout, buffered").preemptions(2).clock().split().by(&KINDS);
    model.check(
        || one(1),
        [recv_in_time, sender],
        |one| {
            assert_eq!(one.rx.len(), usize::from(one.received.get() == Some(false)));
            nobody_waits(one);
        },
    );
}

#[test]
fn loom_send_timeout_against_a_buffered_recv() {
    let receiver = |one: &One| assert_eq!(one.rx.recv().unwrap().number(), 7);
    let start = || {
        let one = one(1);
        one.tx.try_send(Token::new(7)).unwrap();
        one
    };
    let model = model("send_timeout, buffered").preemptions(2).clock().split().by(&KINDS);
    model.check(start, [send_in_time, receiver], |one| {
        assert_eq!(one.rx.len(), usize::from(one.sent.get() == Some(true)));
        nobody_waits(one);
    });
}

#[test]
fn loom_timeout_against_close() {
    let receiver = |one: &One| assert!(one.rx.recv_timeout(SOON).is_err());
    let model = model("timeout against close").preemptions(2).clock().split().by(&KINDS);
    model.check(|| one(0), [receiver, |one| one.tx.close()], nobody_waits);
}

#[test]
fn loom_select_with_a_timer() {
    // Of three cases, the clock's and two of one channel each, one is chosen.
    let chooser = |one: &One| {
        let mut recv = RecvArm::new(Some(&one.rx));
        let mut timer = TimerArm::new(Some(SOON));
        one.received.put(match select(&mut [recv.case(), timer.case()]) {
            0 => recv.take().unwrap().number() == 1,
            _ => false,
        });
    };
    let model = model("select with a timer").preemptions(2).clock().by(&KINDS);
    model.check(|| one(0), [chooser, send_in_time], received_if_sent);
}

struct Two {
    a: (Sender<Token>, Receiver<Token>),
    b: (Sender<Token>, Receiver<Token>),
}

#[test]
fn loom_select_of_two_in_time() {
    // The deadline may come while the commit releases one lock after the other.
    let chooser = |two: &Two| {
        let mut recv = RecvArm::new(Some(&two.a.1));
        let mut send = SendArm::new(Some(&two.b.0), Some(Token::new(2)));
        let mut timer = TimerArm::new(Some(SOON));
        match select(&mut [recv.case(), send.case(), timer.case()]) {
            0 => assert_eq!(recv.take().unwrap().number(), 1),
            1 => send.finish().unwrap(),
            _ => {}
        }
    };
    let other = |two: &Two| {
        drop(two.a.0.try_send(Token::new(1)));
        drop(two.b.1.try_recv());
    };
    let model = model("select of two in time").clock().split().preemptions(1).by(&KINDS[..3]);
    model.check(
        || Two { a: bounded(0), b: bounded(0) },
        [chooser, other],
        |two| {
            for (tx, _) in [&two.a, &two.b] {
                assert_eq!((tx.waiting_senders(), tx.waiting_receivers()), (0, 0));
            }
        },
    );
}
