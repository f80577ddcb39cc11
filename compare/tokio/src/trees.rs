//! Tasks that start tasks: skynet, Fibonacci's numbers, the prime sieve.

use std::mem::replace;
use std::time::Duration;

use compare_harness::{Ask, timed};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::runtime::run;

/// A task for every node of a tree ten wide, which adds up its children's numbers. They are
/// ten at most: the channel needs no bound, and tokio is faster without.
pub(crate) fn skynet(ask: &Ask) -> Duration {
    let (leaves, sum) = ask.pick((10_000, 49_995_000), (1_000_000, 499_999_500_000));
    timed(|| assert_eq!(run(root(leaves)), sum))
}

async fn root(leaves: u64) -> u64 {
    let (up, mut sums) = mpsc::unbounded_channel();
    start_node(0, leaves, up);
    sums.recv().await.expect("the root sends its sum")
}

/// The node of the `leaves` leaves from `first` on. A plain function, since the type of a
/// future cannot contain itself.
fn start_node(first: u64, leaves: u64, up: mpsc::UnboundedSender<u64>) {
    tokio::spawn(async move {
        let sum = if leaves == 1 { first } else { add_children(first, leaves / 10).await };
        up.send(sum).expect("the parent waits");
    });
}

async fn add_children(first: u64, leaves: u64) -> u64 {
    let (up, mut sums) = mpsc::unbounded_channel();
    for i in 0..10 {
        start_node(first + i * leaves, leaves, up.clone());
    }
    let mut sum = 0;
    for _ in 0..10 {
        sum += sums.recv().await.expect("each child sends its sum");
    }
    sum
}

/// Fibonacci's numbers by their definition, with a task for every call that adds.
pub(crate) fn fib(ask: &Ask) -> Duration {
    let (n, value) = ask.pick((15, 610), (25, 75025));
    timed(|| {
        let sum = run(async move { start_call(n).await.expect("the call sends its value") });
        assert_eq!(sum, value);
    })
}

/// A channel brings one value: tokio's channel for just that is `oneshot`.
fn start_call(n: u64) -> oneshot::Receiver<u64> {
    let (tx, rx) = oneshot::channel();
    tokio::spawn(async move {
        let (left, right) = (Term::of(n - 1), Term::of(n - 2));
        let sum = left.value().await + right.value().await;
        tx.send(sum).expect("the caller waits");
    });
    rx
}

enum Term {
    Known(u64),
    Coming(oneshot::Receiver<u64>),
}

impl Term {
    fn of(n: u64) -> Term {
        if n < 2 { Term::Known(n) } else { Term::Coming(start_call(n)) }
    }

    async fn value(self) -> u64 {
        match self {
            Term::Known(value) => value,
            Term::Coming(rx) => rx.await.expect("the call sends its value"),
        }
    }
}

/// A task for each prime takes its multiples out of the stream. The channels hold one
/// number, since tokio has none without a buffer.
pub(crate) fn sieve(ask: &Ask) -> Duration {
    let (nth, prime) = ask.pick((100, 541), (1000, 7919));
    timed(|| assert_eq!(run(nth_prime(nth)), prime))
}

async fn nth_prime(nth: usize) -> u64 {
    let (tx, mut rx) = mpsc::channel(1);
    let mut set = JoinSet::new();
    set.spawn(count_up(tx));
    for _ in 1..nth {
        let prime = rx.recv().await.expect("the primes go on");
        let (tx, next) = mpsc::channel(1);
        set.spawn(filter(prime, replace(&mut rx, next), tx));
    }
    let prime = rx.recv().await.expect("the primes go on");
    // Each filter ends when nobody takes its numbers any more.
    drop(rx);
    set.join_all().await;
    prime
}

async fn count_up(tx: mpsc::Sender<u64>) {
    let mut number = 2;
    while tx.send(number).await.is_ok() {
        number += 1;
    }
}

async fn filter(prime: u64, mut rx: mpsc::Receiver<u64>, tx: mpsc::Sender<u64>) {
    while let Some(number) = rx.recv().await {
        if number % prime != 0 && tx.send(number).await.is_err() {
            return;
        }
    }
}
