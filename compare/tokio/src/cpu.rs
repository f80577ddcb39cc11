//! Work that is all computing, dealt out to tasks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use compare_harness::text::{BLOCK, Text, counted};
use compare_harness::{Ask, work};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use crate::runtime::run;

/// The product of two matrices, a task for each row. A task cannot borrow: the matrices are
/// shared by counting references, and each task returns its row.
pub(crate) fn matmul(ask: &Ask) -> Duration {
    let n = ask.pick(64, 512);
    let (a, b) = (Arc::new(work::matrix(n, 1)), Arc::new(work::matrix(n, 2)));
    let mut alone = vec![0.0; n];
    work::multiply_row(&a, &b, &mut alone, n - 1);
    let start = Instant::now();
    let product = by_rows(n, move |i| {
        let mut row = vec![0.0; n];
        work::multiply_row(&a, &b, &mut row, i);
        row
    });
    let time = start.elapsed();
    assert_eq!(product.last(), Some(&alone));
    time
}

/// A picture of the Mandelbrot set, a task for each row.
pub(crate) fn mandelbrot(ask: &Ask) -> Duration {
    let size = ask.pick(128, 1024);
    let total: u64 = (0..size).map(|y| work::mandelbrot_row(size, y)).sum();
    let start = Instant::now();
    let rows = by_rows(size, move |y| work::mandelbrot_row(size, y));
    let time = start.elapsed();
    assert_eq!(rows.into_iter().sum::<u64>(), total);
    time
}

/// What `row` returns for each of `n` rows, each by a task.
fn by_rows<T, F>(n: usize, row: F) -> Vec<T>
where
    T: Send + 'static,
    F: Fn(usize) -> T + Send + Sync + 'static,
{
    run(async move {
        let row = Arc::new(row);
        let start = |i| {
            let row = Arc::clone(&row);
            tokio::spawn(async move { row(i) })
        };
        let tasks: Vec<_> = (0..n).map(start).collect();
        let mut rows = Vec::with_capacity(n);
        for task in tasks {
            rows.push(task.await.expect("nothing panics"));
        }
        rows
    })
}

/// The words of a text: one task cuts it into blocks, the others count, and send the blocks
/// back. The file is read in the task itself: it is in memory, and the threads tokio has for
/// files would be more than the row allows.
pub(crate) fn word_count(ask: &Ask) -> Duration {
    let (path, workers) = (ask.text().to_owned(), ask.procs());
    let wanted = counted(&path);
    let start = Instant::now();
    let count = run(async move {
        let (full, blocks) = mpsc::channel(8);
        let (free, used) = mpsc::unbounded_channel();
        // tokio's channels have one receiver: the workers take turns.
        let blocks = Arc::new(Mutex::new(blocks));
        let mut set = JoinSet::new();
        for _ in 0..workers {
            set.spawn(count_words(Arc::clone(&blocks), free.clone()));
        }
        let cutter = tokio::spawn(cut(path, full, used));
        drop(free);
        let count: u64 = set.join_all().await.into_iter().sum();
        cutter.await.expect("nothing panics");
        count
    });
    let time = start.elapsed();
    assert_eq!(count, wanted);
    time
}

async fn cut(
    path: String,
    full: mpsc::Sender<Vec<u8>>,
    mut used: mpsc::UnboundedReceiver<Vec<u8>>,
) {
    let mut text = Text::open(&path);
    loop {
        // There are never more blocks than wait in the channel and are in somebody's hands.
        let mut block = used.try_recv().unwrap_or_else(|_| Vec::with_capacity(BLOCK));
        if !text.read(&mut block) {
            return;
        }
        full.send(block).await.expect("the workers are there");
    }
}

async fn count_words(
    blocks: Arc<Mutex<mpsc::Receiver<Vec<u8>>>>,
    free: mpsc::UnboundedSender<Vec<u8>>,
) -> u64 {
    let mut count = 0;
    loop {
        // The others wait at the lock: it must be free while this one counts.
        let block = blocks.lock().await.recv().await;
        let Some(block) = block else { return count };
        count += work::words(&block);
        // The cutter may have ended.
        let _ = free.send(block);
    }
}
