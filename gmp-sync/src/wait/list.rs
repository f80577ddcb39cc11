//! A list of waiters, first in, first out.

#![expect(unsafe_code, reason = "waiters are linked through raw pointers to other stacks")]

use std::ptr;

use super::waiter::Waiter;
use crate::prim::{AtomicPtr, Ordering, const_unless_loom};

/// A circular list known by its head, whose `prev` is the tail. All but
/// [`looks_empty`](Self::looks_empty) wants the lock of the queue.
pub(super) struct List {
    head: AtomicPtr<Waiter>,
}

impl List {
    const_unless_loom! {
        pub(super) fn new() -> List {
            List { head: AtomicPtr::new(ptr::null_mut()) }
        }
    }

    /// Whether nobody was in it at the moment of the call. Needs no lock.
    #[inline(always)]
    pub(super) fn looks_empty(&self) -> bool {
        self.head.load(Ordering::Acquire).is_null()
    }

    #[inline(always)]
    pub(super) fn first(&self) -> *const Waiter {
        self.head.load(Ordering::Relaxed)
    }

    #[inline(always)]
    fn set_first(&self, waiter: *const Waiter) {
        // With the Acquire of `looks_empty`: who sees nobody sees what the last one was told.
        self.head.store(waiter.cast_mut(), Ordering::Release);
    }

    /// Adds `waiter` at the end, or in front of all.
    ///
    /// # Safety
    /// The lock is held. `waiter` is in no list, and stays where it is until it was taken
    /// out.
    #[inline(always)]
    pub(super) unsafe fn push(&self, waiter: *const Waiter, in_front: bool) {
        let head = self.first();
        // SAFETY: `waiter` is alive, and so is everybody in the list: an owner leaves only
        // after he was taken out, which needs the lock we hold.
        unsafe {
            (*waiter).list.set(self);
            if head.is_null() {
                (*waiter).next.set(waiter);
                (*waiter).prev.set(waiter);
            } else {
                // In a circle the place behind the tail is the one before the head.
                let tail = (*head).prev.get();
                (*waiter).next.set(head);
                (*waiter).prev.set(tail);
                (*tail).next.set(waiter);
                (*head).prev.set(waiter);
            }
        }
        if in_front || head.is_null() {
            self.set_first(waiter);
        }
    }

    /// Takes `waiter` out.
    ///
    /// # Safety
    /// The lock is held, and `waiter` is in this list.
    #[inline(always)]
    pub(super) unsafe fn unlink(&self, waiter: *const Waiter) {
        // SAFETY: `waiter` and his neighbours are alive while the lock is held.
        unsafe {
            let next = (*waiter).next.get();
            if ptr::eq(next, waiter) {
                self.set_first(ptr::null());
                return;
            }
            let prev = (*waiter).prev.get();
            (*prev).next.set(next);
            (*next).prev.set(prev);
            if ptr::eq(self.first(), waiter) {
                self.set_first(next);
            }
        }
    }

    /// How many are in it.
    ///
    /// # Safety
    /// The lock is held.
    pub(super) unsafe fn len(&self) -> usize {
        let head = self.first();
        let mut count = 0;
        let mut waiter = head;
        while !waiter.is_null() {
            count += 1;
            // SAFETY: who is in the list is alive while the lock is held.
            let next = unsafe { (*waiter).next.get() };
            waiter = if ptr::eq(next, head) { ptr::null() } else { next };
        }
        count
    }
}
