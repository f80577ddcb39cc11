//! The buffer of a bounded channel: a ring of slots of fixed number.

#![expect(unsafe_code, reason = "slots are read and written through raw pointers")]

use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};

/// `size` slots, of which those from `head` on, as many as the channel's `len`, hold a
/// value. The length is kept by the channel, where it can be read without the lock.
///
/// There are as many slots as the channel's capacity, unless it had to take more.
///
/// Dropping a ring frees its memory, not the values in it.
pub(crate) struct Ring<T> {
    slots: NonNull<T>,
    size: usize,
    head: usize,
}

impl<T> Ring<T> {
    /// One of `size` slots.
    ///
    /// # Panics
    /// If so many values are more than the address space can hold.
    pub(crate) fn new(size: usize) -> Ring<T> {
        let bytes = size.checked_mul(size_of::<T>());
        assert!(
            bytes.is_some_and(|bytes| isize::try_from(bytes).is_ok()),
            "makechan: size out of range: capacity {size} of {} bytes each; choose a smaller \
             capacity or `unbounded()`",
            size_of::<T>(),
        );
        let slots = Box::into_raw(Box::<[T]>::new_uninit_slice(size));
        // SAFETY: `Box::into_raw` is never null.
        let slots = unsafe { NonNull::new_unchecked(slots.cast::<T>()) };
        Ring { slots, size, head: 0 }
    }

    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// The slot `offset` places behind the head.
    #[inline]
    fn at(&self, offset: usize) -> *mut T {
        debug_assert!(offset < self.size);
        let room = self.size - self.head;
        let index = if offset < room { self.head + offset } else { offset - room };
        // SAFETY: `offset < size`, so `index < size`: inside the allocation.
        unsafe { self.slots.as_ptr().add(index) }
    }

    /// Moves the value at `src` behind the last one.
    ///
    /// # Safety
    /// `len` values are in the ring and `len < size`; `src` holds a value, which is the
    /// ring's from now on.
    #[inline]
    pub(crate) unsafe fn push(&mut self, len: usize, src: *const T) {
        // SAFETY: the slot is inside the ring and free, `src` is on someone's stack.
        unsafe { ptr::copy_nonoverlapping(src, self.at(len), 1) };
    }

    /// Moves the first value to `out`.
    ///
    /// # Safety
    /// The ring is not empty; `out` can be written.
    #[inline]
    pub(crate) unsafe fn pop(&mut self, out: *mut T) {
        // SAFETY: the head slot holds a value, which it gives up.
        unsafe { ptr::copy_nonoverlapping(self.release_first(), out, 1) };
    }

    /// Gives the first value up where it is: it is to be moved before the slot is used again.
    #[inline]
    pub(crate) fn release_first(&mut self) -> *const T {
        let first = self.at(0);
        self.head += 1;
        if self.head == self.size {
            self.head = 0;
        }
        first
    }
}

impl<T> Ring<T> {
    /// Moves the value at `src` before the first one.
    ///
    /// # Safety
    /// Not all slots are in use; `src` holds a value, which is the ring's from now on.
    pub(crate) unsafe fn push_front(&mut self, src: *const T) {
        self.head = if self.head == 0 { self.size - 1 } else { self.head - 1 };
        // SAFETY: the slot before the first value is free, `src` is on someone's stack.
        unsafe { ptr::copy_nonoverlapping(src, self.at(0), 1) };
    }

    /// Goes over to the slots of `other`, an empty ring with more of them, which gets ours.
    ///
    /// # Safety
    /// `len` values are in this ring.
    pub(crate) unsafe fn move_to(&mut self, len: usize, other: &mut Ring<T>) {
        debug_assert!(self.size <= other.size);
        for offset in 0..len {
            // SAFETY: a value, and a free slot of the other ring; moved once.
            unsafe { other.push(offset, self.at(offset)) };
        }
        std::mem::swap(&mut self.slots, &mut other.slots);
        std::mem::swap(&mut self.size, &mut other.size);
        self.head = 0;
    }
}

impl<T> Drop for Ring<T> {
    fn drop(&mut self) {
        let slots =
            ptr::slice_from_raw_parts_mut(self.slots.as_ptr().cast::<MaybeUninit<T>>(), self.size);
        // SAFETY: exactly what `new` took out of its box; `MaybeUninit` drops no values.
        drop(unsafe { Box::from_raw(slots) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_and_keeps_order() {
        let mut ring = Ring::<u32>::new(3);
        let (mut len, mut sent, mut received) = (0, 0, 0);
        for round in 0..50 {
            while len < 1 + round % 3 {
                // SAFETY: fewer than 3 values are in the ring.
                unsafe { ring.push(len, &raw const sent) };
                sent += 1;
                len += 1;
            }
            while len > round % 2 {
                let mut out = 0;
                // SAFETY: the ring is not empty.
                unsafe { ring.pop(&raw mut out) };
                assert_eq!(out, received);
                received += 1;
                len -= 1;
            }
        }
    }

    #[test]
    fn grows_and_takes_values_in_front() {
        let mut ring = Ring::<u32>::new(2);
        // SAFETY: never more values than slots, and `len` is what is in there.
        unsafe {
            ring.push(0, &9);
            let mut out = 0;
            ring.pop(&raw mut out);
            ring.push(0, &2);
            ring.push(1, &3);
            let mut larger = Ring::new(4);
            ring.move_to(2, &mut larger);
            assert_eq!((ring.size(), larger.size()), (4, 2));
            ring.push_front(&1);
            ring.push_front(&0);
            for expected in 0..4 {
                ring.pop(&raw mut out);
                assert_eq!(out, expected);
            }
        }
    }

    #[test]
    fn zero_sized_values_take_no_memory() {
        let mut ring = Ring::<()>::new(usize::MAX);
        ring.head = usize::MAX - 1;
        let mut value = ();
        // SAFETY: there is room, and then a value.
        unsafe {
            ring.push(usize::MAX - 1, &raw const value);
            ring.pop(&raw mut value);
        }
        assert_eq!(ring.head, 0);
    }

    #[test]
    #[should_panic(expected = "makechan: size out of range")]
    fn too_large() {
        Ring::<u64>::new(usize::MAX / 8);
    }
}
