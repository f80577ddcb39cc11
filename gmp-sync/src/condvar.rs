//! `Condvar`: std's, first come first served.

#![expect(unsafe_code, reason = "waiting is promised not to unwind half-way")]

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::time::Duration;

use crate::mutex::MutexGuard;
use crate::poison::{LockResult, PoisonError};
use crate::prim::const_unless_loom;
use crate::rt::{self, WaitReason};
use crate::wait::Queue;

/// What a waiter that was notified is told. Nobody reads it.
const NOTIFIED: usize = 0;

/// Lets goroutines and threads wait, with a mutex unlocked, until they are notified.
///
/// The signatures are those of `std::sync::Condvar`; the promises are Go's:
///
/// - Who waits is notified in the order of coming. A wait begins while the mutex is still
///   locked: no notification that comes after the mutex was unlocked is missed, and none
///   is taken by somebody who begins to wait after it.
/// - There are no spurious wake-ups: [`wait`](Condvar::wait) returns because of one
///   notification that went to this waiter. What it waits for may have changed again by
///   the time it has the mutex, so a loop is needed all the same, unless all who use
///   the condition know better.
///
/// One condition variable may be used with several mutexes, even at the same time.
///
/// Notifying when nobody waits costs one load.
///
/// # Examples
///
/// ```
/// use gmp_sync::{Condvar, Mutex};
///
/// let (ready, changed) = (Mutex::new(false), Condvar::new());
/// std::thread::scope(|scope| {
///     scope.spawn(|| {
///         *ready.lock().unwrap() = true;
///         changed.notify_one();
///     });
///     let ready = changed.wait_while(ready.lock().unwrap(), |ready| !*ready).unwrap();
///     assert!(*ready);
/// });
/// ```
pub struct Condvar {
    queue: Queue,
}

/// Whether a wait ended because its time was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// True if the wait ended because its time was over; false if it was notified (or, of
    /// [`Condvar::wait_timeout_while`], if the condition has become false).
    ///
    /// ```
    /// use std::time::Duration;
    /// use gmp_sync::{Condvar, Mutex};
    ///
    /// let (mutex, condvar) = (Mutex::new(()), Condvar::new());
    /// let guard = mutex.lock().unwrap();
    /// let (_guard, result) = condvar.wait_timeout(guard, Duration::from_millis(1)).unwrap();
    /// assert!(result.timed_out());
    /// ```
    #[must_use]
    pub fn timed_out(&self) -> bool {
        self.0
    }
}

impl Condvar {
    const_unless_loom! {
        /// A condition variable that nobody waits on.
        ///
        /// ```
        /// static CHANGED: gmp_sync::Condvar = gmp_sync::Condvar::new();
        /// CHANGED.notify_all();
        /// ```
        pub fn new() -> Condvar {
            Condvar { queue: Queue::new() }
        }
    }

    /// Unlocks the mutex of `guard`, waits until notified, and locks it again.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned when it is locked again; the guard is in the error.
    ///
    /// ```
    /// # use gmp_sync::{Condvar, Mutex};
    /// # let (queue, changed) = (Mutex::new(Vec::new()), Condvar::new());
    /// # std::thread::scope(|scope| {
    /// # scope.spawn(|| { queue.lock().unwrap().push(1); changed.notify_one(); });
    /// let mut guard = queue.lock().unwrap();
    /// while guard.is_empty() {
    ///     guard = changed.wait(guard).unwrap();
    /// }
    /// assert_eq!(guard.pop(), Some(1));
    /// # drop(guard);
    /// # });
    /// ```
    pub fn wait<'a, T: ?Sized>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        self.wait_until(guard, u64::MAX).0
    }

    /// Waits as long as `condition` holds: looks with the mutex locked, at first and
    /// whenever notified.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned when it is locked again; the guard is in the error.
    ///
    /// ```
    /// # use gmp_sync::{Condvar, Mutex};
    /// let (count, changed) = (Mutex::new(3), Condvar::new());
    /// let count = changed.wait_while(count.lock().unwrap(), |count| *count == 0).unwrap();
    /// assert_eq!(*count, 3);
    /// ```
    pub fn wait_while<'a, T: ?Sized, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut condition: F,
    ) -> LockResult<MutexGuard<'a, T>>
    where
        F: FnMut(&mut T) -> bool,
    {
        while condition(&mut *guard) {
            guard = self.wait(guard)?;
        }
        Ok(guard)
    }

    /// Waits until notified, or until `duration` has passed, and then locks the mutex
    /// again, however long that takes. Never early; a duration beyond the clock's range is
    /// for ever.
    ///
    /// A notification that comes in time is never lost: if the result says that the time
    /// was over, it has gone to somebody else.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned when it is locked again; guard and result are in the error.
    ///
    /// ```
    /// # use gmp_sync::{Condvar, Mutex};
    /// use std::time::Duration;
    ///
    /// let (mutex, changed) = (Mutex::new(0), Condvar::new());
    /// let guard = mutex.lock().unwrap();
    /// let (guard, result) = changed.wait_timeout(guard, Duration::from_millis(2)).unwrap();
    /// assert_eq!((*guard, result.timed_out()), (0, true));
    /// ```
    pub fn wait_timeout<'a, T: ?Sized>(
        &self,
        guard: MutexGuard<'a, T>,
        duration: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let (result, notified) = self.wait_until(guard, deadline(duration));
        let timed_out = WaitTimeoutResult(!notified);
        match result {
            Ok(guard) => Ok((guard, timed_out)),
            Err(error) => Err(PoisonError::new((error.into_inner(), timed_out))),
        }
    }

    /// Waits as long as `condition` holds, but no longer than `duration` in all. The result
    /// says that the time was over only if the condition still holds then.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned when it is locked again; guard and result are in the error.
    ///
    /// ```
    /// # use gmp_sync::{Condvar, Mutex};
    /// use std::time::Duration;
    ///
    /// let (mutex, changed) = (Mutex::new(0), Condvar::new());
    /// let guard = mutex.lock().unwrap();
    /// let short = Duration::from_millis(2);
    /// let (_, result) = changed.wait_timeout_while(guard, short, |n| *n == 0).unwrap();
    /// assert!(result.timed_out());
    /// ```
    pub fn wait_timeout_while<'a, T: ?Sized, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        duration: Duration,
        mut condition: F,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)>
    where
        F: FnMut(&mut T) -> bool,
    {
        let deadline = deadline(duration);
        let mut in_time = true;
        loop {
            if !condition(&mut *guard) {
                return Ok((guard, WaitTimeoutResult(false)));
            }
            if !in_time {
                return Ok((guard, WaitTimeoutResult(true)));
            }
            let (result, notified) = self.wait_until(guard, deadline);
            in_time = notified;
            guard = match result {
                Ok(guard) => guard,
                Err(error) => {
                    let timed_out = WaitTimeoutResult(!notified);
                    return Err(PoisonError::new((error.into_inner(), timed_out)));
                }
            };
        }
    }

    /// Waits until notified, or until `deadline`. Whether it was notified.
    fn wait_until<'a, T: ?Sized>(
        &self,
        guard: MutexGuard<'a, T>,
        deadline: u64,
    ) -> (LockResult<MutexGuard<'a, T>>, bool) {
        let mutex = guard.mutex();
        // SAFETY: unlocking does not unwind.
        let answer = unsafe {
            let unlock = || guard.unlock_before_parking();
            self.queue.wait_after(WaitReason::CondWait, deadline, unlock)
        };
        (mutex.lock(), answer.is_some())
    }

    /// Wakes the one that waits longest, if anybody waits.
    ///
    /// The mutex need not be locked. A goroutine that is woken runs next on the caller's P.
    ///
    /// ```
    /// gmp_sync::Condvar::new().notify_one();
    /// ```
    #[inline]
    pub fn notify_one(&self) {
        if !self.queue.looks_empty_in(0) {
            self.notify_first();
        }
    }

    #[cold]
    fn notify_first(&self) {
        let mut locked = self.queue.lock();
        if let Some(woken) = locked.pop(NOTIFIED) {
            woken.wake(&locked.unlock());
        }
    }

    /// Wakes all that wait.
    ///
    /// ```
    /// gmp_sync::Condvar::new().notify_all();
    /// ```
    #[inline]
    pub fn notify_all(&self) {
        if !self.queue.looks_empty_in(0) {
            self.notify_everybody();
        }
    }

    #[cold]
    fn notify_everybody(&self) {
        let mut locked = self.queue.lock();
        let batch = locked.pop_all_in(0, NOTIFIED);
        drop(locked);
        batch.wake_all();
    }

    /// How many wait at this moment. For tests, in place of sleeping.
    #[doc(hidden)]
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }
}

impl UnwindSafe for Condvar {}
impl RefUnwindSafe for Condvar {}

/// When a wait of that length ends, on the runtime's clock.
fn deadline(duration: Duration) -> u64 {
    let ns = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    rt::now_ns().saturating_add(ns)
}

impl Default for Condvar {
    fn default() -> Condvar {
        Condvar::new()
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condvar").finish_non_exhaustive()
    }
}
