//! Moving one value under the lock: from a sender to a receiver, to the buffer, from the
//! buffer.

#![expect(unsafe_code, reason = "values are copied between stacks and buffers")]

use std::ptr::{self, NonNull};
use std::task::Waker;

use super::core::state;
use super::{Buffer, Chan};
use crate::list::Block;
use crate::prim::Ordering;
use crate::wait::{Kind, Outcome, Waiter};

/// What became of a value offered under the lock.
pub(crate) enum Offer {
    /// In the buffer. Who watches the receivers' queue is to be told.
    Sent,
    /// This receiver, popped, gets it: copy it into the slot once the lock is released, and
    /// finish the waiter with `Done`.
    To(NonNull<Waiter>),
    /// A task has got it, and is to be woken.
    Woke(Option<Waker>),
    /// Of a promise: see [`Core::reserve`](super::Core::reserve).
    Granted,
    Shut,
    /// Nobody waits for it and there is no room.
    Full,
    /// An unbounded channel needs a block: get one without the lock, and offer again.
    NeedsBlock,
}

/// What became of an attempt to take a value under the lock.
pub(crate) enum Take {
    /// It is there. Who watches the senders' queue is to be told.
    Got,
    /// This sender, popped, has it: copy it out of the slot once the lock is released, and
    /// finish the waiter with `Done`.
    From(NonNull<Waiter>),
    /// It is there, and so is the value of this sender, popped, who is to be finished with
    /// the outcome.
    Refilled(NonNull<Waiter>, Outcome),
    /// Open, but nothing is there.
    Empty,
    Shut,
    Rare(Rare),
}

/// What a receiver seldom finds.
pub(crate) enum Rare {
    /// The value is there, and this block of the buffer is to be freed.
    Spent(*mut ()),
    /// The value is there; it was a task's, who is to be woken.
    Woke(Option<Waker>),
    /// This sender, popped, has yet to be asked for the value it promised.
    Promise(NonNull<Waiter>),
}

impl<T> Chan<T> {
    /// Hands the value at `src` to the longest waiting receiver or to the buffer.
    ///
    /// # Safety
    /// The lock is held. `src` is a value that the caller gives up if the answer is `Sent`,
    /// `To` or `Woke`.
    #[inline(always)]
    pub(crate) unsafe fn offer(&self, src: *const T) -> Offer {
        if self.core.state.load(Ordering::Relaxed) != 0 {
            return Offer::Shut;
        }
        // SAFETY: the lock is held.
        if let Some(receiver) = unsafe { self.core.receivers.pop() } {
            // SAFETY: popped just now.
            return unsafe { Chan::offer_to(receiver, src) };
        }
        let len = self.core.len.load(Ordering::Relaxed);
        if len >= self.core.room.load(Ordering::Relaxed) {
            return Offer::Full;
        }
        match &self.buffer {
            // SAFETY: the lock is held and there is room.
            Buffer::Ring(ring) => unsafe { (*ring.get()).push(len, src) },
            // SAFETY: the lock is held.
            Buffer::List(list) => unsafe {
                if !(*list.get()).push(src) {
                    return Offer::NeedsBlock;
                }
            },
            // It has no senders.
            Buffer::Clock(_) => return Offer::Full,
        }
        self.core.len.store(len + 1, Ordering::Relaxed);
        Offer::Sent
    }

    /// Hands the value at `src` to `receiver`, popped.
    ///
    /// # Safety
    /// As for `offer`.
    #[inline(always)]
    pub(super) unsafe fn offer_to(receiver: NonNull<Waiter>, src: *const T) -> Offer {
        // SAFETY: popped, so it is alive and ours until finished; a task gets its value
        // under the lock, before it can go away.
        unsafe {
            if receiver.as_ref().kind() == Kind::Task {
                ptr::copy_nonoverlapping(src, Waiter::slot(receiver), 1);
                return Offer::Woke(Waiter::tell_task(receiver, Outcome::Done));
            }
        }
        Offer::To(receiver)
    }

    /// Gives up the first value of a ring in which nobody waits to put another one: it is to
    /// be moved from where it is before the lock is released. None leaves all as it was.
    ///
    /// # Safety
    /// The lock is held.
    #[inline(always)]
    pub(super) unsafe fn take_in_place(&self) -> Option<*const T> {
        let len = self.core.len.load(Ordering::Relaxed);
        let Buffer::Ring(ring) = &self.buffer else { return None };
        if len == 0 || !self.core.senders.is_empty() {
            return None;
        }
        self.core.len.store(len - 1, Ordering::Relaxed);
        // SAFETY: the lock is held, and the ring is not empty.
        Some(unsafe { (*ring.get()).release_first() })
    }

    /// Moves the first value to `out`, and the value of the longest waiting sender to
    /// where there is room now.
    ///
    /// # Safety
    /// The lock is held. `out` can be written; it was if the answer is `Got`, `Refilled`,
    /// `Spent` or `Woke`.
    #[inline(always)]
    pub(crate) unsafe fn take(&self, out: *mut T) -> Take {
        let len = self.core.len.load(Ordering::Relaxed);
        if len == 0 {
            // SAFETY: the lock is held.
            return match unsafe { self.core.senders.pop() } {
                // SAFETY: as for this function.
                Some(sender) => unsafe { self.take_from(sender, out) },
                None if self.core.state.load(Ordering::Relaxed) == 0 => Take::Empty,
                // SAFETY: as for this function.
                None => unsafe { self.take_last(out) },
            };
        }
        match &self.buffer {
            Buffer::Ring(ring) => {
                // SAFETY: the lock is held, and the ring is not empty.
                unsafe { (*ring.get()).pop(out) };
                // There is room now, unless values that were given back are in the ring.
                if len <= self.core.room.load(Ordering::Relaxed)
                    // SAFETY: the lock is held.
                    && let Some(sender) = unsafe { self.core.senders.pop() }
                {
                    // SAFETY: the slot just emptied is the room for its value.
                    return unsafe { self.refill(sender, len) };
                }
                self.core.len.store(len - 1, Ordering::Relaxed);
                Take::Got
            }
            Buffer::List(list) => {
                // SAFETY: the lock is held, and the list is not empty.
                let spent = unsafe { (*list.get()).pop(len, out) };
                self.core.len.store(len - 1, Ordering::Relaxed);
                match spent {
                    None => Take::Got,
                    Some(block) => Take::Rare(Rare::Spent(block.into_raw())),
                }
            }
            Buffer::Clock(_) => Take::Empty,
        }
    }

    /// The value of `sender`, popped, in a channel without a buffer.
    ///
    /// # Safety
    /// As for `take`.
    #[inline(always)]
    unsafe fn take_from(&self, sender: NonNull<Waiter>, out: *mut T) -> Take {
        // SAFETY: popped, so it is alive and ours until finished; a task's value is moved
        // under the lock, before the task can go away.
        unsafe {
            match sender.as_ref().kind() {
                Kind::Promise => Take::Rare(Rare::Promise(sender)),
                Kind::Task => {
                    ptr::copy_nonoverlapping(Waiter::slot(sender), out, 1);
                    Take::Rare(Rare::Woke(Waiter::tell_task(sender, Outcome::Done)))
                }
                _ => Take::From(sender),
            }
        }
    }

    /// Moves the value of `sender`, popped, behind those in the ring, which had `len`.
    ///
    /// # Safety
    /// The lock is held, and the ring's first value was just taken.
    #[inline(always)]
    unsafe fn refill(&self, sender: NonNull<Waiter>, len: usize) -> Take {
        let Buffer::Ring(ring) = &self.buffer else { return Take::Got };
        // SAFETY: as in `take_from`; a popped sender's value is ours, once.
        unsafe {
            match sender.as_ref().kind() {
                Kind::Promise => {
                    // Its place is kept: nobody else can have it.
                    self.core.len.store(len - 1, Ordering::Relaxed);
                    let room = self.core.room.load(Ordering::Relaxed);
                    self.core.room.store(room - 1, Ordering::Relaxed);
                    Take::Refilled(sender, Outcome::Reserved)
                }
                Kind::Task => {
                    (*ring.get()).push(len - 1, Waiter::slot(sender));
                    Take::Rare(Rare::Woke(Waiter::tell_task(sender, Outcome::Done)))
                }
                _ => {
                    (*ring.get()).push(len - 1, Waiter::slot(sender));
                    Take::Refilled(sender, Outcome::Done)
                }
            }
        }
    }

    /// What a receiver gets that finds neither value nor sender in a channel that is shut,
    /// or whose values come from the clock.
    ///
    /// # Safety
    /// As for `take`.
    #[cold]
    #[inline(never)]
    unsafe fn take_last(&self, out: *mut T) -> Take {
        if let Buffer::Clock(clock) = &self.buffer {
            // SAFETY: the lock is held; such a channel carries instants.
            if unsafe { (*clock.get()).take(&self.core, out.cast()) } {
                return Take::Got;
            }
        }
        if self.core.state.load(Ordering::Relaxed) & state::SHUT != 0 {
            return Take::Shut;
        }
        Take::Empty
    }

    /// Gets a block for the list, outside of the lock, where the allocator may be called.
    #[cold]
    #[inline(never)]
    pub(crate) fn supply(&self) {
        let Buffer::List(list) = &self.buffer else { return };
        let block = Block::new();
        let locked = self.core.lock();
        let surplus = if self.core.is_shut() {
            // The buffer may be in the hands of the last receiver's drop.
            Some(block)
        } else {
            // SAFETY: the lock is held, and the channel was not shut under it.
            unsafe { (*list.get()).supply(block) }
        };
        drop(locked.unlock());
        drop(surplus);
    }
}
