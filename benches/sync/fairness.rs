//! How eight that want one lock all the time share it; and, for comparison, how they share the
//! Ps without any lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
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

fn of_none() -> Take {
    Arc::new(|| ())
}

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

const ROWS: [Row; 7] = [
    ("none/1P", 1, of_none, goroutine),
    ("none/2P", 2, of_none, goroutine),
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

/// Not counted: until all eight have begun, those that came first have more.
const BEGINNING: u8 = 0;
const COUNTED: u8 = 1;
const OVER: u8 = 2;

fn row(name: &str, quick: bool, take: &Take, spawn: Spawn) {
    let phase = Arc::new(AtomicU8::new(BEGINNING));
    let handles: Vec<_> = (0..8)
        .map(|_| {
            let (take, phase) = (Arc::clone(take), Arc::clone(&phase));
            spawn(Box::new(move || {
                let mut taken = 0;
                loop {
                    match phase.load(Relaxed) {
                        BEGINNING => taken = 0,
                        COUNTED => taken += 1,
                        _ => return taken,
                    }
                    take();
                }
            }))
        })
        .collect();
    gmp::time::sleep(Duration::from_millis(if quick { 20 } else { 300 }));
    phase.store(COUNTED, Relaxed);
    gmp::time::sleep(Duration::from_millis(if quick { 20 } else { 1_000 }));
    phase.store(OVER, Relaxed);
    let counts: Vec<f64> = handles.into_iter().map(|join| join() as f64).collect();
    let mean = counts.iter().sum::<f64>() / 8.0;
    let shares = counts.iter().map(|count| count / mean * 100.0).collect();
    crate::print_rounds(name, "% of the mean", shares);
}
