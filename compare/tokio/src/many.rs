//! A hundred thousand tasks that sleep, a million timers, a million tasks that wait.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use compare_harness::{Ask, Figure, timed, work};
use tokio::sync::{Mutex, mpsc};
use tokio::task::coop;
use tokio::time::{Sleep, sleep};

use crate::runtime::{run, run_with_timers};

/// Tasks that all sleep at once.
pub(crate) fn sleepers(ask: &Ask) -> Duration {
    let count = ask.pick(10_000, 100_000);
    timed(|| {
        run_with_timers(async move {
            let start = |_| tokio::spawn(sleep(Duration::from_millis(100)));
            let tasks: Vec<_> = (0..count).map(start).collect();
            for task in tasks {
                task.await.expect("nothing panics");
            }
        });
    })
}

/// Timers that are armed and stopped again. A `Sleep` is armed when it is polled first.
pub(crate) fn timers(ask: &Ask) -> Duration {
    let count = ask.pick(100_000, 1_000_000);
    timed(|| {
        run_with_timers(async move {
            let mut timers = Vec::with_capacity(count);
            // Without a budget: it ends after 128 polls, and a `Sleep` that is polled then
            // is not armed.
            coop::unconstrained(std::future::poll_fn(|cx| {
                for _ in 0..count {
                    let mut timer: Pin<Box<Sleep>> = Box::pin(sleep(Duration::from_secs(3600)));
                    assert_eq!(timer.as_mut().poll(cx), Poll::Pending);
                    timers.push(timer);
                }
                Poll::Ready(())
            }))
            .await;
            drop(timers);
        });
    })
}

/// Tasks that all wait at one channel.
pub(crate) fn parked(ask: &Ask) -> Vec<Figure> {
    let count = ask.pick(100_000, 1_000_000);
    run(async move {
        let started = Arc::new(AtomicU64::new(0));
        // tokio's channels have one receiver: the others wait for their turn to be it.
        let (tx, rx) = mpsc::channel::<()>(1);
        let rx = Arc::new(Mutex::new(rx));
        let start = Instant::now();
        let begin = |_| {
            let (started, rx) = (Arc::clone(&started), Arc::clone(&rx));
            tokio::spawn(async move {
                started.fetch_add(1, Ordering::Relaxed);
                rx.lock().await.recv().await
            })
        };
        let tasks: Vec<_> = (0..count).map(begin).collect();
        while started.load(Ordering::Relaxed) < count {
            tokio::task::yield_now().await;
        }
        let time = start.elapsed();
        let (rss, tables) = work::memory();
        drop(tx);
        for task in tasks {
            assert_eq!(task.await.expect("nothing panics"), None);
        }
        vec![
            Figure::single("_time", time.as_secs_f64() * 1e3, "ms"),
            Figure::single("_rss", rss, "MiB"),
            Figure::single("_tables", tables, "MiB"),
        ]
    })
}
