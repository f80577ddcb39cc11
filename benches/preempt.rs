//! What it costs that nothing stops the others: how late a goroutine runs beside some that
//! never yield or that block their thread, and what these lose by it.
//!
//! ```text
//! cargo bench --bench preempt [-- [--quick] [FILTER]]
//! ```
//!
//! The Go programs these correspond to; "hogs" are goroutines that only compute.
//!
//! - `slice/late`: two hogs on one P read the clock all the time, which tells when each ran.
//!   From the end of the 10 ms one had to the other's running. `slice/handoff`: from the
//!   last that one saw to the first that the other saw.
//! - `ticker`: how late `time.Sleep(5 * time.Millisecond)` returns beside six hogs on one P.
//! - `stall`: on one P, a hog reads the clock all the time; a second goroutine calls
//!   `syscall.Nanosleep` for 10 ms and `runtime.Gosched`, again and again. What the hog
//!   misses each time, less what the other one runs. `stall/blocking` has no counterpart:
//!   the sleep is inside `gmp::blocking`. `stall/../blocked` is the part of it from the
//!   sleep's begin to the hog's running.
//! - `throughput`: blocks of a computation by three hogs on one P, against as many by one
//!   thread while no goroutine runs, in turn.
//! - `short_blocking`: ten million calls of `gmp::blocking(|| ())`, less the loop around them.
//! - `sysmon`: the processor time of the thread of that name, by its `schedstat`.
//! - `readers`: two hogs on two Ps, with and without a hundred goroutines in `syscall.Read`
//!   of a pipe each; then, without hogs, a byte for each of these, until all have answered
//!   over a channel (`wake_all`), and a byte for one at a time, until it runs (`wake_one`)
//!   and has answered (`answer_one`). `readers/blocking`: the reads are inside
//!   `gmp::blocking`.

mod harness;
#[path = "preempt/latency.rs"]
mod latency;
#[path = "preempt/print.rs"]
mod print;
#[path = "preempt/readers.rs"]
mod readers;
#[path = "preempt/stretches.rs"]
mod stretches;
#[path = "preempt/sysmon.rs"]
mod sysmon;
#[path = "preempt/throughput.rs"]
mod throughput;

use harness::Harness;

/// Takes its name, and whether to be quick.
type Bench = fn(&str, bool);

#[gmp::main(on_panic = "abort")]
fn main() {
    let harness = Harness::from_args();
    let benches: [(&str, Bench); 9] = [
        ("slice", latency::slice),
        ("ticker", latency::ticker),
        ("stall/unannotated", latency::stall_unannotated),
        ("stall/blocking", latency::stall_blocking),
        ("throughput", throughput::lost),
        ("short_blocking", throughput::short_blocking),
        ("sysmon/idle", sysmon::idle),
        ("sysmon/hogs", sysmon::hogs),
        ("readers", readers::readers),
    ];
    let procs = gmp::gomaxprocs(0);
    for (name, bench) in benches {
        if harness.wants(name) {
            bench(name, harness.quick());
            gmp::gomaxprocs(procs);
        }
    }
}
