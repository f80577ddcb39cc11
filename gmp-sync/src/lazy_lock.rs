//! A value that is made when it is first needed.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

use crate::once_lock::OnceLock;

/// A value that is made on first access, as [`std::sync::LazyLock`].
///
/// Who comes while it is being made is parked if it is a goroutine, blocked if it is a plain
/// thread; threads need no runtime. An access to what is there costs one load.
///
/// If the function that makes the value panics, the lock is poisoned: this and all later
/// accesses panic.
///
/// # Examples
///
/// ```
/// use gmp_sync::LazyLock;
///
/// static PRIMES: LazyLock<Vec<u32>> =
///     LazyLock::new(|| (2..100).filter(|n| (2..*n).all(|d| n % d != 0)).collect());
///
/// let worker = std::thread::spawn(|| PRIMES.len());
/// assert_eq!(worker.join().unwrap(), 25);
/// assert_eq!(PRIMES.last(), Some(&97));
/// ```
pub struct LazyLock<T, F = fn() -> T> {
    value: OnceLock<T>,
    /// Taken when it is called; gone without a value, the lock is poisoned. As one at a time
    /// makes the value, nobody ever waits for this mutex, and it is std's, which is smaller.
    make: Mutex<Option<F>>,
}

impl<T, F: FnOnce() -> T> LazyLock<T, F> {
    /// A value that `f` will make.
    ///
    /// ```
    /// let lazy = gmp_sync::LazyLock::new(|| "hello".to_uppercase());
    /// assert_eq!(&*lazy, "HELLO");
    /// ```
    #[inline]
    pub const fn new(f: F) -> LazyLock<T, F> {
        LazyLock { value: OnceLock::new(), make: Mutex::new(Some(f)) }
    }

    /// Makes the value, unless it is there, and returns it; what an access by `*` does.
    ///
    /// # Panics
    ///
    /// If the function that makes it panics, or has panicked before. It must not access the
    /// lock it makes the value of: that would wait for ever.
    ///
    /// ```
    /// use gmp_sync::LazyLock;
    ///
    /// let lazy = LazyLock::new(|| 92);
    /// assert_eq!(LazyLock::force(&lazy), &92);
    /// assert_eq!(&*lazy, &92);
    /// ```
    #[inline]
    pub fn force(this: &LazyLock<T, F>) -> &T {
        this.value.get_or_init(|| {
            // On its own, so that the mutex is free when the function runs.
            let make = this.make.lock().unwrap_or_else(PoisonError::into_inner).take();
            call(make)
        })
    }

    /// Makes the value, unless it is there, and returns it to be changed.
    ///
    /// # Panics
    ///
    /// As [`force`](Self::force).
    ///
    /// ```
    /// use gmp_sync::LazyLock;
    ///
    /// let mut lazy = LazyLock::new(|| 92);
    /// *LazyLock::force_mut(&mut lazy) += 1;
    /// assert_eq!(*lazy, 93);
    /// ```
    #[inline]
    pub fn force_mut(this: &mut LazyLock<T, F>) -> &mut T {
        LazyLock::force(this);
        match this.value.get_mut() {
            Some(value) => value,
            None => unreachable!("the value was just made"),
        }
    }
}

/// Calls what is to make the value. None: it was called before, and panicked.
#[track_caller]
fn call<T, F: FnOnce() -> T>(make: Option<F>) -> T {
    match make {
        Some(make) => make(),
        None => panic!("LazyLock instance has previously been poisoned"),
    }
}

impl<T, F> LazyLock<T, F> {
    /// The value, if it was made already. Never waits.
    ///
    /// ```
    /// use gmp_sync::LazyLock;
    ///
    /// let lazy = LazyLock::new(|| 92);
    /// assert_eq!(LazyLock::get(&lazy), None);
    /// let _ = LazyLock::force(&lazy);
    /// assert_eq!(LazyLock::get(&lazy), Some(&92));
    /// ```
    #[inline]
    pub fn get(this: &LazyLock<T, F>) -> Option<&T> {
        this.value.get()
    }

    /// The value, to be changed, if it was made already.
    ///
    /// ```
    /// use gmp_sync::LazyLock;
    ///
    /// let mut lazy = LazyLock::new(|| 92);
    /// assert_eq!(LazyLock::get_mut(&mut lazy), None);
    /// let _ = LazyLock::force(&lazy);
    /// *LazyLock::get_mut(&mut lazy).unwrap() = 44;
    /// assert_eq!(*lazy, 44);
    /// ```
    #[inline]
    pub fn get_mut(this: &mut LazyLock<T, F>) -> Option<&mut T> {
        this.value.get_mut()
    }

    /// How many wait at this moment. For tests, in place of sleeping.
    #[doc(hidden)]
    pub fn waiting(this: &LazyLock<T, F>) -> usize {
        this.value.waiting()
    }
}

impl<T, F: FnOnce() -> T> Deref for LazyLock<T, F> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        LazyLock::force(self)
    }
}

impl<T, F: FnOnce() -> T> DerefMut for LazyLock<T, F> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        LazyLock::force_mut(self)
    }
}

impl<T: Default> Default for LazyLock<T> {
    fn default() -> LazyLock<T> {
        LazyLock::new(T::default)
    }
}

impl<T: fmt::Debug, F> fmt::Debug for LazyLock<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lazy = f.debug_tuple("LazyLock");
        match self.value.get() {
            Some(value) => lazy.field(value),
            None => lazy.field(&format_args!("<uninit>")),
        };
        lazy.finish()
    }
}
