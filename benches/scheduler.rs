//! Starting, ending and switching goroutines.
//!
//! ```text
//! cargo bench --bench scheduler [-- [--quick] [FILTER]]
//! ```
//!
//! The Go programs these correspond to, `n` operations each:
//!
//! - `spawn_run_exit`: `n/100` times: `wg.Add(100)`, a hundred `go func() { wg.Done() }()`,
//!   `wg.Wait()`.
//! - `spawn_join`: `n` times: `done := make(chan int)`, `go func() { done <- 1 }()`,
//!   `<-done`. A `JoinHandle` takes the channel's place.
//! - `yield_2`, `yield_100`: 2 (100) goroutines that call `runtime.Gosched()` `n/2`
//!   (`n/100`) times each; an operation is one such call.
//! - `sleep`: `n/1000` times: a thousand `go func() { time.Sleep(time.Nanosecond);
//!   wg.Done() }()`, `wg.Wait()`: setting timers, and waking up by them.

mod harness;

use std::time::Duration;

use gmp::sync::WaitGroup;
use gmp::{go, gosched, time};
use harness::Harness;

#[gmp::main]
fn main() {
    let harness = Harness::from_args();
    // Never freed: a goroutine that need not count its references is the cheapest.
    let wg: &'static WaitGroup = Box::leak(Box::default());
    for procs in [1, 2] {
        let name = |bench| format!("{bench}/{procs}P");
        harness.run(&name("spawn_run_exit"), procs, |n| spawn_run_exit(wg, n));
        harness.run(&name("spawn_join"), procs, spawn_join);
        harness.run(&name("yield_2"), procs, |n| yields(wg, 2, n));
        harness.run(&name("yield_100"), procs, |n| yields(wg, 100, n));
        harness.run(&name("sleep"), procs, |n| sleeps(wg, n));
    }
}

fn spawn_run_exit(wg: &'static WaitGroup, n: u64) {
    for _ in 0..n / 100 {
        wg.add(100);
        for _ in 0..100 {
            go!(|| wg.done());
        }
        wg.wait();
    }
}

fn spawn_join(n: u64) {
    for i in 0..n {
        assert_eq!(go!(move || i).join().unwrap(), i);
    }
}

fn yields(wg: &'static WaitGroup, goroutines: u64, n: u64) {
    for _ in 0..goroutines {
        wg.add(1);
        go! {
            for _ in 0..n / goroutines {
                gosched();
            }
            wg.done();
        };
    }
    wg.wait();
}

fn sleeps(wg: &'static WaitGroup, n: u64) {
    for _ in 0..n / 1_000 {
        wg.add(1_000);
        for _ in 0..1_000 {
            go! {
                time::sleep(Duration::from_nanos(1));
                wg.done();
            };
        }
        wg.wait();
    }
}
