//! Messages through channels, per message.
//!
//! ```text
//! cargo bench --bench channels [-- [--quick] [FILTER]]
//! ```
//!
//! The Go programs these correspond to, `n` messages each:
//!
//! - `hand_off`: `c := make(chan int)`; a goroutine sends `n` values, main receives them.
//! - `spsc_1`, `spsc_128`: the same over `make(chan int, 1)`, `make(chan int, 128)`.
//! - `spsc_unbounded`: the same over a channel without limit, which Go does not have.
//! - `mpmc_0`, `mpmc_128`: 8 goroutines send `n/8` values each over `make(chan int)`
//!   (`make(chan int, 128)`), 8 receive by `for range c` until it is closed.

mod harness;

use gmp::chan::{Receiver, Sender, bounded, unbounded};
use gmp::go;
use harness::Harness;

#[gmp::main]
fn main() {
    let harness = Harness::from_args();
    for procs in [1, 2] {
        let name = |bench| format!("{bench}/{procs}P");
        harness.run(&name("hand_off"), procs, |n| one_to_one(bounded(0), n));
        harness.run(&name("spsc_1"), procs, |n| one_to_one(bounded(1), n));
        harness.run(&name("spsc_128"), procs, |n| one_to_one(bounded(128), n));
        harness.run(&name("spsc_unbounded"), procs, |n| one_to_one(unbounded(), n));
    }
    harness.run("mpmc_0/2P", 2, |n| eight_to_eight(bounded(0), n));
    harness.run("mpmc_128/2P", 2, |n| eight_to_eight(bounded(128), n));
}

fn one_to_one((tx, rx): (Sender<u64>, Receiver<u64>), n: u64) {
    go! {
        for i in 0..n {
            tx.send(i).unwrap();
        }
    };
    for i in 0..n {
        assert_eq!(rx.recv(), Ok(i));
    }
}

fn eight_to_eight((tx, rx): (Sender<u64>, Receiver<u64>), n: u64) {
    for _ in 0..8 {
        let tx = tx.clone();
        go! {
            for i in 0..n / 8 {
                tx.send(i).unwrap();
            }
        };
    }
    drop(tx);
    let receivers: Vec<_> = (0..8)
        .map(|_| {
            let rx = rx.clone();
            go!(move || rx.iter().count() as u64)
        })
        .collect();
    let received: u64 = receivers.into_iter().map(|receiver| receiver.join().unwrap()).sum();
    assert_eq!(received, n);
}
