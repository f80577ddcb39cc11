//! The runtime's only lock.
//!
//! It is held for tens of nanoseconds, with `insched` set (so a preempted
//! goroutine never holds it) and never across user code. Taking it is one CAS,
//! releasing it one store. A waiter spins, then gives its time slice to the
//! kernel, then naps: the holder can only be off its CPU because the kernel
//! took it away.

use super::{AtomicU32, const_unless_loom};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

#[derive(Debug)]
pub(crate) struct SpinLock(AtomicU32);

impl SpinLock {
    const_unless_loom! {
        pub(crate) fn new() -> SpinLock {
            SpinLock(AtomicU32::new(0))
        }
    }

    #[inline(always)]
    pub(crate) fn lock(&self) {
        if self.0.compare_exchange(0, 1, Acquire, Relaxed).is_err() {
            self.lock_contended();
        }
    }

    #[cfg(not(gmp_loom))]
    #[cold]
    #[inline(never)]
    fn lock_contended(&self) {
        const SPINS: u32 = 100;
        const YIELDS: u32 = 1_000;
        let mut rounds = 0_u32;
        loop {
            if self.0.load(Relaxed) == 0
                && self.0.compare_exchange(0, 1, Acquire, Relaxed).is_ok()
            {
                return;
            }
            rounds = rounds.saturating_add(1);
            if rounds < SPINS {
                std::hint::spin_loop();
            } else if rounds < YIELDS {
                crate::sys::thread_yield();
            } else {
                crate::sys::nap_ns(50_000);
            }
        }
    }

    #[cfg(gmp_loom)]
    fn lock_contended(&self) {
        while self.0.compare_exchange(0, 1, Acquire, Relaxed).is_err() {
            loom::thread::yield_now();
        }
    }

    /// Whether somebody holds it, at this moment.
    #[inline(always)]
    pub(crate) fn is_locked(&self) -> bool {
        self.0.load(Acquire) != 0
    }

    /// Releases the lock. Only the holder may call it.
    #[inline(always)]
    pub(crate) fn unlock(&self) {
        self.0.store(0, Release);
    }
}
