//! A hundred thousand goroutines that sleep, a million timers, a million goroutines that wait.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use compare_harness::{Ask, Figure, timed, work};
use gmp::prelude::*;
use gmp::time::{after_func, sleep};

use crate::scheduler::forever;

/// Goroutines that all sleep at once.
pub(crate) fn sleepers(ask: &Ask) -> Duration {
    let count = ask.pick(10_000, 100_000);
    let wg = forever();
    timed(|| {
        wg.add(count);
        for _ in 0..count {
            go! {
                sleep(Duration::from_millis(100));
                wg.done();
            };
        }
        wg.wait();
    })
}

/// Timers that are armed, and stopped and freed again.
pub(crate) fn timers(ask: &Ask) -> Duration {
    let count = ask.pick(100_000, 1_000_000);
    let mut timers = Vec::with_capacity(count);
    timed(|| {
        let hour = Duration::from_secs(3600);
        timers.extend((0..count).map(|_| after_func(hour, || panic!("an hour has not passed"))));
        assert_eq!(timers.drain(..).filter(|timer| timer.stop()).count(), count);
    })
}

/// Goroutines that all wait at one channel.
pub(crate) fn parked(ask: &Ask) -> Vec<Figure> {
    let count = ask.pick(100_000, 1_000_000);
    let (tx, rx) = bounded::<()>(0);
    let started = AtomicUsize::new(0);
    gmp::scope(|s| {
        let start = Instant::now();
        for _ in 0..count {
            go!(s, || {
                started.fetch_add(1, Ordering::Relaxed);
                rx.recv().expect_err("nobody sends");
            });
        }
        while started.load(Ordering::Relaxed) < count {
            sleep(Duration::from_millis(1));
        }
        let time = start.elapsed();
        let (rss, tables) = work::memory();
        tx.close();
        vec![
            Figure::single("_time", time.as_secs_f64() * 1e3, "ms"),
            Figure::single("_rss", rss, "MiB"),
            Figure::single("_tables", tables, "MiB"),
        ]
    })
}
