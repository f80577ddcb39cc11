//! Goroutines that start goroutines: skynet, Fibonacci's numbers, the prime sieve.

use std::mem::replace;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use compare_harness::{Ask, timed};
use gmp::prelude::*;

/// A goroutine for every node of a tree ten wide, which adds up its children's numbers.
pub(crate) fn skynet(ask: &Ask) -> Duration {
    let (leaves, sum) = ask.pick((10_000, 49_995_000), (1_000_000, 499_999_500_000));
    timed(|| {
        let (up, result) = bounded(0);
        go!(node(up, 0, leaves));
        assert_eq!(result.recv(), Ok(sum));
    })
}

/// The node of the `leaves` leaves from `first` on.
fn node(up: Sender<u64>, first: u64, leaves: u64) {
    if leaves == 1 {
        return up.send(first).unwrap();
    }
    let (child_up, sums) = bounded(0);
    for i in 0..10 {
        go!(node(child_up.clone(), first + i * (leaves / 10), leaves / 10));
    }
    up.send(sums.iter().take(10).sum()).unwrap();
}

/// Fibonacci's numbers by their definition, with a goroutine for every call that adds.
pub(crate) fn fib(ask: &Ask) -> Duration {
    let (n, value) = ask.pick((15, 610), (25, 75_025));
    timed(|| assert_eq!(Term::of(n).value(), value))
}

enum Term {
    Known(u64),
    Coming(Receiver<u64>),
}

impl Term {
    fn of(n: u64) -> Term {
        if n < 2 {
            return Term::Known(n);
        }
        let (tx, rx) = bounded(0);
        go! {
            let (left, right) = (Term::of(n - 1), Term::of(n - 2));
            tx.send(left.value() + right.value()).unwrap();
        };
        Term::Coming(rx)
    }

    fn value(self) -> u64 {
        match self {
            Term::Known(value) => value,
            Term::Coming(rx) => rx.recv().unwrap(),
        }
    }
}

/// A goroutine for each prime takes its multiples out of the stream.
pub(crate) fn sieve(ask: &Ask) -> Duration {
    let (nth, prime) = ask.pick((100, 541), (1000, 7919));
    timed(|| assert_eq!(nth_prime(nth), prime))
}

/// All goroutines have ended when it returns.
fn nth_prime(nth: usize) -> u64 {
    let stop = Arc::new(AtomicBool::new(false));
    let (tx, mut rx) = bounded(0);
    go!(count_up(tx, Arc::clone(&stop)));
    for _ in 1..nth {
        let prime = rx.recv().unwrap();
        let (tx, next) = bounded(0);
        go!(filter(prime, replace(&mut rx, next), tx));
    }
    let prime = rx.recv().unwrap();
    stop.store(true, Ordering::Relaxed);
    // What is still on its way: the last filter's channel closes after all the others.
    rx.iter().for_each(drop);
    prime
}

fn count_up(tx: Sender<u64>, stop: Arc<AtomicBool>) {
    (2..).take_while(|_| !stop.load(Ordering::Relaxed)).for_each(|i| tx.send(i).unwrap());
}

fn filter(prime: u64, rx: Receiver<u64>, tx: Sender<u64>) {
    rx.iter().filter(|i| i % prime != 0).for_each(|i| tx.send(i).unwrap());
}
