//! Starting threads and switching between them.

use std::mem::replace;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use compare_harness::{Ask, timed};

/// A hundred at a time start and end. A scope counts them as a wait group would.
pub(crate) fn spawn_exit(n: u64) {
    const BATCH: u64 = 100;
    for _ in 0..n / BATCH {
        thread::scope(|s| {
            for _ in 0..BATCH {
                s.spawn(|| {});
            }
        });
    }
}

/// One at a time starts, and is joined.
pub(crate) fn spawn_join(n: u64) {
    for i in 0..n {
        assert_eq!(thread::spawn(move || i).join().unwrap(), i);
    }
}

/// Two take turns.
pub(crate) fn yielding(n: u64) {
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| (0..n / 2).for_each(|_| thread::yield_now()));
        }
    });
}

/// Questions and answers.
pub(crate) fn ping_pong(n: u64) {
    let (ping, pinged) = sync_channel::<u64>(0);
    let (pong, ponged) = sync_channel(0);
    thread::spawn(move || {
        for i in pinged {
            pong.send(i + 1).unwrap();
        }
    });
    for i in 0..n {
        ping.send(i).unwrap();
        assert_eq!(ponged.recv(), Ok(i + 1));
    }
}

/// A thousand pass a number round that each makes greater by one.
pub(crate) fn ring(n: u64) {
    const LINKS: usize = 1000;
    let laps = n / LINKS as u64;
    let (start, mut input) = sync_channel(0);
    let mut links = Vec::with_capacity(LINKS);
    for _ in 1..LINKS {
        let (out, next) = sync_channel(0);
        let input = replace(&mut input, next);
        links.push(thread::spawn(move || relay(input, &out, laps)));
    }
    let last = start.clone();
    links.push(thread::spawn(move || relay(input, &last, laps)));
    start.send(0).unwrap();
    let mut links = links.into_iter();
    // Once the first has ended, what the last sends is for us.
    let end = links.next().unwrap().join().unwrap();
    assert_eq!(end.recv(), Ok(n));
    links.for_each(|link| drop(link.join().unwrap()));
}

fn relay(input: Receiver<u64>, out: &SyncSender<u64>, laps: u64) -> Receiver<u64> {
    for _ in 0..laps {
        out.send(input.recv().unwrap() + 1).unwrap();
    }
    input
}

/// A thread for each prime takes its multiples out of the stream.
pub(crate) fn sieve(ask: &Ask) -> Duration {
    let (nth, prime) = ask.pick((100, 541), (1000, 7919));
    timed(|| assert_eq!(nth_prime(nth), prime))
}

fn nth_prime(nth: usize) -> u64 {
    let stop = AtomicBool::new(false);
    let (tx, mut rx) = sync_channel(0);
    thread::scope(|s| {
        s.spawn(|| count_up(tx, &stop));
        for _ in 1..nth {
            let prime = rx.recv().unwrap();
            let (tx, next) = sync_channel(0);
            let input = replace(&mut rx, next);
            s.spawn(move || filter(prime, &input, &tx));
        }
        let prime = rx.recv().unwrap();
        stop.store(true, Ordering::Relaxed);
        // What is still on its way.
        rx.iter().for_each(drop);
        prime
    })
}

fn count_up(tx: SyncSender<u64>, stop: &AtomicBool) {
    (2..).take_while(|_| !stop.load(Ordering::Relaxed)).for_each(|i| tx.send(i).unwrap());
}

fn filter(prime: u64, rx: &Receiver<u64>, tx: &SyncSender<u64>) {
    rx.iter().filter(|i| i % prime != 0).for_each(|i| tx.send(i).unwrap());
}
