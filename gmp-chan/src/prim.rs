//! The atomics and cells that the protocols are built on: std's or, under `--cfg gmp_loom`, loom's.

#[cfg(gmp_loom)]
pub(crate) use loom::cell::Cell;
#[cfg(gmp_loom)]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicUsize, Ordering};
#[cfg(not(gmp_loom))]
pub(crate) use std::cell::Cell;
#[cfg(not(gmp_loom))]
pub(crate) use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicUsize, Ordering};
