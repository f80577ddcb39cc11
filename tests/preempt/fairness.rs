//! Who gets how much.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use gmp::chan::bounded;
use gmp::time::sleep;
use gmp::{go, gomaxprocs, stats};

use crate::support::within;
use crate::work::{Hogs, Kind, compute, prepare};

/// One of the equal hogs.
#[derive(Default)]
struct Share {
    blocks: AtomicU64,
    turns: AtomicU64,
}

/// Blocks done, and turns had: what stands still for as long has lost its turn, and not only
/// its CPU.
fn count(share: &Share, stop: &AtomicBool, still: Duration) {
    let mut last = Instant::now();
    while !stop.load(Relaxed) {
        Kind::Integers.block();
        let now = Instant::now();
        share.turns.fetch_add(u64::from(now - last > still), Relaxed);
        share.blocks.fetch_add(1, Relaxed);
        last = now;
    }
}

/// How much the greatest and the least differ, as a part of the mean.
fn spread(counts: &[u64]) -> f64 {
    let (least, greatest) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
    assert!(*least > 0, "starved: {counts:?}; {}", stats());
    let mean = counts.iter().sum::<u64>() as f64 / counts.len() as f64;
    (greatest - least) as f64 / mean
}

/// Equal hogs get equal shares: within a tenth on one P, looser on two, where the kernel
/// decides, too. A machine with others to serve takes CPU time from some slices and not from
/// others: there it is the turns that are equal. The best of some rounds counts.
pub(crate) fn equal_shares() {
    const HOGS: usize = 5;
    const ROUND: Duration = Duration::from_millis(1_500);
    prepare();
    let (procs, stop) = (gomaxprocs(0), Arc::new(AtomicBool::new(false)));
    let most = if procs == 1 { 0.10 } else { 0.25 };
    // Half of what the others' slices take.
    let still = Duration::from_millis(5) * (HOGS / procs - 1) as u32;
    let shares: Arc<[Share; HOGS]> = Arc::default();
    let hog = |n: usize| {
        let (stop, shares) = (Arc::clone(&stop), Arc::clone(&shares));
        go!(move || count(&shares[n], &stop, still))
    };
    let hogs: Vec<_> = (0..HOGS).map(hog).collect();
    let counts = || {
        let blocks = shares.each_ref().map(|share| share.blocks.load(Relaxed));
        let turns = shares.each_ref().map(|share| share.turns.load(Relaxed));
        (blocks, turns)
    };
    assert!(within(Duration::from_secs(10), || counts().1.iter().all(|&turns| turns > 1)));
    let mut spreads: Vec<(f64, f64)> = Vec::new();
    let fair =
        |&(blocks, turns): &(f64, f64)| blocks <= most || (turns <= most && blocks <= 5.0 * most);
    while !spreads.last().is_some_and(fair) {
        assert!(spreads.len() < 8, "of blocks and turns: {spreads:?}; {}", stats());
        let before = counts();
        sleep(ROUND);
        let now = counts();
        let less = |n: [u64; HOGS], m: [u64; HOGS]| std::array::from_fn(|i| n[i] - m[i]);
        let (blocks, turns): ([u64; HOGS], [u64; HOGS]) =
            (less(now.0, before.0), less(now.1, before.1));
        spreads.push((spread(&blocks), spread(&turns)));
    }
    println!("spreads of blocks and turns: {spreads:?}");
    stop.store(true, Relaxed);
    hogs.into_iter().for_each(|hog| hog.join().expect("right answers"));
}

/// Hogs beside goroutines that come and go and never compute for long: what is always local to
/// a P must not keep it from those who wait in the global queue. The best of some rounds.
pub(crate) fn beside_traffic() {
    const HOGS: usize = 8;
    let (stop, traffic) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let comes_and_goes: Vec<_> = (0..2 * gomaxprocs(0))
        .map(|_| {
            let (stop, traffic) = (Arc::clone(&stop), Arc::clone(&traffic));
            go!(move || while !stop.load(Relaxed) {
                let (tx, rx) = bounded(1);
                let sender = go!(move || (0..3).for_each(|n| tx.send(n).unwrap()));
                assert_eq!(rx.iter().sum::<u32>(), 3);
                sender.join().unwrap();
                traffic.fetch_add(1, Relaxed);
            })
        })
        .collect();
    let hogs = Hogs::equal(HOGS);
    hogs.all_get_on();
    for round in 1.. {
        let (before, traffic_before) = (hogs.counts(), traffic.load(Relaxed));
        // Some turns of each.
        let some = preemptions(|| sleep(Duration::from_millis(1_000)));
        let shares = hogs.counts().into_iter().zip(before).map(|(now, before)| now - before);
        let shares: Vec<u64> = shares.collect();
        let (least, greatest) = (shares.iter().min().unwrap(), shares.iter().max().unwrap());
        let passed = traffic.load(Relaxed) - traffic_before;
        println!("{shares:?}, {passed} beside them, {some} preemptions");
        if least * 3 > *greatest && passed > 100 && some > 30 {
            break;
        }
        assert!(round < 8, "{}", stats());
    }
    stop.store(true, Relaxed);
    comes_and_goes.into_iter().for_each(|handle| handle.join().unwrap());
    hogs.stop();
}

/// How often somebody was preempted while `f` ran.
fn preemptions(f: impl FnOnce()) -> u64 {
    let before = stats().preemptions;
    f();
    stats().preemptions - before
}

const LONG: Duration = Duration::from_millis(300);

/// Waits until `running` goroutines, this one among them, have each a P of their own.
fn settle(running: usize) {
    let settled = || {
        let now = stats();
        (now.running, now.runnable) == (running, 0)
    };
    assert!(within(Duration::from_secs(10), settled), "{}", stats());
}

/// Nobody is preempted while `f` runs. A signal may be under way from when somebody waited, so
/// the best of some rounds counts.
#[track_caller]
fn quiet(f: impl Fn()) {
    let rounds: Vec<u64> = (0..5).map(|_| preemptions(&f)).take_while(|&count| count > 0).collect();
    assert!(rounds.len() < 5, "{rounds:?} preemptions; {}", stats());
}

/// Goroutines that compute on all Ps, or on some while the others are idle.
pub(crate) fn nobody_waits() {
    let procs = gomaxprocs(0);
    let computes = || compute(Kind::Memory, LONG);
    quiet(computes);
    // One for each other P, and main.
    let hogs = Hogs::mixed(procs - 1);
    hogs.all_get_on();
    settle(procs);
    quiet(computes);
    hogs.stop();
    if procs > 1 {
        let hogs = Hogs::mixed(procs / 2);
        hogs.all_get_on();
        settle(procs / 2 + 1);
        // Waiters for a channel and a timer are not waiting for a P.
        quiet(|| {
            let (tx, rx) = bounded(0);
            let outside = std::thread::spawn(move || {
                std::thread::sleep(LONG);
                tx.send(()).unwrap();
            });
            rx.recv().unwrap();
            outside.join().unwrap();
        });
        quiet(|| sleep(LONG));
        hogs.stop();
    }
    // One more than there are Ps, and they take turns: what is counted above is there.
    let hogs = Hogs::equal(procs);
    let many = preemptions(computes);
    assert!(many > 0, "{}", stats());
    hogs.stop();
    // And with them it ends.
    quiet(computes);
}

/// Preemptions in a second, of hogs that have one P. The busiest of three: see above.
pub(crate) fn rate() {
    let hogs = Hogs::equal(3);
    hogs.all_get_on();
    let per_second = |_| {
        let start = Instant::now();
        let count = preemptions(|| sleep(Duration::from_secs(1)));
        (count as f64 / start.elapsed().as_secs_f64()) as u64
    };
    println!("rate={}", (0..3).map(per_second).max().unwrap());
    hogs.stop();
}
