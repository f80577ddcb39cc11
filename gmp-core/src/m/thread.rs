//! The thread behind an M: its start, its life, its end.

use super::{M, current, spawner};
use crate::coroutine;
use crate::preempt::signal;
use crate::sched::switch;
use crate::stack::overflow;
use crate::sys;
use std::sync::atomic::Ordering::Relaxed;

/// Bytes of an M's own stack. The scheduler is shallow; commits and timer code
/// run on it, user code never does.
const STACK: usize = 256 << 10;

/// Makes a thread for `mp`, which has none. Called by the spawner, outside the
/// scheduler: it allocates.
pub(crate) fn start(mp: &'static M) -> std::io::Result<()> {
    std::thread::Builder::new()
        .name(format!("gmp-m{}", mp.id))
        .stack_size(STACK)
        .spawn(move || main(mp))
        .map(drop)
}

fn main(mp: &'static M) {
    current::set(Some(mp));
    let signal_stack = overflow::install_signal_stack();
    sys::set_exact_timers();
    sys::thread::unblock(signal::SIGNAL);
    coroutine::thread_start();
    // A panic must never unwind into the scheduler; reading this once also
    // makes std set up what it keeps per thread.
    debug_assert!(!std::thread::panicking());
    mp.tid.store(sys::thread::own_tid(), Relaxed);
    mp.starting.set(true);
    debug_assert!(mp.handshake.in_scheduler());
    switch::schedule(mp);
    // It retires. What users keep per thread is dropped after this, on what is a
    // plain thread then.
    mp.tid.store(0, Relaxed);
    current::set(None);
    drop(signal_stack);
    spawner::give_back(mp);
}
