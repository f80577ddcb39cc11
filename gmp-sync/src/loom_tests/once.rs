//! Functions that are called once: by one, seen by all, and nobody waits for nothing.
//!
//! Faults seen here:
//! - two begin at once;
//! - nobody is woken, or one in place of all;
//! - who waits does not say so, or waits whatever the stage is by then, or is forgotten when
//!   the call begins;
//! - a call that was left counts as done, or as never made;
//! - each of the orderings relaxed, but for those of `wait_while`, which the lock orders.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::harness::{Count, Goroutine, Guarded, Thread, model};
use crate::once::Once;

struct Call {
    once: Once,
    value: Guarded,
    calls: Count,
}

fn once() -> Call {
    Call { once: Once::new(), value: Guarded::new(), calls: Count::default() }
}

/// As if `call_once` was left by `goexit`: a panic without a message.
fn leave(call: &Call) {
    let left = || {
        call.once.call_once_force(|_| {
            call.calls.next();
            call.value.change();
            resume_unwind(Box::new(()));
        });
    };
    // If another call is done, it is not left.
    drop(catch_unwind(AssertUnwindSafe(left)));
}

fn call_once(call: &Call) {
    call.once.call_once(|| {
        call.calls.next();
        call.value.change();
    });
    // First of all: another look at the word would tell what was done.
    assert_eq!(call.value.look(), 1);
    assert!(call.once.is_completed());
}

fn force(call: &Call) {
    let mut left_before = 0;
    call.once.call_once_force(|state| {
        left_before = call.calls.next();
        assert_eq!(state.is_poisoned(), left_before > 0);
        call.value.change();
    });
    assert!(call.value.look() > left_before);
    assert!(call.once.is_completed());
}

fn wait(call: &Call) {
    call.once.wait_force();
    assert_eq!(call.value.look(), call.calls.get());
}

fn called_once(call: &Call) {
    assert_eq!((call.calls.get(), call.once.waiting()), (1, 0));
    call.once.call_once(|| unreachable!());
}

#[test]
fn loom_called_by_two() {
    model("once: two").by_all().check(once, [call_once, call_once], called_once);
}

#[test]
fn loom_called_by_three() {
    let model = model("once: three");
    model.check(once, [call_once, call_once, call_once], called_once);
}

#[test]
fn loom_waited_for() {
    let model = model("once: two wait").by(&[[Goroutine; 3], [Thread, Goroutine, Thread]]);
    model.check(once, [wait, call_once, wait], called_once);
}

#[test]
fn loom_completed_is_seen() {
    let look = |call: &Call| {
        if call.once.is_completed() {
            assert_eq!(call.value.look(), 1);
        }
    };
    model("once: completed").by_all().check(once, [look, call_once], called_once);
}

/// Some calls were left, or none, and the last one was done.
fn called_in_the_end(call: &Call) {
    assert_eq!(call.once.waiting(), 0);
    assert!(call.once.is_completed());
}

#[test]
fn loom_left_and_called_again() {
    let model_of_two = model("once: left").by_all();
    model_of_two.check(once, [leave, force], called_in_the_end);
}

#[test]
fn loom_left_twice() {
    // The stage is poisoned again, but by another one, when the third begins.
    model("once: left twice").preemptions(1).check(once, [leave, leave, force], called_in_the_end);
}

#[test]
fn loom_left_while_one_waits() {
    // Who waits for a call that is done passes over the one that was left.
    let model = model("once: left, a wait").preemptions(1);
    model.check(once, [leave, force, wait], called_in_the_end);
}

#[test]
fn loom_left_tells_who_waits() {
    let wait = |call: &Call| {
        let told = catch_unwind(AssertUnwindSafe(|| call.once.wait())).is_err();
        assert!(told, "nothing was called to the end");
    };
    model("once: left, told").by_all().check(once, [leave, wait], |call| {
        assert!(!call.once.is_completed());
        assert_eq!(call.once.waiting(), 0);
    });
}
