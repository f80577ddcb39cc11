//! Ten thousand tasks that sleep three times, as goroutines and as threads: what creating
//! them takes, how much memory, and how long until all are done.
//!
//! ```text
//! cargo run --release --example threads_vs_goroutines
//! ```
//!
//! The same function runs in both: what parks a goroutine blocks a thread. Each kind is
//! measured in a process of its own.

mod support;

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use gmp::chan::{Receiver, bounded};
use gmp::go;
use gmp::sync::WaitGroup;
use support::{figure, grouped};

const TASKS: usize = 10_000;
const SLEEPS_MS: [u64; 3] = [50, 100, 5];

/// What the tasks share.
#[derive(Clone)]
struct Group {
    ready: WaitGroup,
    gate: Receiver<()>,
    done: WaitGroup,
}

/// Waits for the gate to open, so that all tasks exist at once, then sleeps.
fn task(group: &Group) {
    group.ready.done();
    assert!(group.gate.recv().is_err());
    for ms in SLEEPS_MS {
        gmp::time::sleep(Duration::from_millis(ms));
    }
    group.done.done();
}

fn start_goroutine(group: Group) -> bool {
    go!(|| task(&group));
    true
}

/// False if the system refuses one more thread.
fn start_thread(group: Group) -> bool {
    thread::Builder::new().spawn(move || task(&group)).is_ok()
}

#[gmp::main]
fn main() {
    match std::env::args().nth(1).as_deref() {
        None => compare(),
        Some("goroutines") => Figures::measure(start_goroutine).print(),
        Some("threads") => Figures::measure(start_thread).print(),
        Some(other) => panic!("{other:?} is neither `goroutines` nor `threads`"),
    }
}

fn compare() {
    let (goroutines, threads) = (Figures::of_child("goroutines"), Figures::of_child("threads"));
    println!("{} tasks that sleep {SLEEPS_MS:?} ms", grouped(TASKS));
    if threads.tasks < TASKS {
        println!("the system allowed {} threads only", grouped(threads.tasks));
    }
    println!("{:18} {:>12} {:>12} {:>7}", "", "goroutines", "threads", "ratio");
    let row = |name: &str, unit: &str, goroutines: f64, threads: f64| {
        let ratio = threads / goroutines;
        println!("{name:18} {goroutines:>9.1} {unit} {threads:>9.1} {unit} {ratio:>6.1}x");
        ratio
    };
    let creation = row("creation, each", "µs", goroutines.creation_us(), threads.creation_us());
    let memory = row("memory, each", "kB", goroutines.kilobytes(), threads.kilobytes());
    row("all done after", "ms", goroutines.total_ms(), threads.total_ms());
    assert_eq!(goroutines.tasks, TASKS);
    assert!(creation > 1.0, "goroutines are slower to create");
    assert!(memory > 1.0, "goroutines take more memory");
}

struct Figures {
    tasks: usize,
    creation: Duration,
    total: Duration,
    /// What the process grew by while all tasks existed, in bytes.
    memory: usize,
}

impl Figures {
    fn measure(start_task: fn(Group) -> bool) -> Figures {
        let rss = || figure("/proc/self/status", "VmRSS") as usize;
        let (opener, gate) = bounded::<()>(0);
        let group = Group { ready: WaitGroup::new(), gate, done: WaitGroup::new() };
        let (before, start) = (rss(), Instant::now());
        let mut tasks = 0;
        while tasks < TASKS {
            group.ready.add(1);
            group.done.add(1);
            if !start_task(group.clone()) {
                group.ready.done();
                group.done.done();
                break;
            }
            tasks += 1;
        }
        let creation = start.elapsed();
        group.ready.wait();
        let memory = rss().saturating_sub(before);
        opener.close();
        group.done.wait();
        Figures { tasks, creation, total: start.elapsed(), memory }
    }

    /// One line, which `of_child` reads.
    fn print(&self) {
        let (creation, total) = (self.creation.as_nanos(), self.total.as_nanos());
        println!("{} {creation} {total} {}", self.tasks, self.memory);
    }

    fn of_child(kind: &str) -> Figures {
        let program = std::env::current_exe().unwrap();
        let output = Command::new(program).arg(kind).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "measuring {kind}: {}\n{errors}", output.status);
        let line = String::from_utf8(output.stdout).unwrap();
        let numbers: Vec<u64> = line.split_whitespace().map(|word| word.parse().unwrap()).collect();
        let [tasks, creation, total, memory] = numbers[..] else {
            panic!("{kind} printed {line:?}")
        };
        Figures {
            tasks: tasks as usize,
            creation: Duration::from_nanos(creation),
            total: Duration::from_nanos(total),
            memory: memory as usize,
        }
    }

    fn creation_us(&self) -> f64 {
        self.creation.as_secs_f64() * 1e6 / self.tasks as f64
    }

    fn kilobytes(&self) -> f64 {
        self.memory as f64 / 1e3 / self.tasks as f64
    }

    fn total_ms(&self) -> f64 {
        self.total.as_secs_f64() * 1e3
    }
}
