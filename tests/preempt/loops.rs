//! Loops that never yield, and everybody else.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use gmp::chan::bounded;
use gmp::time::sleep;
use gmp::{go, gomaxprocs, gosched, stats};

use crate::support::{join_thread, until};
use crate::work::{Hogs, KINDS};

/// Each kind alone, one more of it than there are Ps: others take turns, and so do the hogs.
pub(crate) fn others_go_on() {
    for kind in KINDS {
        let hogs = Hogs::start(&vec![kind; gomaxprocs(0) + 1]);
        let (ask, question) = bounded::<u64>(0);
        let (reply, answer) = bounded(0);
        let echo = go!(move || question.iter().for_each(|n| reply.send(n + 1).unwrap()));
        let before = stats().preemptions;
        for n in 0..10 {
            ask.send(n).unwrap();
            assert_eq!(answer.recv(), Ok(n + 1));
            assert_eq!(go!(move || n).join().unwrap(), n);
            gosched();
        }
        hogs.all_get_on();
        assert!(stats().preemptions > before, "{kind:?}: {}", stats());
        drop(ask);
        echo.join().unwrap();
        hogs.stop();
    }
}

/// Plain threads start goroutines and wake them while hogs have all the Ps.
pub(crate) fn woken_from_outside() {
    let hogs = Hogs::mixed(2 * gomaxprocs(0));
    hogs.all_get_on();
    let (ask, question) = bounded::<u64>(0);
    let (reply, answer) = bounded(0);
    go!(move || question.iter().for_each(|n| reply.send(n + 1).unwrap()));
    let outside = thread::spawn(move || {
        for n in 0..20 {
            ask.send(n).unwrap();
            assert_eq!(answer.recv(), Ok(n + 1));
            assert_eq!(go!(move || n).join().unwrap(), n);
        }
    });
    join_thread(outside);
    hogs.all_get_on();
    hogs.stop();
}

/// A timer waits for the rest of a slice, not for one of each hog's. The best of some rounds
/// counts: the machine may have others to serve.
pub(crate) fn timers_fire() {
    const HOGS: usize = 6;
    const SLEEP: Duration = Duration::from_millis(5);
    // A third of what a turn among the hogs would take on one P.
    const LATE: Duration = Duration::from_millis(20);
    let hogs = Hogs::mixed(HOGS);
    hogs.all_get_on();
    let mut medians = Vec::new();
    while medians.last().is_none_or(|&median| median > LATE) {
        assert!(medians.len() < 10, "late by {medians:?}; {}", stats());
        let mut late: Vec<Duration> = (0..40)
            .map(|_| {
                let start = Instant::now();
                sleep(SLEEP);
                start.elapsed().checked_sub(SLEEP).expect("no sleep is short")
            })
            .collect();
        late.sort_unstable();
        medians.push(late[late.len() / 2]);
    }
    println!("late by {medians:?}");
    hogs.all_get_on();
    hogs.stop();
}

/// Loops that really have no end: nobody stops them but the end of the process.
#[expect(clippy::empty_loop, reason = "the emptiest loop there is")]
pub(crate) fn without_end() {
    static STARTED: AtomicUsize = AtomicUsize::new(0);
    for _ in 0..3 {
        go! {
            STARTED.fetch_add(1, SeqCst);
            loop {}
        };
    }
    until(|| STARTED.load(SeqCst) == 3);
    (0..10).for_each(|_| sleep(Duration::from_millis(2)));
    println!("main is done");
}
