//! What the loom models share: data whose accesses loom checks, and the bounds
//! of a model.
#![expect(unsafe_code, reason = "a cell that loom checks instead of the compiler")]

use loom::cell::UnsafeCell;
use std::sync::Arc;

/// Data with one user at a time: loom ends the model if two accesses are not
/// ordered by the protocol under test. Stands for everything that the real
/// runtime hands over through it.
#[derive(Debug)]
pub(crate) struct Checked<T>(UnsafeCell<T>);

// SAFETY: loom runs one thread at a time and stops at the first two accesses
// that are not ordered, so no reference is ever used twice at once.
unsafe impl<T: Send> Sync for Checked<T> {}

impl<T> Checked<T> {
    pub(crate) fn new(value: T) -> Checked<T> {
        Checked(UnsafeCell::new(value))
    }

    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: loom has just checked that nobody else uses the value, and no
        // other thread of the model runs before `f` returns, unless `f` itself
        // touches loom's types: then loom knows that the access goes on.
        self.0.with_mut(|value| f(unsafe { &mut *value }))
    }

    pub(crate) fn get(&self) -> T
    where
        T: Copy,
    {
        // SAFETY: as in `with`; a shared access in loom's books.
        self.0.with(|value| unsafe { *value })
    }

    pub(crate) fn set(&self, value: T) {
        self.with(|old| *old = value);
    }

    pub(crate) fn replace(&self, value: T) -> T {
        self.with(|old| std::mem::replace(old, value))
    }
}

/// Runs `threads` on what `start` makes under every interleaving with at most
/// `preemptions` preemptions (fewer if `LOOM_MAX_PREEMPTIONS` says so), and `end`
/// when all of them have ended.
///
/// From the order in which threads first run, loom does not reach every other
/// one within the bound: each thread has its turn to be the first.
pub(crate) fn check<S: Send + Sync + 'static, const N: usize>(
    preemptions: usize,
    start: impl Fn() -> S + Copy + Send + Sync + 'static,
    threads: [fn(&S); N],
    end: fn(&S),
) {
    for first in 0..N {
        let mut model = loom::model::Builder::new();
        let asked = model.preemption_bound.unwrap_or(preemptions);
        model.preemption_bound = Some(asked.min(preemptions));
        model.max_branches = 10_000;
        model.check(move || {
            let shared = Arc::new(start());
            let mut threads = threads;
            threads.rotate_left(first);
            let others: Vec<_> = threads[1..]
                .iter()
                .map(|&run| {
                    let shared = shared.clone();
                    loom::thread::spawn(move || run(&shared))
                })
                .collect();
            threads[0](&shared);
            for other in others {
                other.join().unwrap();
            }
            end(&shared);
        });
    }
}
