//! Values to be used again.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::mutex::Mutex;
use crate::pool::shards::Shards;

mod shards;

/// How many values a pool keeps beyond those of its shards.
const SPARES: usize = 256;

/// Go's `sync.Pool`: values that are costly to make and can be used again, such as buffers.
///
/// [`get`](Self::get) returns a value that was [put](Self::put), any one, as it was then, or
/// else a new one; [`put`](Self::put) keeps a value for later, or drops it. A value is in one
/// hand at a time, so it need not be `Sync`.
///
/// Each P keeps values of its own: where what is put is got again on the same P, both
/// together cost about 10 ns, without a locked instruction. Who has none of its own takes
/// one that others have put. Nobody ever waits, but for those who meet at the spare list.
///
/// At most 9 values are kept for each P (or CPU, if there are more) and 256 in the spare
/// list; what is put beyond that is dropped at once. Values are kept until they are got, or
/// the pool is dropped; there is no collector that would empty it.
///
/// # Examples
///
/// ```
/// use gmp_sync::{LazyLock, Pool};
///
/// static BUFFERS: LazyLock<Pool<String>> = LazyLock::new(|| Pool::new(String::new));
///
/// let mut buffer = BUFFERS.get();
/// buffer.push_str("hello");
/// println!("{buffer}");
/// buffer.clear(); // the memory stays
/// BUFFERS.put(buffer);
/// assert!(BUFFERS.get().capacity() >= 5);
/// ```
pub struct Pool<T> {
    shards: Shards<T>,
    spares: Mutex<Vec<T>>,
    /// The number of spares, changed under the lock; without it, a hint.
    spare: AtomicUsize,
    make: Box<dyn Fn() -> T + Send + Sync>,
}

// What is put is whole as far as who puts it knows; no panic leaves a value half way.
impl<T> UnwindSafe for Pool<T> {}
impl<T> RefUnwindSafe for Pool<T> {}

impl<T> Pool<T> {
    /// Makes an empty pool; `make` makes a value when one is wanted and none is kept.
    ///
    /// ```
    /// let pool = gmp_sync::Pool::new(|| vec![0; 1024]);
    /// assert_eq!(pool.get().len(), 1024);
    /// ```
    pub fn new<F>(make: F) -> Pool<T>
    where
        F: Fn() -> T + Send + Sync + 'static,
    {
        Pool {
            shards: Shards::new(),
            spares: Mutex::new(Vec::new()),
            spare: AtomicUsize::new(0),
            make: Box::new(make),
        }
    }

    /// Takes a value out of the pool, or makes one.
    ///
    /// # Panics
    ///
    /// If the function that makes values does.
    ///
    /// ```
    /// let pool = gmp_sync::Pool::new(|| 1);
    /// pool.put(2);
    /// assert_eq!(pool.get(), 2);
    /// assert_eq!(pool.get(), 1);
    /// ```
    #[inline]
    pub fn get(&self) -> T {
        self.shards.get().unwrap_or_else(|| self.find())
    }

    /// A value from elsewhere than the caller's own shard.
    #[cold]
    fn find(&self) -> T {
        if self.spare.load(Ordering::Relaxed) != 0 {
            let mut spares = self.spares.lock().unwrap_or_else(PoisonError::into_inner);
            let value = spares.pop();
            self.spare.store(spares.len(), Ordering::Relaxed);
            drop(spares);
            if let Some(value) = value {
                return value;
            }
        }
        self.shards.steal().unwrap_or_else(|| (self.make)())
    }

    /// Gives a value to the pool.
    ///
    /// It is not changed: what is to be cleared is cleared before.
    ///
    /// ```
    /// let pool = gmp_sync::Pool::new(String::new);
    /// let mut text = pool.get();
    /// text.push_str("abc");
    /// text.clear();
    /// pool.put(text);
    /// ```
    #[inline]
    pub fn put(&self, value: T) {
        if let Err(value) = self.shards.put(value) {
            self.put_spare(value);
        }
    }

    #[cold]
    fn put_spare(&self, value: T) {
        let mut spares = self.spares.lock().unwrap_or_else(PoisonError::into_inner);
        if spares.len() < SPARES {
            spares.push(value);
            self.spare.store(spares.len(), Ordering::Relaxed);
        } else {
            // Before the value, which may use the pool.
            drop(spares);
            drop(value);
        }
    }

    /// Takes a value out of the pool, or makes one, for as long as the guard lives; then it
    /// is put back.
    ///
    /// # Panics
    ///
    /// As [`get`](Self::get).
    ///
    /// ```
    /// let pool = gmp_sync::Pool::new(Vec::new);
    /// {
    ///     let mut numbers = pool.get_guard();
    ///     numbers.clear();
    ///     numbers.extend([1, 2, 3]);
    /// }
    /// assert_eq!(pool.get(), [1, 2, 3]);
    /// ```
    #[inline]
    pub fn get_guard(&self) -> PoolGuard<'_, T> {
        PoolGuard { pool: self, value: Some(self.get()) }
    }
}

impl<T: Default + 'static> Default for Pool<T> {
    fn default() -> Pool<T> {
        Pool::new(T::default)
    }
}

impl<T> fmt::Debug for Pool<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}

/// A value of a [`Pool`] that is put back when the guard is dropped.
///
/// ```
/// let pool = gmp_sync::Pool::new(|| 0);
/// *pool.get_guard() += 1;
/// assert_eq!(*pool.get_guard(), 1);
/// ```
#[must_use = "the value is put back at once if the guard is not kept"]
pub struct PoolGuard<'a, T> {
    pool: &'a Pool<T>,
    /// `Some` until the guard is dropped or taken apart.
    value: Option<T>,
}

impl<T> PoolGuard<'_, T> {
    /// Takes the value out of the guard: it is not put back.
    ///
    /// ```
    /// use gmp_sync::{Pool, PoolGuard};
    ///
    /// let pool = Pool::new(|| 0);
    /// pool.put(1);
    /// assert_eq!(PoolGuard::into_inner(pool.get_guard()), 1);
    /// assert_eq!(pool.get(), 0);
    /// ```
    pub fn into_inner(mut guard: Self) -> T {
        guard.value.take().unwrap_or_else(|| unreachable!("{GONE}"))
    }
}

const GONE: &str = "a guard has its value while it is used";

impl<T> Deref for PoolGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().unwrap_or_else(|| unreachable!("{GONE}"))
    }
}

impl<T> DerefMut for PoolGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().unwrap_or_else(|| unreachable!("{GONE}"))
    }
}

impl<T> Drop for PoolGuard<'_, T> {
    fn drop(&mut self) {
        if let Some(value) = self.value.take() {
            self.pool.put(value);
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for PoolGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
