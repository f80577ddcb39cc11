//! `Semaphore`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use gmp::sync::{Mutex, Semaphore, WaitGroup};
use gmp::{go, gosched};

use crate::rules::{join, let_others_run};
use crate::support::{Random, until};

/// TestSemaphore, and the same with several permits.
pub(crate) fn hammer() {
    const GOROUTINES: usize = 10;
    const ROUNDS: usize = 1_000;
    for permits in [1, 3, 5] {
        let semaphore = Arc::new(Semaphore::new(permits));
        let (held, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (all, random) = (WaitGroup::new(), Arc::new(Random::new()));
        for _ in 0..GOROUTINES {
            let semaphore = Arc::clone(&semaphore);
            let (held, most) = (Arc::clone(&held), Arc::clone(&most));
            let random = Arc::clone(&random);
            all.go(move || {
                for _ in 0..ROUNDS {
                    let n = 1 + random.below(permits as u64) as usize;
                    let permit = semaphore.acquire(n);
                    let now = held.fetch_add(n, SeqCst) + n;
                    most.fetch_max(now, SeqCst);
                    if random.below(8) == 0 {
                        gosched();
                    }
                    held.fetch_sub(n, SeqCst);
                    drop(permit);
                }
            });
        }
        all.wait();
        assert_eq!(most.load(SeqCst), permits);
        assert_eq!(semaphore.waiting(), 0);
        drop(semaphore.try_acquire(permits).expect("all are back"));
    }
}

/// Requests of any size are served as they came; nobody is passed over because he asks for
/// more than there is just now.
pub(crate) fn first_come_first_served() {
    const REQUESTS: [usize; 9] = [1, 4, 2, 1, 3, 4, 1, 1, 2];
    let semaphore = Arc::new(Semaphore::new(4));
    let order = Arc::new(Mutex::new(Vec::new()));
    let all = semaphore.acquire(4);
    let waiters: Vec<_> = REQUESTS
        .iter()
        .enumerate()
        .map(|(n, &size)| {
            let (mine, order) = (Arc::clone(&semaphore), Arc::clone(&order));
            let handle = go!(move || {
                let _permit = mine.acquire(size);
                order.lock().unwrap().push(n);
                gosched();
            });
            until(|| semaphore.waiting() == n + 1);
            handle
        })
        .collect();
    assert!(order.lock().unwrap().is_empty());
    drop(all);
    waiters.into_iter().for_each(join);
    // Those that are inside together may note themselves in any order.
    let order = order.lock().unwrap().clone();
    for (place, &first) in order.iter().enumerate() {
        for &second in &order[place + 1..] {
            let together = REQUESTS[first] + REQUESTS[second] <= 4;
            assert!(first < second || together, "{order:?}");
        }
    }
}

/// An attempt takes what is free, never what somebody waits for.
pub(crate) fn attempts() {
    let semaphore = Arc::new(Semaphore::new(3));
    let two = semaphore.try_acquire(2).expect("three are free");
    assert!(semaphore.try_acquire(2).is_none());
    let mine = Arc::clone(&semaphore);
    let waiter = go!(move || drop(mine.acquire(3)));
    until(|| semaphore.waiting() == 1);
    assert!(semaphore.try_acquire(1).is_none(), "overtook");
    drop(two);
    join(waiter);
    drop(semaphore.try_acquire(3).expect("all are free"));
}

/// Small requests that never leave enough for a large one do not keep it away.
pub(crate) fn a_large_request_is_not_starved() {
    let semaphore = Arc::new(Semaphore::new(4));
    let done = Arc::new(AtomicBool::new(false));
    let small = |_| {
        let (semaphore, done) = (Arc::clone(&semaphore), Arc::clone(&done));
        go!(move || while !done.load(SeqCst) {
            let _permit = semaphore.acquire(1);
            gosched();
        })
    };
    let small: Vec<_> = (0..8).map(small).collect();
    let start = Instant::now();
    (0..20).for_each(|_| drop(semaphore.acquire(4)));
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    done.store(true, SeqCst);
    small.into_iter().for_each(join);
}

/// Never early; who gave up is not in the way of those behind him.
pub(crate) fn timeouts() {
    const WAIT: Duration = Duration::from_millis(20);
    let semaphore = Arc::new(Semaphore::new(2));
    let permit = semaphore.acquire(1);
    let start = Instant::now();
    assert!(semaphore.acquire_timeout(2, WAIT).is_none());
    assert!(start.elapsed() >= WAIT, "{:?}", start.elapsed());
    assert!(semaphore.acquire_timeout(2, Duration::ZERO).is_none());
    assert_eq!(semaphore.waiting(), 0);
    drop(semaphore.acquire_timeout(1, Duration::ZERO).expect("one is free"));
    // Behind a large one that will give up.
    let mine = Arc::clone(&semaphore);
    let large = go!(move || mine.acquire_timeout(2, WAIT).is_some());
    until(|| semaphore.waiting() == 1);
    let mine = Arc::clone(&semaphore);
    let small = go!(move || drop(mine.acquire(1)));
    join(small);
    assert!(!join(large));
    assert!(start.elapsed() >= 2 * WAIT, "the small one overtook");
    drop(permit);
    let most = Duration::MAX;
    drop(semaphore.acquire_timeout(2, most).expect("all are free"));
}

/// A race of deadlines and releases loses no permit, and permits of a goroutine that
/// panicked are given back.
pub(crate) fn permits_come_back() {
    const GOROUTINES: usize = 16;
    let (semaphore, all) = (Arc::new(Semaphore::new(2)), WaitGroup::new());
    let got = Arc::new(AtomicUsize::new(0));
    for n in 0..GOROUTINES {
        let (semaphore, got) = (Arc::clone(&semaphore), Arc::clone(&got));
        all.go(move || {
            for round in 0..200 {
                let wait = Duration::from_micros((n * round % 37) as u64);
                if let Some(permit) = semaphore.acquire_timeout(1 + round % 2, wait) {
                    got.fetch_add(1, SeqCst);
                    gosched();
                    drop(permit);
                }
            }
        });
    }
    all.wait();
    assert!(got.load(SeqCst) > 0);
    assert_eq!(semaphore.waiting(), 0);
    let failed = catch_unwind(AssertUnwindSafe(|| {
        let _permit = semaphore.acquire(2);
        let_others_run();
        panic!("as the rule wants");
    }));
    assert!(failed.is_err());
    drop(semaphore.try_acquire(2).expect("all are back"));
}
