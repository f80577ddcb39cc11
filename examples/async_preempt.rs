//! Loops that never yield stop nobody. On one processor, a goroutine with an empty loop, one
//! that computes and one that allocates run in turns, and a fourth wakes up every 5 ms.
//!
//! ```text
//! cargo run --release --example async_preempt
//! ```
//!
//! A goroutine has its processor for 10 ms when others wait; then a signal takes it away,
//! wherever it is: in a loop without calls, in the allocator, under a lock. With
//! `GMP_DEBUG=asyncpreemptoff=1` there are no such signals, and this program never ends.

#[path = "support/percentiles.rs"]
mod percentiles;

use std::collections::VecDeque;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use gmp::go;
use gmp::time::sleep;
use percentiles::Percentiles;

const PERIOD: Duration = Duration::from_millis(5);
const TIME: Duration = Duration::from_secs(3);

/// Rounds of the loop that computes.
static SUMS: AtomicU64 = AtomicU64::new(0);
/// Rounds of the loop that allocates.
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// A wrong sum or a damaged block ends the process.
#[gmp::main(gomaxprocs = 1, on_panic = "abort")]
fn main() {
    go!(empty_loop());
    go!(float_loop());
    go!(malloc_loop());

    let preemptions = gmp::stats().preemptions;
    let (start, mut late) = (Instant::now(), Vec::new());
    while start.elapsed() < TIME {
        let due = Instant::now() + PERIOD;
        sleep(PERIOD);
        late.push(due.elapsed());
    }
    let preemptions = gmp::stats().preemptions - preemptions;
    let (sums, allocations) = (SUMS.load(Relaxed), ALLOCATIONS.load(Relaxed));
    let late = Percentiles::of(late);

    println!("3 goroutines that never yield and one that sleeps {PERIOD:?}, GOMAXPROCS=1:");
    println!("  preemptions          {preemptions} in {:.1?}", start.elapsed());
    println!("  the sleeper was late {late}");
    println!("  rounds of the others {sums} sums, {allocations} allocations, all right");

    // The rest of a slice, as a rule; more where other programs want the CPU.
    assert!(late.p50 < Duration::from_millis(60), "the sleeper was late by {:?}", late.p50);
    // Whenever it ran, the processor was taken from a loop.
    assert!(preemptions as usize >= late.count / 2, "{preemptions} for {}", late.count);
    assert!(sums > 0 && allocations > 0, "{sums} sums, {allocations} allocations");
}

#[expect(clippy::empty_loop, reason = "the worst case")]
fn empty_loop() {
    loop {}
}

/// Has registers full of floating-point numbers when it is interrupted.
fn float_loop() {
    let sum = || (1..=100_000).map(|n| 1.0 / f64::from(black_box(n))).sum::<f64>();
    let expected = sum().to_bits();
    loop {
        assert_eq!(sum().to_bits(), expected);
        SUMS.fetch_add(1, Relaxed);
    }
}

/// Is often interrupted while it has the allocator's lock, or in the middle of a list.
fn malloc_loop() {
    let mut blocks = VecDeque::new();
    for round in 0_usize.. {
        blocks.push_back(vec![round as u8; 16 + round * 7919 % 5000]);
        if blocks.len() > 64 {
            let block = blocks.pop_front().unwrap();
            assert!(block.iter().all(|&byte| byte == block[0]), "a block was overwritten");
        }
        ALLOCATIONS.fetch_add(1, Relaxed);
    }
}
