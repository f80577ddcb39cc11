//! How long until a task that is woken runs, while the one that woke it computes.

use std::time::{Duration, Instant};

use compare_harness::{Ask, Figure, percentiles};
use tokio::sync::mpsc;

use crate::runtime::run;

/// A message each 100 us, from a task that computes before and after. The channel holds one
/// message, since tokio has none without a buffer. A task that is woken is the next one of
/// the worker that woke it, and no other worker takes it away.
pub(crate) fn wake(ask: &Ask) -> Vec<Figure> {
    let count = ask.pick(500, 5000);
    run(async move {
        let (tx, mut rx) = mpsc::channel::<Instant>(1);
        let receiver = tokio::spawn(async move {
            let mut times = Vec::with_capacity(count);
            while let Some(sent) = rx.recv().await {
                times.push(sent.elapsed());
            }
            times
        });
        let sender = tokio::spawn(async move {
            for _ in 0..count {
                compute();
                tx.send(Instant::now()).await.expect("the receiver is there");
                compute();
            }
        });
        sender.await.expect("nothing panics");
        let times = receiver.await.expect("nothing panics");
        assert_eq!(times.len(), count);
        percentiles(times)
    })
}

fn compute() {
    let start = Instant::now();
    while start.elapsed() < Duration::from_micros(50) {
        std::hint::spin_loop();
    }
}
