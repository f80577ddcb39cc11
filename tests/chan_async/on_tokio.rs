//! Tasks of tokio, on both of its schedulers, with goroutines and threads at the other ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use gmp::chan::{Receiver, RecvError, SendError, Sender, after, bounded, tick, unbounded};
use gmp::go;
use gmp::sync::WaitGroup;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use crate::support::{Random, join_thread, until, watchdog};

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap()
}

fn multi_thread() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap()
}

/// Runs `body` on a thread of its own, once on each of tokio's schedulers.
fn on_each<F: Future<Output = ()>>(body: impl Fn() -> F + Send + Copy + 'static) {
    for runtime in [current_thread, multi_thread] {
        join_thread(thread::spawn(move || runtime().block_on(body())));
    }
}

fn channels() -> [(Sender<u64>, Receiver<u64>); 4] {
    [bounded(0), bounded(1), bounded(16), unbounded()]
}

/// Two tasks meet on a channel without a buffer, in both directions.
#[gmp::test]
fn tasks_meet_tasks() {
    const ROUNDS: u64 = 2_000;
    let _watchdog = watchdog();
    on_each(|| async {
        let ((ping, pinged), (pong, ponged)) = (bounded(0), bounded(0));
        let partner = tokio::spawn(async move {
            while let Ok(n) = pinged.recv_async().await {
                pong.send_async(n + 1).await.unwrap();
            }
        });
        for n in 0..ROUNDS {
            ping.send_async(n).await.unwrap();
            assert_eq!(ponged.recv_async().await, Ok(n + 1));
        }
        drop(ping);
        partner.await.unwrap();
        assert_eq!(ponged.recv_async().await, Err(RecvError));
    });
}

/// A task and a goroutine, a task and a thread.
#[gmp::test]
fn tasks_meet_others() {
    const ROUNDS: u64 = 1_000;
    let _watchdog = watchdog();
    on_each(|| async {
        for goroutine in [true, false] {
            let ((ping, pinged), (pong, ponged)) = (bounded::<u64>(0), bounded(0));
            let partner = move || pinged.iter().for_each(|n| pong.send(n + 1).unwrap());
            let handle = if goroutine {
                go!(partner());
                None
            } else {
                Some(thread::spawn(partner))
            };
            for n in 0..ROUNDS {
                ping.send_async(n).await.unwrap();
                assert_eq!(ponged.recv_async().await, Ok(n + 1));
            }
            drop(ping);
            assert_eq!(ponged.recv_async().await, Err(RecvError));
            handle.into_iter().for_each(|handle| handle.join().unwrap());
        }
    });
}

/// Many tasks and goroutines on both sides of one channel: each value arrives once.
#[gmp::test]
fn many_on_one_channel() {
    const SIDE: u64 = 20;
    const EACH: u64 = 100;
    let _watchdog = watchdog();
    on_each(|| async {
        for (tx, rx) in channels() {
            let (sum, goroutines) = (Arc::new(AtomicU64::new(0)), WaitGroup::new());
            let (mut senders, mut receivers) = (JoinSet::new(), JoinSet::new());
            for side in 0..SIDE {
                let values = side * EACH..(side + 1) * EACH;
                let (to, from, total) = (tx.clone(), rx.clone(), Arc::clone(&sum));
                if side % 2 == 0 {
                    senders.spawn(async move {
                        for n in values {
                            to.send_async(n).await.unwrap();
                        }
                    });
                    goroutines.go(move || from.iter().for_each(|n| _ = total.fetch_add(n, SeqCst)));
                } else {
                    goroutines.go(move || values.into_iter().for_each(|n| to.send(n).unwrap()));
                    receivers.spawn(async move {
                        while let Ok(n) = from.recv_async().await {
                            total.fetch_add(n, SeqCst);
                        }
                    });
                }
            }
            drop((tx, rx));
            senders.join_all().await;
            receivers.join_all().await;
            tokio::task::spawn_blocking(move || goroutines.wait()).await.unwrap();
            let all = SIDE * EACH;
            assert_eq!(sum.load(SeqCst), all * (all - 1) / 2);
        }
    });
}

/// A close wakes all tasks that wait, on both sides; senders get their values back.
#[gmp::test]
fn close_wakes_tasks() {
    const TASKS: usize = 300;
    let _watchdog = watchdog();
    on_each(|| async {
        let ((tx, rx), (full_tx, full)) = (bounded::<usize>(0), bounded(0));
        let mut tasks = JoinSet::new();
        for n in 0..TASKS {
            let (rx, full_tx) = (rx.clone(), full_tx.clone());
            tasks.spawn(async move { rx.recv_async().await == Err(RecvError) });
            tasks.spawn(async move { full_tx.send_async(n).await == Err(SendError(n)) });
        }
        while rx.waiting_receivers() < TASKS || full.waiting_senders() < TASKS {
            tokio::task::yield_now().await;
        }
        // From a goroutine, so that the wake-ups cross over.
        go!(move || {
            tx.close();
            full.close();
        });
        assert!(tasks.join_all().await.into_iter().all(|ended| ended));
        assert_eq!((rx.waiting_receivers(), full_tx.waiting_senders()), (0, 0));
    });
}

/// Tokio's select drops what loses: nothing that was sent is lost with it.
#[gmp::test]
fn losing_a_select_loses_no_value() {
    const EACH: u64 = 1_000;
    let _watchdog = watchdog();
    on_each(|| async {
        for cap in [0, 1] {
            let ends: [(Sender<u64>, Receiver<u64>); 3] = [bounded(cap), bounded(cap), bounded(0)];
            for (n, (tx, _)) in ends.clone().into_iter().enumerate() {
                let values = move || (0..EACH).map(move |value| 3 * value + n as u64);
                if n == 0 {
                    go!(move || values().for_each(|value| tx.send(value).unwrap()));
                } else {
                    tokio::spawn(async move {
                        for value in values() {
                            tx.send_async(value).await.unwrap();
                        }
                    });
                }
            }
            let [(a_tx, a), (b_tx, b), (c_tx, c)] = ends;
            drop((a_tx, b_tx, c_tx));
            let mut seen = Vec::new();
            while seen.len() < 3 * EACH as usize {
                tokio::select! {
                    Ok(n) = a.recv_async() => seen.push(n),
                    Ok(n) = b.recv_async() => seen.push(n),
                    Ok(n) = c.recv_async() => seen.push(n),
                }
            }
            seen.sort_unstable();
            assert_eq!(seen, (0..3 * EACH).collect::<Vec<_>>());
        }
    });
}

/// Waits that tokio cuts short, on both sides: a value is received once, or never sent.
#[gmp::test]
fn timeouts_lose_no_value() {
    const VALUES: u64 = 300;
    let _watchdog = watchdog();
    on_each(|| async {
        let ((tx, rx), random) = (bounded(0), Random::new());
        let sender = tokio::spawn(async move {
            let mut certain = 0;
            for n in 0..VALUES {
                let patience = Duration::from_micros(random.below(1_500));
                let sent = tokio::time::timeout(patience, tx.send_async(n)).await;
                certain += u64::from(sent.is_ok());
            }
            certain
        });
        let (mut received, random) = (Vec::new(), Random::new());
        loop {
            let patience = Duration::from_micros(random.below(1_500));
            match tokio::time::timeout(patience, rx.recv_async()).await {
                Ok(Ok(n)) => received.push(n),
                Ok(Err(RecvError)) => break,
                Err(_) => {}
            }
        }
        let certain = sender.await.unwrap();
        assert!(received.len() as u64 >= certain, "{} of {certain}", received.len());
        assert!(received.is_sorted_by(|a, b| a < b), "in order, and none twice");
    });
}

/// Tasks that are aborted while they wait leave the line; those behind them are served.
#[gmp::test]
fn aborted_tasks_leave_the_line() {
    let _watchdog = watchdog();
    on_each(|| async {
        let (tx, rx) = bounded(0);
        let served = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..100)
            .map(|_| {
                let (rx, served) = (rx.clone(), Arc::clone(&served));
                tokio::spawn(async move {
                    rx.recv_async().await.unwrap();
                    served.fetch_add(1, SeqCst);
                })
            })
            .collect();
        while rx.waiting_receivers() < 100 {
            tokio::task::yield_now().await;
        }
        tasks.iter().step_by(2).for_each(|task| task.abort());
        while rx.waiting_receivers() > 50 {
            tokio::task::yield_now().await;
        }
        for n in 0..50 {
            tx.send_async(n).await.unwrap();
        }
        for (n, task) in tasks.into_iter().enumerate() {
            assert_eq!(task.await.is_ok(), n % 2 == 1);
        }
        assert_eq!((served.load(SeqCst), rx.waiting_receivers()), (50, 0));
    });
}

/// Timers and tickers of gmp in tasks.
#[gmp::test]
fn timers_in_tasks() {
    let _watchdog = watchdog();
    on_each(|| async {
        let (start, wait) = (Instant::now(), Duration::from_millis(10));
        assert!(after(wait).recv_async().await.unwrap() >= start + wait);
        assert!(start.elapsed() >= wait);
        let (start, ticker) = (Instant::now(), tick(wait));
        for n in 1..=3 {
            ticker.recv_async().await.unwrap();
            assert!(start.elapsed() >= n * wait);
        }
        let ((_tx, idle), timer) = (bounded::<()>(0), after(wait));
        tokio::select! {
            _ = idle.recv_async() => panic!("nobody sends"),
            due = timer.recv_async() => assert!(due.is_ok()),
        }
        assert_eq!(idle.waiting_receivers(), 0);
    });
}

/// A runtime that ends with tasks still waiting: they leave the line, and the channel goes on.
#[gmp::test]
fn a_runtime_ends() {
    let _watchdog = watchdog();
    for runtime in [current_thread, multi_thread] {
        let ((tx, rx), (full_tx, full)) = (bounded(0), bounded(0));
        let (receiver, sender) = (rx.clone(), full_tx.clone());
        let ended = thread::spawn(move || {
            let runtime = runtime();
            for n in 0..10 {
                let (rx, full_tx) = (receiver.clone(), sender.clone());
                runtime.spawn(async move { rx.recv_async().await });
                runtime.spawn(async move { full_tx.send_async(n).await });
            }
            runtime.block_on(async {
                while receiver.waiting_receivers() < 10 || sender.waiting_senders() < 10 {
                    tokio::task::yield_now().await;
                }
            });
        });
        join_thread(ended);
        assert_eq!((tx.waiting_receivers(), full.waiting_senders()), (0, 0));
        let receives = go!(move || rx.recv());
        until(|| tx.waiting_receivers() == 1);
        tx.send(1).unwrap();
        assert_eq!(receives.join().unwrap(), Ok(1));
        go!(move || full_tx.send(2).unwrap());
        assert_eq!(full.recv(), Ok(2));
    }
}
