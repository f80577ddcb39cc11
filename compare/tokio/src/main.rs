//! The contender `tokio`: tasks, its channels, locks and timers.

mod channels;
mod cpu;
mod latency;
mod many;
mod network;
mod runtime;
mod scheduler;
mod select;
mod sync;
mod trees;

use std::process::ExitCode;

use compare_harness::Row;
use compare_harness::What::{Each, Not, Own, Serve, Whole};

const UNBUFFERED: &str = "no unbuffered channel";
const MPMC: &str = "no channel with several receivers that share its messages";

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
    Row { name: "preempt", what: Not("no preemption: it would wait for ever") },
    Row { name: "spsc_0", what: Not(UNBUFFERED) },
    Row { name: "spsc_1", what: Each(channels::spsc::<1>) },
    Row { name: "spsc_128", what: Each(channels::spsc::<128>) },
    Row { name: "spsc_unbounded", what: Each(channels::spsc_unbounded) },
    Row { name: "mpsc_0", what: Not(UNBUFFERED) },
    Row { name: "mpsc_128", what: Each(channels::mpsc_128) },
    Row { name: "mpmc_0", what: Not(UNBUFFERED) },
    Row { name: "mpmc_128", what: Not(MPMC) },
    Row { name: "select_2", what: Each(select::select_2) },
    Row { name: "select_4", what: Each(select::select_4) },
    Row { name: "select_16", what: Each(select::select_16) },
    Row { name: "select_4_ready", what: Each(select::select_4_ready) },
    Row { name: "select_default", what: Each(select::select_default) },
    Row { name: "messages_64", what: Each(channels::messages::<56>) },
    Row { name: "messages_4k", what: Each(channels::messages::<4088>) },
    Row { name: "mutex_1", what: Each(sync::mutex::<1>) },
    Row { name: "mutex_8", what: Each(sync::mutex::<8>) },
    Row { name: "wait_group", what: Not("no WaitGroup") },
    Row { name: "quicksort", what: Not("a task cannot borrow") },
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

fn main() -> ExitCode {
    compare_harness::main("tokio", ROWS, runtime::set_procs)
}
