//! Fixed amounts of work whose instructions `cargo x bench-guard` counts and compares with
//! `benches/guard.txt`: not a bench, but as soon as one it tells what has become slower, and
//! on a busy machine too.
//!
//! ```text
//! guard --list       prints NAME OPERATIONS for each workload
//! guard NAME N       does N operations, a multiple of 100, on one P
//! ```
//!
//! A run also counts the start of the process and of its threads, so what an operation takes
//! is told by the difference of two runs. OPERATIONS are so many that what else happens in a
//! run, some ten thousand instructions more or less, does not show in it.
//!
//! - `spawn_exit`: goroutines in batches of a hundred that do nothing but `done`.
//! - `spawn_join`: one at a time, with a result.
//! - `yield`: two that yield to each other.
//! - `hand_off`, `spsc_128`: a message from one to another, without a buffer and with one.
//! - `select_2`: a message to a `select` of two channels without a buffer.
//! - `select_4_ready`: a message from one of four full channels, sent back to it.
//! - `default_1`: a receive and a send, each the only one of a `select` with `default`.
//!   `default_2`: a `select` with `default` of two receives.
//! - `mutex`: lock and unlock; `wait_group`: `add` and `done`.
//! - `timer`: arm and cancel.

mod messages;

use std::hint::black_box;
use std::time::Duration;

use gmp::chan::bounded;
use gmp::sync::{Mutex, WaitGroup};
use gmp::time::after_func;
use gmp::{go, gosched, select};
use messages::{default_of_two, one_to_one, select_of_four_ready, select_of_two};

/// Name, operations of the shorter run, and what does so many as it is told.
type Workload = (&'static str, u64, fn(u64));

const WORKLOADS: [Workload; 12] = [
    ("spawn_exit", 100_000, spawn_exit),
    ("spawn_join", 100_000, spawn_join),
    ("yield", 300_000, yields),
    ("hand_off", 100_000, |n| one_to_one(bounded(0), n)),
    ("spsc_128", 200_000, |n| one_to_one(bounded(128), n)),
    ("select_2", 50_000, select_of_two),
    ("select_4_ready", 50_000, select_of_four_ready),
    ("default_1", 500_000, default_of_one),
    ("default_2", 50_000, default_of_two),
    ("mutex", 1_000_000, locks),
    ("wait_group", 1_000_000, wait_group),
    ("timer", 100_000, timer),
];

#[gmp::main(gomaxprocs = 1)]
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--list"] => WORKLOADS.iter().for_each(|(name, ops, _)| println!("{name} {ops}")),
        [name, n] if !name.starts_with('-') && !n.starts_with('-') => run(name, n),
        // Among benches, with options of theirs.
        _ => println!("guard: instructions are counted by `cargo x bench-guard`"),
    }
}

fn run(name: &str, n: &str) {
    let workload = WORKLOADS.iter().find(|(known, ..)| *known == name);
    let n = n.parse().ok().filter(|n| n % 100 == 0);
    match (workload, n) {
        (Some((.., work)), Some(n)) => work(n),
        _ => {
            eprintln!("no workload of this name, or of so many operations; see `guard --list`");
            std::process::exit(2);
        }
    }
}

/// Never freed: a goroutine that need not count its references is the cheapest.
fn leaked_wait_group() -> &'static WaitGroup {
    Box::leak(Box::default())
}

fn spawn_exit(n: u64) {
    let wg = leaked_wait_group();
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

fn yields(n: u64) {
    let wg = leaked_wait_group();
    for _ in 0..2 {
        wg.add(1);
        go! {
            for _ in 0..n / 2 {
                gosched();
            }
            wg.done();
        };
    }
    wg.wait();
}

fn default_of_one(n: u64) {
    let (tx, rx) = bounded::<u64>(0);
    for i in 0..n {
        select! {
            <-rx => unreachable!("nobody sends"),
            default => {}
        }
        select! {
            tx <- i => unreachable!("nobody receives"),
            default => {}
        }
    }
}

fn locks(n: u64) {
    let mutex = black_box(Mutex::new(0_u64));
    (0..n).for_each(|_| *mutex.lock().unwrap() += 1);
    assert_eq!(*mutex.lock().unwrap(), n);
}

fn wait_group(n: u64) {
    let wg = black_box(WaitGroup::new());
    for _ in 0..n {
        wg.add(1);
        wg.done();
    }
    wg.wait();
}

fn timer(n: u64) {
    const HOUR: Duration = Duration::from_secs(3_600);
    let timer = after_func(2 * HOUR, || unreachable!("it is always stopped"));
    for _ in 0..n {
        black_box(&timer).reset(HOUR);
        assert!(timer.stop());
    }
}
