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
//! - `select_2`: two goroutines send `n/2` values each over a `make(chan int)` of their own,
//!   main receives `n` by `select` of both.
//! - `select_4_ready`: `n` times: `select` receives from one of four `make(chan int, 1)`, all
//!   full, and its case sends the value back.
//! - `default_1`, `default_2`: `n` times: `select` with `default` that receives from one (one
//!   of two) `make(chan int)`, on which nobody sends.

mod harness;
mod messages;

use gmp::chan::{Receiver, Sender, bounded, unbounded};
use gmp::{go, select};
use harness::Harness;
use messages::{default_of_two, one_to_one, select_of_four_ready, select_of_two};

#[gmp::main]
fn main() {
    let harness = Harness::from_args();
    for procs in [1, 2] {
        let name = |bench| format!("{bench}/{procs}P");
        harness.run(&name("hand_off"), procs, |n| one_to_one(bounded(0), n));
        harness.run(&name("spsc_1"), procs, |n| one_to_one(bounded(1), n));
        harness.run(&name("spsc_128"), procs, |n| one_to_one(bounded(128), n));
        harness.run(&name("spsc_unbounded"), procs, |n| one_to_one(unbounded(), n));
        harness.run(&name("mpmc_0"), procs, |n| eight_to_eight(bounded(0), n));
        harness.run(&name("mpmc_128"), procs, |n| eight_to_eight(bounded(128), n));
        harness.run(&name("select_2"), procs, select_of_two);
        harness.run(&name("select_4_ready"), procs, select_of_four_ready);
        harness.run(&name("default_1"), procs, default_of_one);
        harness.run(&name("default_2"), procs, default_of_two);
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

fn default_of_one(n: u64) {
    let (_tx, rx) = bounded::<u64>(0);
    for _ in 0..n {
        select! {
            <-rx => unreachable!(),
            default => {}
        }
    }
}
