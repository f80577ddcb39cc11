//! Data under the runtime's spin lock.
#![expect(unsafe_code, reason = "the one place where a spin lock guards data")]

use super::{SpinLock, UnsafeCell, const_unless_loom};

/// `T`, touched only with its lock held.
#[derive(Debug)]
pub(crate) struct Locked<T> {
    lock: SpinLock,
    data: UnsafeCell<T>,
}

// SAFETY: the lock gives one thread at a time the data; what is in there are
// tokens and plain words that belong to no thread.
unsafe impl<T> Sync for Locked<T> {}
// SAFETY: as for Sync.
unsafe impl<T> Send for Locked<T> {}

impl<T> Locked<T> {
    const_unless_loom! {
        pub(crate) fn new(data: T) -> Locked<T> {
            Locked { lock: SpinLock::new(), data: UnsafeCell::new(data) }
        }
    }

    /// Runs `f` with the lock held. `f` neither blocks nor calls user code.
    #[inline(always)]
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        let result = self.with_and_keep(f);
        self.lock.unlock();
        result
    }

    /// As `with`, but the lock stays held until `unlock`, which may happen on
    /// another stack (not by another thread).
    #[inline(always)]
    pub(crate) fn with_and_keep<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        self.lock.lock();
        // SAFETY: the lock is held, so this is the only reference.
        self.data.with_mut(|data| f(unsafe { &mut *data }))
    }

    /// Ends what `with_and_keep` began. Only its caller may.
    pub(crate) fn unlock(&self) {
        self.lock.unlock();
    }
}
