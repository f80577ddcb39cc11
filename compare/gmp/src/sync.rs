//! Locks and wait groups.

use gmp::prelude::*;
use gmp::sync::Mutex;

/// Nobody else wants the lock.
pub(crate) fn mutex_1(n: u64) {
    let counter = Mutex::new(0);
    count(&counter, n);
    assert_eq!(counter.into_inner().unwrap(), n);
}

/// Eight goroutines want it.
pub(crate) fn mutex_8(n: u64) {
    let counter = Mutex::new(0);
    gmp::scope(|s| {
        for _ in 0..8 {
            go!(s, || count(&counter, n / 8));
        }
    });
    assert_eq!(counter.into_inner().unwrap(), n);
}

fn count(counter: &Mutex<u64>, n: u64) {
    for _ in 0..n {
        *counter.lock().unwrap() += 1;
    }
}

/// Counting up and down.
pub(crate) fn wait_group(n: u64) {
    let wg = WaitGroup::new();
    for _ in 0..n {
        wg.add(1);
        wg.done();
    }
    wg.wait();
}
