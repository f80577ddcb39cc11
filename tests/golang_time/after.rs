//! `after`.

use std::time::{Duration, Instant};

use gmp::chan::{Receiver, bounded};
use gmp::go;
use gmp::time::{Timer, after, sleep};

use crate::{HOUR, MS};

/// TestAfter.
pub(crate) fn never_early() {
    const DELAY: Duration = Duration::from_millis(100);
    let start = Instant::now();
    let value = after(DELAY).recv().unwrap();
    assert!(start.elapsed() >= DELAY && value >= start + DELAY, "{:?}", value - start);
}

/// TestAfterTick.
pub(crate) fn one_after_the_other() {
    const COUNT: u32 = 10;
    const DELAY: Duration = Duration::from_millis(100);
    let start = Instant::now();
    for _ in 0..COUNT {
        after(DELAY).recv().unwrap();
    }
    assert!(start.elapsed() >= COUNT * DELAY, "{:?}", start.elapsed());
}

/// Go's slots.
pub(crate) const SLOTS: [u32; 13] = [5, 3, 6, 6, 6, 1, 1, 2, 7, 9, 4, 8, 0];

/// TestAfterQueuing: timers fire in the order in which they are due. `start` begins one that
/// calls a function with its slot. Repeated with longer delays if the machine was slower than
/// they are long, as Go does it.
pub(crate) fn in_order(start: impl Fn(Duration, Box<dyn Fn() + Send + Sync>)) {
    let mut failures = Vec::new();
    for attempt in 0..5 {
        let delta = (10 + 50 * attempt) * MS;
        let (result_tx, results) = bounded(SLOTS.len());
        let begin = Instant::now();
        for slot in SLOTS {
            let result = result_tx.clone();
            start(slot * delta, Box::new(move || result.send((slot, Instant::now())).unwrap()));
        }
        let results: Vec<_> = SLOTS.iter().map(|_| results.recv().unwrap()).collect();
        for (slot, when) in &results {
            assert!(*when >= begin + *slot * delta, "slot {slot} is early");
        }
        if results.is_sorted_by_key(|(slot, _)| *slot) {
            return;
        }
        failures.push(results.iter().map(|(slot, _)| *slot).collect::<Vec<_>>());
    }
    panic!("{failures:?}");
}

pub(crate) fn in_order_of_deadlines() {
    in_order(|delay, tell| {
        let timer = after(delay);
        go!(move || {
            timer.recv().unwrap();
            tell();
        });
    });
}

/// TestAfterTimes: whoever comes late gets the instant that it was due.
pub(crate) fn values_are_when_they_were_due() {
    const DELAY: Duration = Duration::from_millis(10);
    let before = Instant::now();
    let timer = Timer::new(DELAY);
    let receivers: [&Receiver<Instant>; 2] = [&after(DELAY), timer.chan()];
    let made = Instant::now();
    sleep(100 * MS);
    for receiver in receivers {
        let value = receiver.recv().unwrap();
        assert!(before + DELAY <= value && value <= made + DELAY, "{:?}", value - before);
    }
}

/// TestTimerGC: what is not needed any more is gone when it is dropped.
pub(crate) fn dropped_ones_are_gone() {
    const TIMERS: usize = 20_000;
    let rss = crate::support::process::rss_kib();
    for _ in 0..10 {
        (0..TIMERS).for_each(|_| drop((after(HOUR), Timer::new(HOUR))));
    }
    let grown = crate::support::process::rss_kib().saturating_sub(rss);
    assert!(grown < 10_000, "{grown} KiB");
    assert!(after(MS).recv().is_ok());
}
