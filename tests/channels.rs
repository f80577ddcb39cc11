//! Channels between goroutines, and between goroutines and threads: Go's rules, the order
//! of service, and that each value ends exactly once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use gmp::chan::{Receiver, RecvError, Sender, TryRecvError, TrySendError, bounded, unbounded};
use gmp::sync::WaitGroup;
use gmp::{JoinHandle, go};

/// Ends the process if the result is not dropped within two minutes.
#[track_caller]
fn watchdog() -> std::sync::mpsc::Sender<()> {
    let place = std::panic::Location::caller();
    let (alive, watched) = channel();
    thread::spawn(move || {
        if watched.recv_timeout(Duration::from_secs(120)) == Err(RecvTimeoutError::Timeout) {
            eprintln!("the test at {place} hangs");
            std::process::abort();
        }
    });
    alive
}

/// Lets others run until `done`.
fn until(done: impl Fn() -> bool) {
    while !done() {
        gmp::gosched();
    }
}

fn join<T>(handle: JoinHandle<T>) -> T {
    handle.join().expect("the goroutine panicked")
}

fn check_blocking(cap: usize) {
    let (tx, rx) = bounded(cap);
    let first = {
        let rx = rx.clone();
        go!(move || rx.recv())
    };
    let second = {
        let rx = rx.clone();
        go!(move || rx.recv_ok())
    };
    until(|| rx.waiting_receivers() == 2);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    tx.send(7).unwrap();
    tx.send(7).unwrap();
    assert_eq!(join(first), Ok(7));
    assert_eq!(join(second), (Some(7), true));

    (0..cap).for_each(|n| tx.send(n).unwrap());
    assert!(tx.is_full());
    let sender = {
        let tx = tx.clone();
        go!(move || tx.send(cap))
    };
    until(|| tx.waiting_senders() == 1);
    assert_eq!(tx.try_send(0), Err(TrySendError::Full(0)));
    (0..=cap).for_each(|n| assert_eq!(rx.recv(), Ok(n)));
    assert_eq!(join(sender), Ok(()));
}

fn check_close(cap: usize) {
    let (tx, rx) = bounded(cap);
    (0..cap).for_each(|n| tx.send(n).unwrap());
    tx.close();
    (0..cap).for_each(|n| assert_eq!(rx.recv(), Ok(n)));
    assert_eq!(rx.recv(), Err(RecvError));
    assert_eq!(rx.recv_ok(), (None, false));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));

    let (tx, rx) = bounded::<u32>(cap);
    let receiver = go!(move || rx.recv());
    until(|| tx.waiting_receivers() == 1);
    tx.close();
    assert_eq!(join(receiver), Err(RecvError));
}

fn check_order(cap: usize) {
    let (tx, rx) = bounded(cap);
    go!(move || (0..100).for_each(|n| tx.send(n).unwrap()));
    (0..100).for_each(|n| assert_eq!(rx.recv(), Ok(n)));
    assert_eq!(rx.recv(), Err(RecvError));
}

/// 4 senders of the same values, 4 receivers; the results travel over a channel too.
fn check_stress(cap: usize) {
    const SIDE: u32 = 4;
    const VALUES: u32 = 500;
    let (tx, rx) = bounded(cap);
    let (report, reports) = bounded(0);
    for _ in 0..SIDE {
        let tx = tx.clone();
        go!(move || (0..VALUES).for_each(|n| tx.send(n).unwrap()));
        let (rx, report) = (rx.clone(), report.clone());
        go!(move || {
            let mut seen = HashMap::<u32, u32>::new();
            for _ in 0..VALUES {
                *seen.entry(rx.recv().unwrap()).or_default() += 1;
            }
            report.send(seen).unwrap();
        });
    }
    let mut total = HashMap::<u32, u32>::new();
    for seen in reports.iter().take(SIDE as usize) {
        for (value, count) in seen {
            *total.entry(value).or_default() += count;
        }
    }
    assert_eq!(total.len() as u32, VALUES);
    assert!(total.values().all(|&count| count == SIDE));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
}

#[gmp::test]
fn all_capacities() {
    let _watchdog = watchdog();
    for cap in 0..200 {
        check_blocking(cap);
        check_close(cap);
        check_order(cap);
        if cap < 8 || cap % 32 == 0 {
            check_stress(cap);
        }
    }
}

/// A value sent before the channel was closed is never reported as missing.
#[gmp::test]
fn try_recv_races_with_close() {
    let _watchdog = watchdog();
    for round in 0..10_000 {
        let (tx, rx) = if round % 2 == 0 { bounded(1) } else { unbounded() };
        tx.send(1).unwrap();
        let receiver = go!(move || rx.try_recv());
        tx.close();
        assert_eq!(join(receiver), Ok(1));
    }
}

#[gmp::test]
fn many_consumers() {
    const WORKERS: usize = 23;
    const ITEMS: usize = 271_828;
    const VALUES: [u64; 10] = [2, 3, 7, 11, 13, 17, 19, 23, 27, 31];
    let _watchdog = watchdog();
    let (work_tx, work) = bounded(WORKERS * 3);
    let (done, results) = bounded(WORKERS * 3);
    let wg = WaitGroup::new();
    for worker in 0..WORKERS {
        let (work, done) = (work.clone(), done.clone());
        wg.go(move || {
            for value in work {
                // Uneven yields, so that workers get out of step.
                if VALUES[worker % VALUES.len()] == value {
                    gmp::gosched();
                }
                done.send(value).unwrap();
            }
        });
    }
    go!(move || {
        (0..ITEMS).for_each(|item| work_tx.send(VALUES[item % VALUES.len()]).unwrap());
        work_tx.close();
        wg.wait();
        done.close();
    });
    let (mut count, mut sum) = (0, 0);
    for value in results {
        count += 1;
        sum += value;
    }
    let expected = (0..ITEMS).map(|item| VALUES[item % VALUES.len()]).sum::<u64>();
    assert_eq!((count, sum), (ITEMS, expected));
}

#[gmp::test]
fn blocked_senders_are_served_in_order() {
    let _watchdog = watchdog();
    for cap in [0, 1, 5] {
        let (tx, rx) = bounded(cap);
        (0..cap).for_each(|n| tx.send(n).unwrap());
        for n in 0..100 {
            let sender = tx.clone();
            go!(move || sender.send(cap + n).unwrap());
            until(|| tx.waiting_senders() == n + 1);
        }
        (0..cap + 100).for_each(|n| assert_eq!(rx.recv(), Ok(n)));
    }
}

#[gmp::test]
fn blocked_receivers_are_served_in_order() {
    let _watchdog = watchdog();
    for (tx, rx) in [bounded(0), bounded(4), unbounded()] {
        let mut receivers = Vec::new();
        for n in 0..100 {
            let receiver = rx.clone();
            receivers.push(go!(move || receiver.recv()));
            until(|| tx.waiting_receivers() == n + 1);
        }
        (0..100).for_each(|n| tx.send(n).unwrap());
        for (n, receiver) in receivers.into_iter().enumerate() {
            assert_eq!(join(receiver), Ok(n));
        }
    }
}

/// Who waits owns the next value, or the next room, at the moment it comes to be.
#[gmp::test]
fn nobody_overtakes() {
    let _watchdog = watchdog();
    for _ in 0..1_000 {
        let (tx, rx) = bounded(1);
        tx.send(0).unwrap();
        let sender = {
            let tx = tx.clone();
            go!(move || tx.send(1))
        };
        until(|| tx.waiting_senders() == 1);
        assert_eq!(rx.recv(), Ok(0));
        assert_eq!(tx.try_send(2), Err(TrySendError::Full(2)));
        assert_eq!(rx.recv(), Ok(1));
        assert_eq!(join(sender), Ok(()));

        let receiver = {
            let rx = rx.clone();
            go!(move || rx.recv())
        };
        until(|| tx.waiting_receivers() == 1);
        tx.send(3).unwrap();
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
        assert_eq!(join(receiver), Ok(3));
    }
}

/// A value that counts its drops.
#[derive(Debug)]
struct Token(Arc<AtomicUsize>);

impl Drop for Token {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Makes tokens, and checks in the end that each was dropped once.
#[derive(Clone, Default)]
struct Book(Arc<Mutex<Vec<Arc<AtomicUsize>>>>);

impl Book {
    fn token(&self) -> Token {
        let drops = Arc::new(AtomicUsize::new(0));
        self.0.lock().unwrap().push(drops.clone());
        Token(drops)
    }

    #[track_caller]
    fn check(&self) {
        for (id, drops) in self.0.lock().unwrap().iter().enumerate() {
            assert_eq!(drops.load(Ordering::SeqCst), 1, "drops of token {id}");
        }
    }
}

/// Blocks 500 senders on a full channel, ends it, and expects all values back.
fn with_blocked_senders(end: impl Fn(&Sender<Token>, Receiver<Token>)) {
    const SENDERS: usize = 500;
    let _watchdog = watchdog();
    for cap in [0, 3] {
        let book = Book::default();
        let (tx, rx) = bounded(cap);
        (0..cap).for_each(|_| tx.send(book.token()).unwrap());
        let wg = WaitGroup::new();
        let refused = Arc::new(AtomicUsize::new(0));
        for _ in 0..SENDERS {
            let (tx, token, refused) = (tx.clone(), book.token(), refused.clone());
            wg.go(move || {
                refused.fetch_add(usize::from(tx.send(token).is_err()), Ordering::SeqCst);
            });
        }
        until(|| tx.waiting_senders() == SENDERS);
        end(&tx, rx);
        wg.wait();
        assert_eq!(refused.load(Ordering::SeqCst), SENDERS);
        drop(tx);
        book.check();
    }
}

#[gmp::test]
fn close_gives_blocked_senders_their_values_back() {
    with_blocked_senders(|tx, _rx| tx.close());
}

#[gmp::test]
fn last_receiver_dropped_under_blocked_senders() {
    with_blocked_senders(|_tx, rx| drop(rx));
}

fn with_blocked_receivers(end: impl Fn(Sender<Token>)) {
    const RECEIVERS: usize = 500;
    let _watchdog = watchdog();
    for (tx, rx) in [bounded(0), bounded(3), unbounded()] {
        let (wg, failed) = (WaitGroup::new(), Arc::new(AtomicUsize::new(0)));
        for _ in 0..RECEIVERS {
            let (rx, failed) = (rx.clone(), failed.clone());
            wg.go(move || {
                failed.fetch_add(usize::from(rx.recv().is_err()), Ordering::SeqCst);
            });
        }
        until(|| rx.waiting_receivers() == RECEIVERS);
        end(tx);
        wg.wait();
        assert_eq!(failed.load(Ordering::SeqCst), RECEIVERS);
    }
}

#[gmp::test]
fn close_wakes_blocked_receivers() {
    with_blocked_receivers(|tx| tx.close());
}

#[gmp::test]
fn last_sender_dropped_under_blocked_receivers() {
    with_blocked_receivers(drop);
}

#[gmp::test]
fn values_left_behind_are_dropped_once() {
    let book = Book::default();
    for receiver_first in [true, false] {
        for (tx, rx) in [bounded(100), unbounded()] {
            (0..100).for_each(|_| tx.send(book.token()).unwrap());
            (0..30).for_each(|_| drop(rx.recv().unwrap()));
            if receiver_first {
                drop(rx);
                drop(tx);
            } else {
                drop(tx);
                drop(rx);
            }
        }
    }
    book.check();
}

#[gmp::test]
#[should_panic(expected = "close of closed channel")]
fn closing_twice_panics() {
    let (tx, rx) = bounded::<u32>(1);
    tx.close();
    rx.close();
}

/// Goroutines and threads on both sides of one channel.
#[gmp::test]
fn goroutines_and_threads_mix() {
    const EACH: u64 = 3;
    const VALUES: u64 = 2_000;
    let _watchdog = watchdog();
    for (tx, rx) in [bounded(0), bounded(1), bounded(64), unbounded()] {
        let (sum, wg) = (Arc::new(AtomicUsize::new(0)), WaitGroup::new());
        let mut threads = Vec::new();
        for _ in 0..EACH {
            let send = {
                let tx = tx.clone();
                move || (1..=VALUES).for_each(|n| tx.send(n).unwrap())
            };
            let receive = {
                let (rx, sum) = (rx.clone(), sum.clone());
                move || {
                    for n in rx {
                        sum.fetch_add(n as usize, Ordering::SeqCst);
                    }
                }
            };
            threads.push(thread::spawn(send.clone()));
            threads.push(thread::spawn(receive.clone()));
            wg.go(send);
            wg.go(receive);
        }
        drop((tx, rx));
        wg.wait();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let expected = 2 * EACH * VALUES * (VALUES + 1) / 2;
        assert_eq!(sum.load(Ordering::SeqCst) as u64, expected);
    }
}

/// Sends values over all paths: handed to a waiting receiver, taken from a waiting sender,
/// through the buffer.
fn all_paths<T: Send + PartialEq + std::fmt::Debug + 'static>(make: fn(u8) -> T) {
    let _watchdog = watchdog();
    for (tx, rx) in [bounded(0), bounded(2), unbounded()] {
        let receiver = {
            let rx = rx.clone();
            go!(move || rx.recv().unwrap())
        };
        until(|| rx.waiting_receivers() == 1);
        tx.send(make(0)).unwrap();
        assert_eq!(join(receiver), make(0));
        go!(move || (1..=200).for_each(|n| tx.send(make(n)).unwrap()));
        (1..=200).for_each(|n| assert_eq!(rx.recv().unwrap(), make(n)));
    }
}

#[gmp::test]
fn large_values() {
    all_paths(|n| [n; 4096]);
}

#[gmp::test]
fn zero_sized_values() {
    all_paths(|_| ());
}

#[gmp::test]
fn over_aligned_values() {
    #[derive(Debug, PartialEq)]
    #[repr(align(128))]
    struct Aligned(u8);
    all_paths(Aligned);
}

#[gmp::test]
fn owning_values() {
    all_paths(|n| vec![n.to_string()]);
}

/// A chain of goroutines, each with a channel to the next.
#[gmp::test]
fn daisy_chain() {
    const LINKS: u64 = 10_000;
    let _watchdog = watchdog();
    let (first, mut rx) = bounded(0);
    for _ in 0..LINKS {
        let (tx, next) = bounded(0);
        let from = std::mem::replace(&mut rx, next);
        go!(move || tx.send(from.recv().unwrap() + 1_u64).unwrap());
    }
    first.send(0).unwrap();
    assert_eq!(rx.recv(), Ok(LINKS));
}

/// Each prime filters the numbers that come through a channel of its own.
#[gmp::test]
fn prime_sieve() {
    let _watchdog = watchdog();
    let (tx, mut numbers) = bounded(0);
    go!(move || (2..).take_while(|&n: &u32| tx.send(n).is_ok()).for_each(drop));
    let mut primes = Vec::new();
    while primes.len() < 100 {
        let prime = numbers.recv().unwrap();
        primes.push(prime);
        let (tx, filtered) = bounded(0);
        let from = std::mem::replace(&mut numbers, filtered);
        go!(move || {
            for n in from.iter().filter(|n| n % prime != 0) {
                if tx.send(n).is_err() {
                    return;
                }
            }
        });
    }
    assert_eq!(primes[95..], [503, 509, 521, 523, 541]);
}

/// A buffered channel as a semaphore.
#[gmp::test]
fn capacity_bounds_the_holders() {
    const HOLDERS: usize = 3;
    let _watchdog = watchdog();
    let (tx, rx) = bounded(HOLDERS);
    let (inside, wg) = (Arc::new(AtomicUsize::new(0)), WaitGroup::new());
    for _ in 0..20 {
        let (tx, rx, inside) = (tx.clone(), rx.clone(), inside.clone());
        wg.go(move || {
            for _ in 0..200 {
                tx.send(()).unwrap();
                assert!(inside.fetch_add(1, Ordering::SeqCst) < HOLDERS);
                gmp::gosched();
                inside.fetch_sub(1, Ordering::SeqCst);
                rx.recv().unwrap();
            }
        });
    }
    wg.wait();
    assert_eq!((inside.load(Ordering::SeqCst), tx.len()), (0, 0), "nobody panicked");
}
