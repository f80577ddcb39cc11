//! A place where a number of goroutines and threads meet.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::rt::WaitReason;
use crate::wait::{Place, Queue};

/// Makes a number of goroutines or threads wait for each other, as [`std::sync::Barrier`].
///
/// It can be used again and again: who comes after the last one of a round belongs to the
/// next round, even if those of this round have yet to return.
///
/// # Examples
///
/// ```
/// use gmp_sync::Barrier;
///
/// static BARRIER: Barrier = Barrier::new(4);
///
/// let workers = [(); 4].map(|()| {
///     std::thread::spawn(|| {
///         println!("before");
///         let result = BARRIER.wait();
///         println!("after"); // when all four have printed "before"
///         result.is_leader()
///     })
/// });
/// let leaders = workers.into_iter().filter_map(|worker| worker.join().ok()).filter(|l| *l);
/// assert_eq!(leaders.count(), 1);
/// ```
pub struct Barrier {
    members: usize,
    /// How many of this round are here. Under the queue's lock.
    arrived: AtomicUsize,
    queue: Queue,
}

impl UnwindSafe for Barrier {}
impl RefUnwindSafe for Barrier {}

impl Barrier {
    /// Makes a barrier for `n` at a time. With 0, as with 1, nobody waits.
    ///
    /// ```
    /// static BARRIER: gmp_sync::Barrier = gmp_sync::Barrier::new(1);
    /// BARRIER.wait();
    /// ```
    #[inline]
    #[must_use]
    pub const fn new(n: usize) -> Barrier {
        Barrier { members: n, arrived: AtomicUsize::new(0), queue: Queue::new() }
    }

    /// Waits until all of a round are here. The last one does not wait: he is the leader.
    ///
    /// What each did before is visible to all after it.
    ///
    /// ```
    /// let barrier = gmp_sync::Barrier::new(2);
    /// std::thread::scope(|scope| {
    ///     let other = scope.spawn(|| barrier.wait().is_leader());
    ///     assert_ne!(barrier.wait().is_leader(), other.join().unwrap());
    /// });
    /// ```
    pub fn wait(&self) -> BarrierWaitResult {
        let mut locked = self.queue.lock();
        let arrived = self.arrived.load(Ordering::Relaxed) + 1;
        if arrived < self.members {
            self.arrived.store(arrived, Ordering::Relaxed);
            locked.wait(0, Place::Back, WaitReason::CondWait);
            return BarrierWaitResult(false);
        }
        self.arrived.store(0, Ordering::Relaxed);
        let batch = locked.pop_all_in(0, 0);
        drop(locked);
        batch.wake_all();
        BarrierWaitResult(true)
    }

    /// How many wait at this moment. For tests, in place of sleeping.
    #[doc(hidden)]
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").finish_non_exhaustive()
    }
}

/// What [`Barrier::wait`] returns.
///
/// ```
/// let result = gmp_sync::Barrier::new(1).wait();
/// assert!(result.is_leader());
/// ```
pub struct BarrierWaitResult(bool);

impl BarrierWaitResult {
    /// Whether this one is the leader of its round: the one that came last.
    ///
    /// ```
    /// assert!(gmp_sync::Barrier::new(0).wait().is_leader());
    /// ```
    #[must_use]
    pub fn is_leader(&self) -> bool {
        self.0
    }
}

impl fmt::Debug for BarrierWaitResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarrierWaitResult").field("is_leader", &self.is_leader()).finish()
    }
}
