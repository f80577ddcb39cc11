//! A hundred thousand coroutines that sleep, a million that wait for an hour, or at a channel.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use compare_harness::{Ask, Figure, timed, work};
use may::coroutine::{park_timeout, sleep, yield_now};
use may::sync::mpmc;

use crate::start::{go, join, keep_stacks, run};

/// Coroutines that all sleep at once.
pub(crate) fn sleepers(ask: &Ask) -> Duration {
    let count = ask.pick(10_000, 100_000);
    keep_stacks(12_000);
    timed(|| {
        run(move || {
            let start = |_| go(|| sleep(Duration::from_millis(100)));
            let all: Vec<_> = (0..count).map(start).collect();
            all.into_iter().for_each(join);
        });
    })
}

/// Timers that are armed and stopped again. may's only timers are those of coroutines that
/// wait with a time limit.
pub(crate) fn timers(ask: &Ask) -> Duration {
    let count = ask.pick(100_000, 1_000_000);
    timed(|| {
        run(move || {
            let started = Arc::new(AtomicU64::new(0));
            let begin = |_| {
                let started = Arc::clone(&started);
                go(move || {
                    started.fetch_add(1, Ordering::Relaxed);
                    park_timeout(Duration::from_secs(3600));
                })
            };
            let all: Vec<_> = (0..count).map(begin).collect();
            wait_for(&started, count);
            all.iter().for_each(|waiting| waiting.coroutine().unpark());
            all.into_iter().for_each(join);
        });
    })
}

/// Coroutines that all wait at one channel.
pub(crate) fn parked(ask: &Ask) -> Vec<Figure> {
    let count = ask.pick(100_000, 1_000_000);
    run(move || {
        let started = Arc::new(AtomicU64::new(0));
        let (tx, rx) = mpmc::channel::<()>();
        let start = Instant::now();
        let begin = |_| {
            let (started, rx) = (Arc::clone(&started), rx.clone());
            go(move || {
                started.fetch_add(1, Ordering::Relaxed);
                rx.recv().is_err()
            })
        };
        let all: Vec<_> = (0..count).map(begin).collect();
        wait_for(&started, count);
        let time = start.elapsed();
        let (rss, tables) = work::memory();
        drop(tx);
        for handle in all {
            assert!(join(handle), "nobody sends");
        }
        vec![
            Figure::single("_time", time.as_secs_f64() * 1e3, "ms"),
            Figure::single("_rss", rss, "MiB"),
            Figure::single("_tables", tables, "MiB"),
        ]
    })
}

fn wait_for(started: &AtomicU64, count: u64) {
    while started.load(Ordering::Relaxed) < count {
        yield_now();
    }
}
