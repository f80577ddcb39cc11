//! Goroutines that spin.

use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use gmp::chan::bounded;
use gmp::{JoinHandle, go, gomaxprocs, stats};

use crate::support::spin_until;

/// TestGoroutineParallelism: as many as there are Ps pass a token on without any call, so
/// none of them may wait for a P.
pub(crate) fn goroutine_parallelism() {
    const PASSES: u32 = 10;
    let procs = gomaxprocs(0);
    // Main waits for a thread, not for a goroutine: it needs no P.
    for _ in 0..3 {
        let token = Arc::new(AtomicU32::new(0));
        let (tell, told) = bounded(procs);
        for n in 0..procs as u32 {
            let (token, tell) = (Arc::clone(&token), tell.clone());
            go!(move || {
                for pass in 0..PASSES {
                    let mine = pass * procs as u32 + n;
                    while token.load(SeqCst) != mine {
                        // A machine may have fewer CPUs than we have Ps.
                        spin_loop();
                    }
                    token.store(mine + 1, SeqCst);
                }
                tell.send(()).unwrap();
            });
        }
        let start = Instant::now();
        (0..procs).for_each(|_| told.recv().unwrap());
        println!("{procs} in {:?}", start.elapsed());
    }
}

#[inline(never)]
fn step(n: usize) -> usize {
    std::hint::black_box(n + 1)
}

/// TestPreemption: two wait for each other in loops with a call in them.
pub(crate) fn preemption() {
    const ROUNDS: usize = 5;
    let turn = Arc::new(AtomicUsize::new(0));
    let spins = |me: usize| {
        let turn = Arc::clone(&turn);
        go!(move || {
            let mut calls = 0;
            for round in 0..ROUNDS {
                while turn.load(SeqCst) != 2 * round + me {
                    calls = step(calls);
                }
                turn.fetch_add(1, SeqCst);
            }
            calls
        })
    };
    let pair = [spins(0), spins(1)];
    let before = stats().preemptions;
    for handle in pair {
        handle.join().unwrap();
    }
    assert_eq!(turn.load(SeqCst), 2 * ROUNDS);
    // On one P each has to be interrupted for the other.
    let preemptions = stats().preemptions - before;
    assert!(gomaxprocs(0) > 1 || preemptions >= ROUNDS as u64, "{}", stats());
}

/// TestPreemptionGC, with the stop of the world that there is: a change of GOMAXPROCS.
pub(crate) fn preemption_gc() {
    const STOPS: usize = 10;
    let procs = gomaxprocs(0);
    let done = Arc::new(AtomicBool::new(false));
    let spin = |_| {
        let done = Arc::clone(&done);
        go!(move || spin_until(|| done.load(SeqCst)))
    };
    let spinning: Vec<JoinHandle<u64>> = (0..procs + 1).map(spin).collect();
    for _ in 0..STOPS {
        gomaxprocs(procs + 1);
        gomaxprocs(procs);
    }
    done.store(true, SeqCst);
    assert!(spinning.into_iter().all(|handle| handle.join().is_ok()));
}

/// TestGCFairness2: each of three that compute has run within 30 ms, or at least within the
/// second that Go's test also grants, for a machine with others to serve. Here also beside a
/// main that looks at the clock without ever yielding.
pub(crate) fn gc_fairness_2() {
    let done = Arc::new(AtomicBool::new(false));
    let counts: Arc<[AtomicUsize; 3]> = Arc::default();
    let count = |n: usize| {
        let (counts, done) = (Arc::clone(&counts), Arc::clone(&done));
        go!(move || while !done.load(SeqCst) {
            counts[n].fetch_add(1, SeqCst);
        })
    };
    let computing: Vec<_> = (0..3).map(count).collect();
    let (start, all) = (Instant::now(), || counts.iter().all(|count| count.load(SeqCst) > 0));
    gmp::time::sleep(Duration::from_millis(30));
    if !all() {
        gmp::time::sleep(Duration::from_secs(1));
    }
    println!("{counts:?} after {:?}", start.elapsed());
    assert!(all(), "{counts:?} after {:?}; {}", start.elapsed(), stats());
    // And they go on, at the cost of a main that does not sleep.
    let before = counts.each_ref().map(|count| count.load(SeqCst));
    let further = || counts.iter().zip(before).all(|(now, before)| now.load(SeqCst) > before);
    let start = Instant::now();
    spin_until(|| further() || start.elapsed() > Duration::from_secs(10));
    assert!(further(), "{counts:?} after {before:?}; {}", stats());
    done.store(true, SeqCst);
    computing.into_iter().for_each(|handle| handle.join().unwrap());
    assert!(thread::available_parallelism().is_ok());
}
