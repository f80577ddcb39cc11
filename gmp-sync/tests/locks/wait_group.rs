//! `WaitGroup` on plain threads, and what only goroutines do to it.

use std::mem::ManuallyDrop;
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::common::{crowd, message, start, until, watchdog};
use gmp_sync::WaitGroup;

/// Everybody passes the first barrier before anybody passes the second, 8 times over.
#[test]
fn two_stages() {
    const THREADS: usize = 16;
    let _watchdog = watchdog();
    let (first, second) = (WaitGroup::new(), WaitGroup::new());
    for _ in 0..8 {
        first.add(THREADS as i64);
        second.add(THREADS as i64);
        let exited = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    first.done();
                    second.wait();
                    exited.fetch_add(1, Ordering::SeqCst);
                });
            }
            first.wait();
            for left in 0..THREADS {
                assert_eq!(exited.load(Ordering::SeqCst), 0, "{left} of {THREADS} are done");
                second.done();
            }
        });
        assert_eq!(exited.load(Ordering::SeqCst), THREADS);
    }
}

#[test]
fn many_wait_at_once() {
    let _watchdog = watchdog();
    let wg = WaitGroup::new();
    wg.add(3);
    let waiters: Vec<_> = (0..10)
        .map(|n| {
            let waiter = wg.clone();
            let waiter = thread::spawn(move || waiter.wait());
            until(|| wg.waiting() == n + 1);
            waiter
        })
        .collect();
    wg.done();
    wg.add(-1);
    assert_eq!(wg.waiting(), 10);
    wg.done();
    assert_eq!(wg.waiting(), 0);
    waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
}

/// Waiters and counters race for the last count; all of them come through.
#[test]
fn wait_races_with_done() {
    let _watchdog = watchdog();
    for round in 0..3_000 {
        let wg = WaitGroup::new();
        wg.add(2);
        let sum = AtomicUsize::new(0);
        thread::scope(|scope| {
            scope.spawn(|| {
                sum.fetch_add(1, Ordering::Relaxed);
                wg.done();
            });
            let waiter = (round % 2 == 0).then(|| scope.spawn(|| wg.wait()));
            sum.fetch_add(1, Ordering::Relaxed);
            wg.done();
            wg.wait();
            assert_eq!(sum.load(Ordering::Relaxed), 2);
            drop(waiter);
        });
    }
}

#[test]
fn negative_counter() {
    let wg = WaitGroup::new();
    assert_eq!(message(|| wg.done()), "sync: negative WaitGroup counter");
    assert_eq!(message(|| wg.add(i64::MIN)), "sync: negative WaitGroup counter");
    wg.add(2);
    assert_eq!(message(|| wg.add(-3)), "sync: negative WaitGroup counter");
    assert_eq!(format!("{wg:?}"), "WaitGroup { counter: 2, waiting: 0 }");
    wg.add(-2);
    wg.wait();
}

#[test]
fn counter_overflow() {
    let wg = WaitGroup::new();
    wg.add(i64::from(i32::MAX));
    assert!(message(|| wg.add(1)).contains("overflow"));
    assert!(message(|| wg.add(i64::MAX)).contains("overflow"));
    wg.add(-i64::from(i32::MAX));
    wg.wait();
}

/// A refused addition under waiters neither loses nor releases them.
#[test]
fn refused_under_a_waiter() {
    let _watchdog = watchdog();
    let wg = WaitGroup::new();
    wg.add(1);
    let waiter = wg.clone();
    let waiter = thread::spawn(move || waiter.wait());
    until(|| wg.waiting() == 1);
    assert_eq!(message(|| wg.add(-2)), "sync: negative WaitGroup counter");
    assert_eq!(wg.waiting(), 1);
    wg.done();
    waiter.join().unwrap();
}

/// A counter raised again before a released wait returned. The waiter may win the race
/// and return in time, so it is run until it did not.
#[test]
fn reused_too_early() {
    let _watchdog = watchdog();
    let wg = WaitGroup::new();
    for _ in 0..10_000 {
        wg.add(1);
        let waiter = wg.clone();
        let waiter = thread::spawn(move || message(|| waiter.wait()));
        until(|| wg.waiting() == 1);
        wg.done();
        wg.add(1);
        let outcome = waiter.join();
        wg.done();
        if let Ok(message) = outcome {
            assert_eq!(message, "sync: WaitGroup is reused before previous Wait has returned");
            return;
        }
    }
    panic!("never seen in 10,000 rounds");
}

/// Goroutines and threads on both sides, group after group.
#[test]
fn goroutines_and_threads() {
    const ROUNDS: usize = 500;
    let _watchdog = watchdog();
    let groups: Vec<_> = (0..ROUNDS).map(|_| WaitGroup::new()).collect();
    groups.iter().for_each(|group| group.add(6));
    let counts: Vec<_> = (0..ROUNDS).map(|_| AtomicUsize::new(0)).collect();
    crowd(6, 3, move |n| {
        for (group, count) in groups.iter().zip(&counts) {
            if n % 3 != 0 {
                count.fetch_add(1, Ordering::Relaxed);
                group.done();
            }
            group.wait();
            assert_eq!(count.load(Ordering::Relaxed), 6);
        }
    });
}

#[test]
fn a_body_that_panics_or_exits_is_done() {
    let _watchdog = watchdog();
    start();
    let wg = WaitGroup::new();
    wg.go(|| -> () { std::panic::resume_unwind(Box::new(())) });
    wg.go(|| -> () { gmp_core::goexit() });
    wg.go(|| 5);
    wg.wait();
    assert_eq!(format!("{wg:?}"), "WaitGroup { counter: 0, waiting: 0 }");
}

/// A goroutine that has caught its `goexit` unwinds where it enters the scheduler next, but
/// not before it has released those who wait for its `done`.
#[test]
fn a_swallowed_goexit_releases() {
    let _watchdog = watchdog();
    start();
    let wg = WaitGroup::new();
    wg.add(1);
    let (waiter, done) = (wg.clone(), wg.clone());
    let waiter = gmp_core::spawn(move || waiter.wait());
    until(|| wg.waiting() == 1);
    let swallowing = gmp_core::spawn(move || {
        // Dropped, the payload would go on exiting.
        let _payload = ManuallyDrop::new(catch_unwind(|| gmp_core::goexit()));
        done.done();
    });
    waiter.join().unwrap();
    drop(swallowing.join());
}
