//! `WaitGroup` between goroutines, and between goroutines and threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use gmp::go;
use gmp::sync::WaitGroup;

/// Ends the process if the result is not dropped within two minutes.
#[track_caller]
fn watchdog() -> std::sync::mpsc::Sender<()> {
    let place = std::panic::Location::caller();
    let (alive, watched) = channel();
    thread::spawn(move || {
        if watched.recv_timeout(Duration::from_secs(120)) == Err(RecvTimeoutError::Timeout) {
            eprintln!("the test at {place} hangs");
            std::process::abort();
        }
    });
    alive
}

/// Lets others run until `done`.
fn until(done: impl Fn() -> bool) {
    while !done() {
        gmp::gosched();
    }
}

/// Everybody passes the first barrier before anybody passes the second, 8 times over.
#[gmp::test]
fn two_stages() {
    const GOROUTINES: usize = 16;
    let _watchdog = watchdog();
    let (first, second) = (WaitGroup::new(), WaitGroup::new());
    for _ in 0..8 {
        first.add(GOROUTINES as i64);
        second.add(GOROUTINES as i64);
        let (exited, all) = (Arc::new(AtomicUsize::new(0)), WaitGroup::new());
        for _ in 0..GOROUTINES {
            let (first, second, exited) = (first.clone(), second.clone(), exited.clone());
            all.go(move || {
                first.done();
                second.wait();
                exited.fetch_add(1, Ordering::SeqCst);
            });
        }
        first.wait();
        for left in 0..GOROUTINES {
            assert_eq!(exited.load(Ordering::SeqCst), 0, "{left} of {GOROUTINES} are done");
            second.done();
        }
        all.wait();
        assert_eq!(exited.load(Ordering::SeqCst), GOROUTINES);
    }
}

#[gmp::test]
fn go_runs_before_wait_returns() {
    let _watchdog = watchdog();
    for count in [1, 10, 1_000] {
        let (wg, ran) = (WaitGroup::new(), Arc::new(AtomicUsize::new(0)));
        for n in 0..count {
            let ran = ran.clone();
            // Results of any type are dropped.
            wg.go(move || {
                gmp::gosched();
                ran.fetch_add(1, Ordering::Relaxed);
                n
            });
        }
        wg.wait();
        assert_eq!(ran.load(Ordering::Relaxed), count);
    }
}

#[gmp::test]
fn a_body_that_panics_or_exits_counts_as_done() {
    let _watchdog = watchdog();
    let wg = WaitGroup::new();
    wg.go(|| panic!("this panic belongs to the test"));
    wg.go(|| gmp::goexit());
    wg.wait();
    assert_eq!(format!("{wg:?}"), "WaitGroup { counter: 0, waiting: 0 }");
}

/// What the body captured is dropped before the body counts as done.
#[gmp::test]
fn captures_are_dropped_before_done() {
    let _watchdog = watchdog();
    for _ in 0..1_000 {
        let (wg, value) = (WaitGroup::new(), Arc::new(()));
        let captured = value.clone();
        wg.go(move || captured);
        wg.wait();
        assert_eq!(Arc::strong_count(&value), 1);
    }
}

#[gmp::test]
fn goroutines_and_threads_wait_together() {
    const EACH: usize = 20;
    let _watchdog = watchdog();
    let (wg, released) = (WaitGroup::new(), Arc::new(AtomicUsize::new(0)));
    wg.add(2);
    let mut threads = Vec::new();
    for _ in 0..EACH {
        let wait = {
            let (wg, released) = (wg.clone(), released.clone());
            move || {
                wg.wait();
                released.fetch_add(1, Ordering::SeqCst);
            }
        };
        threads.push(thread::spawn(wait.clone()));
        go!(wait());
    }
    until(|| wg.waiting() == 2 * EACH);
    let other = wg.clone();
    thread::spawn(move || other.done());
    wg.done();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    until(|| released.load(Ordering::SeqCst) == 2 * EACH);
}

#[gmp::test]
#[should_panic(expected = "negative WaitGroup counter")]
fn negative_counter() {
    let wg = WaitGroup::new();
    wg.add(1);
    wg.done();
    wg.done();
}

/// Goroutines that count down race with one that starts to wait.
#[gmp::test]
fn wait_races_with_done() {
    let _watchdog = watchdog();
    for _ in 0..5_000 {
        let (wg, sum) = (WaitGroup::new(), Arc::new(AtomicUsize::new(0)));
        wg.add(3);
        for _ in 0..3 {
            let (wg, sum) = (wg.clone(), sum.clone());
            go!(move || {
                sum.fetch_add(1, Ordering::Relaxed);
                wg.done();
            });
        }
        wg.wait();
        assert_eq!(sum.load(Ordering::Relaxed), 3);
    }
}
