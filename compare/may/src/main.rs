//! The contender `may`: coroutines with stacks, its channels, locks and `cqueue`.

mod channels;
mod cpu;
mod latency;
mod many;
mod network;
mod scheduler;
mod select;
mod start;
mod sync;
mod trees;

use std::process::ExitCode;

use compare_harness::Row;
use compare_harness::What::{Each, Not, Own, Serve, Whole};

const UNBUFFERED: &str = "no unbuffered channel";
const BOUNDED: &str = "no channel with a bound";
const ENDLESS: &str = "no channel makes a sender wait: its endless numbers would fill the memory";
const TAKES_ALL: &str =
    "no sender waits, and its select takes a message of each arm before it chooses";

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row { name: "spawn_exit", what: Each(scheduler::spawn_exit) },
    Row { name: "spawn_join", what: Each(scheduler::spawn_join) },
    Row { name: "yield", what: Each(scheduler::yielding) },
    Row { name: "ping_pong", what: Each(scheduler::ping_pong) },
    Row { name: "ring", what: Each(scheduler::ring) },
    Row { name: "skynet", what: Whole(trees::skynet) },
    Row { name: "fib", what: Whole(trees::fib) },
    Row { name: "sieve", what: Not(ENDLESS) },
    Row { name: "sleepers", what: Whole(many::sleepers) },
    Row { name: "timers", what: Whole(many::timers) },
    Row { name: "parked", what: Own(many::parked) },
    Row { name: "wake", what: Own(latency::wake) },
    Row { name: "preempt", what: Not("no preemption: it would wait for ever") },
    Row { name: "spsc_0", what: Not(UNBUFFERED) },
    Row { name: "spsc_1", what: Not(BOUNDED) },
    Row { name: "spsc_128", what: Not(BOUNDED) },
    Row { name: "spsc_unbounded", what: Each(channels::spsc_unbounded) },
    Row { name: "mpsc_0", what: Not(UNBUFFERED) },
    Row { name: "mpsc_128", what: Not(BOUNDED) },
    Row { name: "mpmc_0", what: Not(UNBUFFERED) },
    Row { name: "mpmc_128", what: Not(BOUNDED) },
    Row { name: "select_2", what: Not(TAKES_ALL) },
    Row { name: "select_4", what: Not(TAKES_ALL) },
    Row { name: "select_16", what: Not(TAKES_ALL) },
    Row { name: "select_4_ready", what: Each(select::select_4_ready) },
    Row { name: "select_default", what: Each(select::select_default) },
    Row { name: "messages_64", what: Not(BOUNDED) },
    Row { name: "messages_4k", what: Not(BOUNDED) },
    Row { name: "mutex_1", what: Each(sync::mutex::<1>) },
    Row { name: "mutex_8", what: Each(sync::mutex::<8>) },
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

fn main() -> ExitCode {
    // may goes on without a coroutine that has panicked: a row with a million of them would
    // report a million panics.
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("{panic}");
        std::process::exit(101);
    }));
    compare_harness::main("may", ROWS, start::set_procs)
}
