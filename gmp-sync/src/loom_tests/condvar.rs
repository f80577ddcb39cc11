//! The condition variable: whose wait has begun is notified, in turn, once; and nobody else.
//!
//! Faults seen here:
//! - the mutex is unlocked before the queue is joined, or joined at the wrong end;
//! - who was chosen before it parks parks all the same, or is woken before it has parked;
//! - a timer goes on without the lock, gives up when it finds it taken, is not disarmed;
//! - who is late stays in the queue, or is not woken;
//! - a thread that is late leaves though its wake-up is on its way;
//! - of several who are notified one is forgotten.

use std::time::Duration;

use gmp_chan::loom_rt::world::World;

use super::harness::{Count, Goroutine, Thread, model};
use crate::{Condvar, Mutex};

const SOON: Duration = Duration::from_nanos(10);

struct Shared {
    /// How far things are.
    stage: Mutex<u32>,
    changed: Condvar,
    ended: Count,
}

fn start() -> Shared {
    let shared = Shared { stage: Mutex::new(0), changed: Condvar::new(), ended: Count::default() };
    // Quiet from here on.
    drop(shared.stage.lock());
    shared
}

fn wait_for_one(shared: &Shared) {
    let stage = shared.stage.lock().unwrap();
    let stage = shared.changed.wait_while(stage, |stage| *stage < 1).unwrap();
    assert_eq!(*stage, 1);
    shared.ended.next();
}

fn set_and_notify_one(shared: &Shared) {
    *shared.stage.lock().unwrap() = 1;
    shared.changed.notify_one();
}

fn set_and_notify_all(shared: &Shared) {
    *shared.stage.lock().unwrap() = 1;
    shared.changed.notify_all();
}

/// Waits for some time only, and hands a notification on.
fn wait_soon_and_pass_on(shared: &Shared) {
    let stage = shared.stage.lock().unwrap();
    let (stage, result) = shared.changed.wait_timeout(stage, SOON).unwrap();
    drop(stage);
    if result.timed_out() {
        assert!(World::here().now() >= 1_000 + 10, "early");
    } else {
        shared.changed.notify_one();
    }
    shared.ended.next();
}

fn wait_soon(shared: &Shared) {
    let stage = shared.stage.lock().unwrap();
    let result = shared.changed.wait_timeout_while(stage, SOON, |stage| *stage < 1);
    let (stage, result) = result.unwrap();
    assert_eq!(result.timed_out(), *stage < 1);
    shared.ended.next();
}

fn nobody_waits(shared: &Shared) {
    assert_eq!(shared.changed.waiting(), 0);
    assert!(shared.stage.raw.is_at_rest());
}

#[test]
fn loom_condvar_against_notify_one() {
    let model = model("condvar, one").by_all();
    model.check(start, [wait_for_one, set_and_notify_one], nobody_waits);
}

#[test]
fn loom_condvar_for_two_against_notify_all() {
    let model = model("condvar, all");
    model.check(start, [wait_for_one, wait_for_one, set_and_notify_all], |shared| {
        nobody_waits(shared);
        assert_eq!(shared.ended.get(), 2);
    });
}

#[test]
fn loom_condvar_for_two_against_two_notify_one() {
    let notify_twice = |shared: &Shared| {
        set_and_notify_one(shared);
        shared.changed.notify_one();
    };
    let model = model("condvar, one and one");
    model.check(start, [wait_for_one, wait_for_one, notify_twice], nobody_waits);
}

#[test]
fn loom_condvar_against_time() {
    let model = model("condvar, time").clock().by_all();
    model.check(start, [wait_soon, set_and_notify_one], nobody_waits);
}

#[test]
fn loom_condvar_whose_time_is_over_takes_no_notification() {
    let parties = [wait_soon_and_pass_on, wait_for_one, set_and_notify_one];
    let model = model("condvar, time and no time").preemptions(1).clock();
    let by = [[Goroutine; 3], [Thread; 3], [Goroutine, Thread, Goroutine]];
    model.by(&by).check(start, parties, nobody_waits);
}

#[test]
fn loom_condvar_later_wait_steals_nothing() {
    /// Begins to wait, and is the one that is notified.
    fn first(shared: &Shared) {
        let mut stage = shared.stage.lock().unwrap();
        *stage = 1;
        drop(shared.changed.wait(stage).unwrap());
    }
    /// Begins to wait later, if at all, and is not.
    fn later(shared: &Shared) {
        let stage = shared.stage.lock().unwrap();
        if *stage >= 1 {
            let (_, result) = shared.changed.wait_timeout(stage, SOON).unwrap();
            assert!(result.timed_out(), "it was notified in place of the first");
        }
    }
    /// Notifies once, as soon as the first one waits.
    fn notify(shared: &Shared) {
        while *shared.stage.lock().unwrap() == 0 {
            loom::thread::yield_now();
        }
        shared.changed.notify_one();
    }
    let model = model("condvar, later").preemptions(1).clock();
    model.by(&[[Goroutine; 3], [Thread; 3]]).check(start, [first, later, notify], nobody_waits);
}
