//! Channels of the clock: timers that fire, are disarmed, and find the lock taken.
//!
//! Faults seen here:
//! - a timer is not armed again, or not disarmed when its channel goes;
//! - it gives up when it finds the lock taken, or goes on without it;
//! - threads do not look when their channel is due.

use std::time::{Duration, Instant};

use super::harness::{By, Goroutine, Kept, Thread, Token, model};
use crate::arm::{RecvArm, select};
use crate::chan::Chan;
use crate::rt::world::World;
use crate::{Receiver, Sender, bounded, handle};

const KINDS: [[By; 2]; 4] =
    [[Goroutine, Goroutine], [Goroutine, Thread], [Thread, Goroutine], [Thread, Thread]];

const SOON: Duration = Duration::from_nanos(10);

struct One {
    clock: Receiver<Instant>,
    a: (Sender<Token>, Receiver<Token>),
    /// A second handle of the clock, to be dropped.
    handle: Kept<Receiver<Instant>>,
}

/// A channel that is due soon after the start, and then every `period`.
fn clock(period: Option<Duration>) -> Receiver<Instant> {
    let first = World::here().epoch() + SOON;
    Receiver { handle: Some(handle::receiving_only(Chan::clock(first, period))) }
}

fn once() -> One {
    One { clock: clock(None), a: bounded(1), handle: Kept::none() }
}

fn ticking() -> One {
    One { clock: clock(Some(SOON)), a: bounded(1), handle: Kept::none() }
}

fn nobody_waits(one: &One) {
    assert_eq!(one.clock.waiting_receivers(), 0);
    assert_eq!(one.a.0.waiting_receivers(), 0);
}

fn recv(one: &One) {
    one.clock.recv().unwrap();
}

/// Receives from the clock or from `a`.
fn recv_either(one: &One) {
    let mut clock = RecvArm::new(Some(&one.clock));
    let mut a = RecvArm::new(Some(&one.a.1));
    match select(&mut [clock.case(), a.case()]) {
        0 => drop(clock.take().unwrap()),
        _ => assert_eq!(a.take().unwrap().number(), 1),
    }
}

fn send(one: &One) {
    one.a.0.send(Token::new(1)).unwrap();
}

#[test]
fn loom_clock_against_a_select_that_leaves() {
    let model = model("clock, select leaves").preemptions(2).clock().split().by(&KINDS);
    model.check(once, [recv_either, send], nobody_waits);
}

#[test]
fn loom_clock_for_two_receivers() {
    let model = model("clock, two receivers").clock().by(&KINDS);
    model.check(ticking, [recv, recv], nobody_waits);
}

#[test]
fn loom_clock_for_a_receiver_and_a_select() {
    let model = model("clock, receiver and select").preemptions(2).clock().by(&KINDS);
    model.check(ticking, [recv, recv_either], nobody_waits);
}

#[test]
fn loom_clock_against_its_last_receiver() {
    // The timer may fire while the channel goes.
    let start = || {
        let one = once();
        one.handle.put(clock(Some(SOON)));
        one
    };
    let leaver = |one: &One| {
        let clock = one.handle.take().unwrap();
        let (mut tick, mut a) = (RecvArm::new(Some(&clock)), RecvArm::new(Some(&one.a.1)));
        match select(&mut [tick.case(), a.case()]) {
            0 => drop(tick.take().unwrap()),
            _ => assert_eq!(a.take().unwrap().number(), 1),
        }
    };
    let model = model("clock, last receiver").preemptions(2).clock().split().by(&KINDS);
    model.check(start, [leaver, send], nobody_waits);
}

#[test]
fn loom_clock_for_two_who_wait_no_longer() {
    // Due once, at the moment at which the two give up: one of them may get it.
    let receiver = |one: &One| {
        if one.clock.recv_timeout(SOON).is_ok() {
            one.handle.put(one.clock.clone());
        }
    };
    let model = model("clock, in time").preemptions(2).clock().by(&KINDS);
    model.check(once, [receiver, receiver], nobody_waits);
}

#[test]
fn loom_clock_found_locked() {
    // Somebody looks at the channel when its timer fires: it fires again.
    let looker = |one: &One| {
        let _ = one.clock.try_recv();
        let _ = one.clock.try_recv();
    };
    let model = model("clock, found locked").clock().by(&KINDS);
    model.check(ticking, [recv, looker], nobody_waits);
}
