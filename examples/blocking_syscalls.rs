//! A hundred goroutines block in a system call each, and two that compute on the two
//! processors there are do not notice: a blocked thread loses its processor, another goes on
//! with it. There are as many threads as blocked calls, and a few more.
//!
//! ```text
//! cargo run --release --example blocking_syscalls
//! ```
//!
//! Twice: with plain reads, which the runtime finds blocked after about 0.2 ms, and with
//! `gmp::blocking` around them, a hint that lets it look after 0.02 ms.

#[path = "support/collatz.rs"]
mod collatz;
#[path = "support/percentiles.rs"]
mod percentiles;
mod support;

use std::io::{PipeReader, Read, Write, pipe};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use collatz::longest_collatz;
use gmp::go;
use gmp::time::sleep;
use percentiles::Percentiles;
use support::{figure, grouped};

const PROCS: usize = 2;
const READERS: usize = 100;
/// Threads that wait to take over: 3 as a rule, up to ten times as many where the system is
/// slow to make one.
const FEW: usize = 40;
const WINDOW: Duration = Duration::from_millis(400);
/// Where other programs want the CPUs too.
const MAX_ROUNDS: u32 = 5;

/// What the computing goroutines have done.
static BLOCKS: AtomicU64 = AtomicU64::new(0);

#[gmp::main(gomaxprocs = PROCS, on_panic = "abort")]
fn main() {
    for _ in 0..PROCS {
        go!(compute());
    }
    block("read()", read);
    block("blocking(|| read())", |pipe| gmp::blocking(|| read(pipe)));
}

/// Returns the byte that was read, and when.
type Call = fn(&mut PipeReader) -> (u8, Instant);

fn read(pipe: &mut PipeReader) -> (u8, Instant) {
    let mut byte = [0];
    pipe.read_exact(&mut byte).unwrap();
    (byte[0], Instant::now())
}

fn compute() {
    loop {
        assert_eq!(longest_collatz(1_000), 178);
        BLOCKS.fetch_add(1, Relaxed);
    }
}

/// Blocks a second.
fn rate() -> f64 {
    let (start, blocks) = (Instant::now(), BLOCKS.load(Relaxed));
    sleep(WINDOW);
    (BLOCKS.load(Relaxed) - blocks) as f64 / start.elapsed().as_secs_f64()
}

fn block(name: &str, read: Call) {
    println!("{READERS} goroutines in {name}, {PROCS} that compute, GOMAXPROCS={PROCS}:");
    for round in 1.. {
        let (before, during) = compare(read);
        let share = during / before * 100.0;
        let [rate, rate_beside] = [before, during].map(|rate| grouped(rate as u64));
        println!("  computed: {rate} blocks/s before, {rate_beside} meanwhile ({share:.0} %)");
        if during > before / 2.0 {
            break;
        }
        // Another program may have had the CPUs meanwhile.
        assert!(round < MAX_ROUNDS, "blocked goroutines keep computing ones from running");
    }
}

/// The rate at which others compute, before and while the readers are blocked.
fn compare(read: Call) -> (f64, f64) {
    let before = rate();

    let start = Instant::now();
    let (mut writers, mut readers) = (Vec::new(), Vec::new());
    for _ in 0..READERS {
        let (mut reader, writer) = pipe().unwrap();
        writers.push(writer);
        readers.push(go!(move || {
            let (byte, woken) = read(&mut reader);
            // It has run without a processor since then, and needs one for this.
            gmp::gosched();
            (byte, woken, Instant::now())
        }));
    }
    while gmp::stats().blocked_threads < READERS {
        assert!(start.elapsed() < Duration::from_secs(20), "not all block: {}", gmp::stats());
        sleep(Duration::from_millis(1));
    }
    println!("  all blocked after {:.1?}", start.elapsed());

    let during = rate();
    let threads = gmp::num_threads();
    let in_process = figure("/proc/self/status", "Threads");
    println!("  threads: {threads} for goroutines, {in_process} in the process");
    assert!(
        (PROCS + READERS..=PROCS + READERS + FEW).contains(&threads),
        "not {PROCS} + {READERS} and a few: {}",
        gmp::stats()
    );

    let mut written = Vec::new();
    for (i, writer) in writers.iter_mut().enumerate() {
        written.push(Instant::now());
        writer.write_all(&[i as u8]).unwrap();
    }
    let (mut to_run, mut to_have) = (Vec::new(), Vec::new());
    for (i, reader) in readers.into_iter().enumerate() {
        let (byte, woken, scheduled) = reader.join().unwrap();
        assert_eq!(byte, i as u8);
        to_run.push(woken - written[i]);
        to_have.push(scheduled - written[i]);
    }
    println!("  from a byte written to its reader running: {}", Percentiles::of(to_run));
    println!("  ... to its having a processor again: {}", Percentiles::of(to_have));
    (before, during)
}
