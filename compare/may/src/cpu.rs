//! Work that is all computing, dealt out to coroutines.

use std::iter;
use std::mem::take;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use compare_harness::text::{BLOCK, Text, counted};
use compare_harness::work::{self, SORT_ALONE};
use compare_harness::{Ask, timed};
use may::sync::mpmc;

use crate::start::{all, go, join, keep_stacks, run};

/// Quicksort: the left part by another coroutine, the right one by oneself.
pub(crate) fn quicksort(ask: &Ask) -> Duration {
    keep_stacks(4096);
    let mut v = work::unsorted(ask.pick(400_000, 8_000_000));
    let (time, v) = run(move || (timed(|| sort(&mut v)), v));
    assert!(v.is_sorted());
    time
}

fn sort(mut v: &mut [u32]) {
    all(iter::from_fn(|| {
        let part = take(&mut v);
        if part.len() < SORT_ALONE {
            work::sort(part);
            return None;
        }
        let n = work::partition(part);
        let (left, right) = part.split_at_mut(n);
        v = right;
        Some(move || sort(left))
    }));
}

/// The product of two matrices, a coroutine for each row.
pub(crate) fn matmul(ask: &Ask) -> Duration {
    let n = ask.pick(64, 512);
    let (a, b) = (work::matrix(n, 1), work::matrix(n, 2));
    let stride = work::stride(n);
    let mut alone = vec![0.0; n];
    work::multiply_row(&a, &b, &mut alone, n - 1);
    let (time, product) = run(move || {
        let mut product = vec![0.0; n * stride];
        let (a, b) = (&a, &b);
        let rows = product.chunks_mut(stride).enumerate();
        let time =
            timed(|| all(rows.map(|(i, row)| move || work::multiply_row(a, b, &mut row[..n], i))));
        (time, product)
    });
    assert_eq!(product[(n - 1) * stride..][..n], alone);
    time
}

/// A picture of the Mandelbrot set, a coroutine for each row.
pub(crate) fn mandelbrot(ask: &Ask) -> Duration {
    let size = ask.pick(128, 1024);
    let wanted: u64 = (0..size).map(|y| work::mandelbrot_row(size, y)).sum();
    let (time, total) = run(move || {
        let total = &AtomicU64::new(0);
        let add = |y| total.fetch_add(work::mandelbrot_row(size, y), Ordering::Relaxed);
        let time = timed(|| all((0..size).map(|y| move || _ = add(y))));
        (time, total.load(Ordering::Relaxed))
    });
    assert_eq!(total, wanted);
    time
}

/// The words of a text: one coroutine cuts it into blocks, the others count, and send the
/// blocks back. There is a fixed number of blocks, since may's channels have no bound.
pub(crate) fn word_count(ask: &Ask) -> Duration {
    let (path, workers) = (ask.text().to_owned(), ask.procs());
    let wanted = counted(&path);
    let start = Instant::now();
    let count = run(move || {
        let (full, blocks) = mpmc::channel();
        let (free, used) = mpmc::channel();
        // As many as would wait in a channel of 8, and are in somebody's hands.
        for _ in 0..8 + workers + 1 {
            free.send(Vec::with_capacity(BLOCK)).expect("the cutter is to be");
        }
        let start = |_| {
            let (blocks, free) = (blocks.clone(), free.clone());
            go(move || count_words(&blocks, &free))
        };
        let all: Vec<_> = (0..workers).map(start).collect();
        let cutter = go(move || cut(&path, &full, &used));
        let count: u64 = all.into_iter().map(join).sum();
        join(cutter);
        count
    });
    let time = start.elapsed();
    assert_eq!(count, wanted);
    time
}

fn cut(path: &str, full: &mpmc::Sender<Vec<u8>>, used: &mpmc::Receiver<Vec<u8>>) {
    let mut text = Text::open(path);
    for mut block in used {
        if !text.read(&mut block) {
            return;
        }
        full.send(block).expect("the workers are there");
    }
}

fn count_words(blocks: &mpmc::Receiver<Vec<u8>>, free: &mpmc::Sender<Vec<u8>>) -> u64 {
    let mut count = 0;
    for block in blocks {
        count += work::words(&block);
        // The cutter may have ended.
        let _ = free.send(block);
    }
    count
}
