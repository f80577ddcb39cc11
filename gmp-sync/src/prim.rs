//! The atomics, cells and fences that the protocols are built on: std's and the runtime's or,
//! under `--cfg gmp_loom`, loom's.

#[cfg(gmp_loom)]
pub(crate) use loom::cell::Cell;
#[cfg(gmp_loom)]
pub(crate) use loom::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};
#[cfg(not(gmp_loom))]
pub(crate) use std::cell::Cell;
#[cfg(not(gmp_loom))]
pub(crate) use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};

#[cfg(not(gmp_loom))]
pub(crate) use gmp_core::rt::barrier;
#[cfg(gmp_loom)]
pub(crate) use model as barrier;

/// The runtime's barriers, as loom's fences.
#[cfg(gmp_loom)]
pub(crate) mod model {
    use loom::sync::atomic::{Ordering, fence};

    pub(crate) use gmp_chan::loom_rt::barrier::light;

    pub(crate) fn heavy() {
        let _ = gmp_chan::loom_rt::barrier::heavy();
    }

    pub(crate) fn full() {
        fence(Ordering::SeqCst);
    }

    pub(crate) fn asymmetric() -> bool {
        true
    }
}

pub(crate) use gmp_core::const_unless_loom;
