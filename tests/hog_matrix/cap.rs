//! Hogs, and too few threads for them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use gmp::{JoinHandle, go, gomaxprocs};

use crate::support::join_thread;
use crate::work::{Kind, compute, prepare};
use crate::{limit, time};

/// Each computes for a while and holds a lock now and then: all end, with whatever threads
/// there are.
pub(crate) fn hogs_end() {
    const HOGS: usize = 12;
    prepare();
    let lock = Arc::new(Mutex::new(0));
    let each = time() * gomaxprocs(0) as u32 / HOGS as u32;
    let hogs: Vec<JoinHandle<()>> = (0..HOGS)
        .map(|n| {
            let lock = Arc::clone(&lock);
            let kind = [Kind::Integers, Kind::Floats, Kind::Memory][n % 3];
            go!(move || for _ in 0..4 {
                compute(kind, each / 5);
                let mut count = lock.lock().unwrap();
                compute(kind, each / 20);
                *count += 1;
            })
        })
        .collect();
    hogs.into_iter().for_each(|hog| hog.join().expect("right answers"));
    assert_eq!(*lock.lock().unwrap(), 4 * HOGS);
    assert!(gmp::num_threads() <= limit(), "{}", gmp::stats());
}

/// Hogs without end: those that have a thread all get on; when they stop, all the others get
/// theirs. A plain thread looks on: main may not get a thread at all.
pub(crate) fn hogs() {
    const HOGS: usize = 12;
    prepare();
    let stop = Arc::new(AtomicBool::new(false));
    let blocks: Arc<[AtomicU64; HOGS]> = Arc::new([const { AtomicU64::new(0) }; HOGS]);
    let hogs: Vec<JoinHandle<()>> = (0..HOGS)
        .map(|n| {
            let (stop, blocks) = (Arc::clone(&stop), Arc::clone(&blocks));
            go!(move || loop {
                Kind::Memory.block();
                blocks[n].fetch_add(1, Relaxed);
                if stop.load(Relaxed) {
                    break;
                }
            })
        })
        .collect();
    let counts = move || blocks.each_ref().map(|count| count.load(Relaxed));
    let stopped = Arc::clone(&stop);
    let looks = thread::spawn(move || {
        thread::sleep(time() / 2);
        let first = counts();
        // In which each of those that have a thread gets several slices.
        thread::sleep(time() / 2 + Duration::from_millis(100) * limit() as u32);
        let second = counts();
        stopped.store(true, Relaxed);
        let started: Vec<usize> = (0..HOGS).filter(|&n| first[n] > 0).collect();
        for &n in &started {
            assert!(second[n] > first[n], "hog {n} of {started:?} is stuck at {}", first[n]);
        }
        started
    });
    let started = join_thread(looks);
    hogs.into_iter().for_each(|hog| hog.join().expect("right answers"));
    let threads = gmp::num_threads();
    assert!(threads <= limit(), "{threads} threads");
    // One may wait for its turn behind hogs that were never started.
    assert!(started.len() + 2 >= limit() && started.len() > gomaxprocs(0), "{started:?}");
    println!("started={started:?} of {HOGS}");
}
