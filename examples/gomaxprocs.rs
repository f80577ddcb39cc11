//! GOMAXPROCS: how many goroutines run at the same time. Eight that only compute are timed
//! on one processor, on half as many as there are cores, on as many and on twice as many.
//!
//! ```text
//! cargo run --release --example gomaxprocs
//! ```

#[path = "support/collatz.rs"]
mod collatz;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::{self, available_parallelism};
use std::time::{Duration, Instant};

use collatz::longest_collatz;
use gmp::go;

const JOBS: usize = 8;
const MIN_ROUNDS: u32 = 5;
/// Where the figures are bad.
const MAX_ROUNDS: u32 = 100;

#[gmp::main]
fn main() {
    println!("GOMAXPROCS is {} at the start", gmp::gomaxprocs(0));
    let cores = available_parallelism().map_or(1, usize::from);
    let settings = [1, (cores / 2).max(1), cores, 2 * cores];
    let mut times = BTreeMap::from(settings.map(|procs| (procs, Duration::ZERO)));
    let mut threads = Duration::ZERO;
    // In turns, as other programs may want the cores too.
    for round in 1..=MAX_ROUNDS {
        for (&procs, time) in &mut times {
            *time += time_goroutines(procs);
        }
        threads += time_threads(cores);
        if round >= MIN_ROUNDS && times[&cores] < threads * 3 / 2 {
            break;
        }
    }

    let row = |name: &str, time: Duration| {
        let speed_up = times[&1].as_secs_f64() / time.as_secs_f64();
        println!("{name:>10} {:8.1} ms {speed_up:9.2}", time.as_secs_f64() * 1e3);
    };
    println!("{JOBS} goroutines that only compute, with {cores} cores:");
    println!("GOMAXPROCS        time  speed-up");
    for (procs, &time) in &times {
        row(&procs.to_string(), time);
    }
    println!("The same work on {cores} threads:");
    row("", threads);
    assert!(times[&cores] < threads * 3 / 2, "all cores should be about as fast as threads");
}

fn time_goroutines(procs: usize) -> Duration {
    gmp::gomaxprocs(procs);
    assert_eq!(gmp::gomaxprocs(0), procs);
    let start = Instant::now();
    let goroutines = [(); JOBS].map(|()| go!(longest_collatz(30_000)));
    for goroutine in goroutines {
        assert_eq!(goroutine.join().unwrap(), 307);
    }
    start.elapsed()
}

/// What this machine has to offer: `threads` threads share the jobs.
fn time_threads(threads: usize) -> Duration {
    let start = Instant::now();
    let taken = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..threads.min(JOBS) {
            scope.spawn(|| {
                while taken.fetch_add(1, Relaxed) < JOBS {
                    assert_eq!(longest_collatz(30_000), 307);
                }
            });
        }
    });
    start.elapsed()
}
