//! Values for which there is no room, and which have to have a place all the same: one that
//! was given to a task which has gone away, or promised to one.

#![expect(unsafe_code, reason = "values are moved through raw pointers")]

use std::mem::ManuallyDrop;

use super::core::Locked;
use super::transfer::Offer;
use super::{Buffer, Chan, hand_over, woke};
use crate::list::Block;
use crate::prim::Ordering;
use crate::ring::Ring;

/// Where such a value goes if nobody waits for it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Before all others: it was sent before them.
    Front,
    Back,
}

/// What is to be allocated before a value can be put in.
enum Needs {
    Ring(usize),
    Block,
}

impl<T> Chan<T> {
    /// Gives `value` to whoever waits, or buffers it, beyond the capacity if need be. The
    /// value comes back if the channel is shut and it is a new one, for the back.
    #[cold]
    #[inline(never)]
    pub(crate) fn put_over(&self, value: T, end: End) -> Option<T> {
        let value = ManuallyDrop::new(value);
        let src = (&raw const value).cast::<T>();
        loop {
            let locked = self.core.lock_inside();
            if end == End::Back && self.core.is_shut() {
                drop(locked.unlock());
                return Some(ManuallyDrop::into_inner(value));
            }
            // SAFETY: the lock is held; the value is given up unless something is needed.
            match unsafe { self.put_over_locked(locked, src, end) } {
                None => return None,
                Some(Needs::Ring(size)) => self.enlarge(size),
                Some(Needs::Block) => self.supply_anyway(),
            }
        }
    }

    /// # Safety
    /// The lock, `locked`, is this channel's. `src` is a value, given up if nothing is
    /// needed.
    unsafe fn put_over_locked(&self, locked: Locked<'_>, src: *const T, end: End) -> Option<Needs> {
        // SAFETY: the lock is held.
        if let Some(receiver) = unsafe { self.core.receivers.pop() } {
            // SAFETY: popped just now; the value is given up.
            unsafe {
                match Chan::offer_to(receiver, src) {
                    Offer::Woke(task) => woke(locked, task),
                    _ => hand_over(locked, src, receiver),
                }
            }
            return None;
        }
        let len = self.core.len.load(Ordering::Relaxed);
        // SAFETY: the lock is held; `len` values are in the buffer.
        let needs = unsafe {
            match (&self.buffer, end) {
                (Buffer::Ring(ring), _) if (*ring.get()).size() == len => Some(Needs::Ring(len)),
                (Buffer::Ring(ring), End::Front) => {
                    (*ring.get()).push_front(src);
                    None
                }
                (Buffer::Ring(ring), End::Back) => {
                    (*ring.get()).push(len, src);
                    None
                }
                (Buffer::List(list), End::Front) => {
                    (!(*list.get()).push_front(len, src)).then_some(Needs::Block)
                }
                (Buffer::List(list), End::Back) => {
                    (!(*list.get()).push(src)).then_some(Needs::Block)
                }
                (Buffer::Clock(_), _) => None,
            }
        };
        if needs.is_none() {
            self.core.len.store(len + 1, Ordering::Relaxed);
            locked.leave_and_tell(&self.core.receivers);
        } else {
            drop(locked.unlock());
        }
        needs
    }

    /// Moves the ring, of `size` slots if nobody was quicker, to a larger one.
    fn enlarge(&self, size: usize) {
        let Buffer::Ring(ring) = &self.buffer else { return };
        let mut larger = Ring::<T>::new(size.saturating_mul(2).max(4));
        let locked = self.core.lock_inside();
        // SAFETY: the lock is held; `len` values are in the ring.
        unsafe {
            if (*ring.get()).size() == size {
                (*ring.get()).move_to(self.core.len.load(Ordering::Relaxed), &mut larger);
            }
        }
        drop(locked.unlock());
        drop(larger);
    }

    /// Gets a block for the list, also where the channel is shut: a receiver is alive, so
    /// the buffer is in use.
    fn supply_anyway(&self) {
        let Buffer::List(list) = &self.buffer else { return };
        let block = Block::new();
        let locked = self.core.lock_inside();
        // SAFETY: the lock is held.
        let surplus = unsafe { (*list.get()).supply(block) };
        drop(locked.unlock());
        drop(surplus);
    }
}
