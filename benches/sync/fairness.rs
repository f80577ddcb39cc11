//! How eight that want one lock all the time share it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use crate::harness::Harness;

/// Starts one of eight, and gives what waits for its count.
type Spawn = fn(Box<dyn FnOnce() -> u64 + Send>) -> Box<dyn FnOnce() -> u64>;

fn goroutine(work: Box<dyn FnOnce() -> u64 + Send>) -> Box<dyn FnOnce() -> u64> {
    let handle = gmp::spawn(work);
    Box::new(|| handle.join().unwrap())
}

fn thread(work: Box<dyn FnOnce() -> u64 + Send>) -> Box<dyn FnOnce() -> u64> {
    let handle = std::thread::spawn(work);
    Box::new(|| handle.join().unwrap())
}

/// Takes a lock once and adds to what it holds.
type Take = Arc<dyn Fn() + Send + Sync>;

fn of_gmp() -> Take {
    let mutex = gmp::sync::Mutex::new(0_u64);
    Arc::new(move || *mutex.lock().unwrap() += 1)
}

fn of_std() -> Take {
    let mutex = std::sync::Mutex::new(0_u64);
    Arc::new(move || *mutex.lock().unwrap() += 1)
}

fn of_parking_lot() -> Take {
    let mutex = parking_lot::Mutex::new(0_u64);
    Arc::new(move || *mutex.lock() += 1)
}

/// The library, how many Ps, how its lock is made and by whom it is wanted.
type Row = (&'static str, usize, fn() -> Take, Spawn);

const ROWS: [Row; 5] = [
    ("gmp/1P", 1, of_gmp, goroutine),
    ("gmp/2P", 2, of_gmp, goroutine),
    ("gmp/threads", 1, of_gmp, thread),
    ("std", 1, of_std, thread),
    ("parking_lot", 1, of_parking_lot, thread),
];

pub(crate) fn run(harness: &Harness) {
    for (name, procs, make, spawn) in ROWS {
        let name = format!("fairness/{name}");
        if harness.wants(&name) {
            let old_procs = gmp::gomaxprocs(procs);
            row(&name, harness.quick(), &make(), spawn);
            gmp::gomaxprocs(old_procs);
        }
    }
}

fn row(name: &str, quick: bool, take: &Take, spawn: Spawn) {
    let stop = Arc::new(AtomicBool::new(false));
    let handles: Vec<_> = (0..8)
        .map(|_| {
            let (take, stop) = (Arc::clone(take), Arc::clone(&stop));
            spawn(Box::new(move || {
                let mut taken = 0;
                while !stop.load(Relaxed) {
                    take();
                    taken += 1;
                }
                taken
            }))
        })
        .collect();
    gmp::time::sleep(Duration::from_millis(if quick { 20 } else { 1_000 }));
    stop.store(true, Relaxed);
    let counts: Vec<f64> = handles.into_iter().map(|join| join() as f64).collect();
    let mean = counts.iter().sum::<f64>() / 8.0;
    let shares = counts.iter().map(|count| count / mean * 100.0).collect();
    crate::print_rounds(name, "% of the mean", shares);
}
