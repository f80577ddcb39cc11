//! The runtime's only lock.
//!
//! It is held for tens of nanoseconds, with `insched` set (so a preempted
//! goroutine never holds it) and never across user code. Taking it is one CAS,
//! releasing it one store. A waiter looks with growing pauses, then gives its time
//! slice to the kernel, then naps: the holder can only be off its CPU because the
//! kernel took it away.

#[cfg(not(gmp_loom))]
mod real {
    use crate::prim::AtomicU32;
    use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

    #[derive(Debug)]
    pub(crate) struct SpinLock(AtomicU32);

    impl SpinLock {
        pub(crate) const fn new() -> SpinLock {
            SpinLock(AtomicU32::new(0))
        }

        #[inline(always)]
        pub(crate) fn lock(&self) {
            if self.0.compare_exchange(0, 1, Acquire, Relaxed).is_err() {
                self.lock_contended();
            }
        }

        /// Takes it if it is free.
        #[inline(always)]
        pub(crate) fn try_lock(&self) -> bool {
            self.0.compare_exchange(0, 1, Acquire, Relaxed).is_ok()
        }

        /// Two short looks, for a chance collision. Then the pauses grow: looking
        /// takes the line away from whoever works with it, and two CPUs that take
        /// turns for every operation are slower than one that gets some tens of
        /// microseconds of them done in a row.
        #[cold]
        #[inline(never)]
        fn lock_contended(&self) {
            const SHORT_LOOKS: u32 = 2;
            const LOOKS: u32 = 12;
            const YIELDS: u32 = 1_000;
            /// Pauses between looks, as powers of two.
            const LEAST: u32 = 6;
            const MOST: u32 = 9;
            let mut rounds = 0_u32;
            loop {
                if rounds < SHORT_LOOKS {
                    std::hint::spin_loop();
                } else if rounds < LOOKS {
                    let pauses = 1_u32 << (LEAST + rounds - SHORT_LOOKS).min(MOST);
                    (0..pauses).for_each(|_| std::hint::spin_loop());
                } else if rounds < YIELDS {
                    crate::sys::thread_yield();
                } else {
                    crate::sys::nap_ns(50_000);
                }
                rounds = rounds.saturating_add(1);
                if self.0.load(Relaxed) == 0 && self.try_lock() {
                    return;
                }
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
}

/// Loom would let waiters spin in turns for ever: its lock blocks them.
#[cfg(gmp_loom)]
#[expect(unsafe_code, reason = "a guard kept beside its own lock")]
mod model {
    use loom::sync::{Mutex, MutexGuard};
    use std::cell::Cell;
    use std::mem::ManuallyDrop;

    type Guard = ManuallyDrop<MutexGuard<'static, ()>>;

    pub(crate) struct SpinLock {
        lock: Mutex<()>,
        held: Cell<Option<Guard>>,
    }

    impl std::fmt::Debug for SpinLock {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("SpinLock")
        }
    }

    // SAFETY: `held` is touched by the holder of `lock` only.
    unsafe impl Sync for SpinLock {}

    impl SpinLock {
        pub(crate) fn new() -> SpinLock {
            SpinLock { lock: Mutex::new(()), held: Cell::new(None) }
        }

        pub(crate) fn lock(&self) {
            let guard = self.lock.lock().unwrap();
            // SAFETY: the guard lies beside its lock, and is not dropped with it.
            let guard = unsafe { std::mem::transmute::<MutexGuard<'_, ()>, Guard>(guard) };
            self.held.set(Some(guard));
        }

        /// Releases the lock. Only the holder may call it.
        pub(crate) fn unlock(&self) {
            let guard = self.held.take().expect("unlock without lock");
            drop(ManuallyDrop::into_inner(guard));
        }
    }
}

#[cfg(gmp_loom)]
pub(crate) use model::SpinLock;
#[cfg(not(gmp_loom))]
pub(crate) use real::SpinLock;
