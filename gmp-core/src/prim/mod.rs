//! The primitives every protocol is built on: std's or, under `--cfg gmp_loom`,
//! loom's. Code that is model-checked (`queue`, `sched::wake`, `m::note`) takes
//! its atomics, cells and futexes from here and from nowhere else.

pub(crate) mod barrier;
mod buf;
mod cell;
mod fence;
mod futex;
mod immortal;
mod locked;
mod prefetch;
mod spin;

#[cfg(all(test, gmp_loom))]
pub(crate) mod checked;

pub(crate) use buf::RawBuf;
pub(crate) use cell::UnsafeCell;
pub(crate) use fence::full_fence;
pub(crate) use futex::{futex_wait, futex_wake};
pub(crate) use immortal::AtomicRef;
pub(crate) use locked::Locked;
pub(crate) use prefetch::prefetch;
pub(crate) use spin::SpinLock;

#[cfg(gmp_loom)]
pub(crate) use loom::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize,
};
#[cfg(not(gmp_loom))]
pub(crate) use std::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize,
};

/// Declares a function that is `const` in normal builds; loom's atomics have no
/// const constructors. For the crates above, too.
#[doc(hidden)]
#[macro_export]
macro_rules! const_unless_loom {
    ($(#[$meta:meta])* $vis:vis fn $($rest:tt)*) => {
        #[cfg(not(gmp_loom))]
        $(#[$meta])*
        $vis const fn $($rest)*
        #[cfg(gmp_loom)]
        $(#[$meta])*
        $vis fn $($rest)*
    };
}
pub(crate) use const_unless_loom;
