//! What the runtime says about itself, and how fast it wakes.

use std::io::{Read, Write, pipe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use gmp::chan::bounded;
use gmp::{JoinHandle, Stats, go, gomaxprocs, stats};

use crate::support::{spin_until, until, within};

const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for numbers that settle a little later than what they count.
#[track_caller]
fn settles(what: &str, right: impl Fn(&Stats) -> bool) {
    assert!(within(PATIENCE, || right(&stats())), "{what}: {}", stats());
}

/// TestReadMetricsSched: ten that spin, ten in read(2), a thousand that wait.
pub(crate) fn read_metrics_sched() {
    const SPINNING: usize = 10;
    const READING: usize = 10;
    const WAITING: usize = 1_000;
    let procs = gomaxprocs(0);
    let before = stats();
    assert_eq!((before.goroutines, before.gomaxprocs), (1, procs), "{before}");
    // Waiting.
    let (release, gate) = bounded::<()>(0);
    let waits = |_| {
        let gate = gate.clone();
        go!(move || gate.recv_ok().1)
    };
    let waiting: Vec<_> = (0..WAITING).map(waits).collect();
    settles("waiting", |now| now.waiting == WAITING && now.goroutines == WAITING + 1);
    assert_eq!(stats().spawned - before.spawned, WAITING as u64);
    // In a system call.
    let reads = |_| {
        let (mut reader, writer) = pipe().unwrap();
        let handle: JoinHandle<u8> = go!(move || {
            let mut byte = [0];
            reader.read_exact(&mut byte).unwrap();
            byte[0]
        });
        (handle, writer)
    };
    let (reading, writers): (Vec<_>, Vec<_>) = (0..READING).map(reads).unzip();
    settles("reading", |now| now.blocked_threads == READING && now.threads > READING);
    // Running, those among them that have a P.
    let (done, begun) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let spins = |_| {
        let (done, begun) = (Arc::clone(&done), Arc::clone(&begun));
        go!(move || {
            begun.fetch_add(1, SeqCst);
            spin_until(|| done.load(SeqCst))
        })
    };
    let spinning: Vec<_> = (0..SPINNING).map(spins).collect();
    until(|| begun.load(SeqCst) == SPINNING);
    let busy = |now: &Stats| {
        now.idle_procs == 0
            && (1..=procs).contains(&now.running)
            && now.goroutines == 1 + WAITING + READING + SPINNING
            && now.waiting >= WAITING
            && now.running + now.runnable >= procs.min(SPINNING)
    };
    settles("spinning", busy);
    let now = stats();
    println!("{now}");
    assert_eq!(now.spawned - before.spawned, (WAITING + READING + SPINNING) as u64);
    // Started at the same time, but for those that hold a P and a few, each has its own.
    assert!(now.threads <= procs + READING + SPINNING + 6, "{now}");
    done.store(true, SeqCst);
    release.close();
    writers.into_iter().for_each(|mut writer| writer.write_all(&[9]).unwrap());
    assert!(spinning.into_iter().all(|handle| handle.join().unwrap() > 0));
    assert!(reading.into_iter().all(|handle| handle.join().unwrap() == 9));
    assert!(waiting.into_iter().all(|handle| !handle.join().unwrap()));
    settles("quiet again", |now| now.goroutines == 1 && now.blocked_threads == 0);
    settles("idle again", |now| now.idle_procs == procs - 1 && now.runnable == 0);
}

/// BenchmarkWakeupParallelSpinning and its twin with a system call, as a test: who is woken
/// does not wait until the waker is done. One P has nobody else to run him: there it is the
/// slice that ends, or the block.
pub(crate) fn wakeup_parallel() {
    // Longer than two slices, and than any detection.
    let works: [fn(Duration); 2] = [
        |time| {
            let start = Instant::now();
            spin_until(|| start.elapsed() > time);
        },
        std::thread::sleep,
    ];
    for (n, work) in works.into_iter().enumerate() {
        let mut lateness = Vec::new();
        let (tx, rx) = bounded::<Instant>(0);
        let woken = go!(move || {
            let mut late: Vec<Duration> = rx.iter().map(|sent| sent.elapsed()).collect();
            late.sort_unstable();
            late
        });
        for _ in 0..7 {
            until(|| tx.waiting_receivers() == 1);
            tx.send(Instant::now()).unwrap();
            work(Duration::from_millis(100));
        }
        drop(tx);
        lateness.extend(woken.join().unwrap());
        println!("way {n}: {lateness:?}");
        assert!(lateness[3] < Duration::from_millis(60), "way {n}: {lateness:?}; {}", stats());
    }
}
