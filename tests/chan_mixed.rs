//! One channel for everybody: goroutines, plain threads and async tasks, with a runtime and
//! without one.

#[path = "chan_async/by_hand.rs"]
mod by_hand;
mod support;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use gmp::chan::{Receiver, RecvError, RecvTimeoutError, Select, SendTimeoutError, Sender};
use gmp::chan::{after, bounded, never, nil, select, tick, unbounded};
use gmp::sync::WaitGroup;
use gmp::{JoinHandle, go};

use by_hand::ByHand;
use support::child::{child, programs};
use support::{join_thread, until, watchdog};

#[test]
fn program() {
    programs(&[("no_runtime", || {
        no_runtime();
        ExitCode::SUCCESS
    })]);
}

/// Runs `f` as a goroutine, on a thread, or as a task on a tokio runtime of its own thread.
enum Party<R> {
    Goroutine(JoinHandle<R>),
    Thread(thread::JoinHandle<R>),
}

impl<R> Party<R> {
    #[track_caller]
    fn join(self) -> R {
        match self {
            Party::Goroutine(handle) => handle.join().expect("the goroutine did not panic"),
            Party::Thread(handle) => join_thread(handle),
        }
    }
}

/// The three who can be at a channel's end.
const WHO: [&str; 3] = ["goroutine", "thread", "task"];

fn tokio_block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn sends(who: &str, tx: Sender<u64>, values: std::ops::Range<u64>) -> Party<()> {
    match who {
        "goroutine" => Party::Goroutine(go!(move || for n in values {
            tx.send(n).unwrap();
        })),
        "thread" => Party::Thread(thread::spawn(move || {
            for n in values {
                tx.send(n).unwrap();
            }
        })),
        _ => Party::Thread(thread::spawn(move || {
            tokio_block_on(async {
                for n in values {
                    tx.send_async(n).await.unwrap();
                }
            });
        })),
    }
}

fn receives(who: &str, rx: Receiver<u64>) -> Party<Vec<u64>> {
    match who {
        "goroutine" => Party::Goroutine(go!(move || rx.iter().collect())),
        "thread" => Party::Thread(thread::spawn(move || rx.iter().collect())),
        _ => Party::Thread(thread::spawn(move || {
            tokio_block_on(async {
                let mut all = Vec::new();
                while let Ok(n) = rx.recv_async().await {
                    all.push(n);
                }
                all
            })
        })),
    }
}

fn channels() -> [(Sender<u64>, Receiver<u64>); 4] {
    [bounded(0), bounded(1), bounded(16), unbounded()]
}

/// Each with each, in both roles: values arrive in order, and the end after them.
#[gmp::test]
fn each_meets_each() {
    const VALUES: u64 = 500;
    let _watchdog = watchdog();
    for from in WHO {
        for to in WHO {
            for (tx, rx) in channels() {
                let receiver = receives(to, rx);
                sends(from, tx, 0..VALUES).join();
                let all: Vec<u64> = (0..VALUES).collect();
                assert_eq!(receiver.join(), all, "from {from} to {to}");
            }
        }
    }
}

/// All at once on one channel: each value arrives once, each sender's in its order.
#[gmp::test]
fn all_at_once() {
    const EACH: u64 = 400;
    let _watchdog = watchdog();
    for (tx, rx) in channels() {
        let receivers: Vec<_> = WHO.into_iter().map(|who| receives(who, rx.clone())).collect();
        drop(rx);
        let senders: Vec<_> = (0..)
            .zip(WHO)
            .map(|(n, who)| sends(who, tx.clone(), n * EACH..(n + 1) * EACH))
            .collect();
        drop(tx);
        senders.into_iter().for_each(Party::join);
        let received: Vec<Vec<u64>> = receivers.into_iter().map(Party::join).collect();
        for mine in &received {
            for sender in 0..3 {
                let from = mine.iter().filter(|n| **n / EACH == sender);
                assert!(from.is_sorted(), "values of one sender overtook each other");
            }
        }
        let mut all: Vec<u64> = received.concat();
        all.sort_unstable();
        assert_eq!(all, (0..3 * EACH).collect::<Vec<_>>());
    }
}

/// Goroutines, threads and tasks that receive stand in one line: first come, first served.
#[gmp::test]
fn one_line_for_receivers() {
    let _watchdog = watchdog();
    for (tx, rx) in channels() {
        let (mut parties, mut tasks) = (Vec::new(), Vec::new());
        for n in 0..12 {
            let receiver = rx.clone();
            match n % 3 {
                0 => parties.push((n, Party::Goroutine(go!(move || receiver.recv())))),
                1 => parties.push((n, Party::Thread(thread::spawn(move || receiver.recv())))),
                _ => {
                    let mut task = ByHand::new(async move { receiver.recv_async().await });
                    assert_eq!(task.poll(), None);
                    tasks.push((n, task));
                }
            }
            until(|| tx.waiting_receivers() == n as usize + 1);
        }
        (0..12).for_each(|n| tx.send(n).unwrap());
        assert_eq!((rx.len(), rx.waiting_receivers()), (0, 0));
        for (n, mut task) in tasks {
            assert_eq!((task.wakes(), task.poll()), (1, Some(Ok(n))));
        }
        parties.into_iter().for_each(|(n, party)| assert_eq!(party.join(), Ok(n)));
    }
}

/// Goroutines, threads and tasks that send stand in one line.
#[gmp::test]
fn one_line_for_senders() {
    let _watchdog = watchdog();
    for cap in [0, 1, 16] {
        let (tx, rx) = bounded(cap);
        (0..cap as u64).for_each(|n| tx.send(n).unwrap());
        let (mut parties, mut tasks) = (Vec::new(), Vec::new());
        for place in 0..12 {
            let (sender, n) = (tx.clone(), (cap + place) as u64);
            match place % 3 {
                0 => parties.push(Party::Goroutine(go!(move || sender.send(n)))),
                1 => parties.push(Party::Thread(thread::spawn(move || sender.send(n)))),
                _ => {
                    let mut task = ByHand::new(async move { sender.send_async(n).await });
                    assert_eq!(task.poll(), None);
                    tasks.push(task);
                }
            }
            until(|| rx.waiting_senders() == place + 1);
        }
        let all = cap as u64 + 12;
        assert_eq!(
            (0..all).map(|_| rx.recv().unwrap()).collect::<Vec<_>>(),
            (0..all).collect::<Vec<_>>()
        );
        for mut task in tasks {
            assert_eq!((task.wakes(), task.poll()), (1, Some(Ok(()))));
        }
        parties.into_iter().for_each(|party| assert_eq!(party.join(), Ok(())));
    }
}

/// A close wakes all kinds of waiters on both sides.
#[gmp::test]
fn close_wakes_all_kinds() {
    let _watchdog = watchdog();
    let ((full_tx, full), (tx, rx)) = (bounded(0), bounded::<u64>(0));
    let mut parties = Vec::new();
    let mut tasks = Vec::new();
    for _ in 0..5 {
        let (to, from) = (full_tx.clone(), rx.clone());
        let blocked = move || (to.send(1).is_err(), from.recv().is_err());
        parties.push(Party::Goroutine(gmp::spawn(blocked.clone())));
        parties.push(Party::Thread(thread::spawn(blocked)));
        let (to, from) = (full_tx.clone(), rx.clone());
        let mut send = ByHand::new(async move { to.send_async(1).await.is_err() });
        let mut receive = ByHand::new(async move { from.recv_async().await.is_err() });
        assert!(send.poll().is_none() && receive.poll().is_none());
        tasks.extend([Box::new(send) as Box<dyn Task>, Box::new(receive)]);
    }
    until(|| full.waiting_senders() == 15 && rx.waiting_receivers() == 5);
    full.close();
    until(|| rx.waiting_receivers() == 15);
    tx.close();
    for party in parties {
        assert_eq!(party.join(), (true, true));
    }
    for mut task in tasks {
        assert_eq!((task.times_woken(), task.ended()), (1, Some(true)));
    }
}

/// A future of any type that says whether it failed.
trait Task {
    fn times_woken(&self) -> usize;
    fn ended(&mut self) -> Option<bool>;
}

impl<F: Future<Output = bool>> Task for ByHand<F> {
    fn times_woken(&self) -> usize {
        self.wakes()
    }

    fn ended(&mut self) -> Option<bool> {
        self.poll()
    }
}

/// Selects on threads face selects on goroutines: nobody is stuck, nothing is lost.
#[gmp::test]
fn selects_face_selects() {
    const ROUNDS: u64 = 3_000;
    let _watchdog = watchdog();
    let ((a_tx, a), (b_tx, b)) = (bounded(0), bounded(0));
    let sum = Arc::new(AtomicU64::new(0));
    let face = |sum: Arc<AtomicU64>, a_tx: Sender<u64>, b: Receiver<u64>| {
        move || {
            for n in 0..ROUNDS {
                select! {
                    a_tx <- n => {},
                    v = <-b => { sum.fetch_add(v.unwrap(), SeqCst); },
                }
            }
        }
    };
    // Who sends on one of the channels would receive on the other.
    let here = face(Arc::clone(&sum), a_tx.clone(), b.clone());
    let there = face(Arc::clone(&sum), b_tx.clone(), a.clone());
    let thread = thread::spawn(here);
    let goroutine = gmp::spawn(there);
    goroutine.join().unwrap();
    join_thread(thread);
    // Each pair of turns moved one value, of either side's count.
    assert_eq!(sum.load(SeqCst), ROUNDS * (ROUNDS - 1) / 2);
    assert_eq!((a_tx.waiting_senders(), b.waiting_receivers()), (0, 0));
    assert_eq!((b_tx.waiting_senders(), a.waiting_receivers()), (0, 0));
}

/// A pipeline with a stage of each kind.
#[gmp::test]
fn a_pipeline_of_all_kinds() {
    const VALUES: u64 = 1_000;
    let _watchdog = watchdog();
    for cap in [0, 4] {
        let ((first, one), (second, two), (third, end)) =
            (bounded(cap), bounded(cap), bounded(cap));
        let task = thread::spawn(move || {
            tokio_block_on(async {
                while let Ok(n) = two.recv_async().await {
                    third.send_async(n * 2).await.unwrap();
                }
            });
        });
        let doubles = thread::spawn(move || one.iter().for_each(|n| second.send(n + 1).unwrap()));
        go!(move || (0..VALUES).for_each(|n: u64| first.send(n).unwrap()));
        let all: Vec<u64> = end.iter().collect();
        assert_eq!(all, (1..=VALUES).map(|n| n * 2).collect::<Vec<_>>());
        join_thread(task);
        join_thread(doubles);
    }
}

/// Goroutines and threads share timers and tickers of one channel: one of them gets each.
#[gmp::test]
fn one_timer_for_all() {
    let _watchdog = watchdog();
    let (timer, got) = (after(Duration::from_millis(20)), Arc::new(AtomicUsize::new(0)));
    let (done_tx, done) = bounded::<()>(0);
    let all = WaitGroup::new();
    let waits = |timer: Receiver<Instant>, done: Receiver<()>, got: Arc<AtomicUsize>| {
        move || {
            select! {
                at = <-timer => {
                    assert!(at.unwrap() <= Instant::now());
                    got.fetch_add(1, SeqCst);
                }
                <-done => {}
            }
        }
    };
    let threads: Vec<_> = (0..3)
        .map(|_| {
            all.go(waits(timer.clone(), done.clone(), Arc::clone(&got)));
            thread::spawn(waits(timer.clone(), done.clone(), Arc::clone(&got)))
        })
        .collect();
    until(|| got.load(SeqCst) == 1);
    gmp::time::sleep(Duration::from_millis(5));
    done_tx.close();
    all.wait();
    threads.into_iter().for_each(join_thread);
    assert_eq!(got.load(SeqCst), 1);
}

/// All of a channel's life in a program that never starts a runtime.
fn no_runtime() {
    const VALUES: u64 = 1_000;
    let soon = Duration::from_millis(5);
    // Threads.
    for (tx, rx) in channels() {
        let sender = thread::spawn(move || (0..VALUES).for_each(|n| tx.send(n).unwrap()));
        assert_eq!(rx.iter().sum::<u64>(), VALUES * (VALUES - 1) / 2);
        sender.join().unwrap();
    }
    // Selects that face each other.
    let ((a_tx, a), (b_tx, b)) = (bounded(0), bounded(0));
    let other = thread::spawn(move || {
        (0..VALUES).for_each(|n| select! { a_tx <- n => {}, v = <-b => assert_eq!(v, Ok(n)) });
    });
    (0..VALUES).for_each(|n| select! { b_tx <- n => {}, v = <-a => assert_eq!(v, Ok(n)) });
    other.join().unwrap();
    // Time.
    let (tx, rx) = bounded::<u64>(0);
    let start = Instant::now();
    assert_eq!(rx.recv_timeout(soon), Err(RecvTimeoutError::Timeout));
    assert_eq!(tx.send_timeout(1, soon), Err(SendTimeoutError::Timeout(1)));
    select! { <-rx => panic!("nobody sends"), default(soon) => {} }
    select! { <-rx => panic!("nobody sends"), after(soon) => {} }
    select! { <-rx => panic!("nobody sends"), <-after(soon) => {} }
    assert!(after(soon).recv().unwrap() >= start + 6 * soon);
    let ticks = tick(soon);
    let first = ticks.recv().unwrap();
    assert!(ticks.recv().unwrap() > first);
    assert!(start.elapsed() >= 8 * soon);
    assert_eq!(never::<u64>().recv_timeout(soon), Err(RecvTimeoutError::Timeout));
    assert!(nil::<u64>().0.send_timeout(1, soon).is_err());
    // Dynamic sets.
    let mut cases = Select::new();
    let index = cases.recv(&rx);
    assert!(cases.try_select().is_err() && cases.select_timeout(soon).is_err());
    let sender = {
        let tx = tx.clone();
        thread::spawn(move || tx.send(7).unwrap())
    };
    let picked = cases.select();
    assert_eq!((picked.index(), picked.recv(&rx)), (index, Ok(7)));
    sender.join().unwrap();
    // Tasks.
    let mut task = ByHand::new(rx.recv_async());
    assert_eq!(task.poll(), None);
    let sender = {
        let tx = tx.clone();
        thread::spawn(move || tx.send(8).unwrap())
    };
    assert_eq!(task.finish(), Ok(8));
    sender.join().unwrap();
    let task = thread::spawn(move || tokio_block_on(async move { tx.send_async(9).await }));
    assert_eq!(rx.recv(), Ok(9));
    assert_eq!(task.join().unwrap(), Ok(()));
    assert_eq!(rx.recv(), Err(RecvError));
    println!("all=done");
}

/// Channels, selects, timers and futures need no runtime.
#[test]
fn without_a_runtime() {
    let _watchdog = watchdog();
    child("no_runtime").run().exits(0).prints("all=done").reports_no("runtime");
}
