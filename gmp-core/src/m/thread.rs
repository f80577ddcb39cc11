//! The thread behind an M.

use super::{M, current, spawner};
use crate::coroutine;
use crate::sched::{idle, switch};
use crate::stack::overflow;
use crate::sys;
use std::sync::atomic::Ordering::Relaxed;

/// Bytes of an M's own stack. The scheduler is shallow; commits and timer code
/// run on it, user code never does.
const STACK: usize = 256 << 10;

/// Makes a thread for a new M. Called by the spawner and at start, outside the
/// scheduler: it allocates.
pub(crate) fn start(id: u32) -> std::io::Result<()> {
    let mp: &'static M = Box::leak(Box::new(M::new(id)));
    std::thread::Builder::new()
        .name(format!("gmp-m{id}"))
        .stack_size(STACK)
        .spawn(move || main(mp))
        .map(drop)
}

fn main(mp: &'static M) -> ! {
    current::set(mp);
    overflow::install_signal_stack();
    sys::set_exact_timers();
    coroutine::thread_start();
    // A panic must never unwind into the scheduler; reading this once also
    // makes std set up what it keeps per thread.
    debug_assert!(!std::thread::panicking());
    spawner::register(mp);
    idle::started(true);
    debug_assert_eq!(mp.insched.load(Relaxed), 1);
    switch::schedule(mp)
}
