//! Channels of the clock: timers that fire, are disarmed, and find the lock taken.
//!
//! Faults seen here:
//! - a timer is not armed again, or not disarmed when its channel goes;
//! - it gives up when it finds the lock taken, or goes on without it;
//! - threads do not look when their channel is due;
//! - a clock that is set anew leaves its timer, or those who wait, to the old time;
//! - a value of before is received after a stop, or lost without one.

use std::time::{Duration, Instant};

use super::harness::{By, Goroutine, Kept, Thread, Token, model};
use crate::arm::{RecvArm, select};
use crate::chan::clock::{self, Due, Pace};
use crate::clocks;
use crate::rt::world::World;
use crate::{Receiver, Sender, bounded};

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
    clocks::clock(due(SOON), period.map_or(Pace::Once, Pace::Tick), 1)
}

/// So long after the start.
fn due(wait: Duration) -> Due {
    Due::at(World::here().epoch() + wait)
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

/// Long after all else.
const FAR: Duration = Duration::from_secs(1);
const LATER: Duration = Duration::from_nanos(20);

/// A clock that is set and stopped, and what is known of it.
struct Set {
    clock: Receiver<Instant>,
    a: (Sender<Token>, Receiver<Token>),
    received: Kept<Instant>,
    also_received: Kept<Instant>,
    prevented: Kept<bool>,
}

fn set(first: Duration, pace: Pace) -> Set {
    Set {
        clock: clocks::clock(due(first), pace, 0),
        a: bounded(1),
        received: Kept::none(),
        also_received: Kept::none(),
        prevented: Kept::none(),
    }
}

fn stop(set: &Set) -> bool {
    clock::stop(set.clock.chan().unwrap())
}

fn reset(set: &Set, wait: Duration, pace: Pace) -> bool {
    clock::reset(set.clock.chan().unwrap(), due(wait), pace)
}

/// How long after the start.
fn since(instant: Instant) -> Duration {
    instant - World::here().epoch()
}

fn receive(set: &Set) {
    set.received.put(set.clock.recv().unwrap());
}

fn nobody_waits_for(set: &Set) {
    assert_eq!(set.clock.waiting_receivers(), 0);
}

#[test]
fn loom_clock_stopped_against_a_receiver() {
    // Who prevents the value has to send another one; the receiver gets the one or the other.
    let receiver = |set: &Set| {
        let (mut clock, mut a) = (RecvArm::new(Some(&set.clock)), RecvArm::new(Some(&set.a.1)));
        match select(&mut [clock.case(), a.case()]) {
            0 => set.received.put(clock.take().unwrap()),
            _ => assert_eq!(a.take().unwrap().number(), 1),
        }
    };
    let stopper = |set: &Set| {
        let prevented = stop(set);
        assert!(!stop(set), "stopped twice");
        if prevented {
            set.a.0.send(Token::new(1)).unwrap();
        }
        set.prevented.put(prevented);
    };
    let end = |set: &Set| {
        assert_ne!(set.prevented.get().unwrap(), set.received.get().is_some());
        assert!(set.clock.try_recv().is_err(), "a value after the stop");
        nobody_waits_for(set);
    };
    let model = model("clock, stopped").preemptions(2).clock().by(&KINDS);
    model.check(|| set(SOON, Pace::Once), [receiver, stopper], end);
}

/// The receiver waits for `old`, or will; the other one sets the clock to `new`.
fn reset_against_a_receiver<const OLD: u64, const NEW: u64>(name: &'static str) {
    let resetter = |set: &Set| {
        set.prevented.put(reset(set, Duration::from_nanos(NEW), Pace::Once));
    };
    let end = |set: &Set| {
        let received = since(set.received.get().unwrap()).as_nanos();
        if set.prevented.get().unwrap() {
            assert_eq!(received, u128::from(NEW), "a value of before");
        } else {
            assert_eq!(received, u128::from(OLD));
            assert!(stop(set), "the new value was lost");
        }
        nobody_waits_for(set);
    };
    let start = || set(Duration::from_nanos(OLD), Pace::Once);
    model(name).clock().by(&KINDS).check(start, [receive, resetter], end);
}

#[test]
fn loom_clock_set_earlier_against_a_receiver() {
    reset_against_a_receiver::<1_000_000, 10>("clock, set earlier");
}

#[test]
fn loom_clock_set_later_against_a_receiver() {
    reset_against_a_receiver::<10, 20>("clock, set later");
}

#[test]
fn loom_clock_stopped_and_set_against_a_receiver() {
    let other = |set: &Set| {
        stop(set);
        assert!(!reset(set, LATER, Pace::Once), "it was stopped, or received");
    };
    let model = model("clock, stopped and set").clock().by(&KINDS);
    model.check(|| set(SOON, Pace::Once), [receive, other], nobody_waits_for);
}

#[test]
fn loom_clock_set_by_two() {
    // Never by itself: each of the three values is received, or prevented by one of the two.
    let first = |set: &Set| set.prevented.put(reset(set, SOON, Pace::Once));
    let second = |set: &Set| {
        let prevented = reset(set, LATER, Pace::Once);
        set.a.0.send(Token::new(u32::from(prevented))).unwrap();
    };
    let end = |set: &Set| {
        let prevented = u32::from(set.prevented.get().unwrap()) + set.a.1.recv().unwrap().number();
        assert_eq!(1 + prevented + u32::from(stop(set)), 3, "a value was lost, or there twice");
        nobody_waits_for(set);
    };
    let by = [[Goroutine, Goroutine, Goroutine], [Thread, Goroutine, Thread]];
    let model = model("clock, set by two").preemptions(1).clock().by(&by);
    model.check(|| set(FAR, Pace::Once), [receive, first, second], end);
}

#[test]
fn loom_ticker_set_for_two_receivers() {
    let also = |set: &Set| set.also_received.put(set.clock.recv().unwrap());
    let ticker = |set: &Set| {
        reset(set, SOON, Pace::Grid(SOON));
    };
    let end = |set: &Set| {
        let ticks = [set.received.get().unwrap(), set.also_received.get().unwrap()].map(since);
        assert_ne!(ticks[0], ticks[1], "one tick for two");
        // On the new grid, or of before.
        for tick in ticks.map(|tick| tick.as_nanos()) {
            assert!(tick.is_multiple_of(SOON.as_nanos()));
        }
        nobody_waits_for(set);
    };
    let by = [[Goroutine, Goroutine, Goroutine], [Thread, Goroutine, Goroutine]];
    let model = model("ticker, set").preemptions(1).clock().by(&by);
    model.check(|| set(FAR, Pace::Grid(FAR)), [receive, also, ticker], end);
}

#[test]
fn loom_clock_set_against_a_select_that_leaves() {
    // The timer may be armed anew, or fire, for who has just left.
    let leaver = |set: &Set| {
        let clock = set.clock.clone();
        let (mut tick, mut a) = (RecvArm::new(Some(&clock)), RecvArm::new(Some(&set.a.1)));
        match select(&mut [tick.case(), a.case()]) {
            0 => set.received.put(tick.take().unwrap()),
            _ => assert_eq!(a.take().unwrap().number(), 1),
        }
    };
    let setter = |set: &Set| {
        set.a.0.send(Token::new(1)).unwrap();
        reset(set, SOON, Pace::Once);
    };
    let end = |set: &Set| {
        drop(set.a.1.try_recv());
        nobody_waits_for(set);
    };
    let model = model("clock, set and left").preemptions(2).clock().split().by(&KINDS);
    model.check(|| set(FAR, Pace::Once), [leaver, setter], end);
}
