//! How a channel ends: closed by someone, or left by all of one side.

#![expect(unsafe_code, reason = "what a channel buffers is taken out through raw pointers")]

use std::mem::{ManuallyDrop, MaybeUninit};
use std::panic::{self, AssertUnwindSafe};

use super::core::{Core, Locked, state};
use super::{Buffer, Chan};
use crate::prim::Ordering;
use crate::wait::{Batch, Outcome, Wakers};

impl<T> Chan<T> {
    /// Closes the channel for everyone.
    #[track_caller]
    pub(crate) fn close(&self) {
        let locked = self.core.lock();
        if self.core.state.load(Ordering::Relaxed) & state::CLOSED != 0 {
            drop(locked.unlock());
            panic!("close of closed channel");
        }
        shut(locked, state::CLOSED);
    }

    /// The last sender is gone.
    pub(crate) fn senders_gone(&self) {
        shut(self.core.lock_inside(), state::NO_SENDERS);
    }

    /// The last receiver is gone: nobody will take what is buffered.
    pub(crate) fn receivers_gone(&self) {
        let locked = self.core.lock_inside();
        let left = self.core.len.load(Ordering::Relaxed);
        self.core.len.store(0, Ordering::Relaxed);
        shut(locked, state::NO_RECEIVERS);
        if let Buffer::Clock(clock) = &self.buffer {
            // SAFETY: what the timer needs of the clock is guarded by the timer itself.
            unsafe { (*clock.get()).disarm() };
        }
        // No receiver is left, and senders keep off a buffer once the channel is shut: it
        // is ours without the lock, under which the values' `drop` must not run.
        let mut leftovers = Leftovers { chan: self, left };
        let mut first_panic = None;
        while let Some(value) = leftovers.pop() {
            // One value's panic neither spares the others nor meets a second one.
            let dropped = panic::catch_unwind(AssertUnwindSafe(|| drop(value)));
            match (dropped, &first_panic) {
                (Ok(()), _) => {}
                (Err(payload), None) => first_panic = Some(payload),
                // Announced by the hook; its own `drop` could panic, too.
                (Err(payload), Some(_)) => {
                    let _leaked = ManuallyDrop::new(payload);
                }
            }
        }
        if let Some(payload) = first_panic {
            panic::resume_unwind(payload);
        }
    }
}

/// Shuts the channel and wakes all who wait.
fn shut(locked: Locked<'_>, why: u8) {
    let core: &Core = locked.core;
    let before = core.state.load(Ordering::Relaxed);
    core.state.store(before | why, Ordering::SeqCst);
    if core.receivers.is_empty() && core.senders.is_empty() {
        drop(locked.unlock());
    } else {
        wake_all(locked);
    }
}

/// Wakes all who wait at a channel that is shut.
#[inline(never)]
fn wake_all(mut locked: Locked<'_>) {
    let core: &Core = locked.core;
    loop {
        let (mut waiters, mut wakers) = (Batch::new(), Wakers::new());
        // SAFETY: the lock is held, and the channel is shut: nobody joins any more.
        let all = unsafe {
            core.receivers.pop_all(&mut waiters, &mut wakers)
                && core.senders.pop_all(&mut waiters, &mut wakers)
        };
        drop(locked.unlock());
        // SAFETY: the lock was released; nobody touched the slots.
        unsafe { waiters.finish(Outcome::Shut) };
        wakers.wake();
        if all {
            return;
        }
        locked = core.lock_inside();
    }
}

/// What was buffered when the last receiver went.
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
                Buffer::Clock(_) => return None,
            }
        }
        self.left -= 1;
        // SAFETY: filled above.
        Some(unsafe { out.assume_init() })
    }
}
