//! A hundred thousand goroutines sleep for one second each, all at the same time, on a
//! handful of threads. Twice: the first time their stacks are new to the process, and the
//! kernel has to find a page for each.
//!
//! ```text
//! cargo run --release --example hundred_thousand_sleepers
//! ```

mod support;

use std::time::{Duration, Instant};

use gmp::prelude::*;
use gmp::time::sleep;
use support::{figure, grouped};

const SLEEPERS: usize = 100_000;
const NAP: Duration = Duration::from_secs(1);

#[gmp::main]
fn main() {
    let created = sleepers("first").min(sleepers("second"));
    if !cfg!(debug_assertions) {
        assert!(created < Duration::from_millis(200), "creating them took {created:?}");
    }
}

/// How long creating them took.
fn sleepers(round: &str) -> Duration {
    let wg = WaitGroup::new();
    let start = Instant::now();
    for _ in 0..SLEEPERS {
        wg.go(|| sleep(NAP));
    }
    let created = start.elapsed();
    let each = created.as_nanos() / SLEEPERS as u128;
    println!("{round}: {} goroutines created in {created:.0?}, {each} ns each", grouped(SLEEPERS));

    // Half way through the second, when all of them sleep.
    sleep((start + NAP / 2).saturating_duration_since(Instant::now()));
    let (threads, procs) = (gmp::num_threads(), gmp::gomaxprocs(0));
    let in_process = figure("/proc/self/status", "Threads") as usize;
    let waiting = grouped(gmp::stats().waiting);
    println!(
        "  {waiting} wait; {threads} threads run goroutines, {in_process} are in the process, \
         GOMAXPROCS is {procs}"
    );

    wg.wait();
    let total = start.elapsed();
    println!("  all done {total:.2?} after the first was created");

    // A thread may be taking over from another, and the runtime has a few helpers.
    assert!(threads <= procs + 4, "{threads} threads run goroutines on {procs} processors");
    assert!(in_process <= procs + 8, "{in_process} threads in the process");
    assert!(total >= NAP && total < Duration::from_millis(2_500), "took {total:?}");
    created
}
