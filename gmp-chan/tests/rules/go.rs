//! The rules of Go's channels, on plain threads.

use std::collections::HashMap;
use std::thread;

use crate::common::{until, watchdog};
use gmp_chan::{Receiver, RecvError, Sender, TryRecvError, TrySendError, bounded, unbounded};

fn check_blocking(cap: usize) {
    // Receivers wait on an empty channel.
    let (tx, rx) = bounded(cap);
    let first = thread::spawn({
        let rx = rx.clone();
        move || rx.recv()
    });
    let second = thread::spawn({
        let rx = rx.clone();
        move || rx.recv_ok()
    });
    until(|| rx.waiting_receivers() == 2);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    tx.send(7).unwrap();
    tx.send(7).unwrap();
    assert_eq!(first.join().unwrap(), Ok(7));
    assert_eq!(second.join().unwrap(), (Some(7), true));

    // Senders wait on a full one.
    (0..cap).for_each(|n| tx.send(n).unwrap());
    assert!(tx.is_full());
    let sender = thread::spawn({
        let tx = tx.clone();
        move || tx.send(cap)
    });
    until(|| tx.waiting_senders() == 1);
    assert_eq!(tx.try_send(0), Err(TrySendError::Full(0)));
    (0..=cap).for_each(|n| assert_eq!(rx.recv(), Ok(n)));
    sender.join().unwrap().unwrap();
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
}

fn check_close(cap: usize) {
    // What is buffered is still received.
    let (tx, rx) = bounded(cap);
    (0..cap).for_each(|n| tx.send(n).unwrap());
    tx.close();
    assert_eq!(tx.try_send(0), Err(TrySendError::Disconnected(0)));
    (0..cap).for_each(|n| assert_eq!(rx.recv(), Ok(n)));
    assert_eq!(rx.recv(), Err(RecvError));
    assert_eq!(rx.recv_ok(), (None, false));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));

    // Closing wakes receivers.
    let (tx, rx) = bounded::<u32>(cap);
    let receivers = [0; 3].map(|_| {
        let rx = rx.clone();
        thread::spawn(move || rx.recv())
    });
    until(|| rx.waiting_receivers() == 3);
    tx.close();
    for receiver in receivers {
        assert_eq!(receiver.join().unwrap(), Err(RecvError));
    }
}

fn check_order(cap: usize) {
    let (tx, rx) = bounded(cap);
    let sender = thread::spawn(move || (0..100).for_each(|n| tx.send(n).unwrap()));
    (0..100).for_each(|n| assert_eq!(rx.recv(), Ok(n)));
    sender.join().unwrap();
}

fn check_stress((tx, rx): (Sender<u32>, Receiver<u32>), values: u32) {
    const SIDE: u32 = 4;
    let senders = [(); SIDE as usize].map(|()| {
        let tx = tx.clone();
        thread::spawn(move || (0..values).for_each(|n| tx.send(n).unwrap()))
    });
    let receivers = [(); SIDE as usize].map(|()| {
        let rx = rx.clone();
        thread::spawn(move || {
            let mut seen = HashMap::<u32, u32>::new();
            for _ in 0..values {
                *seen.entry(rx.recv().unwrap()).or_default() += 1;
            }
            seen
        })
    });
    senders.into_iter().for_each(|sender| sender.join().unwrap());
    let mut seen = HashMap::<u32, u32>::new();
    for receiver in receivers {
        for (value, count) in receiver.join().unwrap() {
            *seen.entry(value).or_default() += count;
        }
    }
    assert_eq!(seen.len() as u32, values);
    assert!(seen.values().all(|&count| count == SIDE));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn all_capacities() {
    let _watchdog = watchdog();
    for cap in (0..20).chain([63, 64, 199]) {
        check_blocking(cap);
        check_close(cap);
        check_order(cap);
    }
    for cap in [0, 1, 10, 199] {
        check_stress(bounded(cap), 500);
    }
    check_stress(unbounded(), 500);
}

#[test]
fn len_and_capacity() {
    let (tx, rx) = bounded(10);
    assert_eq!((rx.len(), rx.capacity(), tx.is_empty(), rx.is_full()), (0, Some(10), true, false));
    (0..10).for_each(|n| tx.send(n).unwrap());
    assert_eq!((tx.len(), tx.capacity(), rx.is_empty(), tx.is_full()), (10, Some(10), false, true));
    let (tx, rx) = bounded::<u8>(0);
    assert_eq!((rx.len(), rx.capacity(), tx.is_empty(), tx.is_full()), (0, Some(0), true, true));
    let (tx, rx) = unbounded();
    (0..100).for_each(|n| tx.send(n).unwrap());
    assert_eq!((rx.len(), rx.capacity(), tx.is_empty(), rx.is_full()), (100, None, false, false));
}

/// A value sent before the channel was closed is never reported as missing.
#[test]
fn try_recv_races_with_close() {
    let _watchdog = watchdog();
    let (job, jobs) = bounded::<Receiver<u32>>(0);
    let (report, reports) = bounded(0);
    let receiver = thread::spawn(move || {
        for rx in jobs {
            report.send(rx.try_recv()).unwrap();
        }
    });
    for round in 0..2_000 {
        let (tx, rx) = if round % 2 == 0 { bounded(1) } else { unbounded() };
        tx.send(1).unwrap();
        job.send(rx).unwrap();
        tx.close();
        assert_eq!(reports.recv(), Ok(Ok(1)));
    }
    drop(job);
    receiver.join().unwrap();
}

#[test]
fn many_consumers() {
    const WORKERS: u64 = 23;
    const ITEMS: u64 = 27_183;
    let _watchdog = watchdog();
    let primes = [2_u64, 3, 7, 11, 13, 17, 19, 23, 27, 31];
    let (work_tx, work) = bounded(WORKERS as usize * 3);
    let (done, results) = bounded(WORKERS as usize * 3);
    for worker in 0..WORKERS {
        let (work, done) = (work.clone(), done.clone());
        thread::spawn(move || {
            for value in work {
                // Uneven yields, so that workers get out of step.
                if value % primes[worker as usize % primes.len()] == 0 {
                    thread::yield_now();
                }
                done.send(value).unwrap();
            }
        });
    }
    drop((work, done));
    let expected = (0..ITEMS).map(|item| primes[item as usize % primes.len()]).sum::<u64>();
    let feeder = thread::spawn(move || {
        for item in 0..ITEMS {
            work_tx.send(primes[item as usize % primes.len()]).unwrap();
        }
        work_tx.close();
    });
    let (mut count, mut sum) = (0, 0);
    for value in &results {
        count += 1;
        sum += value;
    }
    assert_eq!((count, sum), (ITEMS, expected));
    feeder.join().unwrap();
}

/// A buffered channel as a semaphore.
#[test]
fn capacity_bounds_the_holders() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let _watchdog = watchdog();
    let (tx, rx) = bounded(3);
    let inside = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..200 {
                    tx.send(()).unwrap();
                    assert!(inside.fetch_add(1, Ordering::SeqCst) < 3);
                    inside.fetch_sub(1, Ordering::SeqCst);
                    rx.recv().unwrap();
                }
            });
        }
    });
}
