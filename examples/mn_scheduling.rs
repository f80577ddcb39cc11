//! M:N scheduling: a hundred thousand goroutines (N) run on the few threads (M) that four
//! processors (P, GOMAXPROCS) need. A goroutine that sleeps holds no thread.
//!
//! ```text
//! cargo run --release --example mn_scheduling
//! ```

mod support;

use std::collections::HashMap;
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use gmp::go;
use gmp::time::sleep;
use support::{figure, grouped};

const PROCS: usize = 4;
const SLEEPERS: usize = 100_000;
const NAP: Duration = Duration::from_millis(100);

/// Sleeps, and tells on which thread it woke up.
fn nap() -> ThreadId {
    sleep(NAP);
    thread::current().id()
}

/// How many of the sleepers woke up on which thread.
fn sleepers() -> HashMap<ThreadId, usize> {
    let sleepers: Vec<_> = (0..SLEEPERS).map(|_| go!(nap())).collect();
    let mut woke_on = HashMap::new();
    for sleeper in sleepers {
        *woke_on.entry(sleeper.join().unwrap()).or_default() += 1;
    }
    woke_on
}

#[gmp::main]
fn main() {
    gmp::gomaxprocs(PROCS);
    let start = Instant::now();
    let sleepers = go!(sleepers());
    let (mut most_threads, mut most_in_process) = (0, 0);
    while !sleepers.is_finished() {
        let (time, waiting) = (start.elapsed().as_millis(), grouped(gmp::stats().waiting));
        let threads = gmp::num_threads();
        let in_process = figure("/proc/self/status", "Threads") as usize;
        println!(
            "{time:>5} ms: {waiting:>7} wait; {threads} threads run goroutines, {in_process} in all"
        );
        most_threads = most_threads.max(threads);
        most_in_process = most_in_process.max(in_process);
        sleep(Duration::from_millis(25));
    }

    let woke_on = sleepers.join().unwrap();
    let threads = woke_on.len();
    println!("{} goroutines woke up on {threads} threads:", grouped(SLEEPERS));
    for (thread, goroutines) in &woke_on {
        println!("  {thread:?}: {}", grouped(goroutines));
    }
    assert_eq!(woke_on.values().sum::<usize>(), SLEEPERS);
    // A few spare threads stand by, and the runtime has helpers of its own.
    assert!(most_threads <= PROCS + 8, "{most_threads} threads run goroutines");
    assert!(threads <= PROCS + 8, "goroutines woke up on {threads} threads");
    assert!(most_in_process <= PROCS + 12, "{most_in_process} threads in the process");
}
