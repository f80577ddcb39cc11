//! How long until a goroutine that is woken runs, while others compute.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use compare_harness::{Ask, Figure, percentiles};
use gmp::prelude::*;
use gmp::time::sleep;

/// A message each 100 us, from a goroutine that computes before and after.
pub(crate) fn wake(ask: &Ask) -> Vec<Figure> {
    let count = ask.pick(500, 5000);
    let (tx, rx) = bounded::<Instant>(0);
    go! {
        for _ in 0..count {
            compute();
            tx.send(Instant::now()).unwrap();
            compute();
        }
    };
    let mut times = Vec::with_capacity(count);
    times.extend(rx.iter().map(|sent| sent.elapsed()));
    assert_eq!(times.len(), count);
    percentiles(times)
}

fn compute() {
    let start = Instant::now();
    while start.elapsed() < Duration::from_micros(50) {
        spin_loop();
    }
}

/// How late a sleeper wakes among two goroutines per P that never call into the runtime.
pub(crate) fn preempt(ask: &Ask) -> Vec<Figure> {
    const PAUSE: Duration = Duration::from_millis(5);
    let stop = AtomicBool::new(false);
    let times = gmp::scope(|s| {
        for _ in 0..2 * ask.procs() {
            go!(s, || {
                while !stop.load(Ordering::Relaxed) {
                    spin_loop();
                }
            });
        }
        let times = (0..ask.pick(20, 300)).map(|_| {
            let start = Instant::now();
            sleep(PAUSE);
            start.elapsed() - PAUSE
        });
        let times = times.collect();
        stop.store(true, Ordering::Relaxed);
        times
    });
    percentiles(times)
}
