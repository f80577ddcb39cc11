//! The contender `threads`: std's threads, channels and locks.

mod channels;
mod cpu;
mod latency;
mod network;
mod scheduler;
mod sync;

use std::process::ExitCode;
use std::sync::mpsc::{channel, sync_channel};

use compare_harness::What::{Each, Not, Own, Serve, Whole};
use compare_harness::{Row, affinity};

// A process gets about 32,000 threads: each takes two of its 65,530 mappings.
const SKYNET: &str = "1.1 million threads";
const FIB: &str = "121,392 threads";
const SLEEPERS: &str = "100,000 threads";
const PARKED: &str = "1,000,000 threads";
const MPMC: &str = "no channel with several receivers";
const SELECT: &str = "no select";
const HTTP: &str = "no HTTP";

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row { name: "spawn_exit", what: Each(scheduler::spawn_exit) },
    Row { name: "spawn_join", what: Each(scheduler::spawn_join) },
    Row { name: "yield", what: Each(scheduler::yielding) },
    Row { name: "ping_pong", what: Each(scheduler::ping_pong) },
    Row { name: "ring", what: Each(scheduler::ring) },
    Row { name: "skynet", what: Not(SKYNET) },
    Row { name: "fib", what: Not(FIB) },
    Row { name: "sieve", what: Whole(scheduler::sieve) },
    Row { name: "sleepers", what: Not(SLEEPERS) },
    Row { name: "timers", what: Not("no timers") },
    Row { name: "parked", what: Not(PARKED) },
    Row { name: "wake", what: Own(latency::wake) },
    Row { name: "preempt", what: Own(latency::preempt) },
    Row { name: "spsc_0", what: Each(|n| channels::one_to_one(sync_channel(0), n)) },
    Row { name: "spsc_1", what: Each(|n| channels::one_to_one(sync_channel(1), n)) },
    Row { name: "spsc_128", what: Each(|n| channels::one_to_one(sync_channel(128), n)) },
    Row { name: "spsc_unbounded", what: Each(|n| channels::one_to_one(channel(), n)) },
    Row { name: "mpsc_0", what: Each(|n| channels::eight_to_one(sync_channel(0), n)) },
    Row { name: "mpsc_128", what: Each(|n| channels::eight_to_one(sync_channel(128), n)) },
    Row { name: "mpmc_0", what: Not(MPMC) },
    Row { name: "mpmc_128", what: Not(MPMC) },
    Row { name: "select_2", what: Not(SELECT) },
    Row { name: "select_4", what: Not(SELECT) },
    Row { name: "select_16", what: Not(SELECT) },
    Row { name: "select_4_ready", what: Not(SELECT) },
    Row { name: "select_default", what: Not(SELECT) },
    Row { name: "messages_64", what: Each(channels::messages::<56>) },
    Row { name: "messages_4k", what: Each(channels::messages::<4088>) },
    Row { name: "mutex_1", what: Each(sync::mutex_1) },
    Row { name: "mutex_8", what: Each(sync::mutex_8) },
    Row { name: "wait_group", what: Not("no WaitGroup") },
    Row { name: "quicksort", what: Whole(cpu::quicksort) },
    Row { name: "matmul", what: Whole(cpu::matmul) },
    Row { name: "mandelbrot", what: Whole(cpu::mandelbrot) },
    Row { name: "word_count", what: Whole(cpu::word_count) },
    Row { name: "http_1", what: Not(HTTP) },
    Row { name: "http_64", what: Not(HTTP) },
    Row { name: "http_1000", what: Not(HTTP) },
    Row { name: "http_idle", what: Not(HTTP) },
    Row { name: "json_64", what: Not(HTTP) },
    Row { name: "tcp_64", what: Serve(network::echo) },
];

fn main() -> ExitCode {
    compare_harness::main("threads", ROWS, affinity::limit)
}
