//! Switching between threads by channels, and waiting for them.

use std::mem::replace;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use compare_harness::{Ask, timed};
use crossbeam_channel::{Receiver, Sender, bounded};
use crossbeam_utils::sync::WaitGroup;

/// Questions and answers.
pub(crate) fn ping_pong(n: u64) {
    let (ping, pinged) = bounded::<u64>(0);
    let (pong, ponged) = bounded(0);
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
    let (start, end) = bounded(0);
    let mut input = end.clone();
    let mut links = Vec::with_capacity(LINKS);
    for _ in 1..LINKS {
        let (out, next) = bounded(0);
        let input = replace(&mut input, next);
        links.push(thread::spawn(move || relay(&input, &out, laps)));
    }
    let last = start.clone();
    links.push(thread::spawn(move || relay(&input, &last, laps)));
    start.send(0).unwrap();
    let mut links = links.into_iter();
    // Once the first has ended, what the last sends is for us.
    links.next().unwrap().join().unwrap();
    assert_eq!(end.recv(), Ok(n));
    links.for_each(|link| link.join().unwrap());
}

fn relay(input: &Receiver<u64>, out: &Sender<u64>, laps: u64) {
    for _ in 0..laps {
        out.send(input.recv().unwrap() + 1).unwrap();
    }
}

/// A thread for each prime takes its multiples out of the stream.
pub(crate) fn sieve(ask: &Ask) -> Duration {
    let (nth, prime) = ask.pick((100, 541), (1000, 7919));
    timed(|| assert_eq!(nth_prime(nth), prime))
}

fn nth_prime(nth: usize) -> u64 {
    let stop = AtomicBool::new(false);
    let (tx, mut rx) = bounded(0);
    thread::scope(|s| {
        s.spawn(|| count_up(tx, &stop));
        for _ in 1..nth {
            let prime = rx.recv().unwrap();
            let (tx, next) = bounded(0);
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

fn count_up(tx: Sender<u64>, stop: &AtomicBool) {
    (2..).take_while(|_| !stop.load(Ordering::Relaxed)).for_each(|i| tx.send(i).unwrap());
}

fn filter(prime: u64, rx: &Receiver<u64>, tx: &Sender<u64>) {
    rx.iter().filter(|i| i % prime != 0).for_each(|i| tx.send(i).unwrap());
}

/// Counting up and down: a clone is one more to wait for.
pub(crate) fn wait_group(n: u64) {
    let wg = WaitGroup::new();
    for _ in 0..n {
        drop(wg.clone());
    }
    wg.wait();
}
