//! Goroutines that yield, lock their threads, flood channels: all the others get on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

use gmp::chan::{after, bounded};
use gmp::time::sleep;
use gmp::{go, gosched, lock_os_thread, select, stats, unlock_os_thread};

use crate::support::{spin_until, until};

/// TestYieldProgress.
pub(crate) fn yield_progress() {
    yields(false);
}

/// TestYieldLockedProgress.
pub(crate) fn yield_locked_progress() {
    yields(true);
}

fn yields(locked: bool) {
    let (stop, stopped) = bounded::<bool>(0);
    let (tell, told) = bounded(0);
    go!(move || {
        if locked {
            lock_os_thread();
        }
        loop {
            select! {
                <-stopped => {
                    tell.send(true).unwrap();
                    return;
                },
                default => gosched(),
            }
        }
    });
    sleep(Duration::from_millis(10));
    stop.send(true).unwrap();
    assert_eq!(told.recv(), Ok(true));
}

/// TestYieldLocked.
pub(crate) fn yield_locked() {
    const ROUNDS: usize = 10;
    let (tell, told) = bounded(0);
    go!(move || {
        lock_os_thread();
        for _ in 0..ROUNDS {
            gosched();
            sleep(Duration::from_millis(1));
        }
        // It ends without unlocking.
        tell.send(true).unwrap();
    });
    assert_eq!(told.recv(), Ok(true));
}

/// TestBlockLocked.
pub(crate) fn block_locked() {
    const ROUNDS: usize = 10;
    let (tx, rx) = bounded(0);
    go!(move || {
        lock_os_thread();
        for _ in 0..ROUNDS {
            tx.send(true).unwrap();
        }
        unlock_os_thread();
    });
    for _ in 0..ROUNDS {
        assert_eq!(rx.recv(), Ok(true));
    }
}

/// TestTimerFairness and its two variants: who floods a channel, or starves nobody but would
/// keep the P busy, cannot starve a timer.
pub(crate) fn timer_fairness() {
    let done = Arc::new(AtomicBool::new(false));
    let (tx, rx) = bounded::<()>(0);
    for _ in 0..2 {
        let (tx, done) = (tx.clone(), Arc::clone(&done));
        go!(move || while !done.load(SeqCst) && tx.send(()).is_ok() {});
    }
    let timer = after(Duration::from_millis(20));
    let (start, mut taken) = (Instant::now(), 0_u64);
    loop {
        select! {
            <-rx => taken += 1,
            <-timer => break,
        }
    }
    done.store(true, SeqCst);
    rx.close();
    println!("{taken} taken in {:?}", start.elapsed());
    assert!(start.elapsed() < Duration::from_secs(10));
    // TestTimerFairness2: a timer beside a tight loop of try-receives.
    let (tx, rx) = bounded::<()>(1);
    let beside = go!(move || {
        let timer = after(Duration::from_millis(20));
        loop {
            select! {
                <-timer => return,
                <-rx => unreachable!("nobody sends"),
                default => {}
            }
        }
    });
    beside.join().unwrap();
    drop(tx);
}

/// BenchmarkPingPongHog, as a test: a pair beside a hog. They take turns, a slice each. The
/// best of some rounds counts: the machine may have others to serve.
pub(crate) fn ping_pong_hog() {
    // Some slices.
    const LONGEST: Duration = Duration::from_millis(100);
    let mut gaps = Vec::new();
    while gaps.last().is_none_or(|&gap| gap > LONGEST) {
        assert!(gaps.len() < 8, "the hog stands still for {gaps:?}; {}", stats());
        gaps.push(beside_a_pair());
    }
    println!("{gaps:?}");
}

/// The longest time that a hog stands still while two wake each other without end.
fn beside_a_pair() -> Duration {
    const ROUND: Duration = Duration::from_millis(1_000);
    let (begun, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let hog = {
        let (begun, done) = (Arc::clone(&begun), Arc::clone(&done));
        go!(move || {
            begun.store(true, SeqCst);
            let (mut last, mut longest) = (Instant::now(), Duration::ZERO);
            spin_until(|| {
                let now = Instant::now();
                longest = longest.max(now - last);
                last = now;
                done.load(SeqCst)
            });
            longest
        })
    };
    until(|| begun.load(SeqCst));
    let (ping, pinged) = bounded(0);
    let (pong, ponged) = bounded(0);
    let pair = go!(move || pinged.iter().for_each(|n: u32| pong.send(n + 1).unwrap()));
    let (start, mut n) = (Instant::now(), 0);
    while start.elapsed() < ROUND {
        ping.send(n).unwrap();
        assert_eq!(ponged.recv(), Ok(n + 1));
        n += 1;
    }
    done.store(true, SeqCst);
    drop(ping);
    pair.join().unwrap();
    let gap = hog.join().unwrap();
    // The pair has had its part, too.
    assert!(n > 1_000, "{n} round trips; {}", stats());
    gap
}
