//! The contender `crossbeam`: its channels, `select!` and `WaitGroup` between std's threads.

mod channels;
mod cpu;
mod latency;
mod scheduler;
mod select;

use std::process::ExitCode;

use compare_harness::What::{Each, Not, Own, Whole};
use compare_harness::{Row, affinity};
use crossbeam_channel::{bounded, unbounded};

const CHANNELS: &str = "crossbeam is channels";
// A process gets about 32,000 threads: each takes two of its 65,530 mappings.
const SKYNET: &str = "1.1 million threads";
const FIB: &str = "121,392 threads";
const PARKED: &str = "1,000,000 threads";

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row { name: "spawn_exit", what: Not(CHANNELS) },
    Row { name: "spawn_join", what: Not(CHANNELS) },
    Row { name: "yield", what: Not(CHANNELS) },
    Row { name: "ping_pong", what: Each(scheduler::ping_pong) },
    Row { name: "ring", what: Each(scheduler::ring) },
    Row { name: "skynet", what: Not(SKYNET) },
    Row { name: "fib", what: Not(FIB) },
    Row { name: "sieve", what: Whole(scheduler::sieve) },
    Row { name: "sleepers", what: Not(CHANNELS) },
    Row { name: "timers", what: Not(CHANNELS) },
    Row { name: "parked", what: Not(PARKED) },
    Row { name: "wake", what: Own(latency::wake) },
    Row { name: "preempt", what: Not(CHANNELS) },
    Row { name: "spsc_0", what: Each(|n| channels::one_to_one(&bounded(0), n)) },
    Row { name: "spsc_1", what: Each(|n| channels::one_to_one(&bounded(1), n)) },
    Row { name: "spsc_128", what: Each(|n| channels::one_to_one(&bounded(128), n)) },
    Row { name: "spsc_unbounded", what: Each(|n| channels::one_to_one(&unbounded(), n)) },
    Row { name: "mpsc_0", what: Each(|n| channels::eight_to_one(&bounded(0), n)) },
    Row { name: "mpsc_128", what: Each(|n| channels::eight_to_one(&bounded(128), n)) },
    Row { name: "mpmc_0", what: Each(|n| channels::eight_to_eight(bounded(0), n)) },
    Row { name: "mpmc_128", what: Each(|n| channels::eight_to_eight(bounded(128), n)) },
    Row { name: "select_2", what: Each(select::select_2) },
    Row { name: "select_4", what: Each(select::select_4) },
    Row { name: "select_16", what: Each(select::select_16) },
    Row { name: "select_4_ready", what: Each(select::select_4_ready) },
    Row { name: "select_default", what: Each(select::select_default) },
    Row { name: "messages_64", what: Each(channels::messages::<56>) },
    Row { name: "messages_4k", what: Each(channels::messages::<4088>) },
    Row { name: "mutex_1", what: Not("no mutex") },
    Row { name: "mutex_8", what: Not("no mutex") },
    Row { name: "wait_group", what: Each(scheduler::wait_group) },
    Row { name: "quicksort", what: Not(CHANNELS) },
    Row { name: "matmul", what: Not(CHANNELS) },
    Row { name: "mandelbrot", what: Not(CHANNELS) },
    Row { name: "word_count", what: Whole(cpu::word_count) },
    Row { name: "http_1", what: Not(CHANNELS) },
    Row { name: "http_64", what: Not(CHANNELS) },
    Row { name: "http_1000", what: Not(CHANNELS) },
    Row { name: "http_idle", what: Not(CHANNELS) },
    Row { name: "json_64", what: Not(CHANNELS) },
    Row { name: "tcp_64", what: Not(CHANNELS) },
];

fn main() -> ExitCode {
    compare_harness::main("crossbeam", ROWS, affinity::limit)
}
