//! A limit on threads. 32 goroutines sleep in the kernel for 50 ms, which takes a thread
//! each, and there may be 10: the others wait in the queue until a thread is free. Nothing
//! fails; a warning is printed once.
//!
//! ```text
//! cargo run --release --example thread_limit
//! ```
//!
//! The same program with `max_threads_exit = true` ends at the limit, as it does in Go. Each
//! kind runs in a process of its own, which the first one watches.

use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use gmp::go;

const LIMIT: usize = 10;
const SLEEPERS: usize = 32;
const NAP: Duration = Duration::from_millis(50);

#[gmp::main(gomaxprocs = 2, max_threads = LIMIT, max_threads_exit = role() == "exit")]
fn main() {
    match &*role() {
        "" => watch_both(),
        "wait" | "exit" => meet_the_limit(),
        other => panic!("{other:?} is neither `wait` nor `exit`"),
    }
}

/// What the command line asks for; nothing where the user starts it.
fn role() -> String {
    std::env::args().nth(1).unwrap_or_default()
}

fn meet_the_limit() {
    let (took, threads) = naps();
    println!("{SLEEPERS} naps of {NAP:?} on {threads} threads: {took:.0?}");
    assert!(threads <= LIMIT, "{threads} threads, the limit is {LIMIT}");
    // One thread has one nap at a time.
    assert!(took >= NAP * SLEEPERS.div_ceil(LIMIT) as u32, "{took:?} is too short");

    assert_eq!(gmp::set_max_threads(1_000), LIMIT, "it returns the old limit");
    let (took, threads) = naps();
    println!("... and after set_max_threads(1000) on {threads}: {took:.0?}");
    assert!(threads > LIMIT, "{threads} threads for {SLEEPERS} naps");
}

/// How long all naps took together, and the most threads there were.
fn naps() -> (Duration, usize) {
    let most = AtomicUsize::new(0);
    let start = Instant::now();
    gmp::scope(|s| {
        for _ in 0..SLEEPERS {
            go!(s, || {
                // Not `gmp::time::sleep`, which would take no thread.
                thread::sleep(NAP);
                most.fetch_max(gmp::num_threads(), Relaxed);
            });
        }
    });
    (start.elapsed(), most.into_inner())
}

fn watch_both() {
    let (status, errors) = run("wait");
    assert!(status.success(), "it should not have ended with {status}");
    let warning = format!("gmp: all {LIMIT} threads");
    assert_eq!(errors.matches(&warning).count(), 1, "{warning:?} should have been printed once");

    let (status, errors) = run("exit");
    assert_eq!(status.code(), Some(2));
    let limit = format!("runtime: program exceeds {LIMIT}-thread limit\n");
    assert!(errors.contains(&(limit + "fatal error: thread exhaustion")), "{errors:?}");
}

/// Runs this program as `role`, and prints what it prints; returns what it wrote to stderr.
fn run(role: &str) -> (ExitStatus, String) {
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program).arg(role).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    println!("max_threads = {LIMIT}, max_threads_exit = {}:", role == "exit");
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        println!("  stdout: {line}");
    }
    for line in errors.lines() {
        println!("  stderr: {line}");
    }
    println!("  {}", output.status);
    (output.status, errors)
}
