//! Timers and tickers.

use std::hint::black_box;
use std::time::Duration;

use gmp::time::{Ticker, Timer, after, after_func};

use crate::harness::Harness;

const HOUR: Duration = Duration::from_secs(3_600);

pub(crate) fn run(harness: &Harness) {
    let many = if harness.quick() { 10_000 } else { 1_000_000 };
    for pending in [0, 1_000, many] {
        let rows = ["first", "mid", "new"].map(|row| match row {
            "new" => format!("timer/new/{pending}"),
            row => format!("timer/arm/{row}/{pending}"),
        });
        if !rows.iter().any(|name| harness.wants(name)) {
            continue;
        }
        // Due over two hours, from one hour on.
        let others: Vec<Timer> =
            (0..pending).map(|n| after_func(HOUR + 2 * HOUR * n / pending, || ())).collect();
        let timer = after_func(HOUR, || unreachable!("it is always stopped"));
        let arm = |n: u64, due: Duration| {
            (0..n).for_each(|_| {
                black_box(&timer).reset(due);
                assert!(timer.stop());
            });
        };
        harness.run(&rows[0], 1, |n| arm(n, HOUR / 2));
        harness.run(&rows[1], 1, |n| arm(n, 2 * HOUR));
        harness.run(&rows[2], 1, |n| {
            (0..n).for_each(|_| assert!(Timer::new(black_box(2 * HOUR)).stop()));
        });
        drop((timer, others));
    }
    harness.run("timer/after", 1, |n| {
        (0..n).for_each(|_| _ = after(Duration::ZERO).recv().unwrap());
    });
    harness.run("ticker/new", 1, |n| {
        (0..n).for_each(|_| Ticker::new(black_box(HOUR)).stop());
    });
    harness.run("ticker/tick", 1, |n| {
        let ticker = Ticker::new(Duration::from_nanos(1));
        (0..n).for_each(|_| _ = ticker.chan().recv().unwrap());
    });
}
