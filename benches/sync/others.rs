//! Wait groups and what else finds no obstacle most of the time.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;

use gmp::sync::{Map, Once, OnceLock, Pool, RwLock, Semaphore, WaitGroup};

use crate::eight_goroutines;
use crate::harness::Harness;

pub(crate) fn run(harness: &Harness) {
    harness.run("wait_group/add_done", 1, |n| {
        let wg = black_box(WaitGroup::new());
        for _ in 0..n {
            wg.add(1);
            wg.done();
        }
    });
    harness.run("once/gmp", 1, |n| {
        let once = black_box(Once::new());
        (0..n).for_each(|_| black_box(&once).call_once(|| ()));
    });
    harness.run("once/std", 1, |n| {
        let once = black_box(std::sync::Once::new());
        (0..n).for_each(|_| black_box(&once).call_once(|| ()));
    });
    harness.run("once_lock/gmp", 1, |n| {
        let cell = black_box(OnceLock::from(1));
        (0..n).for_each(|_| _ = black_box(black_box(&cell).get()));
    });
    harness.run("once_lock/std", 1, |n| {
        let cell = black_box(std::sync::OnceLock::from(1));
        (0..n).for_each(|_| _ = black_box(black_box(&cell).get()));
    });
    harness.run("semaphore", 1, |n| {
        let semaphore = black_box(Semaphore::new(1));
        (0..n).for_each(|_| drop(semaphore.acquire(1)));
    });
    for procs in [1, 2] {
        harness.run(&format!("semaphore/contended/{procs}P"), procs, |n| {
            let semaphore = Arc::new(Semaphore::new(1));
            eight_goroutines(n, move |n| (0..n).for_each(|_| drop(semaphore.acquire(1))));
        });
        harness.run(&format!("pool/gmp/{procs}P"), procs, |n| {
            let pool = Arc::new(Pool::new(|| 1_u64));
            eight_goroutines(n, move |n| (0..n).for_each(|_| pool.put(pool.get())));
        });
        harness.run(&format!("pool/mutex_vec/{procs}P"), procs, |n| {
            let pool = Arc::new(std::sync::Mutex::new(vec![1_u64]));
            eight_goroutines(n, move |n| {
                (0..n).for_each(|_| {
                    let value = pool.lock().unwrap().pop().unwrap_or(1);
                    pool.lock().unwrap().push(value);
                });
            });
        });
        maps(harness, procs);
    }
}

const KEYS: u64 = 1_000;

fn maps(harness: &Harness, procs: usize) {
    harness.run(&format!("map/gmp/{procs}P"), procs, |n| {
        let map: Arc<Map<u64, u64>> = Arc::new((0..KEYS).map(|key| (key, key)).collect());
        eight_goroutines(n, move |n| {
            assert!((0..n).all(|i| map.load(&(i % KEYS)) == Some(i % KEYS)));
        });
    });
    harness.run(&format!("map/rwlock_gmp/{procs}P"), procs, |n| {
        let map: HashMap<u64, u64> = (0..KEYS).map(|key| (key, key)).collect();
        let map = Arc::new(RwLock::new(map));
        eight_goroutines(n, move |n| {
            let load = |key| map.read().unwrap().get(&key).copied();
            assert!((0..n).all(|i| load(i % KEYS) == Some(i % KEYS)));
        });
    });
    harness.run(&format!("map/rwlock_std/{procs}P"), procs, |n| {
        let map: HashMap<u64, u64> = (0..KEYS).map(|key| (key, key)).collect();
        let map = Arc::new(std::sync::RwLock::new(map));
        eight_goroutines(n, move |n| {
            let load = |key| map.read().unwrap().get(&key).copied();
            assert!((0..n).all(|i| load(i % KEYS) == Some(i % KEYS)));
        });
    });
}
