//! `Condvar`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use gmp::chan::bounded;
use gmp::sync::{Condvar, Mutex, WaitGroup};
use gmp::{JoinHandle, go, gosched};

use crate::rules::{join, let_others_run};
use crate::support::until;

/// A mutex and the condition that goes with it.
type Pair<T> = Arc<(Mutex<T>, Condvar)>;

fn pair<T>(value: T) -> Pair<T> {
    Arc::new((Mutex::new(value), Condvar::new()))
}

/// TestCondSignal.
pub(crate) fn signal() {
    const WAITERS: usize = 2;
    let pair = pair(());
    let (running_tx, running) = bounded(WAITERS);
    let (awake_tx, awake) = bounded(WAITERS);
    for _ in 0..WAITERS {
        let (pair, running, awake) = (Arc::clone(&pair), running_tx.clone(), awake_tx.clone());
        go!(move || {
            let guard = pair.0.lock().unwrap();
            running.send(()).unwrap();
            let _guard = pair.1.wait(guard).unwrap();
            awake.send(()).unwrap();
        });
    }
    (0..WAITERS).for_each(|_| running.recv().unwrap());
    for _ in 0..WAITERS {
        assert!(awake.try_recv().is_err(), "not asleep");
        let guard = pair.0.lock().unwrap();
        pair.1.notify_one();
        drop(guard);
        awake.recv().unwrap();
        let_others_run();
        assert!(awake.try_recv().is_err(), "too many awake");
    }
    pair.1.notify_one();
}

/// TestCondSignalGenerations: each wakes the one that waits longest, while others come.
pub(crate) fn signal_generations() {
    const GENERATIONS: usize = 100;
    let pair = pair(());
    let (running_tx, running) = bounded(GENERATIONS);
    let (awake_tx, awake) = bounded(GENERATIONS);
    for n in 0..GENERATIONS {
        let (mine, running_tx) = (Arc::clone(&pair), running_tx.clone());
        let awake_tx = awake_tx.clone();
        go!(move || {
            let guard = mine.0.lock().unwrap();
            running_tx.send(()).unwrap();
            let _guard = mine.1.wait(guard).unwrap();
            awake_tx.send(n).unwrap();
        });
        if n > 0 {
            assert_eq!(awake.recv(), Ok(n - 1), "the wrong one");
        }
        running.recv().unwrap();
        let _guard = pair.0.lock().unwrap();
        pair.1.notify_one();
    }
}

/// TestCondBroadcast.
pub(crate) fn broadcast() {
    const WAITERS: usize = 200;
    let pair = pair(false);
    let (running_tx, running) = bounded(WAITERS);
    let (awake_tx, awake) = bounded(WAITERS);
    for n in 0..WAITERS {
        let (pair, running, awake) = (Arc::clone(&pair), running_tx.clone(), awake_tx.clone());
        go!(move || {
            let mut exit = pair.0.lock().unwrap();
            while !*exit {
                running.send(()).unwrap();
                exit = pair.1.wait(exit).unwrap();
                awake.send(n).unwrap();
            }
        });
    }
    for round in 0..WAITERS {
        (0..WAITERS).for_each(|_| running.recv().unwrap());
        if round == WAITERS - 1 {
            *pair.0.lock().unwrap() = true;
        }
        assert!(awake.try_recv().is_err(), "not asleep");
        let guard = pair.0.lock().unwrap();
        pair.1.notify_all();
        drop(guard);
        let mut seen = [false; WAITERS];
        for _ in 0..WAITERS {
            let n = awake.recv().unwrap();
            assert!(!seen[n], "{n} woke up twice");
            seen[n] = true;
        }
    }
    assert!(running.try_recv().is_err(), "did not exit");
    pair.1.notify_all();
}

/// TestRace: three that hand a number on.
pub(crate) fn race() {
    let pair = pair(0);
    let start = |play: fn(&(Mutex<u32>, Condvar))| {
        let pair = Arc::clone(&pair);
        go!(move || play(&pair))
    };
    let first = start(|(mutex, cond)| {
        let mut x = mutex.lock().unwrap();
        *x = 1;
        x = cond.wait(x).unwrap();
        assert_eq!(*x, 2);
        *x = 3;
        cond.notify_one();
    });
    let second = start(|(mutex, cond)| {
        loop {
            let mut x = mutex.lock().unwrap();
            if *x == 1 {
                *x = 2;
                cond.notify_one();
                return;
            }
            drop(x);
            gosched();
        }
    });
    let third = start(|(mutex, cond)| {
        loop {
            let x = mutex.lock().unwrap();
            match *x {
                2 => return assert_eq!(*cond.wait(x).unwrap(), 3),
                3 => return,
                _ => {}
            }
            drop(x);
            gosched();
        }
    });
    [first, second, third].into_iter().for_each(join);
}

/// TestCondSignalStealing: who comes later cannot take the wake-up of who waits already.
pub(crate) fn signal_stealing() {
    for _ in 0..1_000 {
        let pair = pair(false);
        let (tell, told) = bounded(0);
        let mine = Arc::clone(&pair);
        go!(move || {
            let guard = mine.0.lock().unwrap();
            tell.send(()).unwrap();
            drop(mine.1.wait(guard).unwrap());
            tell.send(()).unwrap();
        });
        told.recv().unwrap();
        // From now on it waits.
        drop(pair.0.lock().unwrap());
        let (one, other) = (Arc::clone(&pair), Arc::clone(&pair));
        go!(move || one.1.notify_all());
        let second = go!(move || {
            let mut done = other.0.lock().unwrap();
            while !*done {
                done = other.1.wait(done).unwrap();
            }
        });
        told.recv().unwrap();
        *pair.0.lock().unwrap() = true;
        pair.1.notify_all();
        join(second);
    }
}

/// Starts a goroutine that waits and then notes its number; returns when it waits.
fn waits(pair: &Pair<Vec<usize>>, n: usize) -> JoinHandle<()> {
    let (mine, begun) = (Arc::clone(pair), Arc::new(AtomicBool::new(false)));
    let begins = Arc::clone(&begun);
    let handle = go!(move || {
        let guard = mine.0.lock().unwrap();
        begins.store(true, SeqCst);
        mine.1.wait(guard).unwrap().push(n);
    });
    until(|| begun.load(SeqCst));
    // It gives the mutex back when it is in the queue.
    drop(pair.0.lock().unwrap());
    handle
}

/// Whoever waits longest is woken, exactly one by one; all that wait by `notify_all`.
pub(crate) fn ticket_order() {
    const WAITERS: usize = 30;
    let pair = pair(Vec::new());
    let waiters: Vec<_> = (0..WAITERS).map(|n| waits(&pair, n)).collect();
    for n in 0..WAITERS / 2 {
        pair.1.notify_one();
        assert_eq!(pair.1.waiting(), WAITERS - n - 1);
        until(|| pair.0.lock().unwrap().len() == n + 1);
    }
    let_others_run();
    assert_eq!(*pair.0.lock().unwrap(), (0..WAITERS / 2).collect::<Vec<_>>());
    pair.1.notify_all();
    assert_eq!(pair.1.waiting(), 0);
    waiters.into_iter().for_each(join);
    let mut woken = pair.0.lock().unwrap().clone();
    woken.sort_unstable();
    assert_eq!(woken, (0..WAITERS).collect::<Vec<_>>());
}

/// A notification that nobody waits for is lost.
pub(crate) fn signals_are_not_kept() {
    let pair = pair(Vec::new());
    pair.1.notify_one();
    pair.1.notify_all();
    let waiter = waits(&pair, 1);
    let_others_run();
    assert!(!waiter.is_finished());
    pair.1.notify_one();
    join(waiter);
}

/// Never early; who timed out is not in the way of others, and says the truth about it.
pub(crate) fn timed_waits() {
    const WAIT: Duration = Duration::from_millis(20);
    let pair = pair(Vec::new());
    let start = Instant::now();
    let (guard, result) = pair.1.wait_timeout(pair.0.lock().unwrap(), WAIT).unwrap();
    assert!(result.timed_out() && start.elapsed() >= WAIT, "{:?}", start.elapsed());
    assert_eq!(pair.1.waiting(), 0);
    assert!(pair.0.try_lock().is_err(), "without the mutex");
    drop(guard);
    // The one notification goes to somebody who waits.
    let mine = Arc::clone(&pair);
    let impatient = go!(move || {
        let guard = mine.0.lock().unwrap();
        mine.1.wait_timeout(guard, WAIT).unwrap().1.timed_out()
    });
    until(|| pair.1.waiting() == 1 || impatient.is_finished());
    let patient = waits(&pair, 1);
    assert!(join(impatient));
    pair.1.notify_one();
    join(patient);
    // In a race one of the two has happened: no notification is lost, none counted twice.
    for n in 0..300_u64 {
        let mine = Arc::clone(&pair);
        let racing = go!(move || {
            let guard = mine.0.lock().unwrap();
            let wait = Duration::from_micros(n % 100);
            mine.1.wait_timeout(guard, wait).unwrap().1.timed_out()
        });
        until(|| pair.1.waiting() == 1 || racing.is_finished());
        let behind = waits(&pair, 2);
        pair.1.notify_one();
        if join(racing) {
            join(behind);
        } else {
            assert_eq!(pair.1.waiting(), 1);
            pair.1.notify_one();
            join(behind);
        }
    }
    // The whole of it, with a condition.
    let start = Instant::now();
    let guard = pair.0.lock().unwrap();
    let (_guard, result) = pair.1.wait_timeout_while(guard, WAIT, |_| true).unwrap();
    assert!(result.timed_out() && start.elapsed() >= WAIT);
}

/// As many returns as notifications, beside goroutines that take the mutex all the time.
pub(crate) fn no_spurious_wake_ups() {
    const WAITERS: usize = 8;
    const SIGNALS: usize = 2_000;
    let (pair, done) = (pair(0), Arc::new(AtomicBool::new(false)));
    let (returns, all) = (Arc::new(AtomicUsize::new(0)), WaitGroup::new());
    for _ in 0..WAITERS {
        let (pair, returns, done) = (Arc::clone(&pair), Arc::clone(&returns), Arc::clone(&done));
        all.go(move || {
            loop {
                let guard = pair.0.lock().unwrap();
                if done.load(SeqCst) {
                    return;
                }
                drop(pair.1.wait(guard).unwrap());
                returns.fetch_add(1, SeqCst);
            }
        });
    }
    for n in 0..2 {
        let (pair, done) = (Arc::clone(&pair), Arc::clone(&done));
        all.go(move || {
            while !done.load(SeqCst) {
                *pair.0.lock().unwrap() += n;
                gosched();
            }
        });
    }
    for n in 1..=SIGNALS {
        until(|| pair.1.waiting() == WAITERS);
        assert_eq!(returns.load(SeqCst), n - 1);
        pair.1.notify_one();
        until(|| returns.load(SeqCst) == n);
    }
    until(|| pair.1.waiting() == WAITERS);
    let guard = pair.0.lock().unwrap();
    done.store(true, SeqCst);
    drop(guard);
    pair.1.notify_all();
    all.wait();
    assert_eq!(returns.load(SeqCst), SIGNALS + WAITERS);
}
