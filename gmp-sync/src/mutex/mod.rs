//! `Mutex`: std's, with Go's fairness.

mod guard;
pub(crate) mod raw;
pub(crate) mod spin;

use std::cell::UnsafeCell;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

pub use guard::MutexGuard;
use raw::RawMutex;

use crate::poison::{self, LockResult, PoisonError, TryLockError, TryLockResult};
use crate::prim::const_unless_loom;

/// Protects data: who has locked it is alone with the data until the guard is dropped.
///
/// The signatures, and poisoning, are those of `std::sync::Mutex`. Who has to wait is
/// parked if it is a goroutine, blocked if it is a plain thread; both may use the same
/// mutex, and threads need no runtime. A guard may be held while its goroutine parks, and
/// while it moves to another thread.
///
/// # Fairness
///
/// As in Go. Usually the mutex is free once it is unlocked, and whoever comes next gets it:
/// a waiter that was woken competes with newcomers, who have the advantage of running
/// already. If it loses it waits in front of all others. A waiter that has waited for more
/// than a millisecond makes the mutex *starving*: from then on each unlock hands the mutex
/// to the waiter that waits longest and yields to it, and newcomers wait behind all others;
/// until a waiter gets it that was the last one, or has waited less than a millisecond. (With
/// one P that ends after each such waiter, so that each has a time slice with the mutex.)
///
/// # Cost
///
/// As long as nobody has to wait, one locked instruction for both lock and unlock, some
/// nanoseconds. Locking may spin for a microsecond or two before it parks, if other
/// goroutines or threads can run meanwhile.
///
/// # Poisoning
///
/// If a goroutine or thread panics while it holds the guard, the mutex is poisoned:
/// [`lock`](Mutex::lock) and [`try_lock`](Mutex::try_lock) return an error from then on,
/// with the guard in it. A [`goexit`](gmp_core::goexit) with the guard held poisons it, too,
/// for what it leaves behind is as unfinished.
///
/// # Examples
///
/// ```
/// use gmp_sync::Mutex;
///
/// static TOTAL: Mutex<u64> = Mutex::new(0);
///
/// std::thread::scope(|scope| {
///     for n in 1..=4 {
///         scope.spawn(move || *TOTAL.lock().unwrap() += n);
///     }
/// });
/// assert_eq!(*TOTAL.lock().unwrap(), 10);
/// ```
pub struct Mutex<T: ?Sized> {
    pub(crate) raw: RawMutex,
    poison: poison::Flag,
    data: UnsafeCell<T>,
}

// SAFETY: as std's: a mutex is as good as its data, which it hands from one to another.
#[expect(unsafe_code, reason = "the data is reached by who has locked")]
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: the data is reached by one at a time.
#[expect(unsafe_code, reason = "as above")]
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}

impl<T: ?Sized> UnwindSafe for Mutex<T> {}
impl<T: ?Sized> RefUnwindSafe for Mutex<T> {}

impl<T> Mutex<T> {
    const_unless_loom! {
        /// An unlocked mutex.
        ///
        /// ```
        /// use gmp_sync::Mutex;
        ///
        /// static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());
        /// NAMES.lock().unwrap().push("g".into());
        /// ```
        pub fn new(value: T) -> Mutex<T> {
            Mutex {
                raw: RawMutex::new(),
                poison: poison::Flag::new(),
                data: UnsafeCell::new(value),
            }
        }
    }

    /// The data. As the mutex is owned, nobody has locked it.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned; the data is in the error.
    ///
    /// ```
    /// let mutex = gmp_sync::Mutex::new(3);
    /// assert_eq!(mutex.into_inner().unwrap(), 3);
    /// ```
    pub fn into_inner(self) -> LockResult<T> {
        let poisoned = self.poison.get();
        let value = self.data.into_inner();
        if poisoned { Err(PoisonError::new(value)) } else { Ok(value) }
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Locks it, waiting until it is free.
    ///
    /// Whoever locks it twice waits for itself, for ever.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned; it is locked all the same, and the guard is in the error.
    ///
    /// ```
    /// let mutex = gmp_sync::Mutex::new(1);
    /// *mutex.lock().unwrap() += 1;
    /// assert_eq!(*mutex.lock().unwrap(), 2);
    /// ```
    #[inline]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        self.raw.lock();
        self.poison.wrap(MutexGuard::new(self))
    }

    /// Locks it if that is possible at once: it is free, and not on its way to one who has
    /// waited for more than a millisecond.
    ///
    /// # Errors
    ///
    /// [`TryLockError::WouldBlock`] if it is not, [`TryLockError::Poisoned`] with the guard
    /// if it is, but poisoned.
    ///
    /// ```
    /// let mutex = gmp_sync::Mutex::new(());
    /// let guard = mutex.try_lock().unwrap();
    /// assert!(mutex.try_lock().is_err());
    /// # drop(guard);
    /// ```
    #[inline]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        if !self.raw.try_lock() {
            return Err(TryLockError::WouldBlock);
        }
        Ok(self.poison.wrap(MutexGuard::new(self))?)
    }

    /// Whether it is poisoned. The answer may be outdated if others use the mutex.
    ///
    /// ```
    /// use gmp_sync::Mutex;
    /// use std::panic::{AssertUnwindSafe, catch_unwind};
    ///
    /// let mutex = Mutex::new(0);
    /// let _ = catch_unwind(AssertUnwindSafe(|| {
    ///     let _guard = mutex.lock().unwrap();
    ///     panic!("half done");
    /// }));
    /// assert!(mutex.is_poisoned());
    /// ```
    pub fn is_poisoned(&self) -> bool {
        self.poison.get()
    }

    /// Declares the data to be in order again.
    ///
    /// ```
    /// # use gmp_sync::Mutex;
    /// # use std::panic::{AssertUnwindSafe, catch_unwind};
    /// # let mutex = Mutex::new(0);
    /// # let _ = catch_unwind(AssertUnwindSafe(|| {
    /// #     let _guard = mutex.lock().unwrap();
    /// #     panic!("half done");
    /// # }));
    /// let mut guard = mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    /// *guard = 0;
    /// mutex.clear_poison();
    /// drop(guard);
    /// assert!(mutex.lock().is_ok());
    /// ```
    pub fn clear_poison(&self) {
        self.poison.clear();
    }

    /// The data. As the mutex is borrowed mutably, nobody has locked it.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned; the reference is in the error.
    ///
    /// ```
    /// let mut mutex = gmp_sync::Mutex::new(1);
    /// *mutex.get_mut().unwrap() = 2;
    /// assert_eq!(*mutex.lock().unwrap(), 2);
    /// ```
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let poisoned = self.poison.get();
        let value = self.data.get_mut();
        if poisoned { Err(PoisonError::new(value)) } else { Ok(value) }
    }

    /// How many wait for it at this moment, those who spin not counted. For tests, in place
    /// of sleeping.
    #[doc(hidden)]
    pub fn waiting(&self) -> usize {
        self.raw.waiting()
    }
}

impl<T> From<T> for Mutex<T> {
    fn from(value: T) -> Mutex<T> {
        Mutex::new(value)
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Mutex<T> {
        Mutex::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Mutex");
        match self.try_lock() {
            Ok(guard) => out.field("data", &&*guard),
            Err(TryLockError::Poisoned(error)) => out.field("data", &&**error.get_ref()),
            Err(TryLockError::WouldBlock) => out.field("data", &format_args!("<locked>")),
        };
        out.field("poisoned", &self.is_poisoned()).finish_non_exhaustive()
    }
}
