//! The runtime all rows share: the one for a single thread, or workers that steal.

use std::future::Future;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};

static PROCS: OnceLock<usize> = OnceLock::new();
static RUNTIME: OnceLock<Runtime> = OnceLock::new();

/// The runtime is to have `procs` workers.
pub(crate) fn set_procs(procs: usize) {
    PROCS.set(procs).expect("the number of workers is set once");
}

/// Runs `main` on a runtime without timers, which has less to look after.
pub(crate) fn run<F>(main: F) -> F::Output
where
    F: Future<Output: Send> + Send + 'static,
{
    run_on(RUNTIME.get_or_init(|| build(&mut builder())), main)
}

/// Runs `main` on a runtime with timers.
pub(crate) fn run_with_timers<F>(main: F) -> F::Output
where
    F: Future<Output: Send> + Send + 'static,
{
    run_on(RUNTIME.get_or_init(|| build(builder().enable_time())), main)
}

/// Runs `main` on a runtime with sockets.
pub(crate) fn run_with_sockets<F>(main: F) -> F::Output
where
    F: Future<Output: Send> + Send + 'static,
{
    run_on(RUNTIME.get_or_init(|| build(builder().enable_io())), main)
}

fn builder() -> Builder {
    match PROCS.get().expect("the number of workers was set") {
        1 => Builder::new_current_thread(),
        &procs => {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(procs);
            builder
        }
    }
}

fn build(builder: &mut Builder) -> Runtime {
    builder.build().expect("threads can be started")
}

/// As a task among the others: one that `block_on` runs is slower to wake, with either kind
/// of runtime.
fn run_on<F>(runtime: &Runtime, main: F) -> F::Output
where
    F: Future<Output: Send> + Send + 'static,
{
    runtime.block_on(runtime.spawn(main)).expect("the row's task panicked")
}
