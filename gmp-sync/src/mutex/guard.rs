//! The guard of a `Mutex`.

#![expect(unsafe_code, reason = "the data is reached by who has locked")]

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use super::Mutex;
use crate::poison::Before;

/// A locked [`Mutex`], and its data. Dropping it unlocks.
///
/// It cannot be sent to another goroutine or thread, as std's; the goroutine that holds it
/// may park, and go on on another thread.
///
/// ```compile_fail
/// let mutex = gmp_sync::Mutex::new(0);
/// let guard = mutex.lock().unwrap();
/// std::thread::scope(|scope| {
///     scope.spawn(move || drop(guard));
/// });
/// ```
#[must_use = "if unused the Mutex will immediately unlock"]
#[clippy::has_significant_drop]
pub struct MutexGuard<'a, T: ?Sized> {
    lock: &'a Mutex<T>,
    before: Before,
    not_send: PhantomData<*mut ()>,
}

// SAFETY: a shared guard gives shared access to the data, and nothing else.
unsafe impl<T: ?Sized + Sync> Sync for MutexGuard<'_, T> {}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// The guard of `lock`, which the caller has locked.
    #[inline(always)]
    pub(super) fn new(lock: &'a Mutex<T>) -> MutexGuard<'a, T> {
        MutexGuard { lock, before: lock.poison.before(), not_send: PhantomData }
    }

    /// What it has locked.
    pub(crate) fn mutex(&self) -> &'a Mutex<T> {
        self.lock
    }

    /// Unlocks as a drop does, but yields to nobody: the caller is about to park.
    pub(crate) fn unlock_before_parking(self) {
        let lock = self.lock;
        lock.poison.after(self.before);
        #[expect(clippy::mem_forget, reason = "unlocked below")]
        std::mem::forget(self);
        lock.raw.unlock_before_parking();
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: locked while the guard lives.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: locked while the guard lives, and the guard is borrowed mutably.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.lock.poison.after(self.before);
        self.lock.raw.unlock();
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
