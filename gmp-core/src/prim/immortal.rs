//! An atomic reference to something that is never freed: an M, a P, a record.
#![expect(unsafe_code, reason = "the one place that turns such pointers back")]

use std::ptr::{from_ref, null_mut};
use std::sync::atomic::{AtomicPtr, Ordering};

/// `Option<&'static T>`, atomically.
#[derive(Debug)]
pub(crate) struct AtomicRef<T: 'static>(AtomicPtr<T>);

fn to_ptr<T>(value: Option<&'static T>) -> *mut T {
    value.map_or(null_mut(), |value| from_ref(value).cast_mut())
}

impl<T> AtomicRef<T> {
    pub(crate) const fn none() -> AtomicRef<T> {
        AtomicRef(AtomicPtr::new(null_mut()))
    }

    #[inline(always)]
    pub(crate) fn load(&self, order: Ordering) -> Option<&'static T> {
        // SAFETY: only references that live for ever are stored.
        unsafe { self.0.load(order).as_ref() }
    }

    #[inline(always)]
    pub(crate) fn is_none(&self) -> bool {
        self.0.load(Ordering::Relaxed).is_null()
    }

    #[inline(always)]
    pub(crate) fn store(&self, value: Option<&'static T>, order: Ordering) {
        self.0.store(to_ptr(value), order);
    }
}
