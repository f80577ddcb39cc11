//! The sieve of primes as a chain of goroutines: each prime has a goroutine that lets pass
//! what the prime does not divide. The first number to come through is the next prime, and
//! gets a goroutine behind the others. No channel has a buffer.
//!
//! ```text
//! cargo run --release --example prime_sieve [-- COUNT]
//! ```

#[path = "support/leftover.rs"]
mod leftover;

use std::time::Instant;

use gmp::chan::{Receiver, Sender, bounded};
use gmp::{JoinHandle, go, num_goroutine};

const PRIMES: usize = 1000;

#[gmp::main]
fn main() {
    let count = std::env::args().nth(1).map_or(PRIMES, |arg| {
        arg.parse().unwrap_or_else(|_| panic!("{arg:?} is not a number of primes"))
    });
    let goroutines = num_goroutine();
    let start = Instant::now();

    let (out, mut numbers) = bounded(0);
    let mut chain = vec![go!(numbers_from_2(out))];
    let mut primes = Vec::new();
    for _ in 0..count {
        let prime = numbers.recv().unwrap();
        primes.push(prime);
        let (out, passed) = bounded(0);
        chain.push(go!(filter(prime, numbers, out)));
        numbers = passed;
    }
    let time = start.elapsed();
    let peak = num_goroutine() - goroutines;

    // Nobody receives from the last filter any more: it ends, then the one before it.
    drop(numbers);
    let hand_offs: u64 = chain.into_iter().map(JoinHandle::join).map(Result::unwrap).sum();
    let ns_each = start.elapsed().as_secs_f64() * 1e9 / hand_offs as f64;

    println!("{count} primes in {time:.1?}, the last one is {:?}", primes.last());
    println!("goroutines: {peak}");
    println!("hand-offs: {hand_offs}, {ns_each:.0} ns each");
    assert_eq!(primes, primes_by_division(count));
    assert_eq!(peak, count + 1);
    leftover::assert_no_more_than(goroutines);
}

/// Returns how many numbers were taken from it.
fn numbers_from_2(out: Sender<u32>) -> u64 {
    (2..).take_while(move |&n| out.send(n).is_ok()).count() as u64
}

/// Passes on what `prime` does not divide; returns how many numbers were taken from it.
fn filter(prime: u32, numbers: Receiver<u32>, out: Sender<u32>) -> u64 {
    let passed = numbers.into_iter().filter(|n| !n.is_multiple_of(prime));
    passed.take_while(move |&n| out.send(n).is_ok()).count() as u64
}

fn primes_by_division(count: usize) -> Vec<u32> {
    let mut primes = Vec::<u32>::new();
    let is_prime = |n: u32, primes: &[u32]| {
        primes.iter().take_while(|&&p| p * p <= n).all(|&p| !n.is_multiple_of(p))
    };
    for n in 2.. {
        if primes.len() == count {
            break;
        }
        if is_prime(n, &primes) {
            primes.push(n);
        }
    }
    primes
}
