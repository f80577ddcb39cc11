//! What locks, wait groups, contexts and timers cost, beside std's and parking_lot's.
//!
//! ```text
//! cargo bench --bench sync [-- [--quick] [FILTER]]
//! ```
//!
//! Rows of `gmp` are of goroutines on as many Ps as the row says, one where it says nothing;
//! `std` and `parking_lot` are on the one thread, or on eight. The Go programs these correspond
//! to, with the same types of Go's `sync`, `context` and `time`:
//!
//! - `mutex`: `m.Lock(); x++; m.Unlock()`, `contended` by eight goroutines that share the
//!   operations. `rwlock/read`, `rwlock/write` likewise; `readers` is eight that read.
//! - `fairness`: the same by eight goroutines for a second. What the least, the middle and the
//!   most successful have done, in percent of the mean.
//! - `condvar`: two hand a turn on, by `Wait` and `Signal`.
//! - `wait_group`, `once`, `once_lock` (`OnceValue`), `semaphore` (a `chan struct{}` of one):
//!   what a use costs that finds no obstacle.
//! - `pool`: `p.Put(p.Get())`; `mutex_vec` is the same with a vector behind std's mutex.
//! - `map`: `m.Load` of one of a thousand keys; `rwlock` is a `HashMap` behind a lock.
//! - `context/child`: `WithCancel` of a parent that lives on, and its `cancel`;
//!   `context/timeout`: `WithTimeout` likewise. `context/tree`, `context/chain`: a `cancel`
//!   that ends 10,000: 100 times 100, and each the child of the one before.
//! - `timer/arm`: `t.Reset(d); t.Stop()` of an `AfterFunc`, beside none, a thousand and a
//!   million others that are pending: `mid` is due in their midst, `first` before them all.
//!   `timer/new`: `NewTimer(d).Stop()`; `timer/after`: a receive from `After(0)`.
//! - `ticker/new`: `NewTicker(d).Stop()`; `ticker/tick`: a receive from one of a nanosecond.

#[path = "sync/contexts.rs"]
mod contexts;
#[path = "sync/fairness.rs"]
mod fairness;
mod harness;
#[path = "sync/locks.rs"]
mod locks;
#[path = "sync/others.rs"]
mod others;
#[path = "sync/timers.rs"]
mod timers;

use harness::Harness;

#[gmp::main]
fn main() {
    let harness = Harness::from_args();
    locks::run(&harness);
    fairness::run(&harness);
    others::run(&harness);
    contexts::run(&harness);
    timers::run(&harness);
}

/// The figures of some rounds: the median, between the least and the most.
fn print_rounds(name: &str, unit: &str, mut figures: Vec<f64>) {
    figures.sort_by(f64::total_cmp);
    let last = figures.len() - 1;
    let (median, min, max) = (figures[last / 2], figures[0], figures[last]);
    println!("{name:<28} {median:>9.1} {unit} ({min:.1} .. {max:.1}) n={}", figures.len());
}

/// Plays `round` on eight goroutines, or threads, by `spawn`; each does an eighth of `n`.
fn by_eight<H>(n: u64, spawn: impl Fn(u64) -> H, join: impl Fn(H)) {
    let eight: Vec<H> = (0..8).map(|_| spawn(n / 8)).collect();
    eight.into_iter().for_each(join);
}

fn eight_goroutines(n: u64, round: impl Fn(u64) + Clone + Send + 'static) {
    let spawn = |n| {
        let round = round.clone();
        gmp::go!(move || round(n))
    };
    by_eight(n, spawn, |handle| handle.join().unwrap());
}

fn eight_threads(n: u64, round: impl Fn(u64) + Clone + Send + 'static) {
    let spawn = |n| {
        let round = round.clone();
        std::thread::spawn(move || round(n))
    };
    by_eight(n, spawn, |handle| handle.join().unwrap());
}
