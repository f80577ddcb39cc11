//! What goroutines cost that do nothing: the memory of those that wait, and the time the
//! processor spends on a runtime without work.
//!
//! ```text
//! cargo bench --bench memory [-- [--quick] [FILTER]]
//! ```
//!
//! Each is measured in a process of its own, `parked` on one P, `idle` with as many as
//! the process gets. The Go programs they correspond to:
//!
//! - `parked`: a million times `go func() { <-c }()`, then `VmRSS` and `VmPTE` of
//!   `/proc/self/status` less what they were before, then `close(c)`. 4.7 GB; a tenth of
//!   it with `--quick`.
//! - `idle`: `time.Sleep(time.Second)` and nothing else; all threads' time on a processor
//!   by `/proc/self/task/*/schedstat`.

mod harness;
#[path = "../examples/support/mod.rs"]
mod support;

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use gmp::{go, time};
use harness::Harness;
use support::{figure, grouped};

/// Set for the process that measures: which bench.
const CHILD: &str = "GMP_BENCH_CHILD";

#[gmp::main]
fn main() {
    let harness = Harness::from_args();
    match std::env::var(CHILD).as_deref() {
        Ok("parked") => parked(if harness.quick() { 100_000 } else { 1_000_000 }),
        Ok("idle") => idle(),
        _ => {
            for name in ["parked", "idle"] {
                if harness.wants(name) {
                    in_process_of_its_own(name);
                }
            }
        }
    }
}

fn in_process_of_its_own(name: &str) {
    let mut child = Command::new(std::env::current_exe().unwrap());
    let status = child.args(std::env::args().skip(1)).env(CHILD, name).status().unwrap();
    assert!(status.success(), "bench {name}: {status}");
}

fn parked(count: usize) {
    gmp::gomaxprocs(1);
    let memory = || ["VmRSS", "VmPTE"].map(|name| figure("/proc/self/status", name) as usize);
    let before = memory();
    let (tx, rx) = gmp::chan::bounded::<()>(0);
    let closed = gmp::scope(|s| {
        let start = Instant::now();
        for _ in 0..count {
            go!(s, || rx.recv().is_ok());
        }
        per_op("parked/create", start.elapsed(), count);
        while gmp::stats().waiting < count {
            time::sleep(Duration::from_millis(1));
        }
        per_op("parked/create_and_park", start.elapsed(), count);
        let after = memory();
        let [rss, tables] = [0, 1].map(|i| after[i].saturating_sub(before[i]));
        println!(
            "{:<28} {:>9} bytes each ({:.3} GB resident + {:.3} GB page tables) n={count}",
            "parked/memory",
            grouped((rss + tables) / count),
            rss as f64 / 1e9,
            tables as f64 / 1e9,
        );
        let closed = Instant::now();
        tx.close();
        closed
    });
    per_op("parked/wake_and_exit", closed.elapsed(), count);
}

fn per_op(name: &str, time: Duration, ops: usize) {
    let each = time.as_secs_f64() * 1e9 / ops as f64;
    println!("{name:<28} {each:>9.1} ns/op ({:.3} s) n={ops}", time.as_secs_f64());
}

fn idle() {
    const TIME: Duration = Duration::from_secs(1);
    // What starting it up left to do is not idling.
    time::sleep(TIME / 10);
    let before = processor_time();
    time::sleep(TIME);
    let used = processor_time() - before;
    let share = used.as_secs_f64() / TIME.as_secs_f64() * 100.0;
    println!("{:<28} {:>9} us of processor time in 1 s ({share:.3} %)", "idle", used.as_micros());
    assert!(share < 5.0, "an idle process used {used:?} of processor time in {TIME:?}");
}

/// What all threads of this process have had so far.
fn processor_time() -> Duration {
    let mut nanoseconds = 0;
    for thread in fs::read_dir("/proc/self/task").unwrap() {
        let figures = fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap();
        let on_processor: u64 = figures.split(' ').next().unwrap().parse().unwrap();
        nanoseconds += on_processor;
    }
    Duration::from_nanos(nanoseconds)
}
