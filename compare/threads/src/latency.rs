//! How long until a thread that is woken runs, while others compute.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, Instant};

use compare_harness::{Ask, Figure, percentiles};

/// A message each 100 us, from a thread that computes before and after.
pub(crate) fn wake(ask: &Ask) -> Vec<Figure> {
    let count = ask.pick(500, 5000);
    let (tx, rx) = sync_channel::<Instant>(0);
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

/// How late a sleeper wakes among two threads per CPU that compute.
pub(crate) fn preempt(ask: &Ask) -> Vec<Figure> {
    const PAUSE: Duration = Duration::from_millis(5);
    let stop = AtomicBool::new(false);
    let times = thread::scope(|s| {
        for _ in 0..2 * ask.procs() {
            s.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    spin_loop();
                }
            });
        }
        let times = (0..ask.pick(20, 300)).map(|_| {
            let start = Instant::now();
            thread::sleep(PAUSE);
            start.elapsed() - PAUSE
        });
        let times = times.collect();
        stop.store(true, Ordering::Relaxed);
        times
    });
    percentiles(times)
}
