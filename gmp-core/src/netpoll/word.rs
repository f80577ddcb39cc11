//! One who waits, and any number who notify him: a word with Go's five states. README.md,
//! "The word", has the steps.

use crate::prim::{AtomicPtr, const_unless_loom};
use std::marker::PhantomData;
use std::ptr::{null_mut, without_provenance_mut};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

/// `T` is who waits; its address has the two lowest bits clear.
pub(crate) struct Word<T> {
    state: AtomicPtr<T>,
    _waiter: PhantomData<fn(*const T)>,
}

/// Nobody waits and nothing has come.
const fn nil<T>() -> *mut T {
    null_mut()
}

/// It has come.
fn ready<T>() -> *mut T {
    without_provenance_mut(1)
}

/// The owner is about to wait.
fn wait<T>() -> *mut T {
    without_provenance_mut(2)
}

/// A task waits, whose waker is kept elsewhere.
fn task<T>() -> *mut T {
    without_provenance_mut(3)
}

/// Who waited, and is now the caller's to wake.
#[derive(Debug)]
pub(crate) enum Was<T> {
    Nobody,
    Waiter(*const T),
    Task,
}

/// A look at who waits.
#[cfg_attr(gmp_loom, allow(dead_code, reason = "the models sweep nobody"))]
pub(crate) enum Waits {
    Nobody,
    Waiter,
    Task,
}

impl<T> Word<T> {
    const_unless_loom! {
        pub(crate) fn new() -> Word<T> {
            Word { state: AtomicPtr::new(nil()), _waiter: PhantomData }
        }
    }

    /// Whether it has come, as far as is known: for who has a reason to ask besides.
    #[inline(always)]
    pub(crate) fn is_ready(&self) -> bool {
        self.state.load(Relaxed) == ready()
    }

    /// Who waits, at this moment.
    pub(crate) fn waits(&self) -> Waits {
        match self.state.load(Relaxed).addr() {
            0..=2 => Waits::Nobody,
            3 => Waits::Task,
            _ => Waits::Waiter,
        }
    }

    #[cfg(all(test, gmp_loom))]
    pub(crate) fn is_waited_for(&self) -> bool {
        self.state.load(Relaxed) != nil()
    }

    /// Owner: uses up what has come; whether there was something.
    #[inline(always)]
    pub(crate) fn take(&self) -> bool {
        if !self.is_ready() {
            return false;
        }
        // Only the owner ends this state.
        self.state.swap(nil(), AcqRel);
        true
    }

    /// Owner, who does not wait: as if it had come.
    #[inline(always)]
    pub(crate) fn put(&self) {
        self.state.store(ready(), Release);
    }

    /// Owner, (W1): is about to wait. False if it has come.
    pub(crate) fn announce(&self) -> bool {
        self.state.compare_exchange(nil(), wait(), AcqRel, Acquire).is_ok()
    }

    /// Owner: does not wait after all.
    pub(crate) fn withdraw(&self) {
        let _ = self.state.compare_exchange(wait(), nil(), AcqRel, Acquire);
    }

    /// Owner, (W3): waits. False if something happened since he announced it; else whoever
    /// wakes him may have done so when this returns.
    pub(crate) fn publish(&self, waiter: *const T) -> bool {
        self.state.compare_exchange(wait(), waiter.cast_mut(), AcqRel, Acquire).is_ok()
    }

    /// Owner: a task of his waits, whose waker he has put where it is looked for. False if it
    /// has come. Second: whether none waited before.
    pub(crate) fn await_as_task(&self) -> (bool, bool) {
        match self.state.compare_exchange(nil(), task(), AcqRel, Acquire) {
            Ok(_) => (true, true),
            Err(state) => (state == task(), false),
        }
    }

    /// (N1) It has come.
    #[inline(always)]
    pub(crate) fn notify(&self) -> Was<T> {
        was(self.state.swap(ready(), AcqRel))
    }

    /// (I1) Whoever waits shall look around, although nothing has come.
    pub(crate) fn interrupt(&self) -> Was<T> {
        let mut state = self.state.load(Acquire);
        loop {
            let to = if state == ready() { state } else { nil() };
            // A write even where nothing changes: see README.md.
            match self.state.compare_exchange(state, to, AcqRel, Acquire) {
                Ok(_) => return was(state),
                Err(now) => state = now,
            }
        }
    }

    /// (T1) The time of `waiter` is over; true if he still waited.
    pub(crate) fn retract(&self, waiter: *const T) -> bool {
        self.state.compare_exchange(waiter.cast_mut(), nil(), AcqRel, Acquire).is_ok()
    }
}

fn was<T>(state: *mut T) -> Was<T> {
    match state.addr() {
        0..=2 => Was::Nobody,
        3 => Was::Task,
        _ => Was::Waiter(state),
    }
}
