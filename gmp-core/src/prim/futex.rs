//! Sleeping on a 32-bit word: the kernel's futex, or a model of it.

#[cfg(not(gmp_loom))]
mod real {
    use crate::prim::AtomicU32;
    use crate::sys;

    /// Sleeps while `word` holds `expected`, until woken or until `deadline`
    /// (CLOCK_MONOTONIC nanoseconds). May return early.
    pub(crate) fn futex_wait(word: &AtomicU32, expected: u32, deadline: Option<u64>) {
        sys::futex_wait(word, expected, deadline);
    }

    /// Wakes one sleeper on `word`. The memory behind `word` may be gone
    /// already: the kernel only uses the address as a key.
    pub(crate) fn futex_wake(word: *const AtomicU32) {
        sys::futex_wake(word);
    }
}

#[cfg(gmp_loom)]
mod model {
    use crate::prim::AtomicU32;
    use loom::sync::atomic::Ordering::SeqCst;
    use loom::sync::{Condvar, Mutex};

    // One bucket for all words, as if every futex hashed alike: a wake-up may
    // reach the wrong sleeper, who then sees his word unchanged and sleeps on.
    loom::lazy_static! {
        static ref BUCKET: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());
    }

    pub(crate) fn futex_wait(word: &AtomicU32, expected: u32, _deadline: Option<u64>) {
        let guard = BUCKET.0.lock().unwrap();
        if word.load(SeqCst) == expected {
            drop(BUCKET.1.wait(guard).unwrap());
        }
    }

    pub(crate) fn futex_wake(_word: *const AtomicU32) {
        let _guard = BUCKET.0.lock().unwrap();
        BUCKET.1.notify_all();
    }
}

#[cfg(gmp_loom)]
pub(crate) use model::{futex_wait, futex_wake};
#[cfg(not(gmp_loom))]
pub(crate) use real::{futex_wait, futex_wake};
