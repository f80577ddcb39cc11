//! Timers and tickers in async code.

use std::time::{Duration, Instant};

use gmp::chan::{after, at, never, nil, tick};

use crate::by_hand::ByHand;
use crate::support::watchdog;

/// A timer wakes the task that waits for it, not before it is due, with the instant it was due.
#[gmp::test]
fn timers_wake_tasks() {
    let _watchdog = watchdog();
    for wait in [Duration::ZERO, Duration::from_micros(300), Duration::from_millis(20)] {
        let before = Instant::now();
        let (timer, due) = (after(wait), before + wait);
        let made = Instant::now();
        let mut receive = ByHand::new(timer.recv_async());
        let polled = receive.poll();
        if wait > Duration::from_millis(10) && before.elapsed() < wait {
            assert_eq!((polled, receive.wakes()), (None, 0));
        }
        let value = match polled {
            Some(value) => value,
            None => receive.finish(),
        };
        let value = value.expect("a timer does not end");
        assert!(Instant::now() >= due, "early");
        assert!(due <= value && value <= made + wait, "{:?} of {wait:?}", value - before);
        let fixed = at(due);
        assert_eq!(ByHand::new(fixed.recv_async()).finish(), Ok(due));
    }
}

/// The tasks that wait for one timer: one gets the value, the others wait on.
#[gmp::test]
fn one_task_gets_it() {
    let _watchdog = watchdog();
    let timer = after(Duration::from_millis(10));
    let mut waiting: Vec<_> = (0..10).map(|_| ByHand::new(timer.recv_async())).collect();
    while waiting.len() == 10 {
        gmp::gosched();
        waiting.retain_mut(|receive| receive.poll().is_none());
    }
    assert_eq!(waiting.len(), 9);
    gmp::time::sleep(Duration::from_millis(5));
    assert!(waiting.iter_mut().all(|receive| receive.poll().is_none()));
}

/// A ticker wakes the task each time, never early.
#[gmp::test]
fn tickers_wake_tasks() {
    const PERIOD: Duration = Duration::from_millis(3);
    let _watchdog = watchdog();
    let start = Instant::now();
    let ticker = tick(PERIOD);
    let mut last = start;
    for n in 1..=10 {
        let value = ByHand::new(ticker.recv_async()).finish().expect("a ticker does not end");
        assert!(start.elapsed() >= n * PERIOD, "early");
        assert!(value > last && value <= Instant::now());
        last = value;
    }
}

/// A timer's future that is dropped while it waits leaves the timer as it was.
#[gmp::test]
fn dropped_waits_lose_nothing() {
    let _watchdog = watchdog();
    let timer = after(Duration::from_millis(10));
    for _ in 0..100 {
        let mut receive = ByHand::new(timer.recv_async());
        if let Some(value) = receive.poll() {
            assert!(value.is_ok());
            return;
        }
        drop(receive);
    }
    // Served, and dropped without a poll: the value is still to be had.
    let mut receive = ByHand::new(timer.recv_async());
    if receive.poll().is_none() {
        crate::support::until(|| receive.wakes() > 0);
        drop(receive);
        assert!(timer.recv().is_ok());
    }
}

/// What never comes is waited for in vain, and given up without a trace.
#[test]
fn nothing_comes_of_nothing() {
    let ((nil_tx, nil_rx), never) = (nil::<u32>(), never::<u32>());
    let mut send = ByHand::new(nil_tx.send_async(1));
    let mut receives = [nil_rx.recv_async(), never.recv_async()].map(ByHand::new);
    for _ in 0..100 {
        assert!(send.poll().is_none());
        assert!(receives.iter_mut().all(|receive| receive.poll().is_none()));
    }
    assert_eq!(send.wakes() + receives.iter().map(ByHand::wakes).sum::<usize>(), 0);
}
