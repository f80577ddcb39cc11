//! What a receiver seldom finds: a spent block, a task's value, a promise.

#![expect(unsafe_code, reason = "values are moved through raw pointers")]

use std::mem::MaybeUninit;
use std::ptr::NonNull;

use super::core::Locked;
use super::transfer::Rare;
use super::{Chan, Core, woke};
use crate::rt::{Parker, WaitReason};
use crate::wait::{Outcome, Waiter};

/// How an attempt to receive ended that found something.
pub(crate) enum Received {
    /// The value is where it was wanted.
    Value,
    /// A promise was broken: try again.
    Nothing,
}

impl<T> Chan<T> {
    /// Does what `rare` asks for. Unlocks and leaves.
    ///
    /// # Safety
    /// `rare` is what [`take`](Chan::take) to `out` said, with the lock held since.
    #[cold]
    #[inline(never)]
    pub(super) unsafe fn settle(
        &self,
        locked: Locked<'_>,
        rare: Rare,
        out: &mut MaybeUninit<T>,
    ) -> Received {
        match rare {
            Rare::Spent(block) => {
                locked.leave_and_tell(&self.core.senders);
                // SAFETY: a block of this channel, handed out just now.
                unsafe { (self.core.ops.free)(block) };
                Received::Value
            }
            Rare::Woke(task) => {
                woke(locked, task);
                Received::Value
            }
            // SAFETY: popped just now; `out` can be written.
            Rare::Promise(sender) => unsafe { redeem(locked, sender, out.as_mut_ptr().cast()) },
        }
    }
}

/// Asks `sender`, popped, for the value that it promised, and parks until it was written
/// to `slot`.
///
/// # Safety
/// `sender` is to be finished by the caller; `slot` has room for a value of the channel.
pub(crate) unsafe fn redeem(
    locked: Locked<'_>,
    sender: NonNull<Waiter>,
    slot: *mut (),
) -> Received {
    let core: &Core = locked.core;
    let parker = Parker::new(&locked.critical);
    let mut waiter = Waiter::new(&parker, slot);
    // SAFETY: the sender was popped, so we finish it; it writes to our waiter only after it
    // has taken the lock, which our park releases. Waiter and slot stay until then.
    unsafe {
        Waiter::pair(sender, &raw mut waiter);
        Waiter::finish(sender, &locked.critical, Outcome::Paired);
        locked.critical.park(&parker, WaitReason::ChanReceive, &raw const core.lock);
    }
    match waiter.outcome() {
        Outcome::Done => Received::Value,
        _ => Received::Nothing,
    }
}
