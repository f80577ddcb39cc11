//! Those who are to be woken once the lock is released.

#![expect(unsafe_code, reason = "popped waiters are chained by raw pointers")]

use std::mem::ManuallyDrop;
use std::panic::{self, AssertUnwindSafe};
use std::ptr::{self, NonNull};
use std::task::Waker;

use super::waiter::{Outcome, Waiter};
use crate::rt::Critical;

/// Waiters taken out of their queues, to be woken after the lock was released.
pub(crate) struct Batch {
    head: *mut Waiter,
    tail: *mut Waiter,
}

impl Batch {
    pub(crate) const fn new() -> Batch {
        Batch { head: ptr::null_mut(), tail: ptr::null_mut() }
    }

    pub(crate) fn push(&mut self, waiter: NonNull<Waiter>) {
        let waiter = waiter.as_ptr();
        if self.head.is_null() {
            self.head = waiter;
        } else {
            // SAFETY: `tail` is a popped waiter that was not woken yet, so it is alive and
            // ours.
            unsafe { (*self.tail).next.set(waiter) };
        }
        self.tail = waiter;
    }

    /// Wakes them all, in the order in which they were taken out.
    ///
    /// Each in a section of its own, so that a batch of any size does not keep this
    /// thread in the scheduler.
    ///
    /// # Safety
    /// The lock was released, and what `outcome` says is true of the waiters' slots.
    pub(crate) unsafe fn finish(self, outcome: Outcome) {
        let mut waiter = self.head;
        while let Some(current) = NonNull::new(waiter) {
            // SAFETY: not woken yet, so alive; read before the wake-up that ends its life.
            waiter = unsafe { (*current.as_ptr()).next.get() };
            let critical = Critical::enter_inside();
            // SAFETY: popped, and each waiter is in the batch once.
            unsafe { Waiter::finish(current, &critical, outcome) };
        }
    }
}

/// Wakers to be called after the lock was released.
pub(crate) struct Wakers {
    wakers: [Option<Waker>; Wakers::MOST],
    len: usize,
}

impl Wakers {
    const MOST: usize = 16;

    pub(crate) const fn new() -> Wakers {
        Wakers { wakers: [const { None }; Wakers::MOST], len: 0 }
    }

    pub(super) fn is_full(&self) -> bool {
        self.len == Wakers::MOST
    }

    pub(crate) fn push(&mut self, waker: Option<Waker>) {
        if let Some(waker) = waker {
            self.wakers[self.len] = Some(waker);
            self.len += 1;
        }
    }

    /// Wakes them all. User code runs: no lock is held, the caller is in no section.
    pub(crate) fn wake(&mut self) {
        let len = std::mem::take(&mut self.len);
        for waker in &mut self.wakers[..len] {
            wake(waker.take());
        }
    }
}

/// Wakes a task, if there is one. A waker that panics has said so through the panic hook; it keeps nobody
/// else from being woken, and does not unwind a caller who may have a waiter queued.
pub(crate) fn wake(task: Option<Waker>) {
    if let Some(waker) = task
        && let Err(payload) = panic::catch_unwind(AssertUnwindSafe(|| waker.wake()))
    {
        // Leaked: its own drop might panic, too.
        let _ = ManuallyDrop::new(payload);
    }
}
