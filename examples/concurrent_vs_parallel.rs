//! Concurrent is not parallel.
//!
//! Concurrent: two goroutines share one processor (GOMAXPROCS is 1) and take turns. Parallel:
//! four goroutines on four processors run at the same time, as far as there are cores.
//!
//! ```text
//! cargo run --release --example concurrent_vs_parallel
//! ```

#[path = "support/collatz.rs"]
mod collatz;

use std::thread;
use std::time::{Duration, Instant};

use collatz::longest_collatz;
use gmp::chan::unbounded;
use gmp::{go, gosched};

const STEPS: u32 = 5;
const TASKS: usize = 4;
const MIN_ROUNDS: u32 = 5;
/// Where the figures are bad.
const MAX_ROUNDS: u32 = 100;

#[gmp::main]
fn main() {
    // Once in 61 turns the scheduler looks first where the goroutine waits that has just
    // yielded, and that one goes on. It happens in one of these attempts at most.
    let log = (0..2).map(|_| take_turns()).find(|log| alternate(log));
    let log = log.expect("a task had two turns in a row");
    print!("Two tasks on one processor take turns:");
    for (task, step) in log {
        print!(" {task}{step}");
    }
    println!();
    run_together();
}

/// Two tasks, each of which yields after every step, and the order of their steps.
fn take_turns() -> Vec<(&'static str, u32)> {
    gmp::gomaxprocs(1);
    let (steps, log) = unbounded();
    // The goroutine that was started last is the first to run.
    let tasks = ["B", "A"].map(|task| {
        let steps = steps.clone();
        go!(move || {
            for step in 1..=STEPS {
                steps.send((task, step)).unwrap();
                gosched();
            }
        })
    });
    for task in tasks {
        task.join().unwrap();
    }
    log.try_iter().collect()
}

fn alternate(log: &[(&str, u32)]) -> bool {
    assert_eq!(log.len(), 2 * STEPS as usize);
    log.windows(2).all(|pair| pair[0].0 != pair[1].0)
}

/// The same work on one processor and on four; and on four threads, to see what this
/// machine has to offer.
fn run_together() {
    let [mut one, mut four, mut threads] = [Duration::ZERO; 3];
    // In turns, as other programs may want the cores too.
    for round in 1..=MAX_ROUNDS {
        one += time_goroutines(1);
        four += time_goroutines(TASKS);
        threads += time_threads();
        if round >= MIN_ROUNDS && four < threads * 3 / 2 {
            break;
        }
    }
    let faster = |time: Duration| one.as_secs_f64() / time.as_secs_f64();
    println!("Four tasks that only compute:");
    println!("  GOMAXPROCS=1: {one:.1?}");
    println!("  GOMAXPROCS=4: {four:.1?}, {:.2} times as fast", faster(four));
    println!("  four threads: {threads:.1?}, {:.2} times as fast", faster(threads));
    assert!(four < threads * 3 / 2, "four processors should be about as fast as four threads");
}

fn time_goroutines(procs: usize) -> Duration {
    gmp::gomaxprocs(procs);
    let start = Instant::now();
    let tasks = [(); TASKS].map(|()| go!(longest_collatz(30_000)));
    for task in tasks {
        assert_eq!(task.join().unwrap(), 307);
    }
    start.elapsed()
}

fn time_threads() -> Duration {
    let start = Instant::now();
    let tasks = [(); TASKS].map(|()| thread::spawn(|| longest_collatz(30_000)));
    for task in tasks {
        assert_eq!(task.join().unwrap(), 307);
    }
    start.elapsed()
}
