//! The runtime of gmp: goroutines on Go's G-M-P scheduler.
//!
//! Users depend on the crate `gmp`, which re-exports this one; the map of the
//! code is ARCHITECTURE.md in the repository.
//!
//! * `g`: a goroutine's record, its start, its end, joining, scopes, locals
//! * `future`: goroutines that wait for futures, and the other way round
//! * `m`: threads; `p`: processors, the right to run
//! * `sched`: the scheduler: finding work, waking threads, stopping the world
//! * `preempt`: taking Ps from goroutines that do not give them up
//! * `queue`: the run queues; `timer`: the timer heaps; `netpoll`: waiting for descriptors
//! * `stack`, `coroutine`: stacks, and switching between them
//! * `prim`: atomics and locks, std's or loom's; `sys`: the operating system

#![cfg_attr(
    gmp_loom,
    allow(dead_code, unused_imports, reason = "the models use a part of what the runtime does")
)]

#[cfg(not(target_os = "linux"))]
compile_error!("gmp runs on Linux only");
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
compile_error!("gmp runs on x86_64 and aarch64 only");

mod netpoll;
mod prim;
mod queue;
mod sched;

/// Under loom only the handshake and the sleep note of an M exist.
#[cfg(gmp_loom)]
mod m {
    pub(crate) mod handshake;
    pub(crate) mod note;
}
#[cfg(not(gmp_loom))]
mod m;

#[cfg(not(gmp_loom))]
mod coroutine;
#[cfg(not(gmp_loom))]
mod debug;
#[cfg(not(gmp_loom))]
mod expand;
#[cfg(not(gmp_loom))]
mod future;
#[cfg(not(gmp_loom))]
mod g;
/// Under loom only models of what a goroutine's end decides.
#[cfg(all(test, gmp_loom))]
mod g {
    mod loom_tests;
}
#[cfg(not(gmp_loom))]
mod p;
#[cfg(not(gmp_loom))]
mod preempt;
#[cfg(not(gmp_loom))]
#[doc(hidden)]
pub mod rt;
#[cfg(not(gmp_loom))]
mod runtime;
#[cfg(not(gmp_loom))]
mod stack;
#[cfg(not(gmp_loom))]
mod stats;
#[cfg(not(gmp_loom))]
mod sys;
mod timer;

#[cfg(not(gmp_loom))]
pub use public::*;

#[cfg(not(gmp_loom))]
mod public {
    #[doc(hidden)]
    pub use crate::expand::{
        MainOptions, run_main, run_test, scope_spawn, scope_spawn_with, spawn_with,
    };
    pub use crate::future::block_on::block_on;
    pub use crate::future::join::JoinFuture;
    pub use crate::future::spawn::spawn_future;
    pub use crate::g::id::GoId;
    pub use crate::g::join::JoinHandle;
    pub use crate::g::local::{AccessError, LocalKey};
    pub use crate::g::lock::{lock_os_thread, unlock_os_thread};
    pub use crate::g::panic::{Goexit, goexit};
    pub use crate::g::scope::{Scope, ScopedJoinHandle, scope};
    pub use crate::g::spawn::{Builder, Current, current, gosched, spawn};
    pub use crate::preempt::blocking::blocking;
    pub use crate::runtime::{Runtime, RuntimeBuilder};
    pub use crate::sched::maxprocs::{gomaxprocs, num_cpu, set_default_gomaxprocs};
    pub use crate::sched::threads::set_max_threads;
    pub use crate::stack::{DEFAULT_STACK_SIZE, MAX_STACK_SIZE, MIN_STACK_SIZE};
    pub use crate::stats::{Stats, num_goroutine, num_threads, stats};

    /// Time, for goroutines.
    pub mod time {
        pub use crate::timer::sleep;
    }
}

/// Ends the process over a state the runtime cannot go on from. Usable inside
/// the scheduler: no locks, no allocation, no unwinding.
#[cold]
pub(crate) fn fatal(what: &str) -> ! {
    #[cfg(not(gmp_loom))]
    {
        sys::write_stderr(b"gmp: fatal error: ");
        sys::write_stderr(what.as_bytes());
        sys::write_stderr(b"\n");
        std::process::abort()
    }
    #[cfg(gmp_loom)]
    panic!("{what}")
}
