//! `Pool`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::SeqCst};

use gmp::sync::{Pool, WaitGroup};
use gmp::{gomaxprocs, gosched};

use crate::support::Drops;

/// A pool whose values tell how many were made before them.
fn numbered() -> (Arc<Pool<usize>>, Arc<AtomicUsize>) {
    let made = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&made);
    (Arc::new(Pool::new(move || count.fetch_add(1, SeqCst) + 1)), made)
}

/// TestPool: what was put is got again, first from where it was put.
pub(crate) fn reuse() {
    const FRESH: u32 = 0;
    let pool = Pool::new(|| FRESH);
    assert_eq!(pool.get(), FRESH);
    let mut reused = 0;
    for n in 1..=100 {
        pool.put(2 * n);
        pool.put(2 * n + 1);
        let mut got = [pool.get(), pool.get()];
        got.sort_unstable();
        reused += u32::from(got == [2 * n, 2 * n + 1]);
        // Nothing else can be there, but for a goroutine that was moved in between.
        assert!(gomaxprocs(0) > 1 || got == [2 * n, 2 * n + 1], "{got:?}");
        assert!(got.iter().all(|&got| got <= 2 * n + 1), "{got:?}");
    }
    assert!(reused >= 50, "{reused}");
    // More than a small cache holds.
    (1..=100).for_each(|n| pool.put(1_000 + n));
    let many = (0..100).filter(|_| pool.get() > 1_000).count();
    assert!(many >= 1, "{many}");
}

/// TestPoolNew.
pub(crate) fn values_are_made_when_there_are_none() {
    let (pool, made) = numbered();
    assert_eq!([pool.get(), pool.get()], [1, 2]);
    pool.put(42);
    let value = pool.get();
    assert!(value == 42 || (gomaxprocs(0) > 1 && value == 3), "{value}");
    let value = [pool.get(), pool.get()];
    assert!(value.contains(&made.load(SeqCst)), "{value:?}");
}

/// TestPoolStress, a part of its count.
pub(crate) fn stress() {
    const GOROUTINES: usize = 10;
    const ROUNDS: usize = 100_000;
    let (pool, all) = (Arc::new(Pool::new(|| 7_u64)), WaitGroup::new());
    for _ in 0..GOROUTINES {
        let pool = Arc::clone(&pool);
        all.go(move || {
            let mut value = 7;
            for _ in 0..ROUNDS {
                pool.put(value);
                value = pool.get();
                assert_eq!(value, 7);
            }
        });
    }
    all.wait();
}

/// TestPoolDequeue and TestPoolChain, from outside: one puts numbers, nine and he himself get
/// them; nobody gets one that another one has, however often Ps come and go.
pub(crate) fn each_value_is_in_one_hand() {
    const NUMBERS: usize = 20_000;
    const CONSUMERS: usize = 9;
    // Those that are made are no numbers.
    let pool = Arc::new(Pool::new(|| NUMBERS));
    let have: Arc<[AtomicU32]> = (0..NUMBERS).map(|_| AtomicU32::new(0)).collect();
    let (stop, all) = (Arc::new(AtomicBool::new(false)), WaitGroup::new());
    let record = |have: &[AtomicU32], n: usize| {
        if n < NUMBERS {
            assert_eq!(have[n].fetch_add(1, SeqCst), 0, "{n} twice");
        }
        n < NUMBERS
    };
    for _ in 0..CONSUMERS {
        let (pool, have, stop) = (Arc::clone(&pool), Arc::clone(&have), Arc::clone(&stop));
        all.go(move || {
            while !stop.load(SeqCst) {
                if !record(&have, pool.get()) {
                    gosched();
                }
            }
        });
    }
    let (mine, got) = (Arc::clone(&pool), Arc::clone(&have));
    let procs = gomaxprocs(0);
    all.go(move || {
        for n in 0..NUMBERS {
            mine.put(n);
            if n % 10 == 0 {
                record(&got, mine.get());
            }
            match n % 4_000 {
                1_000 => _ = gomaxprocs(procs + 3),
                3_000 => _ = gomaxprocs(procs),
                n if n % 100 == 0 => gosched(),
                _ => {}
            }
        }
        stop.store(true, SeqCst);
    });
    all.wait();
    while record(&have, pool.get()) {}
    let got = have.iter().filter(|count| count.load(SeqCst) == 1).count();
    println!("{got} of {NUMBERS}");
    assert!(got > 0);
}

/// What is put is dropped once: by who got it, or with the pool.
pub(crate) fn nothing_leaks() {
    const GOROUTINES: usize = 10;
    const EACH: usize = 300;
    let (drops, made) = (Drops::new(), Arc::new(AtomicUsize::new(0)));
    let (values, count) = (drops.clone(), Arc::clone(&made));
    let pool = Arc::new(Pool::new(move || {
        count.fetch_add(1, SeqCst);
        values.value()
    }));
    let all = WaitGroup::new();
    for n in 0..GOROUTINES {
        let pool = Arc::clone(&pool);
        all.go(move || {
            let mut mine = Vec::new();
            for round in 0..EACH {
                mine.push(pool.get());
                if round % 7 == n % 7 {
                    mine.drain(..).for_each(|value| pool.put(value));
                    gosched();
                }
            }
            mine.truncate(1);
            mine.into_iter().for_each(|value| pool.put(value));
        });
    }
    all.wait();
    assert!(drops.count() < made.load(SeqCst), "the pool is empty");
    drop(pool);
    assert_eq!(drops.count(), made.load(SeqCst));
}
