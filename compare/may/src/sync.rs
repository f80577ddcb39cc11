//! The lock and the group.

use std::sync::Arc;

use may::sync::{Mutex, WaitGroup};

use crate::start::{go, join, run};

/// Lock, add, unlock, by `COROUTINES` coroutines at once.
pub(crate) fn mutex<const COROUTINES: u64>(n: u64) {
    run(move || {
        let count = Arc::new(Mutex::new(0));
        let start = |_| {
            let count = Arc::clone(&count);
            go(move || {
                for _ in 0..n / COROUTINES {
                    *count.lock().expect("nobody panics") += 1;
                }
            })
        };
        let all: Vec<_> = (0..COROUTINES).map(start).collect();
        all.into_iter().for_each(join);
        assert_eq!(*count.lock().expect("nobody panics"), n);
    });
}

/// One more in the group, and one less.
pub(crate) fn wait_group(n: u64) {
    run(move || {
        let group = WaitGroup::new();
        for _ in 0..n {
            drop(group.clone());
        }
        group.wait();
    });
}
