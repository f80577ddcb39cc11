//! The buffer of an unbounded channel: a list of blocks.

#![expect(unsafe_code, reason = "blocks are linked and filled through raw pointers")]

use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};

/// Values per block.
pub(crate) const BLOCK_LEN: usize = 31;

struct Node<T> {
    next: *mut Node<T>,
    slots: [MaybeUninit<T>; BLOCK_LEN],
}

/// A block that is in no list. Made and dropped outside of the channel's lock, since
/// both go to the allocator.
pub(crate) struct Block<T>(NonNull<Node<T>>);

impl<T> Block<T> {
    pub(crate) fn new() -> Block<T> {
        // Not `Box::new`: a block of large values would pass over the stack.
        let node = Box::into_raw(Box::<Node<T>>::new_uninit()).cast::<Node<T>>();
        // SAFETY: freshly allocated, never null; the slots need no initialisation.
        unsafe {
            (&raw mut (*node).next).write(ptr::null_mut());
            Block(NonNull::new_unchecked(node))
        }
    }

    /// Gives up ownership.
    fn into_node(self) -> *mut Node<T> {
        std::mem::ManuallyDrop::new(self).0.as_ptr()
    }

    /// Gives up ownership, with the type of the values erased.
    pub(crate) fn into_raw(self) -> *mut () {
        self.into_node().cast()
    }

    /// # Safety
    /// `raw` came out of [`into_raw`](Self::into_raw) of the same type, and this is the
    /// only call for it.
    pub(crate) unsafe fn free(raw: *mut ()) {
        // SAFETY: the caller's promise.
        drop(unsafe { Block::<T>::from_node(raw.cast()) });
    }

    /// # Safety
    /// `node` came out of [`into_node`](Self::into_node) and no list has it any more.
    unsafe fn from_node(node: *mut Node<T>) -> Option<Block<T>> {
        NonNull::new(node).map(Block)
    }
}

impl<T> Drop for Block<T> {
    fn drop(&mut self) {
        // SAFETY: made by `Box` in `new` and owned by this value; `MaybeUninit` drops no
        // values.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// The values from `first` in the head block to `end` in the tail block.
///
/// A channel that is drained as fast as it is filled lives in one block for ever: a list
/// that runs empty starts over in the block it has, and one emptied block is kept.
/// Dropping a list frees its memory, not the values in it.
pub(crate) struct List<T> {
    head: *mut Node<T>,
    tail: *mut Node<T>,
    /// Index in `head` of the first value.
    first: usize,
    /// Index in `tail` behind the last value.
    end: usize,
    spare: *mut Node<T>,
}

impl<T> List<T> {
    pub(crate) const fn new() -> List<T> {
        List {
            head: ptr::null_mut(),
            tail: ptr::null_mut(),
            first: 0,
            // As if a full block were there: the first value needs a new one.
            end: BLOCK_LEN,
            spare: ptr::null_mut(),
        }
    }

    /// Moves the value at `src` behind the last one, if that takes no new block.
    ///
    /// # Safety
    /// `src` holds a value, which is the list's if the answer is true.
    #[inline]
    pub(crate) unsafe fn push(&mut self, src: *const T) -> bool {
        if self.end == BLOCK_LEN && !self.extend() {
            return false;
        }
        // SAFETY: `tail` is one of our blocks, and its slots from `end` on are free.
        unsafe {
            let slots = (&raw mut (*self.tail).slots).cast::<T>();
            ptr::copy_nonoverlapping(src, slots.add(self.end), 1);
        }
        self.end += 1;
        true
    }

    /// Moves the value at `src` before the first one, if that takes no new block.
    ///
    /// # Safety
    /// `len` values are in the list; `src` holds a value, which is the list's if the answer
    /// is true.
    pub(crate) unsafe fn push_front(&mut self, len: usize, src: *const T) -> bool {
        if len == 0 {
            // SAFETY: the caller's promise.
            return unsafe { self.push(src) };
        }
        if self.first == 0 {
            let node = std::mem::replace(&mut self.spare, ptr::null_mut());
            if node.is_null() {
                return false;
            }
            // SAFETY: one of our blocks, in no list until now.
            unsafe { (*node).next = self.head };
            self.head = node;
            self.first = BLOCK_LEN;
        }
        self.first -= 1;
        // SAFETY: `head` is one of our blocks, and its slot before the first value is free.
        unsafe {
            let slots = (&raw mut (*self.head).slots).cast::<T>();
            ptr::copy_nonoverlapping(src, slots.add(self.first), 1);
        }
        true
    }

    /// Appends the spare block, if there is one.
    fn extend(&mut self) -> bool {
        let node = std::mem::replace(&mut self.spare, ptr::null_mut());
        if node.is_null() {
            return false;
        }
        if self.tail.is_null() {
            self.head = node;
        } else {
            // SAFETY: `tail` is one of our blocks.
            unsafe { (*self.tail).next = node };
        }
        self.tail = node;
        self.end = 0;
        true
    }

    /// Takes a block as the spare one; gives it back if there is one already.
    pub(crate) fn supply(&mut self, block: Block<T>) -> Option<Block<T>> {
        if !self.spare.is_null() {
            return Some(block);
        }
        self.spare = block.into_node();
        None
    }

    /// Moves the first value to `out`. A block that is to be freed is handed out.
    ///
    /// # Safety
    /// `len` values are in the list and `len > 0`; `out` can be written.
    #[inline]
    pub(crate) unsafe fn pop(&mut self, len: usize, out: *mut T) -> Option<Block<T>> {
        // SAFETY: the list is not empty, so `first` in `head` holds its first value, which
        // moving `first` on gives up.
        unsafe {
            let slots = (&raw mut (*self.head).slots).cast::<T>();
            ptr::copy_nonoverlapping(slots.add(self.first), out, 1);
        }
        self.first += 1;
        if len == 1 {
            self.first = 0;
            self.end = 0;
        } else if self.first == BLOCK_LEN {
            return self.retire();
        }
        None
    }

    /// Takes the emptied head block, which is not the tail, out of the list.
    fn retire(&mut self) -> Option<Block<T>> {
        debug_assert_ne!(self.head, self.tail);
        let node = self.head;
        // SAFETY: `head` is one of our blocks, and another one follows.
        unsafe { self.head = std::mem::replace(&mut (*node).next, ptr::null_mut()) };
        self.first = 0;
        if self.spare.is_null() {
            self.spare = node;
            return None;
        }
        // SAFETY: just unlinked.
        unsafe { Block::from_node(node) }
    }
}

impl<T> Drop for List<T> {
    fn drop(&mut self) {
        let mut node = self.head;
        while !node.is_null() {
            // SAFETY: `node` is one of our blocks, unlinked by moving on before it goes.
            unsafe {
                let next = (*node).next;
                drop(Block::from_node(node));
                node = next;
            }
        }
        // SAFETY: the spare block is in no list.
        drop(unsafe { Block::from_node(self.spare) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Drives a list as a channel does; the second number counts the blocks made.
    struct Driver {
        list: List<usize>,
        len: usize,
        blocks: usize,
        freed: usize,
    }

    impl Driver {
        fn new() -> Driver {
            Driver { list: List::new(), len: 0, blocks: 0, freed: 0 }
        }

        fn push(&mut self, value: usize) {
            // SAFETY: `value` is plain data.
            while !unsafe { self.list.push(&raw const value) } {
                self.blocks += 1;
                assert!(self.list.supply(Block::new()).is_none());
            }
            self.len += 1;
        }

        fn pop(&mut self) -> usize {
            let mut out = 0;
            // SAFETY: the callers pop no more than they pushed.
            let spent = unsafe { self.list.pop(self.len, &raw mut out) };
            self.freed += usize::from(spent.is_some());
            self.len -= 1;
            out
        }
    }

    #[test]
    fn keeps_order_over_blocks() {
        let mut driver = Driver::new();
        let total = 5 * BLOCK_LEN + 7;
        (0..total).for_each(|value| driver.push(value));
        assert_eq!(driver.blocks, 6);
        (0..total).for_each(|value| assert_eq!(driver.pop(), value));
        assert_eq!(driver.freed, 4, "one block is kept as the spare, one in the list");
        assert!(driver.list.supply(Block::new()).is_some(), "there is a spare block");
    }

    #[test]
    fn values_go_back_to_the_front() {
        let mut driver = Driver::new();
        (0..40).for_each(|value| driver.push(value));
        for round in 0..100 {
            let values: Vec<_> = (0..round % 40 + 1).map(|_| driver.pop()).collect();
            for value in values.into_iter().rev() {
                // SAFETY: plain data; `len` is what is in the list.
                while !unsafe { driver.list.push_front(driver.len, &raw const value) } {
                    assert!(driver.list.supply(Block::new()).is_none());
                }
                driver.len += 1;
            }
        }
        (0..40).for_each(|value| assert_eq!(driver.pop(), value));
    }

    #[test]
    fn steady_traffic_needs_two_blocks() {
        for backlog in [0, 1, BLOCK_LEN - 1] {
            let mut driver = Driver::new();
            (0..backlog).for_each(|value| driver.push(value));
            for value in 0..1000 {
                driver.push(value + backlog);
                assert_eq!(driver.pop(), value);
            }
            assert!(driver.blocks <= 2, "{} blocks", driver.blocks);
        }
    }

    #[test]
    fn dropped_half_full() {
        let mut driver = Driver::new();
        (0..2 * BLOCK_LEN).for_each(|value| driver.push(value));
        driver.pop();
    }
}
