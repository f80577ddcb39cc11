//! What works without signals, membarrier, /proc or guard markers.

use std::io::{Read, Write, pipe};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use gmp::chan::bounded;
use gmp::{go, gomaxprocs, stats};

use crate::support::{spin_until, until};
use crate::work::{Kind, compute, prepare};

/// Whether anybody runs while main loops on the only P; and that blocked threads are seen all
/// the same.
pub(crate) fn off() {
    let ran = Arc::new(AtomicBool::new(false));
    let other = {
        let ran = Arc::clone(&ran);
        go!(move || ran.store(true, SeqCst))
    };
    let start = Instant::now();
    spin_until(|| start.elapsed() > Duration::from_millis(300));
    println!("ran={}", ran.load(SeqCst));
    other.join().unwrap();
    // Main's own thread is blocked until somebody else has run.
    let (mut reader, mut writer) = pipe().unwrap();
    go!(move || writer.write_all(b"x").unwrap());
    let mut byte = [0];
    reader.read_exact(&mut byte).unwrap();
    assert_eq!(byte, *b"x");
    println!("preemptions={}", stats().preemptions);
}

/// Hogs that end, blocked threads, locks, channels, timers and changes of GOMAXPROCS at once.
pub(crate) fn mixed() {
    prepare();
    let procs = gomaxprocs(0);
    let hogs = (0..2 * procs + 2).map(|n| {
        let kind = [Kind::Integers, Kind::Memory, Kind::Floats][n % 3];
        go!(move || compute(kind, Duration::from_millis(150)))
    });
    let hogs: Vec<_> = hogs.collect();
    // All Ps' worth of blocked threads, and more.
    let reading = Arc::new(AtomicUsize::new(0));
    let (writers, readers): (Vec<_>, Vec<_>) = (0..procs + 2)
        .map(|_| {
            let ((mut reader, writer), reading) = (pipe().unwrap(), Arc::clone(&reading));
            let reads = go!(move || {
                let mut text = String::new();
                reading.fetch_add(1, SeqCst);
                reader.read_to_string(&mut text).unwrap();
                text
            });
            (writer, reads)
        })
        .unzip();
    let lock = Arc::new(Mutex::new(0));
    let lockers = (0..4).map(|_| {
        let lock = Arc::clone(&lock);
        go!(move || for _ in 0..5 {
            let mut count = lock.lock().unwrap();
            thread::sleep(Duration::from_millis(1));
            *count += 1;
        })
    });
    let lockers: Vec<_> = lockers.collect();
    let (tx, rx) = bounded(2);
    for n in 0..4_u64 {
        let tx = tx.clone();
        go!(move || for k in 0..200 {
            tx.send(n * 200 + k).unwrap();
            if k % 50 == 0 {
                gmp::time::sleep(Duration::from_millis(1));
            }
        });
    }
    drop(tx);
    assert_eq!(rx.iter().sum::<u64>(), 800 * 799 / 2);
    until(|| reading.load(SeqCst) == readers.len());
    for n in [1, procs + 1, procs] {
        gomaxprocs(n);
        assert_eq!(go!(move || n).join().unwrap(), n);
    }
    for (n, mut writer) in writers.into_iter().enumerate() {
        writer.write_all(format!("number {n}").as_bytes()).unwrap();
    }
    for (n, reader) in readers.into_iter().enumerate() {
        assert_eq!(reader.join().unwrap(), format!("number {n}"));
    }
    lockers.into_iter().for_each(|locker| locker.join().unwrap());
    assert_eq!(*lock.lock().unwrap(), 20);
    hogs.into_iter().for_each(|hog| hog.join().expect("right answers"));
    println!("preemptions={}", stats().preemptions);
}
