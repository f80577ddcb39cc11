//! `RwLock`: std's, with Go's fairness.

mod guards;
pub(crate) mod state;

use std::cell::UnsafeCell;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

pub use guards::{RwLockReadGuard, RwLockWriteGuard};
use state::{Came, State};

use crate::poison::{self, LockResult, PoisonError, TryLockError, TryLockResult};
use crate::prim::const_unless_loom;

/// Protects data: any number may read it at the same time, or one may change it.
///
/// The signatures, and poisoning, are those of `std::sync::RwLock`. Who has to wait is
/// parked if it is a goroutine, blocked if it is a plain thread; both may use the same lock,
/// and threads need no runtime. A guard may be held while its goroutine parks, and while it
/// moves to another thread.
///
/// # Fairness
///
/// As in Go, and neither side starves:
///
/// - As soon as somebody waits to write, who comes to read waits, too. Those who read
///   already finish first. So who reads and reads once more *without having dropped the
///   first guard* may wait for itself for ever: a writer may have come in between.
/// - When a writer leaves, all who have come to read until then are let in, before the next
///   writer is.
/// - Writers queue first in, first out. Whoever is next to write is not overtaken; among the
///   others who wait, newcomers are preferred for up to a millisecond, as by a
///   [`Mutex`](crate::Mutex#fairness).
///
/// # Cost
///
/// As long as nobody has to wait, two atomic operations for locking and unlocking together,
/// for reading and for writing alike. Readers on several CPUs change the same word: for
/// sections of a few nanoseconds a lock per CPU, or a [`Mutex`](crate::Mutex), is no slower.
///
/// # Poisoning
///
/// If a goroutine or thread panics while it may change the data, the lock is poisoned:
/// [`read`](RwLock::read), [`write`](RwLock::write) and their `try_` forms return an error
/// from then on, with the guard in it. A [`goexit`](gmp_core::goexit) with the guard held
/// poisons it, too. Who only reads poisons nothing.
///
/// # Examples
///
/// ```
/// use gmp_sync::RwLock;
///
/// static NAMES: RwLock<Vec<&str>> = RwLock::new(Vec::new());
///
/// NAMES.write().unwrap().push("gopher");
/// std::thread::scope(|scope| {
///     for _ in 0..4 {
///         scope.spawn(|| assert_eq!(NAMES.read().unwrap().len(), 1));
///     }
/// });
/// ```
pub struct RwLock<T: ?Sized> {
    state: State,
    poison: poison::Flag,
    data: UnsafeCell<T>,
}

// SAFETY: as std's: a lock is as good as its data, which it hands from one to another.
#[expect(unsafe_code, reason = "the data is reached by who has locked")]
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}
// SAFETY: the data is reached by one at a time, or by several who only read it.
#[expect(unsafe_code, reason = "as above")]
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}

impl<T: ?Sized> UnwindSafe for RwLock<T> {}
impl<T: ?Sized> RefUnwindSafe for RwLock<T> {}

impl<T> RwLock<T> {
    const_unless_loom! {
        /// An unlocked lock.
        ///
        /// ```
        /// static LIMIT: gmp_sync::RwLock<u32> = gmp_sync::RwLock::new(100);
        /// assert_eq!(*LIMIT.read().unwrap(), 100);
        /// ```
        #[inline]
        pub fn new(value: T) -> RwLock<T> {
            RwLock {
                state: State::new(),
                poison: poison::Flag::new(),
                data: UnsafeCell::new(value),
            }
        }
    }

    /// The data. As the lock is owned, nobody has locked it.
    ///
    /// # Errors
    ///
    /// If the lock is poisoned; the data is in the error.
    ///
    /// ```
    /// let lock = gmp_sync::RwLock::new(3);
    /// assert_eq!(lock.into_inner().unwrap(), 3);
    /// ```
    pub fn into_inner(self) -> LockResult<T> {
        let poisoned = self.poison.get();
        let value = self.data.into_inner();
        if poisoned { Err(PoisonError::new(value)) } else { Ok(value) }
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Locks it for reading, waiting as long as somebody writes or waits to write.
    ///
    /// Not to be called by who reads already: see [Fairness](RwLock#fairness).
    ///
    /// # Errors
    ///
    /// If the lock is poisoned; it is locked all the same, and the guard is in the error.
    ///
    /// ```
    /// let lock = gmp_sync::RwLock::new(vec![1, 2]);
    /// assert_eq!(lock.read().unwrap().len(), 2);
    /// ```
    #[inline]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        self.state.read();
        self.poison.wrap(RwLockReadGuard::new(self))
    }

    /// Locks it for reading if nobody writes, and nobody waits to write.
    ///
    /// # Errors
    ///
    /// [`TryLockError::WouldBlock`] if somebody does, [`TryLockError::Poisoned`] with the
    /// guard if nobody does, but the lock is poisoned.
    ///
    /// ```
    /// let lock = gmp_sync::RwLock::new(1);
    /// let one = lock.read().unwrap();
    /// let other = lock.try_read().unwrap();
    /// assert_eq!(*one, *other);
    /// ```
    #[inline]
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        if !self.state.try_read() {
            return Err(TryLockError::WouldBlock);
        }
        Ok(self.poison.wrap(RwLockReadGuard::new(self))?)
    }

    /// Locks it for writing, waiting until it is this caller's turn.
    ///
    /// # Errors
    ///
    /// If the lock is poisoned; it is locked all the same, and the guard is in the error.
    ///
    /// ```
    /// let lock = gmp_sync::RwLock::new(1);
    /// *lock.write().unwrap() += 1;
    /// assert_eq!(*lock.read().unwrap(), 2);
    /// ```
    #[inline]
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        let came = self.state.write();
        self.poison.wrap(RwLockWriteGuard::new(self, came))
    }

    /// Locks it for writing if nobody has locked it, or waits to.
    ///
    /// # Errors
    ///
    /// [`TryLockError::WouldBlock`] if somebody has, [`TryLockError::Poisoned`] with the
    /// guard if nobody has, but the lock is poisoned.
    ///
    /// ```
    /// let lock = gmp_sync::RwLock::new(());
    /// let guard = lock.try_write().unwrap();
    /// assert!(lock.try_write().is_err());
    /// assert!(lock.try_read().is_err());
    /// # drop(guard);
    /// ```
    #[inline]
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        if !self.state.try_write() {
            return Err(TryLockError::WouldBlock);
        }
        Ok(self.poison.wrap(RwLockWriteGuard::new(self, Came::Freely))?)
    }

    /// Whether it is poisoned. The answer may be outdated if others use the lock.
    ///
    /// ```
    /// use gmp_sync::RwLock;
    /// use std::panic::{AssertUnwindSafe, catch_unwind};
    ///
    /// let lock = RwLock::new(0);
    /// let _ = catch_unwind(AssertUnwindSafe(|| {
    ///     let _guard = lock.write().unwrap();
    ///     panic!("half done");
    /// }));
    /// assert!(lock.is_poisoned());
    /// ```
    #[inline]
    pub fn is_poisoned(&self) -> bool {
        self.poison.get()
    }

    /// Declares the data to be in order again.
    ///
    /// ```
    /// # use gmp_sync::RwLock;
    /// # use std::panic::{AssertUnwindSafe, catch_unwind};
    /// # let lock = RwLock::new(0);
    /// # let _ = catch_unwind(AssertUnwindSafe(|| {
    /// #     let _guard = lock.write().unwrap();
    /// #     panic!("half done");
    /// # }));
    /// let mut guard = lock.write().unwrap_or_else(|poisoned| poisoned.into_inner());
    /// *guard = 0;
    /// lock.clear_poison();
    /// drop(guard);
    /// assert!(lock.read().is_ok());
    /// ```
    #[inline]
    pub fn clear_poison(&self) {
        self.poison.clear();
    }

    /// The data. As the lock is borrowed mutably, nobody has locked it.
    ///
    /// # Errors
    ///
    /// If the lock is poisoned; the reference is in the error.
    ///
    /// ```
    /// let mut lock = gmp_sync::RwLock::new(1);
    /// *lock.get_mut().unwrap() = 2;
    /// assert_eq!(*lock.read().unwrap(), 2);
    /// ```
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let poisoned = self.poison.get();
        let value = self.data.get_mut();
        if poisoned { Err(PoisonError::new(value)) } else { Ok(value) }
    }

    /// How many wait for it at this moment, to read or to write. For tests, in place of
    /// sleeping.
    #[doc(hidden)]
    pub fn waiting(&self) -> usize {
        self.state.waiting()
    }
}

impl<T> From<T> for RwLock<T> {
    fn from(value: T) -> RwLock<T> {
        RwLock::new(value)
    }
}

impl<T: Default> Default for RwLock<T> {
    fn default() -> RwLock<T> {
        RwLock::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("RwLock");
        match self.try_read() {
            Ok(guard) => out.field("data", &&*guard),
            Err(TryLockError::Poisoned(error)) => out.field("data", &&**error.get_ref()),
            Err(TryLockError::WouldBlock) => out.field("data", &format_args!("<locked>")),
        };
        out.field("poisoned", &self.is_poisoned()).finish_non_exhaustive()
    }
}
