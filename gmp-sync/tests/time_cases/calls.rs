//! What holds of calls that are made later.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use gmp_chan::bounded;
use gmp_sync::time::{Timer, after_func};

use super::{HOUR, NOW, SOON, beside, counted};
use crate::common::{Drops, Random, until};

pub(crate) fn a_call_is_made_by_somebody_else() {
    let (tx, rx) = bounded(1);
    let before = Instant::now();
    let timer = after_func(SOON, move || {
        let me = (gmp_core::current().map(|me| me.id()), thread::current().id());
        tx.send((me, Instant::now())).unwrap();
    });
    assert!(timer.chan().try_recv().is_err(), "Go's nil channel");
    let (who, at) = rx.recv().unwrap();
    assert!(at >= before + SOON, "early");
    assert_ne!(who, (gmp_core::current().map(|me| me.id()), thread::current().id()));
    assert!(!timer.stop(), "it has begun");
    assert!(!timer.reset(HOUR));
    assert!(timer.reset(NOW), "it was pending");
    rx.recv().unwrap();
}

pub(crate) fn stop_of_a_call_says_what_it_prevents() {
    let calls = Arc::new(AtomicUsize::new(0));
    let timer = after_func(HOUR, counted(&calls));
    assert!(timer.stop() && !timer.stop());
    assert!(!timer.reset(HOUR) && timer.reset(HOUR) && timer.stop());
    assert!(!timer.reset(NOW));
    until(|| calls.load(SeqCst) == 1);
    assert!(!timer.stop());
    assert_eq!(calls.load(SeqCst), 1);
}

pub(crate) fn a_call_may_overtake_the_one_before() {
    let (enter, entered) = bounded(0);
    let (leave, left) = bounded::<()>(0);
    let timer = after_func(NOW, move || {
        enter.send(()).unwrap();
        left.recv().unwrap();
    });
    entered.recv().unwrap();
    assert!(!timer.reset(NOW), "it has begun");
    entered.recv().unwrap();
    assert!(!timer.stop());
    for _ in 0..2 {
        leave.send(()).unwrap();
    }
}

pub(crate) fn a_call_and_its_timer_are_freed() {
    let drops = Drops::default();
    // Fired and dropped, in both orders.
    let (tx, rx) = bounded(1);
    let token = drops.token();
    let timer = after_func(NOW, move || {
        let _ = &token;
        tx.send(()).unwrap();
    });
    rx.recv().unwrap();
    assert_eq!(drops.count(), 0);
    drop(timer);
    until(|| drops.count() == 1);
    let (tx, rx) = bounded(1);
    let token = drops.token();
    drop(after_func(SOON, move || {
        let _ = &token;
        tx.send(()).unwrap();
    }));
    rx.recv().expect("dropping the timer does not stop it");
    until(|| drops.count() == 2);
    // Stopped.
    let token = drops.token();
    let timer = after_func(HOUR, move || {
        let _ = &token;
    });
    assert!(timer.stop());
    assert_eq!(drops.count(), 2);
    drop(timer);
    assert_eq!((drops.count(), drops.alive()), (3, 0));
}

/// Every timer is stopped or calls, once.
pub(crate) fn stops_against_calls() {
    const TIMERS: usize = 2_000;
    let random = Random::new();
    let calls = Arc::new(AtomicUsize::new(0));
    let timers: Arc<Vec<_>> = Arc::new(
        (0..TIMERS)
            .map(|_| {
                let wait = Duration::from_nanos(random.below(3_000_000));
                after_func(wait, counted(&calls))
            })
            .collect(),
    );
    let stoppers: Vec<_> = (0..3)
        .map(|_| {
            let timers = Arc::clone(&timers);
            beside(move || timers.iter().filter(|timer| timer.stop()).count())
        })
        .collect();
    let stopped = stoppers.into_iter().map(|wait| wait()).sum::<usize>();
    until(|| calls.load(SeqCst) + stopped >= TIMERS);
    assert_eq!(calls.load(SeqCst) + stopped, TIMERS);
}

/// As above, with resets.
pub(crate) fn resets_against_calls() {
    let calls = Arc::new(AtomicUsize::new(0));
    let timer = Arc::new(after_func(HOUR, counted(&calls)));
    const EACH: usize = 500;
    let changers: Vec<_> = (0..4_u32)
        .map(|number| {
            let timer = Arc::clone(&timer);
            beside(move || {
                let mut prevented = 0;
                for turn in 0..EACH as u32 {
                    let wait = Duration::from_nanos(u64::from((turn * 7 + number) % 5) * 2_000);
                    prevented += usize::from(timer.reset(wait));
                    if turn % 8 == number {
                        prevented += usize::from(timer.stop());
                    }
                    if turn % 16 == 0 {
                        gmp_core::gosched();
                    }
                }
                prevented
            })
        })
        .collect();
    let mut prevented = changers.into_iter().map(|wait| wait()).sum::<usize>();
    prevented += usize::from(timer.stop());
    until(|| calls.load(SeqCst) + prevented > 4 * EACH);
    assert_eq!(calls.load(SeqCst) + prevented, 1 + 4 * EACH);
}

pub(crate) fn a_call_may_use_its_own_timer() {
    const TURNS: usize = 20;
    let (give, given) = bounded::<Arc<Timer>>(1);
    let (tx, rx) = bounded(TURNS);
    let turns = AtomicUsize::new(0);
    let timer = Arc::new(after_func(HOUR, move || {
        let turn = turns.fetch_add(1, SeqCst) + 1;
        let timer = given.recv().unwrap();
        if turn < TURNS {
            assert!(!timer.reset(Duration::from_micros(10)));
        }
        tx.send((turn, timer)).unwrap();
    }));
    give.send(Arc::clone(&timer)).unwrap();
    assert!(timer.reset(NOW));
    for expected in 1..=TURNS {
        let (turn, timer) = rx.recv().unwrap();
        assert_eq!(turn, expected);
        if turn < TURNS {
            give.send(timer).unwrap();
        }
    }
}
