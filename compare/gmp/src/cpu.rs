//! Work that is all computing, dealt out to goroutines.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use compare_harness::text::{BLOCK, Text, counted};
use compare_harness::{Ask, timed, work};
use gmp::prelude::*;

/// A goroutine for the left part at each step.
pub(crate) fn quicksort(ask: &Ask) -> Duration {
    let mut v = work::unsorted(ask.pick(400_000, 8_000_000));
    let time = timed(|| sort(&mut v));
    assert!(v.is_sorted());
    time
}

fn sort(v: &mut [u32]) {
    if v.len() < work::SORT_ALONE {
        return work::sort(v);
    }
    let n = work::partition(v);
    let (left, right) = v.split_at_mut(n);
    gmp::scope(|s| {
        go!(s, || sort(left));
        sort(right);
    });
}

/// The product of two matrices, a goroutine for each row.
pub(crate) fn matmul(ask: &Ask) -> Duration {
    let n = ask.pick(64, 512);
    let (a, b) = (&work::matrix(n, 1), &work::matrix(n, 2));
    let stride = work::stride(n);
    let mut product = vec![0.0; n * stride];
    let time = timed(|| {
        gmp::scope(|s| {
            for (i, row) in product.chunks_exact_mut(stride).enumerate() {
                go!(s, move || work::multiply_row(a, b, &mut row[..n], i));
            }
        });
    });
    let mut alone = vec![0.0; n];
    work::multiply_row(a, b, &mut alone, n - 1);
    assert_eq!(product[(n - 1) * stride..][..n], alone);
    time
}

/// A picture of the Mandelbrot set, a goroutine for each row.
pub(crate) fn mandelbrot(ask: &Ask) -> Duration {
    static ALONE: OnceLock<u64> = OnceLock::new();
    let size = ask.pick(128, 1024);
    let total = AtomicU64::new(0);
    let time = timed(|| {
        gmp::scope(|s| {
            for y in 0..size {
                let total = &total;
                go!(s, move || total.fetch_add(work::mandelbrot_row(size, y), Ordering::Relaxed));
            }
        });
    });
    let alone = ALONE.get_or_init(|| (0..size).map(|y| work::mandelbrot_row(size, y)).sum());
    assert_eq!(total.into_inner(), *alone);
    time
}

/// The words of a text: one goroutine cuts it into blocks, the others count, and send the
/// blocks back.
pub(crate) fn word_count(ask: &Ask) -> Duration {
    let path = ask.text();
    let mut count = 0;
    let time = timed(|| count = count_words(path, ask.procs()));
    assert_eq!(count, counted(path));
    time
}

fn count_words(path: &str, workers: usize) -> u64 {
    const WAITING: usize = 8;
    let (full, blocks) = bounded::<Vec<u8>>(WAITING);
    // All blocks fit in: nobody waits to give one back.
    let (free, used) = bounded(WAITING + workers + 2);
    for _ in 0..WAITING + workers + 2 {
        free.send(Vec::with_capacity(BLOCK)).unwrap();
    }
    let mut text = Text::open(path);
    gmp::scope(|s| {
        go!(s, move || {
            loop {
                let mut block = used.recv().unwrap();
                if !text.read(&mut block) {
                    return;
                }
                full.send(block).unwrap();
            }
        });
        let count_blocks = || {
            let mut count = 0;
            for block in &blocks {
                count += work::words(&block);
                // The cutter may have ended.
                let _ = free.send(block);
            }
            count
        };
        let workers: Vec<_> = (0..workers).map(|_| go!(s, count_blocks())).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum::<u64>()
    })
}
