//! Several who were taken out of a queue under one lock, to be woken after it.

#![expect(unsafe_code, reason = "waiters are linked through raw pointers to other stacks")]

use std::ptr;

use super::waiter::{Waiter, Woken};
use crate::rt::Critical;

/// A chain through the waiters themselves, in the order in which they were added.
#[must_use = "who is in the batch waits to be woken"]
#[derive(Debug)]
pub(crate) struct Batch {
    first: *const Waiter,
    last: *const Waiter,
}

impl Batch {
    pub(crate) fn new() -> Batch {
        Batch { first: ptr::null(), last: ptr::null() }
    }

    #[inline(always)]
    pub(crate) fn push(&mut self, woken: Woken) {
        let waiter = woken.into_parked();
        if waiter.is_null() {
            return;
        }
        // SAFETY: both wait until they are woken, which only we do.
        unsafe {
            (*waiter).next.set(ptr::null());
            if self.last.is_null() {
                self.first = waiter;
            } else {
                (*self.last).next.set(waiter);
            }
        }
        self.last = waiter;
    }

    /// Wakes all of them, each in a section of his own: many do not keep the P. Called
    /// outside of any section.
    pub(crate) fn wake_all(self) {
        let mut waiter = self.first;
        while !waiter.is_null() {
            let critical = Critical::enter_inside();
            // SAFETY: he was parked when he was chosen, is woken once, here, and not read
            // afterwards.
            unsafe {
                let next = (*waiter).next.get();
                critical.ready(&raw const (*waiter).parker);
                waiter = next;
            }
        }
    }
}
