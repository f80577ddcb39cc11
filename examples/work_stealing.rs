//! Work stealing: one goroutine starts a thousand, all into the queue of its own processor.
//! The other processors have nothing to do and take half of what they find there.
//!
//! ```text
//! cargo run --release --example work_stealing
//! ```

use std::collections::HashMap;
use std::thread::{self, ThreadId};

use gmp::go;

const PROCS: usize = 4;
const GOROUTINES: usize = 1000;

#[gmp::main]
fn main() {
    gmp::gomaxprocs(PROCS);
    let before = gmp::stats();
    // Uneven work: the largest takes a thousand times as long as the smallest.
    let goroutines: Vec<_> = (0..GOROUTINES)
        .map(|i| {
            let n = 10 + i as u64 % 16;
            go!(move || (thread::current().id(), fib(n)))
        })
        .collect();

    let mut ran = HashMap::<ThreadId, (usize, u64)>::new();
    for goroutine in goroutines {
        let (thread, result) = goroutine.join().unwrap();
        let (goroutines, work) = ran.entry(thread).or_default();
        *goroutines += 1;
        *work += result;
    }
    let after = gmp::stats();

    println!("{GOROUTINES} goroutines, all started on one of {PROCS} processors");
    println!("stolen by each processor:");
    for (p, (after, before)) in after.steals_by_proc.iter().zip(&before.steals_by_proc).enumerate()
    {
        println!("  P{p}: {}", after - before);
    }
    println!("run by each thread, which holds one processor at a time:");
    let all_work: u64 = ran.values().map(|(_, work)| work).sum();
    for (thread, (goroutines, work)) in &ran {
        println!("  {thread:?}: {goroutines:4}, {:3} % of the work", 100 * work / all_work);
    }
    assert_eq!(ran.values().map(|(goroutines, _)| goroutines).sum::<usize>(), GOROUTINES);
    assert!(after.steals > before.steals, "no processor stole");
}

fn fib(n: u64) -> u64 {
    if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
}
