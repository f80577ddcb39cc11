//! Work that is all computing, dealt out to as many threads as there are CPUs to use.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{channel, sync_channel};
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use compare_harness::text::{BLOCK, Text, counted};
use compare_harness::{Ask, timed, work};

/// A thread for the left part, as long as there are few: eight of them per CPU.
pub(crate) fn quicksort(ask: &Ask) -> Duration {
    let mut v = work::unsorted(ask.pick(400_000, 8_000_000));
    let time = timed(|| sort(&mut v, ask.procs().ilog2() + 3));
    assert!(v.is_sorted());
    time
}

fn sort(v: &mut [u32], depth: u32) {
    if depth == 0 || v.len() < work::SORT_ALONE {
        return work::sort(v);
    }
    let n = work::partition(v);
    let (left, right) = v.split_at_mut(n);
    thread::scope(|s| {
        s.spawn(|| sort(left, depth - 1));
        sort(right, depth - 1);
    });
}

/// The product of two matrices, row by row.
pub(crate) fn matmul(ask: &Ask) -> Duration {
    let n = ask.pick(64, 512);
    let (a, b) = (work::matrix(n, 1), work::matrix(n, 2));
    let stride = work::stride(n);
    let mut product = vec![0.0; n * stride];
    let time = timed(|| {
        let rows = Mutex::new(product.chunks_exact_mut(stride).enumerate());
        // Not in the loop's head: the lock would be held while the row is computed.
        let next = || rows.lock().unwrap().next();
        on_all(ask.procs(), || {
            while let Some((i, row)) = next() {
                work::multiply_row(&a, &b, &mut row[..n], i);
            }
        });
    });
    let mut alone = vec![0.0; n];
    work::multiply_row(&a, &b, &mut alone, n - 1);
    assert_eq!(product[(n - 1) * stride..][..n], alone);
    time
}

/// A picture of the Mandelbrot set, row by row.
pub(crate) fn mandelbrot(ask: &Ask) -> Duration {
    static ALONE: OnceLock<u64> = OnceLock::new();
    let size = ask.pick(128, 1024);
    let (next, total) = (AtomicUsize::new(0), AtomicU64::new(0));
    let time = timed(|| {
        on_all(ask.procs(), || {
            let rows = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
            let rows = rows.take_while(|&y| y < size).map(|y| work::mandelbrot_row(size, y));
            total.fetch_add(rows.sum(), Ordering::Relaxed);
        });
    });
    let alone = ALONE.get_or_init(|| (0..size).map(|y| work::mandelbrot_row(size, y)).sum());
    assert_eq!(total.into_inner(), *alone);
    time
}

/// `work` by as many threads at once as `threads`, this one among them.
fn on_all(threads: usize, work: impl Fn() + Sync) {
    thread::scope(|s| {
        for _ in 1..threads {
            s.spawn(&work);
        }
        work();
    });
}

/// The words of a text: one thread cuts it into blocks, the others count, and send the blocks
/// back. A channel has one receiver: the workers take turns.
pub(crate) fn word_count(ask: &Ask) -> Duration {
    let path = ask.text();
    let mut count = 0;
    let time = timed(|| count = count_words(path, ask.procs()));
    assert_eq!(count, counted(path));
    time
}

fn count_words(path: &str, workers: usize) -> u64 {
    const WAITING: usize = 8;
    let (full, blocks) = sync_channel::<Vec<u8>>(WAITING);
    let (free, used) = channel();
    for _ in 0..WAITING + workers + 2 {
        free.send(Vec::with_capacity(BLOCK)).unwrap();
    }
    let mut text = Text::open(path);
    let (blocks, count) = (Mutex::new(blocks), AtomicU64::new(0));
    // Not in the loop's head: the lock would be held while the block is counted.
    let next = || blocks.lock().unwrap().recv();
    thread::scope(|s| {
        s.spawn(move || {
            loop {
                let mut block = used.recv().unwrap();
                if !text.read(&mut block) {
                    return;
                }
                full.send(block).unwrap();
            }
        });
        for _ in 0..workers {
            s.spawn(|| {
                while let Ok(block) = next() {
                    count.fetch_add(work::words(&block), Ordering::Relaxed);
                    // The cutter may have ended.
                    let _ = free.send(block);
                }
            });
        }
    });
    count.into_inner()
}
