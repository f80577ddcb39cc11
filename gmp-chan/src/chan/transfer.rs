//! Moving one value: from a sender to a receiver, to the buffer, from the buffer.

#![expect(unsafe_code, reason = "values are copied between stacks and buffers")]

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::Ordering;

use crossbeam_channel::RecvError;
use gmp_core::rt::{Parker, WaitReason};

use super::{Buffer, Chan, Locked};
use crate::list::{Block, List};
use crate::wait::{Outcome, Waiter};

/// What became of a value offered under the lock.
pub(super) enum Offer<'a, T> {
    Sent,
    Shut,
    /// Nobody waits for it and there is no room; still locked.
    Full(Locked<'a, T>),
}

/// What became of an attempt to take a value under the lock.
pub(super) enum Take<'a, T> {
    Got,
    Shut,
    /// Open, but nothing is there; still locked.
    Empty(Locked<'a, T>),
}

impl<T> Chan<T> {
    /// Hands the value at `src` to the longest waiting receiver or to the buffer.
    ///
    /// # Safety
    /// `src` is a value that the caller gives up if the answer is `Sent`.
    #[inline(always)]
    pub(super) unsafe fn offer<'a>(&'a self, locked: Locked<'a, T>, src: *const T) -> Offer<'a, T> {
        if self.shut.load(Ordering::Relaxed) != 0 {
            drop(locked.unlock());
            return Offer::Shut;
        }
        // SAFETY: the lock is held.
        if let Some(receiver) = unsafe { self.receivers.pop() } {
            let critical = locked.unlock();
            // SAFETY: a popped receiver's slot is ours to fill, once, and is on a stack
            // other than the caller's.
            unsafe {
                ptr::copy_nonoverlapping(src, Waiter::slot(receiver), 1);
                Waiter::finish(receiver, &critical, Outcome::Done);
            }
            return Offer::Sent;
        }
        let len = self.len.load(Ordering::Relaxed);
        if len == self.cap {
            return Offer::Full(locked);
        }
        match &self.buffer {
            // SAFETY: the lock is held and there is room.
            Buffer::Ring(ring) => unsafe { (*ring.get()).push(len, src) },
            // SAFETY: the lock is held.
            Buffer::List(list) => unsafe {
                if !(*list.get()).push(src) {
                    return self.offer_with_block(locked, list, src);
                }
            },
        }
        self.len.store(len + 1, Ordering::Relaxed);
        drop(locked.unlock());
        Offer::Sent
    }

    /// [`offer`](Self::offer) for a list that has no block left: fetches one outside of
    /// the lock, where the allocator may be called, and starts over.
    ///
    /// # Safety
    /// As for `offer`; `list` is this channel's.
    #[cold]
    #[inline(never)]
    unsafe fn offer_with_block<'a>(
        &'a self,
        locked: Locked<'a, T>,
        list: &UnsafeCell<List<T>>,
        src: *const T,
    ) -> Offer<'a, T> {
        drop(locked.unlock());
        let block = Block::new();
        let locked = self.lock();
        if self.shut.load(Ordering::Relaxed) != 0 {
            // The buffer may be in the hands of the last receiver's drop.
            drop(locked.unlock());
            return Offer::Shut;
        }
        // SAFETY: the lock is held, and the channel was not shut under it.
        let surplus = unsafe { (*list.get()).supply(block) };
        // SAFETY: the caller's own promise. With a spare block in place, and the lock held
        // since, this cannot come back here.
        let offer = unsafe { self.offer(locked, src) };
        drop(surplus);
        offer
    }

    /// Moves the first value to `out`, and the value of the longest waiting sender to
    /// where there is room now.
    ///
    /// # Safety
    /// `out` can be written; it was if the answer is `Got`.
    #[inline(always)]
    pub(super) unsafe fn take<'a>(&'a self, locked: Locked<'a, T>, out: *mut T) -> Take<'a, T> {
        let len = self.len.load(Ordering::Relaxed);
        if len == 0 {
            // SAFETY: the lock is held.
            if let Some(sender) = unsafe { self.senders.pop() } {
                let critical = locked.unlock();
                // SAFETY: a popped sender's value is ours, once, and lies on a stack other
                // than the caller's.
                unsafe {
                    ptr::copy_nonoverlapping(Waiter::slot(sender), out, 1);
                    Waiter::finish(sender, &critical, Outcome::Done);
                }
                return Take::Got;
            }
            if self.shut.load(Ordering::Relaxed) != 0 {
                drop(locked.unlock());
                return Take::Shut;
            }
            return Take::Empty(locked);
        }
        match &self.buffer {
            Buffer::Ring(ring) => {
                // SAFETY: the lock is held, and the ring is not empty.
                unsafe { (*ring.get()).pop(out) };
                // SAFETY: the lock is held.
                if let Some(sender) = unsafe { self.senders.pop() } {
                    // SAFETY: a popped sender's value is ours, once; the slot just emptied
                    // is the room for it.
                    unsafe { (*ring.get()).push(len - 1, Waiter::slot(sender)) };
                    let critical = locked.unlock();
                    // SAFETY: popped above, and its value has been moved.
                    unsafe { Waiter::finish(sender, &critical, Outcome::Done) };
                } else {
                    self.len.store(len - 1, Ordering::Relaxed);
                    drop(locked.unlock());
                }
            }
            Buffer::List(list) => {
                // SAFETY: the lock is held, and the list is not empty.
                let spent = unsafe { (*list.get()).pop(len, out) };
                self.len.store(len - 1, Ordering::Relaxed);
                drop(locked.unlock());
                drop(spent);
            }
        }
        Take::Got
    }

    /// Queues the caller as a sender of the value at `src` and parks it.
    ///
    /// Inlined, like its twin, because the CPU mispredicts every return after a switch of
    /// stacks: a frame less saves some 7 ns per wait.
    ///
    /// # Safety
    /// As for [`offer`](Self::offer), with `Done` in place of `Sent`.
    #[inline(always)]
    pub(super) unsafe fn wait_to_send(&self, locked: Locked<'_, T>, src: *const T) -> Outcome {
        let parker = Parker::new(&locked.critical);
        let mut waiter = Waiter::new(&parker, src.cast_mut().cast());
        // SAFETY: the lock is held; the waiter stays here until `park` returns, which is
        // when it was finished.
        unsafe {
            self.senders.push(&raw mut waiter);
            locked.park(&parker, WaitReason::ChanSend);
        }
        waiter.outcome()
    }

    /// Queues the caller as a receiver and parks it.
    #[inline(always)]
    pub(super) fn wait_to_receive(&self, locked: Locked<'_, T>) -> Result<T, RecvError> {
        let mut slot = MaybeUninit::<T>::uninit();
        let parker = Parker::new(&locked.critical);
        let mut waiter = Waiter::new(&parker, (&raw mut slot).cast());
        // SAFETY: the lock is held; waiter and slot stay here until `park` returns, which
        // is when the waiter was finished.
        unsafe {
            self.receivers.push(&raw mut waiter);
            locked.park(&parker, WaitReason::ChanReceive);
        }
        match waiter.outcome() {
            // SAFETY: `Done` says that a sender filled the slot.
            Outcome::Done => Ok(unsafe { slot.assume_init() }),
            _ => Err(RecvError),
        }
    }
}
