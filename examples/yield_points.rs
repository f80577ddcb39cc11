//! Which calls let another goroutine run. There is one processor here, so the goroutine that
//! has it keeps all others waiting.
//!
//! A call that has to wait gives the processor away, and so does `gosched`. Computing does
//! not, nor does a call that need not wait: a loop without such calls keeps its processor
//! until its slice of 10 ms is over. Then it is taken away (see `async_preempt`).
//!
//! ```text
//! cargo run --release --example yield_points
//! ```

use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use gmp::chan::bounded;
use gmp::sync::WaitGroup;
use gmp::time::sleep;
use gmp::{go, gosched};

/// Counts the runs of the other goroutine.
static RUNS: AtomicU32 = AtomicU32::new(0);

/// The other goroutine.
fn other() {
    RUNS.fetch_add(1, Relaxed);
}

#[gmp::main(gomaxprocs = 1)]
fn main() {
    println!("Does another goroutine run meanwhile?");

    gives_way("gosched()", || {
        go!(other());
        gosched();
    });
    gives_way("recv() on an empty channel", || {
        let (sender, receiver) = bounded(1);
        go!(move || {
            other();
            sender.send(()).unwrap();
        });
        receiver.recv().unwrap();
    });
    gives_way("send() on a full channel", || {
        let (sender, receiver) = bounded(1);
        sender.send(1).unwrap();
        go!(move || {
            other();
            assert_eq!(receiver.iter().sum::<u32>(), 1 + 2);
        });
        sender.send(2).unwrap();
    });
    gives_way("sleep()", || {
        go!(other());
        sleep(Duration::from_millis(1));
    });
    gives_way("join()", || go!(other()).join().unwrap());
    gives_way("WaitGroup::wait()", || {
        let group = WaitGroup::new();
        group.go(other);
        group.wait();
    });

    keeps_on("go!", || {
        go!(other());
        go!(|| ());
    });
    keeps_on("a computation", || {
        go!(other());
        black_box((0..100_000).fold(0, |sum, n| sum ^ black_box(n)));
    });
    keeps_on("println!", || {
        go!(other());
        println!("  (printing)");
    });
    keeps_on("send() on a channel with room", || {
        let (sender, _receiver) = bounded(1);
        go!(other());
        sender.send(()).unwrap();
    });
    keeps_on("recv() of a value that is there", || {
        let (sender, receiver) = bounded(1);
        sender.send(()).unwrap();
        go!(other());
        receiver.recv().unwrap();
    });
}

/// Asserts that the other goroutine, which `call` starts, runs before `call` returns.
fn gives_way(name: &str, call: impl FnOnce()) {
    let runs = RUNS.load(Relaxed);
    call();
    println!("  {name:32} yes");
    assert_eq!(RUNS.load(Relaxed), runs + 1, "{name} did not let the other goroutine run");
}

/// Asserts that it does not; each attempt begins with a new slice, and on a busy machine that
/// may end in the middle of one.
fn keeps_on(name: &str, call: impl Fn()) {
    const ATTEMPTS: u32 = 20;
    let kept = (0..ATTEMPTS).any(|_| {
        gosched();
        let runs = RUNS.load(Relaxed);
        call();
        let kept = RUNS.load(Relaxed) == runs;
        while RUNS.load(Relaxed) == runs {
            gosched();
        }
        kept
    });
    println!("  {name:32} no");
    assert!(kept, "{name} let the other goroutine run");
}
