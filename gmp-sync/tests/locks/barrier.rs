//! `Barrier`: all come before one goes, round after round.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::common::{crowd, on_both, until, watchdog};
use gmp_sync::Barrier;

/// In each round all are there before one goes on, and one is the leader.
#[test]
fn rounds() {
    const GOROUTINES: usize = 7;
    const THREADS: usize = 3;
    const ALL: usize = GOROUTINES + THREADS;
    const ROUNDS: usize = 300;
    let _watchdog = watchdog();
    let barrier = Barrier::new(ALL);
    let (came, leaders) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&leaders);
    crowd(GOROUTINES, THREADS, move |_| {
        for round in 0..ROUNDS {
            came.fetch_add(1, Ordering::Relaxed);
            if barrier.wait().is_leader() {
                count.fetch_add(1, Ordering::Relaxed);
            }
            let came = came.load(Ordering::Relaxed);
            // Those of the next round may be there, nobody of the one after it.
            assert!((round + 1) * ALL <= came && came <= (round + 2) * ALL, "{came} in {round}");
        }
    });
    assert_eq!(leaders.load(Ordering::Relaxed), ROUNDS);
}

/// More than a round has members: they are served round by round.
#[test]
fn more_than_members() {
    const ROUNDS: usize = 600;
    let _watchdog = watchdog();
    let (barrier, calls) = (Barrier::new(2), AtomicUsize::new(0));
    let leaders = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&leaders);
    crowd(8, 4, move |_| {
        while calls.fetch_add(1, Ordering::Relaxed) < 2 * ROUNDS {
            count.fetch_add(usize::from(barrier.wait().is_leader()), Ordering::Relaxed);
        }
    });
    assert_eq!(leaders.load(Ordering::Relaxed), ROUNDS);
}

#[test]
fn nobody_goes_before_the_last() {
    on_both(|| {
        const MEMBERS: usize = 5;
        let barrier = Arc::new(Barrier::new(MEMBERS));
        let gone = Arc::new(AtomicUsize::new(0));
        for n in 1..MEMBERS {
            let (barrier, gone) = (Arc::clone(&barrier), Arc::clone(&gone));
            let body = move || {
                assert!(!barrier.wait().is_leader());
                gone.fetch_add(1, Ordering::SeqCst);
            };
            if n % 2 == 0 {
                drop(gmp_core::spawn(body));
            } else {
                drop(thread::spawn(body));
            }
        }
        until(|| barrier.waiting() == MEMBERS - 1);
        assert_eq!(gone.load(Ordering::SeqCst), 0);
        assert!(barrier.wait().is_leader());
        until(|| gone.load(Ordering::SeqCst) == MEMBERS - 1);
        assert_eq!(barrier.waiting(), 0);
    });
}

#[test]
fn small_ones_do_not_wait() {
    on_both(|| {
        for members in 0..2 {
            let barrier = Barrier::new(members);
            for _ in 0..3 {
                assert!(barrier.wait().is_leader());
            }
        }
        let result = Barrier::new(1).wait();
        assert_eq!(format!("{result:?}"), "BarrierWaitResult { is_leader: true }");
        assert_eq!(format!("{:?}", Barrier::new(1)), "Barrier { .. }");
    });
}
