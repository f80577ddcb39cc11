//! `after_func`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use gmp::chan::{Sender, bounded, unbounded};
use gmp::sync::WaitGroup;
use gmp::time::{Timer, after, after_func, sleep};
use gmp::{current, go};

use crate::rules::{join, let_others_run};
use crate::support::{Drops, until, within};
use crate::{HOUR, MS};

const PATIENCE: Duration = Duration::from_secs(30);

/// TestAfterFunc: each starts the next one, and then takes its time.
pub(crate) fn chain_without_delay() {
    fn next(left: u32, done: Sender<()>) {
        if left == 0 {
            return done.send(()).unwrap();
        }
        after_func(Duration::ZERO, move || {
            next(left - 1, done.clone());
            sleep(1_000 * MS);
        });
    }
    let (tell, told) = bounded(1);
    next(10, tell);
    told.recv().unwrap();
}

/// TestAfterFuncStarvation: the function runs beside two that wake each other without end.
pub(crate) fn not_starved() {
    let (stop, all) = (Arc::new(AtomicBool::new(false)), WaitGroup::new());
    let (tx, rx) = bounded(1);
    let stopped = Arc::clone(&stop);
    all.go(move || {
        while !stopped.load(SeqCst) {
            tx.send(()).unwrap();
        }
    });
    all.go(move || rx.iter().count());
    after_func(MS / 1_000, move || stop.store(true, SeqCst));
    all.wait();
}

/// Whatever the function does, waiting or panicking, is its own affair.
pub(crate) fn on_a_goroutine_of_its_own() {
    let (tell, told) = unbounded();
    for n in 0..20 {
        let tell = tell.clone();
        after_func(n % 3 * MS, move || {
            tell.send(current().expect("a goroutine").id()).unwrap();
            match n % 4 {
                0 => panic!("as the rule wants"),
                1 => gmp::goexit(),
                2 => sleep(HOUR),
                _ => {}
            }
        });
    }
    let mut ids: Vec<_> = (0..20).map(|_| told.recv().unwrap()).collect();
    ids.push(current().expect("a goroutine").id());
    let distinct = ids.iter().enumerate().filter(|(n, id)| !ids[..*n].contains(id)).count();
    assert_eq!(distinct, 21, "{ids:?}");
}

/// What stop and reset say, and that nothing runs that was stopped.
pub(crate) fn stops_and_resets() {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = |delay: Duration| {
        let calls = Arc::clone(&calls);
        after_func(delay, move || _ = calls.fetch_add(1, SeqCst))
    };
    let called = |n| until(|| calls.load(SeqCst) == n);
    // Its channel is Go's nil channel.
    let timer = count(HOUR);
    assert!(timer.chan().try_recv().is_err() && !timer.chan().is_closed());
    // (before, what is done, what it says)
    assert!(timer.stop() && !timer.stop());
    assert!(!timer.reset(HOUR) && timer.reset(HOUR) && timer.stop());
    assert!(!timer.reset(Duration::ZERO));
    called(1);
    assert!(!timer.stop() && !timer.reset(MS));
    called(2);
    assert!(timer.chan().try_recv().is_err());
    // Moved nearer, and moved away.
    assert!(!timer.reset(HOUR) && timer.reset(MS));
    called(3);
    // A stop that says so kept it from running, however near it was.
    let mut stopped = 0;
    for n in 0..200_u32 {
        let timer = count(Duration::from_micros(u64::from(n)));
        sleep(Duration::from_micros(50));
        stopped += usize::from(timer.stop());
    }
    called(3 + 200 - stopped);
    let_others_run();
    assert_eq!(calls.load(SeqCst), 203 - stopped);
    // It may run again while the first one runs; dropping the timer stops nothing.
    let (gate, calls) = (bounded::<()>(0), Arc::new(AtomicUsize::new(0)));
    let (passed, begun) = (gate.1, Arc::clone(&calls));
    let timer = after_func(Duration::ZERO, move || {
        begun.fetch_add(1, SeqCst);
        let _ = passed.recv();
    });
    until(|| calls.load(SeqCst) == 1);
    assert!(!timer.reset(MS));
    until(|| calls.load(SeqCst) == 2);
    assert!(!timer.reset(5 * MS));
    drop(timer);
    until(|| calls.load(SeqCst) == 3);
}

/// TestTimerStopStress: what was stopped does not run.
pub(crate) fn stop_stress() {
    const TIMERS: usize = 100;
    let (ran, stopped) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let all = WaitGroup::new();
    for _ in 0..TIMERS {
        let (ran, stopped) = (Arc::clone(&ran), Arc::clone(&stopped));
        all.go(move || {
            let timer = after_func(200 * MS, move || _ = ran.fetch_add(1, SeqCst));
            sleep(100 * MS);
            stopped.fetch_add(usize::from(timer.stop()), SeqCst);
        });
    }
    all.wait();
    let stopped = stopped.load(SeqCst);
    until(|| ran.load(SeqCst) == TIMERS - stopped);
    sleep(150 * MS);
    assert_eq!(ran.load(SeqCst), TIMERS - stopped);
    assert!(stopped > 0);
}

/// TestAfterQueuing with functions.
pub(crate) fn in_order_of_deadlines() {
    crate::after::in_order(|delay, tell| drop(after_func(delay, tell)));
}

/// What the function holds goes with the last of the timer and of what is under way.
pub(crate) fn what_it_holds_is_released() {
    let drops = Drops::new();
    let holding = |delay: Duration| -> Timer {
        let value = drops.value();
        after_func(delay, move || _ = &value)
    };
    let timer = holding(HOUR);
    assert!(timer.stop());
    assert_eq!(drops.count(), 0, "it can be reset yet");
    drop(timer);
    assert_eq!(drops.count(), 1);
    drop(holding(MS));
    assert!(within(PATIENCE, || drops.count() == 2), "{}", drops.count());
    let timer = holding(Duration::ZERO);
    after(5 * MS).recv().unwrap();
    assert_eq!(drops.count(), 2, "it can be reset yet");
    drop(timer);
    assert!(within(PATIENCE, || drops.count() == 3), "{}", drops.count());
    let dropped: Vec<_> = (0..8)
        .map(|_| {
            let timers: Vec<_> = (0..50).map(|n| holding(n % 3 * MS)).collect();
            go!(move || timers.into_iter().filter(Timer::stop).count())
        })
        .collect();
    dropped.into_iter().for_each(|stops| _ = join(stops));
    assert!(within(PATIENCE, || drops.count() == 403), "{}", drops.count());
}
