//! Where goroutines wait for a processor. Its own queue has room for 256, and for one more in
//! front that runs next. When a goroutine finds the queue full, half of the queue moves to
//! the global queue, and the goroutine with it.
//!
//! ```text
//! cargo run --release --example queue_overflow
//! ```

use gmp::Stats;
use gmp::sync::WaitGroup;

const GOROUTINES: usize = 1000;
const ROOM: usize = 256;
/// Half of the queue, and the goroutine that found it full.
const MOVED: usize = ROOM / 2 + 1;

#[gmp::main(gomaxprocs = 1)]
fn main() {
    // There is one processor, and main keeps it while it starts them: none of them runs.
    // Unless main is interrupted, because its slice of 10 ms is over; then once more.
    let (overflows_before, snapshots) = std::iter::repeat_with(start)
        .find(|(_, snapshots)| snapshots[0].handoffs == snapshots[GOROUTINES - 1].handoffs)
        .expect("an attempt without end");

    println!("started  local  global  overflows");
    for (i, stats) in snapshots.iter().enumerate() {
        let (local, global) = (stats.local_queues[0], stats.global_queue);
        let overflows = (stats.global_overflows - overflows_before) as usize;
        let started = i + 1;
        let overflowed = i > 0 && stats.global_overflows > snapshots[i - 1].global_overflows;
        if started == 1 || overflowed || started == GOROUTINES {
            println!("{started:7} {local:6} {global:7} {overflows:10}");
        }
        assert_eq!(local + global, started, "none is lost");
        assert!(local <= ROOM + 1, "{local} goroutines are in the local queue");
        assert_eq!(global, overflows * MOVED);
    }
    assert!(snapshots[GOROUTINES - 1].global_queue > 0);
    assert_eq!(gmp::stats().runnable, 0, "all have run");
}

/// Starts them one by one and looks at the queues after each. And how often a queue had
/// been full before.
fn start() -> (u64, Vec<Stats>) {
    let all = WaitGroup::new();
    gmp::gosched();
    let overflows_before = gmp::stats().global_overflows;
    let look = |_| {
        all.go(|| ());
        gmp::stats()
    };
    let snapshots = (1..=GOROUTINES).map(look).collect();
    all.wait();
    (overflows_before, snapshots)
}
