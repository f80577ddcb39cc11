//! The mutex: one at a time, nobody waits for ever, whatever mode it is in.
//!
//! Faults seen here:
//! - one of the four barriers is left out, or one of the second looks, (Q3) and (W3);
//! - the word is stored or taken without its ordering;
//! - a flag is not cleared: WOKEN by the one that wins, or queues again; WAITERS when the queue
//!   is empty; STARVING when it ends;
//! - the mutex is made quiet though somebody has queued meanwhile;
//! - it is handed over without being owned, or owned and released as well;
//! - an attempt takes what it has not got.
//!
//! To loom both barriers are alike: that (W2) must be the heavy one while unlocks have the light
//! one is argued in `README.md`, not seen.

use gmp_chan::loom_rt::world::World;

use super::harness::{Goroutine, Guarded, Thread, model};
use crate::Mutex;
use crate::mutex::spin::model::OTHERS_RUN;

fn fresh() -> Mutex<Guarded> {
    Mutex::new(Guarded::new())
}

/// One that was unlocked before.
fn quiet() -> Mutex<Guarded> {
    let mutex = fresh();
    drop(mutex.lock());
    mutex
}

fn lock(mutex: &Mutex<Guarded>) {
    mutex.lock().unwrap().change();
}

fn lock_twice(mutex: &Mutex<Guarded>) {
    lock(mutex);
    lock(mutex);
}

fn lock_thrice(mutex: &Mutex<Guarded>) {
    lock_twice(mutex);
    lock(mutex);
}

/// Keeps it for longer than anybody waits in patience.
fn lock_for_long(mutex: &Mutex<Guarded>) {
    let guard = mutex.lock().unwrap();
    let world = World::here();
    world.pass(world.now() + 2_000_000);
    guard.change();
}

fn lock_for_long_twice(mutex: &Mutex<Guarded>) {
    lock_for_long(mutex);
    lock_for_long(mutex);
}

fn lock_for_long_thrice(mutex: &Mutex<Guarded>) {
    lock_for_long_twice(mutex);
    lock_for_long(mutex);
}

fn try_once(mutex: &Mutex<Guarded>) {
    if let Ok(guard) = mutex.try_lock() {
        guard.change();
    }
}

fn try_twice(mutex: &Mutex<Guarded>) {
    try_once(mutex);
    try_once(mutex);
}

fn at_rest(mutex: &Mutex<Guarded>) {
    assert!(mutex.raw.is_at_rest(), "{mutex:?}");
    assert_eq!(mutex.waiting(), 0);
    mutex.lock().unwrap().look();
}

#[test]
fn loom_mutex_when_new() {
    model("mutex, new").by_all().check(fresh, [lock, lock], at_rest);
}

#[test]
fn loom_mutex_when_quiet() {
    model("mutex, quiet").by_all().check(quiet, [lock_twice, lock], at_rest);
}

#[test]
fn loom_mutex_when_quiet_for_three() {
    model("mutex, quiet, three").check(quiet, [lock, lock, lock], at_rest);
}

#[test]
fn loom_mutex_turns_contended_and_quiet() {
    // Quiet after two calm unlocks.
    let model = model("mutex, turns").by(&[[Goroutine, Goroutine], [Goroutine, Thread]]);
    model.check(quiet, [lock_thrice, lock_thrice], at_rest);
}

#[test]
fn loom_mutex_that_starves_somebody() {
    model("mutex, starving").by_all().check(quiet, [lock_for_long_thrice, lock], at_rest);
}

#[test]
fn loom_mutex_that_starves_two() {
    let parties = [lock_for_long_twice, lock, lock_twice];
    model("mutex, starving two").check(quiet, parties, at_rest);
}

#[test]
fn loom_mutex_that_starves_somebody_with_one_p() {
    OTHERS_RUN.set(false);
    model("mutex, starving, one P").by_all().check(quiet, [lock_for_long_thrice, lock], at_rest);
    let parties = [lock_for_long_twice, lock, lock];
    model("mutex, starving two, one P").check(quiet, parties, at_rest);
}

#[test]
fn loom_mutex_tried() {
    model("mutex, tried").by_all().check(quiet, [lock_twice, try_twice], at_rest);
}

#[test]
fn loom_mutex_tried_while_it_starves_somebody() {
    let parties = [lock_for_long_twice, lock, try_once];
    model("mutex, starving, tried").check(quiet, parties, at_rest);
}
