//! A P has one owner at a time, however often it is taken away: its counters and queues are
//! not atomic, so two owners would lose counts or goroutines.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use gmp::chan::bounded;
use gmp::{JoinHandle, go, gosched, stats};

use crate::support::{spin_until, until};
use crate::time;

const WORKERS: u64 = 8;
/// Entries into the scheduler between two parks.
const ENTRIES: u64 = 100;

/// Passes numbers through a channel of its own and starts goroutines; returns how many of
/// either. Between two entries there is time for its P to be claimed.
fn work(stop: &AtomicBool, sum: &AtomicU64) -> (u64, u64) {
    let (tx, rx) = bounded::<u64>(4);
    let (mut sent, mut received, mut spawned) = (0, 0, 0);
    while !stop.load(Relaxed) {
        for n in 0..ENTRIES {
            if tx.try_send(n).is_ok() {
                sent += n;
            }
            let mut spins = 0;
            spin_until(|| {
                spins += 1;
                spins > 10 * (n % 8)
            });
            if !n.is_multiple_of(3) {
                received += rx.try_recv().unwrap_or(0);
            }
        }
        drop(go!(|| ()));
        spawned += 1;
        gosched();
    }
    received += rx.try_iter().sum::<u64>();
    assert_eq!(sent, received);
    sum.fetch_add(sent, Relaxed);
    (sent, spawned)
}

/// Pairs that hand every number from one to the other.
fn pair(stop: &Arc<AtomicBool>) -> JoinHandle<u64> {
    let (tx, rx) = bounded::<u64>(0);
    let stop = Arc::clone(stop);
    let sender = go!(move || {
        let mut n = 0;
        while !stop.load(Relaxed) {
            n += 1;
            tx.send(n).unwrap();
        }
        n
    });
    go!(move || {
        let mut expected = 0;
        for n in rx.iter() {
            expected += 1;
            assert_eq!(n, expected);
        }
        assert_eq!(sender.join().unwrap(), expected);
        expected
    })
}

pub(crate) fn ownership() {
    let (stop, sum) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let before = stats();
    let pairs: Vec<_> = (0..2).map(|_| pair(&stop)).collect();
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let (stop, sum) = (Arc::clone(&stop), Arc::clone(&sum));
            go!(move || work(&stop, &sum))
        })
        .collect();
    let (start, mut ticks) = (Instant::now(), 0);
    let claimed = || stats().handoffs > before.handoffs;
    // One that is nearly always inside of the scheduler is seldom claimed.
    while start.elapsed() < time() || !claimed() {
        let tick = Instant::now();
        gmp::time::sleep(Duration::from_millis(5));
        assert!(tick.elapsed() < Duration::from_secs(1), "no tick for a second; {}", stats());
        ticks += 1;
    }
    stop.store(true, Relaxed);
    let results = workers.into_iter().map(|worker| worker.join().expect("exact sums"));
    let (sums, spawned): (Vec<u64>, Vec<u64>) = results.unzip();
    assert_eq!(sums.iter().sum::<u64>(), sum.load(Relaxed));
    assert!(spawned.iter().all(|&n| n > 0), "{spawned:?}");
    let handed: u64 = pairs.into_iter().map(|pair| pair.join().expect("in order")).sum();
    until(|| gmp::num_goroutine() == 1);
    let (now, spawned) = (stats(), spawned.iter().sum::<u64>());
    assert_eq!(now.spawned - before.spawned, WORKERS + 4 + spawned, "{now}");
    println!("done={spawned} spawned, {handed} handed over, {ticks} ticks, {now:?}");
}
