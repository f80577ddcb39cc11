//! Locks.

use std::sync::Mutex;
use std::thread;

/// Nobody else wants the lock.
pub(crate) fn mutex_1(n: u64) {
    let counter = Mutex::new(0);
    count(&counter, n);
    assert_eq!(counter.into_inner().unwrap(), n);
}

/// Eight threads want it.
pub(crate) fn mutex_8(n: u64) {
    let counter = Mutex::new(0);
    thread::scope(|s| {
        for _ in 0..8 {
            s.spawn(|| count(&counter, n / 8));
        }
    });
    assert_eq!(counter.into_inner().unwrap(), n);
}

fn count(counter: &Mutex<u64>, n: u64) {
    for _ in 0..n {
        *counter.lock().unwrap() += 1;
    }
}
