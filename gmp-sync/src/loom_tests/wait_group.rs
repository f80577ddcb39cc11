//! Wait groups: no release is lost, none comes early, and misuse is told as such.
//!
//! Faults seen here:
//! - who waits is not counted, or is counted though the counter is zero, or is counted on
//!   after the release, or taken out of the count without the lock;
//! - one is woken in place of all;
//! - a refused addition is not taken back, or what that releases is not released, or a
//!   counter below zero releases;
//! - an addition from zero under a wait, or a group that is used again too early, is not told;
//! - each of the orderings relaxed.

use std::sync::atomic::{AtomicBool, Ordering};

use super::harness::{Count, Guarded, Kept, model};
use crate::wait_group::state::{Misuse, State};

struct Group {
    state: State,
    value: Guarded,
    other: Guarded,
    told: Kept<Result<(), Misuse>>,
    refused: Kept<Result<(), Misuse>>,
    count: Count,
}

fn group(counter: i64) -> Group {
    let group = Group {
        state: State::default(),
        value: Guarded::new(),
        other: Guarded::new(),
        told: Kept::none(),
        refused: Kept::none(),
        count: Count::default(),
    };
    group.state.add(counter).unwrap();
    group
}

fn at_rest(group: &Group) {
    assert_eq!((group.state.counter(), group.state.waiters()), (0, 0));
}

fn told_or_released(group: &Group) {
    at_rest(group);
    assert!(matches!(group.told.get(), Some(Ok(()) | Err(Misuse::ReuseDuringWait))));
}

fn work(group: &Group) {
    group.value.change();
    group.state.add(-1).unwrap();
}

fn other_work(group: &Group) {
    group.other.change();
    group.state.add(-1).unwrap();
}

fn wait(group: &Group) {
    group.state.wait().unwrap();
    // All that was done is seen.
    assert_eq!((group.value.look(), group.other.look()), (1, 1));
}

#[test]
fn loom_wait_sees_all_that_was_done() {
    let model = model("wait group: two and a wait").by_all();
    model.check(|| group(2), [work, other_work, wait], at_rest);
}

#[test]
fn loom_all_who_wait_are_released() {
    let both = |group: &Group| {
        group.value.change();
        group.other.change();
        group.state.add(-1).unwrap();
    };
    let model = model("wait group: two waits").by_all();
    model.check(|| group(1), [wait, both, wait], at_rest);
}

#[test]
fn loom_raised_and_lowered_while_one_waits() {
    // An addition above zero is no misuse.
    let more = |group: &Group| {
        group.state.add(1).unwrap();
        group.value.change();
        group.state.add(-1).unwrap();
        group.other.change();
        group.state.add(-1).unwrap();
    };
    model("wait group: raised above zero").by_all().check(|| group(1), [wait, more], at_rest);
}

#[test]
fn loom_used_again_by_who_waited() {
    // The second round begins when the only wait of the first one has returned.
    let waiter = |group: &Group| {
        group.state.wait().unwrap();
        assert_eq!(group.value.look(), 1);
        group.state.add(2).unwrap();
        group.count.next();
        group.other.change();
        group.state.add(-1).unwrap();
        group.state.add(-1).unwrap();
        group.state.wait().unwrap();
    };
    let late = |group: &Group| {
        work(group);
        // Comes to either round, or in between.
        if group.count.get() == 1 {
            group.state.wait().unwrap();
            assert_eq!(group.other.look(), 1);
        }
    };
    model("wait group: used again").by_all().check(|| group(1), [waiter, late], at_rest);
}

#[test]
fn loom_raised_from_zero_under_a_wait() {
    // The released wait meets the second addition, or does not; nobody is left behind.
    static TOLD: AtomicBool = AtomicBool::new(false);
    let waiter = |group: &Group| {
        let told = group.state.wait();
        TOLD.fetch_or(told.is_err(), Ordering::Relaxed);
        group.told.put(told);
    };
    let raiser = |group: &Group| {
        group.state.add(-1).unwrap();
        let raised = group.state.add(1);
        if raised.is_ok() {
            group.state.add(-1).unwrap();
        }
        group.refused.put(raised);
    };
    let model = model("wait group: raised too early").by_all();
    model.check(
        || group(1),
        [waiter, raiser],
        |group| {
            told_or_released(group);
            assert_eq!(group.refused.get(), Some(Ok(())));
        },
    );
    assert!(TOLD.load(Ordering::Relaxed), "in no execution");
}

#[test]
fn loom_additions_meet_a_release() {
    // One lowers to zero and releases, the other one raises in the meantime. What is
    // refused does not count.
    static REFUSED: AtomicBool = AtomicBool::new(false);
    let waiter = |group: &Group| group.told.put(group.state.wait());
    let raiser = |group: &Group| {
        let raised = group.state.add(1);
        REFUSED.fetch_or(raised.is_err(), Ordering::Relaxed);
        if raised.is_ok() {
            group.state.add(-1).unwrap();
        }
        group.refused.put(raised);
    };
    let lower = |group: &Group| group.state.add(-1).unwrap();
    let model = model("wait group: an addition meets the release").by_all();
    model.check(
        || group(1),
        [waiter, raiser, lower],
        |group| {
            told_or_released(group);
            assert!(matches!(group.refused.get(), Some(Ok(()) | Err(Misuse::AddDuringWait))));
        },
    );
    assert!(REFUSED.load(Ordering::Relaxed), "in no execution");
}

#[test]
fn loom_too_many_done_under_a_wait() {
    // What is refused is taken back, and releases if that makes zero. The wait that was
    // released may find what is not taken back yet.
    let waiter = |group: &Group| group.told.put(group.state.wait());
    let wrong = |group: &Group| {
        if let Err(misuse) = group.state.add(-2) {
            assert_eq!(misuse, Misuse::Negative);
        }
    };
    let right = |group: &Group| {
        // The counter may be below zero for a moment.
        while group.state.add(-1).is_err() {
            loom::thread::yield_now();
        }
    };
    let model = model("wait group: too many done").by_all();
    model.check(|| group(1), [waiter, wrong, right], told_or_released);
}
