//! What goroutines lose that never block.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use gmp::chan::bounded;
use gmp::go;

use crate::print;

const HOGS: u64 = 3;

/// A block of a computation; the result is always the same.
pub(crate) fn block() -> u64 {
    let mut state = black_box(0x9e37_79b9_7f4a_7c15_u64);
    for _ in 0..100_000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    state
}

fn blocks(count: u64, expected: u64) {
    for _ in 0..count {
        assert_eq!(block(), expected);
    }
}

pub(crate) fn lost(name: &str, quick: bool) {
    gmp::gomaxprocs(1);
    let expected = block();
    let start = Instant::now();
    blocks(30, expected);
    let aim = Duration::from_millis(if quick { 20 } else { 300 }).as_secs_f64();
    let each = ((aim / start.elapsed().as_secs_f64() * 30.0) as u64 / HOGS).max(1);

    let (mut threads, mut hogs, mut lost) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..if quick { 3 } else { 31 } {
        let thread = by_thread(HOGS * each, expected).as_secs_f64();
        let goroutines = by_goroutines(each, expected).as_secs_f64();
        let rate = |time: f64| (HOGS * each) as f64 / time;
        threads.push(rate(thread));
        hogs.push(rate(goroutines));
        lost.push((1.0 - thread / goroutines) * 100.0);
    }
    print::rounds(&format!("{name}/thread"), "blocks/s", threads);
    print::rounds(&format!("{name}/3_hogs"), "blocks/s", hogs);
    print::rounds(&format!("{name}/lost"), "%", lost);
}

/// No goroutine runs meanwhile.
fn by_thread(count: u64, expected: u64) -> Duration {
    let (sender, receiver) = bounded(1);
    thread::spawn(move || {
        let start = Instant::now();
        blocks(count, expected);
        sender.send(start.elapsed()).unwrap();
    });
    receiver.recv().unwrap()
}

fn by_goroutines(each: u64, expected: u64) -> Duration {
    let start = Instant::now();
    for hog in [(); HOGS as usize].map(|()| go!(move || blocks(each, expected))) {
        hog.join().unwrap();
    }
    start.elapsed()
}

pub(crate) fn short_blocking(name: &str, quick: bool) {
    let calls: u32 = if quick { 10_000 } else { 10_000_000 };
    let nanoseconds = |time: Duration| time.as_secs_f64() * 1e9 / f64::from(calls);
    let (mut with, mut without, mut costs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..if quick { 3 } else { 11 } {
        let start = Instant::now();
        for call in 0..calls {
            black_box(call);
        }
        let middle = Instant::now();
        for call in 0..calls {
            black_box(gmp::blocking(|| black_box(call)));
        }
        let (empty, full) = (nanoseconds(middle - start), nanoseconds(middle.elapsed()));
        without.push(empty);
        with.push(full);
        costs.push(full - empty);
    }
    print::rounds(&format!("{name}/loop"), "ns/op", without);
    print::rounds(&format!("{name}/loop_of_calls"), "ns/op", with);
    print::rounds(&format!("{name}/call"), "ns/op", costs);
}
