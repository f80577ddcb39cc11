//! A million goroutines wait on one channel; closing it wakes them all. Shows what
//! creating them costs in time and in memory: one page each, and page tables.
//!
//! ```text
//! cargo run --release --example million_goroutines
//! ```
//!
//! It takes 4.7 GB. With less memory to spare it makes fewer goroutines, and 100,000 if
//! `GMP_EXAMPLE_QUICK` is set.

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gmp::go;
use support::{figure, grouped};

/// All memory a waiting goroutine may cost, in bytes. Without optimization it is two pages.
const MOST_BYTES_EACH: usize = if cfg!(debug_assertions) { 9_600 } else { 4_800 };

#[gmp::main]
fn main() {
    let count = affordable(wanted());
    let (rss, tables) = memory();
    let (tx, rx) = gmp::chan::bounded::<()>(0);
    let woken = AtomicUsize::new(0);

    // A scope, so that they can all borrow one receiver and one counter.
    let (each, woken_early, closed) = gmp::scope(|s| {
        let start = Instant::now();
        for _ in 0..count {
            go!(s, || {
                assert!(rx.recv().is_err());
                woken.fetch_add(1, Ordering::Relaxed);
            });
        }
        let created = start.elapsed();
        let each = created.as_nanos() / count as u128;
        println!("{} goroutines created in {created:.2?}, {each} ns each", grouped(count));

        while gmp::stats().waiting < count {
            gmp::time::sleep(Duration::from_millis(1));
        }
        let (rss, tables) = (memory().0.saturating_sub(rss), memory().1.saturating_sub(tables));
        let each = (rss + tables) / count;
        println!("all waiting after {:.2?}", start.elapsed());
        println!("memory: {:.2} GB, page tables: {:.2} GB", gigabytes(rss), gigabytes(tables));
        println!("per goroutine: {} bytes", grouped(each));
        let (woken_early, closed) = (woken.load(Ordering::Relaxed), Instant::now());
        tx.close();
        (each, woken_early, closed)
    });

    let (woken, took) = (woken.into_inner(), closed.elapsed());
    println!("channel closed: {} woke and ended within {took:.2?}", grouped(woken));
    assert_eq!((woken_early, woken), (0, count));
    assert!(each <= MOST_BYTES_EACH, "{each} bytes per goroutine");
}

fn wanted() -> usize {
    if std::env::var_os("GMP_EXAMPLE_QUICK").is_some() { 100_000 } else { 1_000_000 }
}

/// `count`, or as many as fit into nine tenths of the memory there is.
fn affordable(count: usize) -> usize {
    let available = figure("/proc/meminfo", "MemAvailable") as usize;
    let fit = available / 10 * 9 / MOST_BYTES_EACH;
    if fit < count {
        println!(
            "only {:.1} GB of memory available: {} goroutines",
            gigabytes(available),
            grouped(fit)
        );
    }
    count.min(fit)
}

/// Bytes of memory and of page tables this process uses.
fn memory() -> (usize, usize) {
    let status = |name| figure("/proc/self/status", name) as usize;
    (status("VmRSS"), status("VmPTE"))
}

fn gigabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e9
}
