//! Starting coroutines, which is unsafe with may.
#![expect(unsafe_code, reason = "may starts coroutines by unsafe functions only")]

use may::coroutine::{self, JoinHandle};

/// may is to have `procs` workers, each free to move between CPUs: bound to one, as may has
/// them otherwise, they stand back wherever another program runs.
pub(crate) fn set_procs(procs: usize) {
    may::config().set_workers(procs);
    may::config().set_worker_pin(false);
}

/// How many stacks may keeps for coroutines to come, 1000 unless told otherwise: more than
/// are in use are cold when their turn comes, too few are mapped anew each time. Only what is
/// set before the first coroutine counts.
pub(crate) fn keep_stacks(count: usize) {
    may::config().set_pool_capacity(count);
}

/// Runs `main` as a coroutine.
pub(crate) fn run<T: Send + 'static>(main: impl FnOnce() -> T + Send + 'static) -> T {
    join(go(main))
}

/// What the coroutine returns.
pub(crate) fn join<T>(handle: JoinHandle<T>) -> T {
    handle.join().expect("a panic ends the program")
}

/// Starts a coroutine.
pub(crate) fn go<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    // SAFETY: nothing in this program keeps a reference to a thread-local across a call that
    // switches coroutines, and its bodies need a fraction of a stack's 32 KiB: what calls
    // itself is `work::sort` only, some tens of small frames deep on at most 4096 numbers.
    unsafe { coroutine::spawn(body) }
}

/// Starts a coroutine for each of `bodies`, which may borrow; returns when all have ended.
pub(crate) fn all<'a, B: FnOnce() + Send + 'a>(bodies: impl Iterator<Item = B>) {
    coroutine::scope(|scope| {
        for body in bodies {
            // SAFETY: as for `go`; what is borrowed outlives the scope, which waits for its
            // coroutines, also when it is unwound.
            unsafe { scope.spawn(body) };
        }
    });
}
