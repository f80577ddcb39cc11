//! `WaitGroup`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use gmp::chan::{bounded, unbounded};
use gmp::sync::WaitGroup;
use gmp::{go, gomaxprocs};

use crate::rules::{join, panic_text, text_of};
use crate::support::until;

const NEGATIVE: &str = "sync: negative WaitGroup counter";
const CONCURRENTLY: &str = "sync: WaitGroup misuse: Add called concurrently with Wait";
const REUSED: &str = "sync: WaitGroup is reused before previous Wait has returned";

/// TestWaitGroup.
pub(crate) fn two_stages() {
    const GOROUTINES: usize = 16;
    let (first, second) = (WaitGroup::new(), WaitGroup::new());
    for _ in 0..8 {
        first.add(GOROUTINES as i64);
        second.add(GOROUTINES as i64);
        let (exit, exited) = bounded(GOROUTINES);
        for _ in 0..GOROUTINES {
            let (first, second, exit) = (first.clone(), second.clone(), exit.clone());
            go!(move || {
                first.done();
                second.wait();
                exit.send(()).unwrap();
            });
        }
        first.wait();
        for _ in 0..GOROUTINES {
            assert!(exited.try_recv().is_err(), "released too soon");
            second.done();
        }
        (0..GOROUTINES).for_each(|_| exited.recv().unwrap());
    }
}

/// TestWaitGroupMisuse.
pub(crate) fn negative_counter() {
    let wg = WaitGroup::new();
    wg.add(1);
    wg.done();
    assert_eq!(panic_text(|| wg.done()), NEGATIVE);
    assert_eq!(panic_text(|| wg.add(-3)), NEGATIVE);
    wg.add(2);
    assert_eq!(panic_text(|| wg.add(-3)), NEGATIVE);
    // And it is as it was.
    wg.add(-2);
    wg.wait();
}

/// TestWaitGroupRace.
pub(crate) fn race() {
    for _ in 0..1_000 {
        let (wg, sum) = (WaitGroup::new(), Arc::new(AtomicUsize::new(0)));
        for _ in 0..2 {
            wg.add(1);
            let (wg, sum) = (wg.clone(), Arc::clone(&sum));
            go!(move || {
                sum.fetch_add(1, SeqCst);
                wg.done();
            });
        }
        wg.wait();
        assert_eq!(sum.load(SeqCst), 2, "woken too soon");
    }
}

/// TestWaitGroupGo.
pub(crate) fn go_runs_before_wait_returns() {
    let (wg, sum) = (WaitGroup::new(), Arc::new(AtomicUsize::new(0)));
    for n in 1..=100 {
        let mine = Arc::clone(&sum);
        wg.go(move || mine.fetch_add(n, SeqCst));
        if n % 10 == 0 {
            wg.wait();
            assert_eq!(sum.load(SeqCst), n * (n + 1) / 2);
        }
    }
}

/// A body is done when it returned, exited or panicked; what it captured is dropped by then.
pub(crate) fn endings_of_a_body() {
    let endings: [fn(); 3] = [|| (), || gmp::goexit(), || panic!("as the rule wants")];
    for ending in endings {
        for _ in 0..20 {
            let (wg, value) = (WaitGroup::new(), Arc::new(()));
            let captured = Arc::clone(&value);
            wg.go(move || {
                let _captured = captured;
                ending();
            });
            wg.wait();
            assert_eq!(Arc::strong_count(&value), 1);
        }
    }
}

/// Who is released and finds the counter raised again says so. On one P the waiter cannot be
/// faster than who raises it, but for preemptions.
pub(crate) fn reuse_before_wait_returned() {
    const TRIES: usize = 200;
    let mut seen = 0;
    for _ in 0..TRIES {
        let wg = WaitGroup::new();
        wg.add(1);
        let mine = wg.clone();
        let waiter = go!(move || catch_unwind(AssertUnwindSafe(|| mine.wait())));
        until(|| wg.waiting() == 1);
        wg.done();
        wg.add(1);
        match join(waiter) {
            Ok(()) => {}
            Err(payload) => {
                assert_eq!(text_of(payload.as_ref()), REUSED);
                seen += 1;
            }
        }
        wg.done();
        wg.wait();
    }
    println!("{seen} of {TRIES}");
    assert!(gomaxprocs(0) > 1 || seen >= TRIES / 2, "{seen} of {TRIES}");
}

/// Whoever raises the counter from zero beside waiters has one of three panics or none at
/// all, and nobody waits for ever.
pub(crate) fn misuse_has_known_texts() {
    const ROUNDS: usize = 5_000;
    let (wg, done) = (WaitGroup::new(), Arc::new(AtomicBool::new(false)));
    let (tell, told) = unbounded();
    let waits = |_| {
        let (wg, done, tell) = (wg.clone(), Arc::clone(&done), tell.clone());
        go!(move || while !done.load(SeqCst) {
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| wg.wait())) {
                tell.send(text_of(payload.as_ref())).unwrap();
            }
            gmp::gosched();
        })
    };
    std::panic::set_hook(Box::new(|_| ()));
    let waiters: Vec<_> = (0..3).map(waits).collect();
    for round in 0..ROUNDS {
        match catch_unwind(AssertUnwindSafe(|| wg.add(1))) {
            Ok(()) => {
                if round % 3 == 0 {
                    gmp::gosched();
                }
                wg.done();
            }
            Err(payload) => tell.send(text_of(payload.as_ref())).unwrap(),
        }
    }
    done.store(true, SeqCst);
    waiters.into_iter().for_each(join);
    drop(std::panic::take_hook());
    drop(tell);
    let texts: Vec<String> = told.iter().collect();
    println!("{} panics", texts.len());
    assert!(texts.iter().all(|text| text == CONCURRENTLY || text == REUSED), "{texts:?}");
    wg.wait();
}
