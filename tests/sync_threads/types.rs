//! The types that std does not have, on threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

use gmp::sync::{Map, Pool, once_func, once_value};

use crate::support::{Drops, watchdog};

#[test]
fn functions_that_run_once() {
    let _watchdog = watchdog();
    let calls = Arc::new(AtomicUsize::new(0));
    let (one, other) = (Arc::clone(&calls), Arc::clone(&calls));
    let f = once_func(move || _ = one.fetch_add(1, SeqCst));
    let value = once_value(move || other.fetch_add(1, SeqCst) < 2);
    thread::scope(|s| {
        for _ in 0..8 {
            s.spawn(|| (f(), assert!(value())));
        }
    });
    assert_eq!(calls.load(SeqCst), 2);
}

#[test]
fn pool() {
    const THREADS: usize = 4;
    let _watchdog = watchdog();
    let (drops, made) = (Drops::new(), AtomicUsize::new(0));
    let (values, made_by) = (drops.clone(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&made_by);
    let pool = Pool::new(move || {
        count.fetch_add(1, SeqCst);
        values.value()
    });
    thread::scope(|s| {
        for _ in 0..THREADS {
            s.spawn(|| {
                for _ in 0..1_000 {
                    let value = pool.get();
                    made.fetch_add(1, SeqCst);
                    pool.put(value);
                }
            });
        }
    });
    assert_eq!(made.load(SeqCst), THREADS * 1_000);
    let fresh = made_by.load(SeqCst);
    assert!(fresh < THREADS * 1_000, "nothing was used again");
    drop(pool);
    assert_eq!(drops.count(), fresh);
}

#[test]
fn map() {
    const THREADS: u32 = 4;
    let _watchdog = watchdog();
    let map = Map::new();
    thread::scope(|s| {
        for thread in 0..THREADS {
            let map = &map;
            s.spawn(move || {
                for n in 0..500_u32 {
                    map.load_or_store(n, 0);
                    while let Some(old) = map.load(&n) {
                        if map.compare_and_swap(&n, &old, old + 1) {
                            break;
                        }
                    }
                    map.store(1_000 + thread * 1_000 + n, n);
                }
            });
        }
    });
    let (mut shared, mut own) = (0, 0);
    map.range(|key, value| {
        match *key {
            0..1_000 => shared += u32::from(*value == THREADS),
            _ => own += 1,
        }
        true
    });
    assert_eq!((shared, own), (500, THREADS * 500));
}
