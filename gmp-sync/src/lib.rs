//! Go's synchronisation types, timers and contexts.
//!
//! Who has to wait is parked if it is a goroutine, blocked if it is a plain thread; the
//! two can meet on one object, and threads need no runtime.

#[cfg(not(gmp_loom))]
mod barrier;
#[cfg(not(gmp_loom))]
mod caught;
#[cfg(not(gmp_loom))]
mod circuit_breaker;
mod condvar;
#[cfg(not(gmp_loom))]
pub mod context;
#[cfg(not(gmp_loom))]
mod group;
#[cfg(not(gmp_loom))]
mod lazy_lock;
#[cfg(all(test, gmp_loom))]
mod loom_tests;
#[cfg(not(gmp_loom))]
mod map;
mod mutex;
mod once;
#[cfg(not(gmp_loom))]
mod once_func;
#[cfg(not(gmp_loom))]
mod once_lock;
mod poison;
#[cfg(not(gmp_loom))]
mod pool;
mod prim;
#[cfg(not(gmp_loom))]
mod rate_limiter;
mod rwlock;
mod semaphore;
#[cfg(not(gmp_loom))]
pub mod signal;
#[cfg(not(gmp_loom))]
mod single_flight;
#[cfg(not(gmp_loom))]
pub mod time;
mod wait;
mod wait_group;

#[cfg(gmp_loom)]
use gmp_chan::loom_rt as rt;
#[cfg(not(gmp_loom))]
use gmp_core::rt;

pub use crate::condvar::{Condvar, WaitTimeoutResult};
pub use crate::mutex::{Mutex, MutexGuard};
pub use crate::once::{Once, OnceState};
pub use crate::poison::{LockResult, PoisonError, TryLockError, TryLockResult};
pub use crate::rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
pub use crate::semaphore::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
pub use crate::wait_group::WaitGroup;
#[cfg(not(gmp_loom))]
pub use crate::{
    barrier::{Barrier, BarrierWaitResult},
    circuit_breaker::{BreakerBuilder, BreakerError, BreakerState, CircuitBreaker},
    group::Group,
    lazy_lock::LazyLock,
    map::Map,
    once_func::{once_func, once_value},
    once_lock::OnceLock,
    pool::{Pool, PoolGuard},
    rate_limiter::RateLimiter,
    single_flight::SingleFlight,
};
