//! The contender `gmp`: goroutines, its channels, locks and timers.

mod channels;
mod cpu;
mod latency;
mod many;
mod network;
mod scheduler;
mod select;
mod sync;
mod trees;

use std::process::ExitCode;

use compare_harness::Row;
use compare_harness::What::{Each, Own, Serve, Whole};
use gmp::chan::{bounded, unbounded};

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row { name: "spawn_exit", what: Each(scheduler::spawn_exit) },
    Row { name: "spawn_join", what: Each(scheduler::spawn_join) },
    Row { name: "yield", what: Each(scheduler::yielding) },
    Row { name: "ping_pong", what: Each(scheduler::ping_pong) },
    Row { name: "ring", what: Each(scheduler::ring) },
    Row { name: "skynet", what: Whole(trees::skynet) },
    Row { name: "fib", what: Whole(trees::fib) },
    Row { name: "sieve", what: Whole(trees::sieve) },
    Row { name: "sleepers", what: Whole(many::sleepers) },
    Row { name: "timers", what: Whole(many::timers) },
    Row { name: "parked", what: Own(many::parked) },
    Row { name: "wake", what: Own(latency::wake) },
    Row { name: "preempt", what: Own(latency::preempt) },
    Row { name: "spsc_0", what: Each(|n| channels::one_to_one(bounded(0), n)) },
    Row { name: "spsc_1", what: Each(|n| channels::one_to_one(bounded(1), n)) },
    Row { name: "spsc_128", what: Each(|n| channels::one_to_one(bounded(128), n)) },
    Row { name: "spsc_unbounded", what: Each(|n| channels::one_to_one(unbounded(), n)) },
    Row { name: "mpsc_0", what: Each(|n| channels::eight_to_one(bounded(0), n)) },
    Row { name: "mpsc_128", what: Each(|n| channels::eight_to_one(bounded(128), n)) },
    Row { name: "mpmc_0", what: Each(|n| channels::eight_to_eight(bounded(0), n)) },
    Row { name: "mpmc_128", what: Each(|n| channels::eight_to_eight(bounded(128), n)) },
    Row { name: "select_2", what: Each(select::select_2) },
    Row { name: "select_4", what: Each(select::select_4) },
    Row { name: "select_16", what: Each(select::select_16) },
    Row { name: "select_4_ready", what: Each(select::select_4_ready) },
    Row { name: "select_default", what: Each(select::select_default) },
    Row { name: "messages_64", what: Each(channels::messages::<56>) },
    Row { name: "messages_4k", what: Each(channels::messages::<4088>) },
    Row { name: "mutex_1", what: Each(sync::mutex_1) },
    Row { name: "mutex_8", what: Each(sync::mutex_8) },
    Row { name: "wait_group", what: Each(sync::wait_group) },
    Row { name: "quicksort", what: Whole(cpu::quicksort) },
    Row { name: "matmul", what: Whole(cpu::matmul) },
    Row { name: "mandelbrot", what: Whole(cpu::mandelbrot) },
    Row { name: "word_count", what: Whole(cpu::word_count) },
    Row { name: "http_1", what: Serve(network::hello) },
    Row { name: "http_64", what: Serve(network::hello) },
    Row { name: "http_1000", what: Serve(network::hello) },
    Row { name: "http_idle", what: Serve(network::hello) },
    Row { name: "json_64", what: Serve(network::json) },
    Row { name: "tcp_64", what: Serve(network::echo) },
];

#[gmp::main]
fn main() -> ExitCode {
    compare_harness::main("gmp", ROWS, |procs| {
        gmp::gomaxprocs(procs);
    })
}
