//! What it takes to move a program from crossbeam-channel and threads to goroutines: other
//! `use` lines. The three programs in `port_from_crossbeam/programs.rs` are compiled under
//! both and compared.
//!
//! ```text
//! cargo run --release --example port_from_crossbeam
//! ```

#[path = "support/leftover.rs"]
mod leftover;

use std::time::Duration;

use gmp::num_goroutine;

mod on_threads {
    use std::thread::{scope, sleep, spawn};
    use std::time::{Duration, Instant};

    use crossbeam_channel::{RecvError, TrySendError, bounded, select, tick, unbounded};

    include!("port_from_crossbeam/programs.rs");
}

mod on_goroutines {
    use std::time::{Duration, Instant};

    use gmp::chan::{RecvError, TrySendError, bounded, select, tick, unbounded};
    use gmp::time::sleep;
    use gmp::{scope, spawn};

    include!("port_from_crossbeam/programs.rs");
}

/// What `program` returns, run on a plain thread: code that blocks threads has no place on
/// goroutines. It would hold up a processor, and it may have looked up its thread's locals
/// when the goroutine was still on another one.
fn off_goroutine<T: Send + 'static>(program: impl FnOnce() -> T + Send + 'static) -> T {
    let (tx, rx) = gmp::chan::bounded(1);
    std::thread::spawn(move || tx.send(program()));
    rx.recv().unwrap()
}

const GUESTS: usize = 100;
const LAPS: [Duration; 3] = [Duration::from_millis(4), Duration::ZERO, Duration::from_millis(7)];
const REFRESH: Duration = Duration::from_millis(2);

#[gmp::main]
fn main() {
    let goroutines_before = num_goroutine();
    let threads = off_goroutine(|| on_threads::hailstones(27));
    let goroutines = on_goroutines::hailstones(27);
    println!(
        "hailstones from 27: {} numbers, the largest is {:?}",
        goroutines.len(),
        goroutines.iter().max()
    );
    assert_eq!(goroutines, threads);
    assert_eq!((goroutines.len(), goroutines.iter().max()), (112, Some(&9232)));

    for (kind, pairs) in [
        ("threads", off_goroutine(|| on_threads::handshakes(GUESTS))),
        ("goroutines", on_goroutines::handshakes(GUESTS)),
    ] {
        println!("{GUESTS} guests as {kind}: {} handshakes", pairs.len());
        let mut guests: Vec<usize> = pairs.iter().flat_map(|&(one, other)| [one, other]).collect();
        guests.sort_unstable();
        assert!(guests.into_iter().eq(0..GUESTS), "everybody has one partner");
    }

    for (kind, (laps, refreshed)) in [
        ("threads", off_goroutine(|| on_threads::stopwatch(&LAPS, REFRESH))),
        ("goroutines", on_goroutines::stopwatch(&LAPS, REFRESH)),
    ] {
        println!("laps by {kind}: {laps:.1?}, refreshed {refreshed} times");
        assert_eq!(laps.len(), LAPS.len());
        let mut due = Duration::ZERO;
        for (lap, sleep) in laps.iter().zip(LAPS) {
            due += sleep;
            assert!(*lap >= due, "a lap of {lap:?} before {due:?}");
        }
    }
    leftover::assert_no_more_than(goroutines_before);
}
