//! GOMAXPROCS: how many goroutines run at the same time. Eight that only compute are timed
//! on one processor, on half as many as there are cores, on as many and on twice as many.
//!
//! ```text
//! cargo run --release --example gomaxprocs
//! ```

use std::collections::BTreeMap;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use gmp::go;

const GOROUTINES: usize = 8;
const ROUNDS: u32 = 10;
/// How long to go on where the figures are bad.
const PATIENCE: Duration = Duration::from_secs(15);

#[gmp::main]
fn main() {
    println!("GOMAXPROCS is {} at the start", gmp::gomaxprocs(0));
    let cores = available_parallelism().map_or(1, usize::from);
    let [one, half, all, twice] = [1, (cores / 2).max(1), cores, 2 * cores];
    let mut times = BTreeMap::from([one, half, all, twice].map(|procs| (procs, Duration::ZERO)));
    // Totals, as other programs want the cores too: a best time is one that they left alone.
    for round in 1.. {
        for (&procs, time) in &mut times {
            *time += time_goroutines(procs);
        }
        let faster = cores == 1 || times[&all] < times[&one];
        if round >= ROUNDS && (faster || times.values().sum::<Duration>() > PATIENCE) {
            break;
        }
    }

    println!("{GOROUTINES} goroutines that only compute, with {cores} cores:");
    println!("GOMAXPROCS        time  speed-up");
    for (procs, &time) in &times {
        let speed_up = speed_up(times[&one], time);
        println!("{procs:10} {:8.1} ms {speed_up:9.2}", time.as_secs_f64() * 1e3);
    }
    assert!(cores == 1 || times[&all] < times[&one], "{cores} processors are no faster than one");
}

fn speed_up(before: Duration, after: Duration) -> f64 {
    before.as_secs_f64() / after.as_secs_f64()
}

fn time_goroutines(procs: usize) -> Duration {
    gmp::gomaxprocs(procs);
    assert_eq!(gmp::gomaxprocs(0), procs);
    let start = Instant::now();
    let goroutines: Vec<_> = (0..GOROUTINES).map(|_| go!(longest_collatz(30_000))).collect();
    for goroutine in goroutines {
        assert_eq!(goroutine.join().unwrap(), 307);
    }
    start.elapsed()
}

/// The most steps that a number below `limit` takes to reach 1.
fn longest_collatz(limit: u64) -> u32 {
    (1..limit).map(collatz_steps).max().unwrap_or(0)
}

fn collatz_steps(mut n: u64) -> u32 {
    let mut steps = 0;
    while n != 1 {
        n = if n.is_multiple_of(2) { n / 2 } else { 3 * n + 1 };
        steps += 1;
    }
    steps
}
