//! Mutexes, reader-writer locks and condition variables.

use std::hint::black_box;
use std::sync::Arc;

use crate::harness::Harness;
use crate::{eight_goroutines, eight_threads};

/// The rounds of one library; `taken` makes a guard of what its methods give.
macro_rules! rounds {
    ($mutex:ty, $rwlock:ty, $taken:expr) => {
        pub(crate) fn uncontended(n: u64) {
            let mutex = black_box(<$mutex>::new(0_u64));
            (0..n).for_each(|_| *$taken(mutex.lock()) += 1);
            assert_eq!(*$taken(mutex.lock()), n);
        }

        pub(crate) fn contended(n: u64, by: fn(u64, Round)) {
            let mutex = Arc::new(<$mutex>::new(0_u64));
            let mine = Arc::clone(&mutex);
            by(n, Arc::new(move |n| (0..n).for_each(|_| *$taken(mine.lock()) += 1)));
            assert_eq!(*$taken(mutex.lock()), n);
        }

        pub(crate) fn read(n: u64) {
            let lock = black_box(<$rwlock>::new(1_u64));
            let sum: u64 = (0..n).map(|_| *$taken(lock.read())).sum();
            assert_eq!(sum, n);
        }

        pub(crate) fn write(n: u64) {
            let lock = black_box(<$rwlock>::new(0_u64));
            (0..n).for_each(|_| *$taken(lock.write()) += 1);
            assert_eq!(*$taken(lock.read()), n);
        }

        pub(crate) fn readers(n: u64, by: fn(u64, Round)) {
            let lock = Arc::new(<$rwlock>::new(1_u64));
            by(
                n,
                Arc::new(move |n| {
                    let sum: u64 = (0..n).map(|_| *$taken(lock.read())).sum();
                    assert_eq!(sum, n);
                }),
            );
        }
    };
}

/// What one of eight does.
type Round = Arc<dyn Fn(u64) + Send + Sync>;

mod of_gmp {
    use super::{Arc, Round, black_box};

    rounds!(gmp::sync::Mutex<u64>, gmp::sync::RwLock<u64>, Result::unwrap);
}

mod of_std {
    use super::{Arc, Round, black_box};

    rounds!(std::sync::Mutex<u64>, std::sync::RwLock<u64>, Result::unwrap);
}

mod of_parking_lot {
    use super::{Arc, Round, black_box};

    rounds!(parking_lot::Mutex<u64>, parking_lot::RwLock<u64>, std::convert::identity);
}

fn goroutines(n: u64, round: Round) {
    eight_goroutines(n, move |n| round(n));
}

fn threads(n: u64, round: Round) {
    eight_threads(n, move |n| round(n));
}

pub(crate) fn run(harness: &Harness) {
    harness.run("mutex/gmp", 1, of_gmp::uncontended);
    harness.run("mutex/std", 1, of_std::uncontended);
    harness.run("mutex/parking_lot", 1, of_parking_lot::uncontended);
    harness.run("mutex/contended/gmp/1P", 1, |n| of_gmp::contended(n, goroutines));
    harness.run("mutex/contended/gmp/2P", 2, |n| of_gmp::contended(n, goroutines));
    harness.run("mutex/contended/gmp/threads", 1, |n| of_gmp::contended(n, threads));
    harness.run("mutex/contended/std", 1, |n| of_std::contended(n, threads));
    harness.run("mutex/contended/parking_lot", 1, |n| of_parking_lot::contended(n, threads));
    harness.run("rwlock/read/gmp", 1, of_gmp::read);
    harness.run("rwlock/read/std", 1, of_std::read);
    harness.run("rwlock/read/parking_lot", 1, of_parking_lot::read);
    harness.run("rwlock/write/gmp", 1, of_gmp::write);
    harness.run("rwlock/write/std", 1, of_std::write);
    harness.run("rwlock/write/parking_lot", 1, of_parking_lot::write);
    harness.run("rwlock/readers/gmp/1P", 1, |n| of_gmp::readers(n, goroutines));
    harness.run("rwlock/readers/gmp/2P", 2, |n| of_gmp::readers(n, goroutines));
    harness.run("rwlock/readers/std", 1, |n| of_std::readers(n, threads));
    harness.run("rwlock/readers/parking_lot", 1, |n| of_parking_lot::readers(n, threads));
    harness.run("condvar/gmp/1P", 1, gmp_turns);
    harness.run("condvar/gmp/2P", 2, gmp_turns);
    harness.run("condvar/std", 1, std_turns);
}

fn gmp_turns(n: u64) {
    let pair = Arc::new((gmp::sync::Mutex::new(0), gmp::sync::Condvar::new()));
    let turns = move |pair: &(gmp::sync::Mutex<u64>, gmp::sync::Condvar), me: u64| {
        for _ in 0..n / 2 {
            let turn = pair.0.lock().unwrap();
            let mut turn = pair.1.wait_while(turn, |turn| *turn % 2 != me).unwrap();
            *turn += 1;
            pair.1.notify_one();
        }
    };
    let mine = Arc::clone(&pair);
    let other = gmp::go!(move || turns(&mine, 1));
    turns(&pair, 0);
    other.join().unwrap();
}

fn std_turns(n: u64) {
    let pair = Arc::new((std::sync::Mutex::new(0), std::sync::Condvar::new()));
    let turns = move |pair: &(std::sync::Mutex<u64>, std::sync::Condvar), me: u64| {
        for _ in 0..n / 2 {
            let turn = pair.0.lock().unwrap();
            let mut turn = pair.1.wait_while(turn, |turn| *turn % 2 != me).unwrap();
            *turn += 1;
            pair.1.notify_one();
        }
    };
    let other = Arc::clone(&pair);
    let other = std::thread::spawn(move || turns(&other, 1));
    turns(&pair, 0);
    other.join().unwrap();
}
