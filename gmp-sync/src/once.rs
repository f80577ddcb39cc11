//! A function that is called once.
//!
//! The protocol is in `README.md`, "Once".

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::prim::{AtomicU32, Ordering, const_unless_loom};
use crate::rt::WaitReason;
use crate::wait::{Place, Queue};

/// Nobody has called yet.
const INCOMPLETE: u32 = 0;
/// The last call was left by unwinding.
const POISONED: u32 = 1;
/// A call runs.
const RUNNING: u32 = 2;
const COMPLETE: u32 = 3;
/// What the word says besides `QUEUED`.
const STAGE: u32 = 3;
/// Somebody waits for the stage to change. Never with `COMPLETE`.
const QUEUED: u32 = 4;

/// Runs a function at most once, as [`std::sync::Once`].
///
/// Who comes while it runs waits until it is done: is parked if it is a goroutine, blocked
/// if it is a plain thread; threads need no runtime. When it is done a call costs one load.
///
/// A function that is left by a panic, or by `goexit`, *poisons* the `Once`: later calls
/// panic, but for [`call_once_force`](Self::call_once_force). (In Go it would count as
/// done.)
///
/// # Examples
///
/// ```
/// use gmp_sync::Once;
///
/// static START: Once = Once::new();
///
/// let threads = [(); 4].map(|()| {
///     std::thread::spawn(|| START.call_once(|| println!("printed once")))
/// });
/// threads.into_iter().for_each(|thread| thread.join().unwrap());
/// assert!(START.is_completed());
/// ```
pub struct Once {
    word: AtomicU32,
    queue: Queue,
}

impl UnwindSafe for Once {}
impl RefUnwindSafe for Once {}

/// What [`Once::call_once_force`] tells the function it calls.
pub struct OnceState {
    poisoned: bool,
}

impl OnceState {
    /// Whether an earlier call was left by a panic or by `goexit`.
    ///
    /// ```
    /// let once = gmp_sync::Once::new();
    /// once.call_once_force(|state| assert!(!state.is_poisoned()));
    /// ```
    #[inline]
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
    }
}

impl fmt::Debug for OnceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnceState").field("poisoned", &self.is_poisoned()).finish()
    }
}

impl Once {
    const_unless_loom! {
        /// Makes one whose function was not called yet.
        ///
        /// ```
        /// static ONCE: gmp_sync::Once = gmp_sync::Once::new();
        /// assert!(!ONCE.is_completed());
        /// ```
        #[inline]
        #[must_use]
        pub fn new() -> Once {
            Once { word: AtomicU32::new(INCOMPLETE), queue: Queue::new() }
        }
    }

    /// Calls `f` if this is the first call; otherwise returns when the first one is done.
    ///
    /// What `f` did is visible after it. Costs one load when `f` is done.
    ///
    /// If `f` calls the same `Once` again it waits for itself, for ever.
    ///
    /// # Panics
    ///
    /// If an earlier call was left by a panic or by `goexit`. A panic of `f` goes to the
    /// caller.
    ///
    /// # Examples
    ///
    /// ```
    /// let once = gmp_sync::Once::new();
    /// let mut calls = 0;
    /// once.call_once(|| calls += 1);
    /// once.call_once(|| calls += 1);
    /// assert_eq!(calls, 1);
    /// ```
    #[inline]
    #[track_caller]
    pub fn call_once<F>(&self, f: F)
    where
        F: FnOnce(),
    {
        if !self.is_completed() {
            let mut f = Some(f);
            self.call(false, &mut |_| f.take().expect("called once")());
        }
    }

    /// As [`call_once`](Self::call_once), but an earlier call that was left by a panic or by
    /// `goexit` does not matter: `f` is called in its place, and told so.
    ///
    /// # Panics
    ///
    /// A panic of `f` goes to the caller.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::panic::catch_unwind;
    ///
    /// let once = gmp_sync::Once::new();
    /// assert!(catch_unwind(|| once.call_once(|| panic!("not this time"))).is_err());
    /// assert!(catch_unwind(|| once.call_once(|| ())).is_err());
    /// once.call_once_force(|state| assert!(state.is_poisoned()));
    /// once.call_once(|| unreachable!());
    /// ```
    #[inline]
    #[track_caller]
    pub fn call_once_force<F>(&self, f: F)
    where
        F: FnOnce(&OnceState),
    {
        if !self.is_completed() {
            let mut f = Some(f);
            self.call(true, &mut |state| f.take().expect("called once")(state));
        }
    }

    /// Whether a call is done. False while it runs, and after it was left by unwinding.
    ///
    /// What the function did is visible when this is true. One load.
    ///
    /// ```
    /// let once = gmp_sync::Once::new();
    /// once.call_once(|| assert!(!once.is_completed()));
    /// assert!(once.is_completed());
    /// ```
    #[inline]
    pub fn is_completed(&self) -> bool {
        self.word.load(Ordering::Acquire) == COMPLETE
    }

    /// Waits until somebody's call is done; calls nothing itself.
    ///
    /// # Panics
    ///
    /// If a call is, or was, left by a panic or by `goexit`.
    ///
    /// # Examples
    ///
    /// ```
    /// let once = gmp_sync::Once::new();
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| once.call_once(|| ()));
    ///     once.wait();
    /// });
    /// assert!(once.is_completed());
    /// ```
    #[inline]
    #[track_caller]
    pub fn wait(&self) {
        if !self.is_completed() {
            self.wait_for(false);
        }
    }

    /// As [`wait`](Self::wait), but goes on waiting when a call was left by a panic or by
    /// `goexit`.
    ///
    /// ```
    /// let once = gmp_sync::Once::new();
    /// once.call_once(|| ());
    /// once.wait_force();
    /// ```
    #[inline]
    pub fn wait_force(&self) {
        if !self.is_completed() {
            self.wait_for(true);
        }
    }

    /// How many wait at this moment. For tests, in place of sleeping.
    #[doc(hidden)]
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    #[cold]
    #[track_caller]
    fn call(&self, force: bool, f: &mut dyn FnMut(&OnceState)) {
        loop {
            let word = self.word.load(Ordering::Acquire);
            match word & STAGE {
                COMPLETE => return,
                RUNNING => self.wait_while(RUNNING),
                POISONED if !force => poisoned(),
                stage => {
                    let mine = RUNNING | word & QUEUED;
                    let (taken, seen) = (Ordering::Acquire, Ordering::Relaxed);
                    if self.word.compare_exchange(word, mine, taken, seen).is_ok() {
                        let mut end = End { once: self, stage: POISONED };
                        f(&OnceState { poisoned: stage == POISONED });
                        end.stage = COMPLETE;
                        return;
                    }
                }
            }
        }
    }

    #[cold]
    #[track_caller]
    fn wait_for(&self, force: bool) {
        loop {
            match self.word.load(Ordering::Acquire) & STAGE {
                COMPLETE => return,
                POISONED if !force => poisoned(),
                stage => self.wait_while(stage),
            }
        }
    }

    /// Waits for a word that was in `stage` to change, if it has not done so.
    fn wait_while(&self, stage: u32) {
        let locked = self.queue.lock();
        let queued = |word| (word & STAGE == stage).then_some(word | QUEUED);
        if self.word.fetch_update(Ordering::Relaxed, Ordering::Relaxed, queued).is_ok() {
            locked.wait(0, Place::Back, WaitReason::MutexLock);
        }
    }
}

/// The end of a call, however it comes.
struct End<'a> {
    once: &'a Once,
    /// What it comes to.
    stage: u32,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        if self.once.word.swap(self.stage, Ordering::AcqRel) & QUEUED != 0 {
            // Not to be unwound: others wait.
            let mut locked = self.once.queue.lock_inside();
            let batch = locked.pop_all_in(0, 0);
            drop(locked);
            batch.wake_all();
        }
    }
}

#[cold]
#[track_caller]
fn poisoned() -> ! {
    panic!("Once instance has previously been poisoned");
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}
