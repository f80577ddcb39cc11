//! `sleep`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use gmp::chan::{after, bounded};
use gmp::sync::WaitGroup;
use gmp::time::sleep;
use gmp::{go, gomaxprocs, gosched, select};

use crate::MS;
use crate::rules::join;
use crate::support::{Random, until};

/// TestSleep, and shorter ones.
pub(crate) fn never_early() {
    for time in [1, 999, 1_000, 50_000, 100_000] {
        let time = Duration::from_micros(time);
        let start = Instant::now();
        sleep(time);
        assert!(start.elapsed() >= time, "{:?} in place of {time:?}", start.elapsed());
    }
    let random = Arc::new(Random::new());
    let sleepers = |_| {
        let random = Arc::clone(&random);
        go!(move || for _ in 0..20 {
            let time = Duration::from_nanos(random.below(3_000_000));
            let start = Instant::now();
            sleep(time);
            assert!(start.elapsed() >= time, "{:?} in place of {time:?}", start.elapsed());
        })
    };
    let sleepers: Vec<_> = (0..50).map(sleepers).collect();
    sleepers.into_iter().for_each(join);
}

/// It returns at once: with one P nobody else has run, but for preemptions.
pub(crate) fn zero_does_not_yield() {
    const TRIES: usize = 100;
    let mut alone = 0;
    for _ in 0..TRIES {
        let ran = Arc::new(AtomicBool::new(false));
        let other = Arc::clone(&ran);
        let other = go!(move || other.store(true, SeqCst));
        sleep(Duration::ZERO);
        alone += usize::from(!ran.load(SeqCst));
        join(other);
    }
    assert!(gomaxprocs(0) > 1 || alone >= TRIES / 2, "{alone}");
}

/// TestSleepZeroDeadlock.
pub(crate) fn no_deadlock_beside_stops_of_the_world() {
    let procs = gomaxprocs(0);
    let (tell, told) = bounded(1);
    go!(move || {
        for n in 0..100 {
            gomaxprocs(procs + n % 2);
        }
        gomaxprocs(procs);
        tell.send(()).unwrap();
    });
    for n in 0..100 {
        sleep(Duration::from_nanos(n % 2));
        let (tx, rx) = bounded(1);
        tx.send(n).unwrap();
        assert_eq!(rx.recv(), Ok(n));
    }
    told.recv().unwrap();
}

/// TestOverflowSleep: as long as there is no end to it, and nobody else is disturbed.
pub(crate) fn overflow() {
    let returned = Arc::new(AtomicUsize::new(0));
    let far =
        [Duration::MAX, Duration::from_nanos(u64::MAX), Duration::from_nanos(i64::MAX as u64)];
    for time in far {
        let returned = Arc::clone(&returned);
        go!(move || {
            sleep(time);
            returned.fetch_add(1, SeqCst);
        });
    }
    let start = Instant::now();
    select! {
        <-after(far[0]) => panic!("so soon"),
        <-after(far[2]) => panic!("so soon"),
        <-after(25 * MS) => assert!(start.elapsed() >= 25 * MS),
    }
    sleep(MS);
    assert_eq!(returned.load(SeqCst), 0);
    assert!(after(Duration::ZERO).recv().is_ok());
}

/// TestLongAdjustTimers: thousands that sleep, beside two that never stop working.
pub(crate) fn crowds() {
    const SLEEPERS: usize = 5_000;
    let (all, done) = (WaitGroup::new(), Arc::new(AtomicBool::new(false)));
    let works = Arc::clone(&done);
    let worker = go!(move || {
        let (ping, pinged) = bounded(0);
        let (pong, ponged) = bounded(0);
        go!(move || pinged.iter().for_each(|n: u32| pong.send(n).unwrap()));
        while !works.load(SeqCst) {
            ping.send(1).unwrap();
            assert_eq!(ponged.recv(), Ok(1));
        }
    });
    for n in 0..SLEEPERS {
        all.go(move || sleep(Duration::from_micros(10 + (n % 100) as u64)));
        if n % 50 == 0 {
            sleep(Duration::from_micros(1));
        }
    }
    all.wait();
    done.store(true, SeqCst);
    join(worker);
    until(|| gmp::num_goroutine() <= 1 + 3);
    gosched();
}
