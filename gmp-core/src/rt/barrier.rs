//! An asymmetric barrier for protocols above the scheduler: one side costs nothing, the
//! other pays for both.
//!
//! A party that stores and then loads has [`light`] in between; its counterpart, which
//! stores and loads the other way round, has [`heavy`]. Then at least one of the two loads
//! sees the other one's store. Only where [`asymmetric`] says so; elsewhere both sides
//! have [`full`].

use crate::debug;
use crate::prim;
use crate::sys::{self, membarrier};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Release, SeqCst};
use std::sync::atomic::compiler_fence;

/// The side that costs nothing: a barrier for the compiler.
#[inline(always)]
pub fn light() {
    compiler_fence(SeqCst);
}

/// The side that pays, with a system call that interrupts the process's other CPUs: one to
/// some microseconds.
pub fn heavy() {
    if !membarrier::expedited() {
        // The kernel lacks the memory for a set of CPUs. What the others have stored gets
        // to memory by itself, and well within this time.
        prim::full_fence();
        sys::nap_ns(1_000_000);
    }
}

/// Both sides, where there is no other way: a fence.
#[inline(always)]
pub fn full() {
    prim::full_fence();
}

/// Whether `light` and `heavy` may be used. Always the same answer.
///
/// Not to be called in a `Critical` section: the first call reads the environment.
pub fn asymmetric() -> bool {
    static ASKED: AtomicBool = AtomicBool::new(false);
    if !ASKED.load(Acquire) {
        // As the runtime's start does, which may come later or never.
        membarrier::register(debug::get().membarrier);
        ASKED.store(true, Release);
    }
    membarrier::available()
}
