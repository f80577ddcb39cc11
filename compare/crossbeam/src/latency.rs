//! How long until a thread that is woken runs, while the one that woke it computes.

use std::hint::spin_loop;
use std::thread;
use std::time::{Duration, Instant};

use compare_harness::{Ask, Figure, percentiles};
use crossbeam_channel::bounded;

/// A message each 100 us, from a thread that computes before and after.
pub(crate) fn wake(ask: &Ask) -> Vec<Figure> {
    let count = ask.pick(500, 5000);
    let (tx, rx) = bounded::<Instant>(0);
    thread::spawn(move || {
        for _ in 0..count {
            compute();
            tx.send(Instant::now()).unwrap();
            compute();
        }
    });
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
