//! "When a goroutine waits, the thread below it has to wait too. Who pays for that?" A
//! thousand that wait on a channel, a thousand that sleep, and a thousand in blocking reads
//! of a pipe, next to a thousand plain threads in such reads; what each costs is measured.
//!
//! ```text
//! cargo run --release --example context_switch_question
//! ```
//!
//! What waits in the runtime takes a page of memory: its thread runs other goroutines. Only
//! what waits in the kernel takes a thread along, and then costs what a thread costs.
//!
//! Each kind is measured in a process of its own.

#[path = "context_switch_question/process.rs"]
mod process;
mod support;
#[path = "context_switch_question/waits.rs"]
mod waits;

use std::process::Command;
use std::time::{Duration, Instant};

use gmp::time::sleep;
use process::{Size, kernel_switches, processor_time};
use support::grouped;
use waits::{WAITERS, Wait};

/// Until those who were woken wait again.
const SETTLE: Duration = Duration::from_millis(100);
/// How long one watches them wait.
const WATCH: Duration = Duration::from_millis(300);
/// Between two wake-ups, so that each finds the others asleep.
const PACE: Duration = Duration::from_micros(200);

/// The kinds, by their names on the command line.
const KINDS: [&str; 4] = ["channel", "sleep", "read", "thread"];

/// What is measured; `each` is per waiter.
const ROWS: [&str; 8] = [
    "more threads",
    "memory, each, kB",
    "address space, each, kB",
    "creation, each, us",
    "CPU while all wait, %",
    "wake-up: half within, us",
    "  99 of 100 within, us",
    "thread switches a wake-up",
];

/// In the order of `ROWS`.
type Costs = [f64; ROWS.len()];

#[gmp::main(gomaxprocs = 2, on_panic = "abort")]
fn main() {
    match std::env::args().nth(1) {
        None => compare(),
        Some(kind) => println!("{}", measure(&kind).map(|cost| cost.to_string()).join(" ")),
    }
}

fn compare() {
    let costs = KINDS.map(costs_of_child);
    println!("{} that wait, GOMAXPROCS=2", grouped(WAITERS));
    println!("{:26} {:^32} {:>10}", "", "goroutines", "threads");
    println!("{:26} {:>10} {:>10} {:>10} {:>10}", "", "channel", "sleep", "read", "read");
    for (row, name) in ROWS.into_iter().enumerate() {
        let [channel, sleep, read, thread] = costs.map(|costs| costs[row]);
        println!("{name:26} {channel:>10.1} {sleep:>10.1} {read:>10.1} {thread:>10.1}");
    }
    println!("(a thread also has 16 kB in the kernel, which its process does not see)");

    for [.., cpu, _, _, _] in costs {
        assert!(cpu < 20.0, "waiting takes {cpu} % of a CPU");
    }
    let [channel, sleep, read, thread] = costs;
    for [threads, .., switches] in [channel, sleep] {
        assert!(threads < 50.0, "{threads} threads for those that wait in the runtime");
        assert!(switches < 0.5, "{switches} switches of threads for a wake-up in the runtime");
    }
    for [threads, .., switches] in [read, thread] {
        // The runtime has made a few before, and keeps a few idle.
        assert!((950.0..1050.0).contains(&threads), "{threads} threads for 1000 in the kernel");
        assert!(switches > 0.9, "only {switches} switches of threads for a wake-up");
    }
    let [_, memory, ..] = channel;
    assert!(read[1] > memory, "a thread takes less memory than a goroutine");
}

fn costs_of_child(kind: &str) -> Costs {
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program).arg(kind).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "measuring {kind}: {}\n{errors}", output.status);
    let line = String::from_utf8(output.stdout).unwrap();
    let costs: Vec<f64> = line.split_whitespace().map(|word| word.parse().unwrap()).collect();
    costs.try_into().unwrap_or_else(|_| panic!("{kind} printed {line:?}"))
}

fn measure(kind: &str) -> Costs {
    let wait = Wait::new(kind, PACE);
    let (size, start) = (Size::now(), Instant::now());
    wait.start_all();
    let creation = start.elapsed();
    sleep(SETTLE);
    let grown = Size::now() - size;

    let before = processor_time();
    sleep(WATCH);
    let used = processor_time() - before;

    wait.wake_each(PACE);
    let mut lateness = waits::woken(WAITERS);
    lateness.sort();

    sleep(SETTLE);
    let switches = kernel_switches();
    wait.wake_all();
    waits::woken(2 * WAITERS);
    sleep(SETTLE);
    let switches = kernel_switches() - switches;

    let each = |total: f64| total / WAITERS as f64;
    let us = |time: Duration| time.as_secs_f64() * 1e6;
    [
        grown.threads,
        each(grown.resident / 1e3),
        each(grown.reserved / 1e3),
        each(us(creation)),
        used.as_secs_f64() / WATCH.as_secs_f64() * 100.0,
        us(lateness[WAITERS / 2]),
        us(lateness[WAITERS * 99 / 100]),
        each(switches as f64),
    ]
}
