//! Tasks that wait for the clocks of Go's timers, which others set anew.

mod common;

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use common::{until, watchdog};
use gmp_chan::{Receiver, go};
use tokio::runtime::{Builder, Runtime};

const HOUR: Duration = Duration::from_secs(3600);
const SOON: Duration = Duration::from_millis(3);

fn executor() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).build().unwrap()
}

/// A task that receives from `clock` once, and is polled by the time this returns.
fn receiver(
    executor: &Runtime,
    clock: &Arc<Receiver<Instant>>,
) -> tokio::task::JoinHandle<Instant> {
    let (polled, is_polled) = std::sync::mpsc::channel();
    let clock = Arc::clone(clock);
    let task = executor.spawn(async move {
        let mut receive = Box::pin(clock.recv_async());
        std::future::poll_fn(|context| {
            let answer = receive.as_mut().poll(context);
            let _ = polled.send(());
            answer
        })
        .await
        .unwrap()
    });
    is_polled.recv().unwrap();
    task
}

#[test]
fn a_task_is_served_at_the_new_time() {
    let _watchdog = watchdog();
    let executor = executor();
    for stopped in [false, true] {
        let clock = Arc::new(go::timer(HOUR));
        let task = receiver(&executor, &clock);
        let before = Instant::now();
        assert!(!stopped || go::stop(&clock));
        assert_ne!(go::reset_timer(&clock, SOON), stopped);
        let due = executor.block_on(task).unwrap();
        assert!(due >= before + SOON && due <= Instant::now());
    }
}

#[test]
fn tasks_and_threads_share_a_ticker() {
    let _watchdog = watchdog();
    let executor = executor();
    let ticker = Arc::new(go::ticker(HOUR));
    // More than are told at a time.
    let tasks: Vec<_> = (0..40).map(|_| receiver(&executor, &ticker)).collect();
    let thread = thread::spawn({
        let ticker = Arc::clone(&ticker);
        move || ticker.recv().unwrap()
    });
    until(|| ticker.waiting_receivers() == 1);
    go::reset_ticker(&ticker, Duration::from_micros(200));
    let mut ticks = vec![thread.join().unwrap()];
    ticks.extend(tasks.into_iter().map(|task| executor.block_on(task).unwrap()));
    ticks.sort_unstable();
    ticks.dedup();
    assert_eq!(ticks.len(), 41, "a tick was received twice");
}

#[test]
fn a_task_learns_of_the_end() {
    let _watchdog = watchdog();
    let executor = executor();
    let clock = Arc::new(go::timer(HOUR));
    let task = executor.spawn({
        let clock = Arc::clone(&clock);
        async move { clock.recv_async().await }
    });
    clock.close();
    assert!(executor.block_on(task).unwrap().is_err());
}

#[test]
fn a_task_that_is_dropped_leaves_no_trace() {
    let _watchdog = watchdog();
    let executor = executor();
    let clock = Arc::new(go::timer(HOUR));
    for _ in 0..40 {
        let task = receiver(&executor, &clock);
        task.abort();
        assert!(executor.block_on(task).unwrap_err().is_cancelled());
    }
    assert!(go::reset_timer(&clock, Duration::ZERO));
    clock.recv().unwrap();
}
