//! Go's concurrency for Rust, whole: goroutines, channels and `select` on a real
//! G-M-P scheduler. You write ordinary blocking code; no `async`.
//!
//! ```
//! use gmp::prelude::*;
//!
//! #[gmp::main]
//! fn main() {
//!     let (tx, rx) = gmp::chan::bounded(16);
//!     for worker in 0..4 {
//!         let tx = tx.clone();
//!         go! {
//!             gmp::time::sleep(std::time::Duration::from_millis(worker));
//!             tx.send(worker * worker).unwrap();
//!         };
//!     }
//!     drop(tx);
//!     assert_eq!(rx.iter().sum::<u64>(), 14);
//! }
//! ```
//!
//! This crate only re-exports: the runtime is `gmp-core`, channels are
//! `gmp-chan`, the synchronisation types `gmp-sync`, sockets and HTTP `gmp-net`, the macros
//! `gmp-macros`.
//!
//! # The one contract
//!
//! A goroutine may resume on another thread after any call that can park it (a
//! channel operation, a lock, `sleep`, `join`, `gosched`). So nothing that
//! belongs to a thread may be held across such a call: a borrow of a
//! `thread_local!`, an `Rc` cloned out of one, a guard that must be dropped by
//! the thread that made it. The compiler does so by itself: in a function that
//! both parks and uses thread-locals, inlined ones included, it may keep a
//! thread-local's address in a register. What blocks threads by thread-locals of
//! its own (`crossbeam_channel`, `std::sync::mpsc`) is therefore best called from
//! a pinned goroutine, a plain thread, or a function that is never inlined and
//! does not park. [`goroutine_local!`] is the tool to use instead;
//! goroutines started as `pinned` stay on one thread, and so do one that is
//! unwinding from a panic, one between [`lock_os_thread`] and [`unlock_os_thread`], and
//! any goroutine that is preempted: being interrupted, it never changes threads. The contract is signed where the runtime is started:
//! by `#[gmp::main]`, by `#[gmp::test]`, or by the `unsafe` of
//! [`Runtime::builder`]'s `start`.

pub use gmp_core::{
    AccessError, Builder, Current, GoId, Goexit, JoinHandle, LocalKey, Runtime, RuntimeBuilder,
    Scope, ScopedJoinHandle, Stats, block_on, blocking, current, goexit, goroutine_local, gosched,
    lock_os_thread, scope, spawn, spawn_future, unlock_os_thread,
};
pub use gmp_core::{DEFAULT_STACK_SIZE, MAX_STACK_SIZE, MIN_STACK_SIZE};
pub use gmp_macros::{main, test};
pub use gmp_sync::{context, signal, time};
pub use runtime::{
    gomaxprocs, num_cpu, num_goroutine, num_threads, set_default_gomaxprocs, set_max_threads, stats,
};

mod go;
mod select;

/// Channels: Go's, with crossbeam-channel's names and errors.
///
/// A program that uses that crate becomes one of goroutines by changing its `use` lines.
pub mod chan {
    #[doc(inline)]
    pub use gmp_chan::*;

    pub use crate::{select, select_biased};
}

/// Synchronisation: std's types and Go's, which park the goroutine that has to wait.
///
/// A program that uses `std::sync` becomes one of goroutines by changing its `use` lines.
pub mod sync {
    #[doc(inline)]
    pub use gmp_sync::{
        Barrier, BarrierWaitResult, BreakerBuilder, BreakerError, BreakerState, CircuitBreaker,
        Condvar, Group, LazyLock, LockResult, Map, Mutex, MutexGuard, Once, OnceLock, OnceState,
        OwnedSemaphorePermit, PoisonError, Pool, PoolGuard, RateLimiter, RwLock, RwLockReadGuard,
        RwLockWriteGuard, Semaphore, SemaphorePermit, SingleFlight, TryLockError, TryLockResult,
        WaitGroup, WaitTimeoutResult, once_func, once_value,
    };
    // What does not wait is std's.
    pub use std::sync::{Arc, Weak, atomic};
}

/// The network: std's sockets, which park the goroutine that has to wait.
///
/// A program that uses `std::net` or `std::os::unix::net` becomes one of goroutines by changing
/// its `use` lines.
pub mod net {
    #[doc(inline)]
    pub use gmp_net::{
        AddrParseError, Incoming, IpAddr, Ipv4Addr, Ipv6Addr, Listener, Pipe, PipeReader,
        PipeWriter, Shutdown, SocketAddr, SocketAddrV4, SocketAddrV6, TcpListener, TcpStream,
        ToSocketAddrs, UdpSocket, UnixDatagram, UnixListener, UnixStream, pipe, unix,
    };
    #[cfg(any(feature = "hyper", feature = "tokio", feature = "futures"))]
    #[doc(inline)]
    pub use gmp_net::{AsyncStream, Stream};
}

#[cfg(feature = "http")]
#[doc(inline)]
pub use gmp_net::http;

/// Futures, both ways: goroutines that wait for them, and async code that waits for goroutines.
///
/// A [`JoinHandle`] is awaited like a future. Channels have `send_async` and `recv_async`.
pub mod future {
    #[doc(inline)]
    pub use gmp_core::{JoinFuture, block_on, spawn_future};
    #[cfg(feature = "tokio")]
    #[doc(inline)]
    pub use gmp_net::in_tokio;
}

#[cfg(any(doc, doctest))]
#[doc = include_str!("../docs/patterns.md")]
pub mod patterns {}

/// Control over the running scheduler.
pub mod runtime {
    pub use gmp_core::{
        Stats, block_on, blocking, current, goexit, gomaxprocs, gosched, lock_os_thread, num_cpu,
        num_goroutine, num_threads, set_default_gomaxprocs, set_max_threads, stats,
        unlock_os_thread,
    };
}

/// What a small program needs: `use gmp::prelude::*`.
pub mod prelude {
    pub use crate::chan::{Receiver, Sender, bounded, unbounded};
    pub use crate::sync::WaitGroup;
    pub use crate::{JoinHandle, go, gosched, select, spawn};
}

/// What the macros expand to. Not for users.
#[doc(hidden)]
pub mod __private {
    pub use gmp_chan::arm as select;
    pub use gmp_core::{
        MainOptions, run_main, run_test, scope_spawn, scope_spawn_with, spawn, spawn_with,
    };
    pub use gmp_macros::{go_impl, select_biased_impl, select_impl};
}

/// Keeps the programs in README.md compiling and running.
#[cfg(all(doctest, feature = "http"))]
#[doc = include_str!("../README.md")]
struct Readme;
