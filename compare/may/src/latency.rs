//! How long until a coroutine that is woken runs, while the one that woke it computes.

use std::time::{Duration, Instant};

use compare_harness::{Ask, Figure, percentiles};
use may::sync::spsc;

use crate::start::{go, join, run};

/// A message each 100 us, from a coroutine that computes before and after. One that is woken
/// is queued at the worker that woke it; others look there every 10 ms, or all the time, for
/// a whole CPU each, after `set_timeout_ns(0)`.
pub(crate) fn wake(ask: &Ask) -> Vec<Figure> {
    let count = ask.pick(500, 5000);
    let times = run(move || {
        let (tx, rx) = spsc::channel::<Instant>();
        let receiver = go(move || rx.into_iter().map(|sent| sent.elapsed()).collect::<Vec<_>>());
        let sender = go(move || {
            for _ in 0..count {
                compute();
                tx.send(Instant::now()).expect("the receiver is there");
                compute();
            }
        });
        join(sender);
        join(receiver)
    });
    assert_eq!(times.len(), count);
    percentiles(times)
}

fn compute() {
    let start = Instant::now();
    while start.elapsed() < Duration::from_micros(50) {
        std::hint::spin_loop();
    }
}
