//! How a channel ends: closed by someone, or left by all of one side.

#![expect(unsafe_code, reason = "what a channel buffers is taken out through raw pointers")]

use std::mem::MaybeUninit;
use std::sync::atomic::Ordering;

use super::{Buffer, Chan, Locked};
use crate::wait::Batch;

/// Reasons why a channel is shut, as bits of `Chan::shut`.
const CLOSED: u8 = 1;
const NO_SENDERS: u8 = 2;
const NO_RECEIVERS: u8 = 4;

impl<T> Chan<T> {
    /// Closes the channel for everyone.
    #[track_caller]
    pub(crate) fn close(&self) {
        let locked = self.lock();
        if self.shut.load(Ordering::Relaxed) & CLOSED != 0 {
            drop(locked.unlock());
            panic!("close of closed channel");
        }
        self.shut(locked, CLOSED);
    }

    /// The last sender is gone.
    pub(crate) fn senders_gone(&self) {
        self.shut(self.lock(), NO_SENDERS);
    }

    /// The last receiver is gone: nobody will take what is buffered.
    pub(crate) fn receivers_gone(&self) {
        let locked = self.lock();
        let left = self.len.load(Ordering::Relaxed);
        self.len.store(0, Ordering::Relaxed);
        self.shut(locked, NO_RECEIVERS);
        // No receiver is left, and senders keep off a buffer once the channel is shut: it
        // is ours without the lock, under which the values' `drop` must not run.
        let mut leftovers = Leftovers { chan: self, left };
        while let Some(value) = leftovers.pop() {
            drop(value);
        }
    }

    /// Shuts the channel and wakes all who wait.
    fn shut(&self, locked: Locked<'_, T>, why: u8) {
        let before = self.shut.load(Ordering::Relaxed);
        self.shut.store(before | why, Ordering::SeqCst);
        let mut waiters = Batch::new();
        // SAFETY: the lock is held.
        unsafe {
            self.receivers.pop_all(&mut waiters);
            self.senders.pop_all(&mut waiters);
        }
        drop(locked.unlock());
        // SAFETY: the lock was released; nobody touched the slots.
        unsafe { waiters.shut() };
    }
}

/// What was buffered when the last receiver went. Dropping it drops the rest, also when
/// one value's `drop` panics.
struct Leftovers<'a, T> {
    chan: &'a Chan<T>,
    left: usize,
}

impl<T> Leftovers<'_, T> {
    fn pop(&mut self) -> Option<T> {
        if self.left == 0 {
            return None;
        }
        let mut out = MaybeUninit::<T>::uninit();
        // SAFETY: the buffer is this value's alone and still holds `left` values.
        unsafe {
            match &self.chan.buffer {
                Buffer::Ring(ring) => (*ring.get()).pop(out.as_mut_ptr()),
                Buffer::List(list) => drop((*list.get()).pop(self.left, out.as_mut_ptr())),
            }
        }
        self.left -= 1;
        // SAFETY: filled above.
        Some(unsafe { out.assume_init() })
    }
}

impl<T> Drop for Leftovers<'_, T> {
    fn drop(&mut self) {
        while let Some(value) = self.pop() {
            drop(value);
        }
    }
}
