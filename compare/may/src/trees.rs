//! Coroutines that start coroutines: skynet, Fibonacci's numbers.

use std::time::Duration;

use compare_harness::{Ask, timed};
use may::sync::{mpsc, spsc};

use crate::start::{go, keep_stacks, run};

/// A coroutine for every node of a tree ten wide, which adds up its children's numbers.
pub(crate) fn skynet(ask: &Ask) -> Duration {
    let (leaves, sum) = ask.pick((10_000, 49_995_000), (1_000_000, 499_999_500_000));
    keep_stacks(12_000);
    timed(|| {
        let root = run(move || {
            let (up, sums) = mpsc::channel();
            start_node(0, leaves, up);
            sums.recv().expect("the root sends its sum")
        });
        assert_eq!(root, sum);
    })
}

/// The node of the `leaves` leaves from `first` on.
fn start_node(first: u64, leaves: u64, up: mpsc::Sender<u64>) {
    go(move || {
        let sum = if leaves == 1 { first } else { add_children(first, leaves / 10) };
        up.send(sum).expect("the parent waits");
    });
}

fn add_children(first: u64, leaves: u64) -> u64 {
    let (up, sums) = mpsc::channel();
    for i in 0..10 {
        start_node(first + i * leaves, leaves, up.clone());
    }
    // A child that dies is not waited for.
    drop(up);
    (0..10).map(|_| sums.recv().expect("each child sends its sum")).sum()
}

/// Fibonacci's numbers by their definition, with a coroutine for every call that adds.
pub(crate) fn fib(ask: &Ask) -> Duration {
    let (n, value) = ask.pick((15, 610), (25, 75025));
    keep_stacks(ask.pick(1000, 20_000));
    timed(|| assert_eq!(run(move || Term::of(n).value()), value))
}

enum Term {
    Known(u64),
    Coming(spsc::Receiver<u64>),
}

impl Term {
    fn of(n: u64) -> Term {
        if n < 2 {
            return Term::Known(n);
        }
        let (tx, rx) = spsc::channel();
        go(move || {
            let (left, right) = (Term::of(n - 1), Term::of(n - 2));
            tx.send(left.value() + right.value()).expect("the caller waits");
        });
        Term::Coming(rx)
    }

    fn value(self) -> u64 {
        match self {
            Term::Known(value) => value,
            Term::Coming(rx) => rx.recv().expect("the call sends its value"),
        }
    }
}
