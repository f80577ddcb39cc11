//! A number of permits to be shared out.
//!
//! The word holds the permits that nobody has, and `WAITED`: somebody waits in the queue, or
//! is about to. Who waits is queued with the number of permits he wants.
//!
//! Acquiring: 1. one CAS takes the permits, unless there are too few or `WAITED` is set: who
//!               comes later does not overtake;
//!            2. under the queue's lock, where nobody is queued: one CAS takes the permits or,
//!               if there are too few, sets `WAITED`;
//!            3. queue, park. Who is woken has his permits.
//! Releasing: 1. one addition to the word, without the lock; done, unless it shows `WAITED`;
//!            2. serving: under the lock, take permits for the first in the queue and take him
//!               out, as long as they suffice; if nobody is left, clear `WAITED`;
//!            3. unlock, wake them.
//! Giving up: 1. the time is over, and the caller is out of the queue;
//!            2. serving, as above: those behind him may want less.
//!
//! `WAITED` changes under the lock only, and whenever the lock is free it is set if somebody
//! is queued. The word orders acquiring (2) and releasing (1): either the one who acquires
//! sees the permits, or the addition comes later and sees `WAITED`. In the second case the
//! serving waits for the lock, and finds the other one queued. So permits never lie idle that
//! the first in the queue could have.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use crate::prim::{AtomicUsize, Ordering, const_unless_loom};
use crate::rt::{WaitReason, now_ns};
use crate::wait::{Batch, Place, Queue};

/// In the word: somebody waits.
const WAITED: usize = 1;
/// In the word: one permit.
const PERMIT: usize = 2;

/// A number of permits, which goroutines and threads acquire and release: it bounds how many
/// do something at once.
///
/// A call may acquire any number of permits together. Who has to wait is served in the order
/// of arrival: nobody who comes later is served before him, be it with
/// [`try_acquire`](Self::try_acquire) or because fewer permits are wanted. So who wants many
/// is not starved by those who want few; they wait behind him.
///
/// Acquiring permits that are there costs one locked instruction, and so does releasing
/// permits that nobody waits for.
///
/// # Examples
///
/// ```
/// use gmp_sync::Semaphore;
///
/// static DOWNLOADS: Semaphore = Semaphore::new(3);
///
/// std::thread::scope(|scope| {
///     for n in 0..10 {
///         scope.spawn(move || {
///             let _permit = DOWNLOADS.acquire(1);
///             println!("{n}: at most three of us are here at once");
///         });
///     }
/// });
/// assert_eq!(DOWNLOADS.available_permits(), 3);
/// ```
pub struct Semaphore {
    word: AtomicUsize,
    total: usize,
    queue: Queue,
}

impl UnwindSafe for Semaphore {}
impl RefUnwindSafe for Semaphore {}

impl Semaphore {
    /// The most permits there can be.
    pub const MAX_PERMITS: usize = usize::MAX / PERMIT;

    const_unless_loom! {
        /// Makes a semaphore of `permits` permits.
        ///
        /// # Panics
        ///
        /// If there are more than [`MAX_PERMITS`](Self::MAX_PERMITS).
        ///
        /// ```
        /// static TABLES: gmp_sync::Semaphore = gmp_sync::Semaphore::new(5);
        /// assert_eq!(TABLES.available_permits(), 5);
        /// ```
        pub fn new(permits: usize) -> Semaphore {
            assert!(permits <= Semaphore::MAX_PERMITS, "a semaphore of too many permits");
            Semaphore { word: AtomicUsize::new(permits * PERMIT), total: permits, queue: Queue::new() }
        }
    }

    /// Acquires `n` permits, and waits until it can have them. They are released when the
    /// result is dropped.
    ///
    /// No permits are had at once. More permits than the semaphore has are never had: as in
    /// Go the call waits for ever then, but keeps nobody else waiting.
    ///
    /// ```
    /// let semaphore = gmp_sync::Semaphore::new(3);
    /// let two = semaphore.acquire(2);
    /// let one = semaphore.acquire(1);
    /// drop(two);
    /// let again = semaphore.acquire(2);
    /// # drop((one, again));
    /// ```
    #[inline]
    pub fn acquire(&self, n: usize) -> SemaphorePermit<'_> {
        if !self.take(n) {
            self.wait_for(n, u64::MAX);
        }
        SemaphorePermit { semaphore: self, permits: n }
    }

    /// Acquires `n` permits, if they are there and nobody waits for some. Never waits.
    ///
    /// ```
    /// let semaphore = gmp_sync::Semaphore::new(1);
    /// let permit = semaphore.try_acquire(1);
    /// assert!(permit.is_some());
    /// assert!(semaphore.try_acquire(1).is_none());
    /// ```
    #[inline]
    pub fn try_acquire(&self, n: usize) -> Option<SemaphorePermit<'_>> {
        self.take(n).then(|| SemaphorePermit { semaphore: self, permits: n })
    }

    /// Acquires `n` permits, and waits for them for `timeout` at most; `None` if it cannot
    /// have them by then. With a `timeout` of zero it is [`try_acquire`](Self::try_acquire).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let semaphore = gmp_sync::Semaphore::new(2);
    /// let one = semaphore.acquire(1);
    /// assert!(semaphore.acquire_timeout(2, Duration::from_millis(10)).is_none());
    /// drop(one);
    /// assert!(semaphore.acquire_timeout(2, Duration::from_millis(10)).is_some());
    /// ```
    #[inline]
    pub fn acquire_timeout(&self, n: usize, timeout: Duration) -> Option<SemaphorePermit<'_>> {
        let taken = self.take_within(n, timeout);
        taken.then(|| SemaphorePermit { semaphore: self, permits: n })
    }

    /// As [`acquire`](Self::acquire), with a permit that keeps the semaphore alive: it can
    /// be sent to a goroutine that outlives the caller.
    ///
    /// ```
    /// use gmp_sync::Semaphore;
    /// use std::sync::Arc;
    ///
    /// let semaphore = Arc::new(Semaphore::new(3));
    /// for n in 0..10 {
    ///     let permit = semaphore.acquire_owned(1);
    ///     std::thread::spawn(move || {
    ///         println!("{n}: at most three of us are here at once");
    ///         drop(permit);
    ///     });
    /// }
    /// drop(semaphore.acquire(3)); // all are done
    /// ```
    #[inline]
    pub fn acquire_owned(self: &Arc<Self>, n: usize) -> OwnedSemaphorePermit {
        if !self.take(n) {
            self.wait_for(n, u64::MAX);
        }
        OwnedSemaphorePermit { semaphore: Arc::clone(self), permits: n }
    }

    /// As [`try_acquire`](Self::try_acquire), with a permit that keeps the semaphore alive.
    ///
    /// ```
    /// let semaphore = std::sync::Arc::new(gmp_sync::Semaphore::new(1));
    /// let permit = semaphore.try_acquire_owned(1);
    /// assert!(permit.is_some() && semaphore.try_acquire_owned(1).is_none());
    /// ```
    #[inline]
    pub fn try_acquire_owned(self: &Arc<Self>, n: usize) -> Option<OwnedSemaphorePermit> {
        let taken = self.take(n);
        taken.then(|| OwnedSemaphorePermit { semaphore: Arc::clone(self), permits: n })
    }

    /// As [`acquire_timeout`](Self::acquire_timeout), with a permit that keeps the semaphore
    /// alive.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let semaphore = std::sync::Arc::new(gmp_sync::Semaphore::new(1));
    /// let permit = semaphore.acquire_owned(1);
    /// assert!(semaphore.acquire_owned_timeout(1, Duration::from_millis(10)).is_none());
    /// # drop(permit);
    /// ```
    #[inline]
    pub fn acquire_owned_timeout(
        self: &Arc<Self>,
        n: usize,
        timeout: Duration,
    ) -> Option<OwnedSemaphorePermit> {
        let taken = self.take_within(n, timeout);
        taken.then(|| OwnedSemaphorePermit { semaphore: Arc::clone(self), permits: n })
    }

    /// How many permits nobody has at this moment. Some of them may be waited for, by who
    /// wants more of them.
    ///
    /// ```
    /// let semaphore = gmp_sync::Semaphore::new(3);
    /// let permit = semaphore.acquire(2);
    /// assert_eq!(semaphore.available_permits(), 1);
    /// # drop(permit);
    /// ```
    #[inline]
    pub fn available_permits(&self) -> usize {
        self.word.load(Ordering::Acquire) / PERMIT
    }

    /// How many wait at this moment. For tests, in place of sleeping.
    #[doc(hidden)]
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    fn take_within(&self, n: usize, timeout: Duration) -> bool {
        if self.take(n) {
            return true;
        }
        let ns = u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX);
        ns != 0 && self.wait_for(n, now_ns().saturating_add(ns))
    }

    /// Acquiring (1).
    #[inline]
    fn take(&self, n: usize) -> bool {
        n == 0 || self.change(|word| if word & WAITED == 0 { less(word, n) } else { None })
    }

    /// Acquiring (2) and (3), and giving up when `deadline` has come.
    #[cold]
    fn wait_for(&self, n: usize, deadline: u64) -> bool {
        if n > self.total {
            return wait_in_vain(deadline);
        }
        let locked = self.queue.lock();
        let mut taken = false;
        if locked.is_empty() {
            self.change(|word| {
                // Who gave up last may have left the bit.
                let had = less(word & !WAITED, n);
                taken = had.is_some();
                had.or(Some(word | WAITED))
            });
        }
        if taken {
            return true;
        }
        let served = locked.wait_until(n, Place::Back, WaitReason::Semacquire, deadline);
        if served.is_none() {
            self.serve();
        }
        served.is_some()
    }

    /// Releasing.
    #[inline]
    fn release(&self, n: usize) {
        // With the Acquire of who takes the permits.
        if self.word.fetch_add(n * PERMIT, Ordering::Release) & WAITED != 0 {
            self.serve();
        }
    }

    /// Releasing (2) and (3).
    #[cold]
    fn serve(&self) {
        let mut batch = Batch::new();
        // Not to be unwound: others wait.
        let mut locked = self.queue.lock_inside();
        while let Some(n) = locked.first() {
            if !self.change(|word| less(word, n)) {
                break;
            }
            locked.pop(0).into_iter().for_each(|served| batch.push(served));
        }
        if locked.is_empty() {
            self.word.fetch_and(!WAITED, Ordering::Relaxed);
        }
        drop(locked);
        batch.wake_all();
    }

    /// Changes the word, unless `to` says `None`. Whether it did.
    #[inline]
    fn change(&self, to: impl FnMut(usize) -> Option<usize>) -> bool {
        self.word.fetch_update(Ordering::Acquire, Ordering::Relaxed, to).is_ok()
    }
}

/// `word` with `n` permits less, if it has them.
#[inline]
fn less(word: usize, n: usize) -> Option<usize> {
    (word / PERMIT >= n).then(|| word - n * PERMIT)
}

/// Waits for what will not come.
fn wait_in_vain(deadline: u64) -> bool {
    let nobody: Queue = Queue::new();
    nobody.lock().wait_until(0, Place::Back, WaitReason::Semacquire, deadline).is_some()
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore")
            .field("permits", &self.total)
            .field("available", &self.available_permits())
            .field("waiting", &self.waiting())
            .finish()
    }
}

/// Permits of a [`Semaphore`], released when this is dropped.
///
/// It may be sent to another goroutine or thread and be dropped there.
///
/// ```
/// let semaphore = gmp_sync::Semaphore::new(3);
/// let permit = semaphore.acquire(2);
/// assert_eq!(permit.permits(), 2);
/// ```
#[must_use = "the permits are released at once if this is not kept"]
#[derive(Debug)]
pub struct SemaphorePermit<'a> {
    semaphore: &'a Semaphore,
    permits: usize,
}

impl SemaphorePermit<'_> {
    /// How many permits these are.
    ///
    /// ```
    /// assert_eq!(gmp_sync::Semaphore::new(3).acquire(2).permits(), 2);
    /// ```
    pub fn permits(&self) -> usize {
        self.permits
    }
}

impl Drop for SemaphorePermit<'_> {
    #[inline]
    fn drop(&mut self) {
        self.semaphore.release(self.permits);
    }
}

/// Permits of a [`Semaphore`] in an `Arc`, released when this is dropped.
///
/// ```
/// use gmp_sync::{OwnedSemaphorePermit, Semaphore};
///
/// fn enter() -> OwnedSemaphorePermit {
///     std::sync::Arc::new(Semaphore::new(1)).acquire_owned(1)
/// }
/// assert_eq!(enter().permits(), 1);
/// ```
#[must_use = "the permits are released at once if this is not kept"]
#[derive(Debug)]
pub struct OwnedSemaphorePermit {
    semaphore: Arc<Semaphore>,
    permits: usize,
}

impl OwnedSemaphorePermit {
    /// How many permits these are.
    ///
    /// ```
    /// let semaphore = std::sync::Arc::new(gmp_sync::Semaphore::new(3));
    /// assert_eq!(semaphore.acquire_owned(2).permits(), 2);
    /// ```
    pub fn permits(&self) -> usize {
        self.permits
    }
}

impl Drop for OwnedSemaphorePermit {
    #[inline]
    fn drop(&mut self) {
        self.semaphore.release(self.permits);
    }
}
