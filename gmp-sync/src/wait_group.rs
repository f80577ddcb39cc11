//! Waiting for a number of things to finish.

use std::fmt;
use std::sync::Arc;

use crate::wait_group::state::{Misuse, State};

pub(crate) mod state;

/// Waits for a collection of goroutines, threads or anything else that can be counted.
///
/// Clones are handles of one group. [`add`](Self::add) raises the counter,
/// [`done`](Self::done) lowers it, and [`wait`](Self::wait) returns once it is zero. The
/// group can be used again when all waits have returned.
///
/// Counting costs one atomic addition; nothing is locked unless someone waits for the
/// counter that comes to zero.
///
/// # Examples
///
/// ```
/// use gmp_sync::WaitGroup;
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU32, Ordering};
///
/// let wg = WaitGroup::new();
/// let sum = Arc::new(AtomicU32::new(0));
/// for n in 1..=10 {
///     wg.add(1);
///     let (wg, sum) = (wg.clone(), sum.clone());
///     std::thread::spawn(move || {
///         sum.fetch_add(n, Ordering::Relaxed);
///         wg.done();
///     });
/// }
/// wg.wait();
/// assert_eq!(sum.load(Ordering::Relaxed), 55);
/// ```
#[derive(Clone, Default)]
pub struct WaitGroup {
    state: Arc<State>,
}

impl WaitGroup {
    /// Makes a group whose counter is zero.
    ///
    /// ```
    /// gmp_sync::WaitGroup::new().wait(); // nothing to wait for
    /// ```
    pub fn new() -> WaitGroup {
        WaitGroup::default()
    }

    /// Adds `delta`, which may be negative, to the counter. When it comes to zero all who
    /// wait are released.
    ///
    /// Raise the counter before starting what is counted, and before anyone waits for it:
    /// an `add` on the new goroutine may come after the `wait` it was meant for.
    ///
    /// # Panics
    ///
    /// - `sync: negative WaitGroup counter`: there were more `done`s than `add`s.
    /// - `sync: WaitGroup misuse: Add called concurrently with Wait`: the counter was raised
    ///   from zero while a wait had yet to return.
    /// - If the counter would pass 2,147,483,647.
    ///
    /// The counter is then as it was before the call.
    ///
    /// # Examples
    ///
    /// ```
    /// let wg = gmp_sync::WaitGroup::new();
    /// wg.add(2);
    /// wg.add(-2);
    /// wg.wait();
    /// ```
    #[inline]
    #[track_caller]
    pub fn add(&self, delta: i64) {
        if let Err(misuse) = self.state.add(delta) {
            refuse(misuse);
        }
    }

    /// Lowers the counter by one.
    ///
    /// # Panics
    ///
    /// With `sync: negative WaitGroup counter` if it is zero.
    ///
    /// # Examples
    ///
    /// ```
    /// let wg = gmp_sync::WaitGroup::new();
    /// wg.add(1);
    /// wg.done();
    /// wg.wait();
    /// ```
    #[inline]
    #[track_caller]
    pub fn done(&self) {
        if let Err(misuse) = self.state.add(-1) {
            refuse(misuse);
        }
    }

    /// Waits until the counter is zero. At zero it returns at once, after one load.
    ///
    /// What happened before the `done`s is visible after it. Any number of goroutines and
    /// threads may wait at once.
    ///
    /// # Panics
    ///
    /// With `sync: WaitGroup is reused before previous Wait has returned` if the counter
    /// was raised again between the release of this wait and its return.
    ///
    /// # Examples
    ///
    /// ```
    /// let wg = gmp_sync::WaitGroup::new();
    /// wg.add(1);
    /// let other = wg.clone();
    /// let worker = std::thread::spawn(move || other.done());
    /// wg.wait();
    /// worker.join().unwrap();
    /// ```
    #[inline]
    #[track_caller]
    pub fn wait(&self) {
        if let Err(misuse) = self.state.wait() {
            refuse(misuse);
        }
    }

    /// Runs `f` on a new goroutine, counted by the group from now until it ended.
    ///
    /// It ends by returning, by panicking or by `goexit`; each counts as done. What `f`
    /// returns is dropped.
    ///
    /// # Panics
    ///
    /// If no goroutine can be started, as when no runtime runs; the counter is then as it
    /// was before the call.
    ///
    /// # Examples
    ///
    /// ```
    /// # let _rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
    /// let wg = gmp_sync::WaitGroup::new();
    /// for n in 0..3 {
    ///     wg.go(move || println!("{n}"));
    /// }
    /// wg.wait();
    /// ```
    #[cfg(not(gmp_loom))]
    #[track_caller]
    pub fn go<F, T>(&self, f: F)
    where
        F: FnOnce() -> T + Send + 'static,
    {
        self.add(1);
        let done = DoneOnDrop(self.clone());
        drop(gmp_core::spawn(move || {
            // Dropped last, whichever way `f` ends.
            let _done = done;
            drop(f());
        }));
    }

    /// How many wait at this moment. For tests, in place of sleeping.
    #[doc(hidden)]
    pub fn waiting(&self) -> usize {
        self.state.waiters() as usize
    }
}

#[cold]
#[track_caller]
fn refuse(misuse: Misuse) -> ! {
    panic!("{misuse}");
}

#[cfg(not(gmp_loom))]
struct DoneOnDrop(WaitGroup);

#[cfg(not(gmp_loom))]
impl Drop for DoneOnDrop {
    fn drop(&mut self) {
        self.0.done();
    }
}

impl fmt::Debug for WaitGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitGroup")
            .field("counter", &self.state.counter())
            .field("waiting", &self.state.waiters())
            .finish()
    }
}
