//! Receivers whose values come from the clock.

use std::thread;
use std::time::{Duration, Instant};

use gmp::chan::{RecvTimeoutError, TryRecvError, after, at, select, tick, unbounded};

use crate::{NOW, SOON, on_both};

/// One value, the instant it was due however late it is received; then silence, no end.
#[gmp::test]
fn after_gives_one_value() {
    on_both(|| {
        for wait in [NOW, Duration::from_millis(2), SOON] {
            let before = Instant::now();
            let timer = after(wait);
            let made = Instant::now();
            let there = timer.len();
            if Instant::now() < before + wait {
                assert_eq!(there, 0);
            }
            let other = timer.clone();
            if wait != SOON {
                // Late.
                thread::sleep(Duration::from_millis(10));
            }
            let value = timer.recv().unwrap();
            assert!(Instant::now() >= before + wait, "early");
            assert!(before + wait <= value && value <= made + wait, "{:?}", value - before);
            assert_eq!(timer.try_recv(), Err(TryRecvError::Empty));
            assert_eq!(other.recv_timeout(SOON), Err(RecvTimeoutError::Timeout));
            assert!(timer.same_channel(&other) && !timer.same_channel(&after(wait)));
            assert!(!timer.is_closed());
        }
        let (past, due) = (Instant::now() - SOON, Instant::now() + SOON);
        assert_eq!(at(past).try_recv(), Ok(past));
        assert_eq!((at(due).recv(), Instant::now() >= due), (Ok(due), true));
    });
}

/// Timers fire in the order in which they are due, whatever the order they were made in.
#[gmp::test]
fn timers_fire_in_order() {
    on_both(|| {
        let start = Instant::now();
        let timers = [9, 3, 6, 1].map(|n| after(n * Duration::from_millis(3)));
        let [nine, three, six, one] = &timers;
        let mut open = [true; 4];
        let mut order = Vec::new();
        for _ in 0..4 {
            let (n, value) = select! {
                v = <-nine, if open[0] => (0, v),
                v = <-three, if open[1] => (1, v),
                v = <-six, if open[2] => (2, v),
                v = <-one, if open[3] => (3, v),
            };
            open[n] = false;
            order.push(value.unwrap());
        }
        // If all were late at once the choice is free, but each knows when it was due.
        assert!(start.elapsed() >= Duration::from_millis(27));
        order.sort();
        for (value, n) in order.iter().zip([1, 3, 6, 9]) {
            let due = *value - start;
            assert!(due >= n * Duration::from_millis(3), "{due:?}");
        }
    });
}

/// A ticker keeps its period, holds one tick for who is late, and drops the others.
#[gmp::test]
fn ticks() {
    on_both(|| {
        const PERIOD: Duration = Duration::from_millis(4);
        let start = Instant::now();
        let ticker = tick(PERIOD);
        for n in 1..=5 {
            let value = ticker.recv().unwrap();
            assert!(start.elapsed() >= n * PERIOD, "early");
            assert!(value >= start + n * PERIOD);
        }
        thread::sleep(6 * PERIOD);
        let late = Instant::now();
        assert!(ticker.try_recv().is_ok(), "one is kept");
        // The next one is a whole period ahead, or on the grid, not one of the five missed.
        let next = ticker.recv().unwrap();
        assert!(next + PERIOD > late, "{:?} old", late - next);
        let clone = ticker.clone();
        assert!(ticker.same_channel(&clone) && !ticker.is_closed());
        assert!(clone.recv().unwrap() > next);
    });
}

/// Timers are dropped unfired by thousands, in and out of selects, and cost nothing after it.
#[gmp::test]
fn timers_that_nobody_needs() {
    on_both(|| {
        let (tx, rx) = unbounded();
        for n in 0..20_000 {
            drop(after(Duration::from_secs(3600)));
            tx.send(n).unwrap();
            let got = select! {
                v = <-rx => v,
                <-after(Duration::from_secs(3600)) => panic!("an hour"),
                after(Duration::from_secs(3600)) => panic!("an hour"),
            };
            assert_eq!(got, Ok(n));
        }
        let kept: Vec<_> = (0..20_000).map(|_| after(Duration::from_secs(3600))).collect();
        assert!(after(Duration::from_millis(1)).recv().is_ok());
        drop(kept);
    });
}
