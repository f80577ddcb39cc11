//! What a receiver seldom finds: a spent block, a task's value, a promise.

#![expect(unsafe_code, reason = "values are moved through raw pointers")]

use std::ptr::NonNull;

use super::core::Locked;
use super::transfer::Rare;
use super::{Core, woke};
use crate::rt::{Parker, WaitReason};
use crate::wait::{Outcome, Waiter};

/// How an attempt to receive ended that found something.
pub(crate) enum Received {
    /// The value is where it was wanted.
    Value,
    /// A promise was broken: try again.
    Nothing,
}

/// Does what `rare` asks for; the value is to be in `slot`. Unlocks and leaves.
///
/// # Safety
/// `rare` is what [`take`](super::Chan::take) to `slot` said, with the lock held since.
#[cold]
#[inline(never)]
pub(crate) unsafe fn settle(locked: Locked<'_>, rare: Rare, slot: *mut ()) -> Received {
    let core: &Core = locked.core;
    match rare {
        Rare::Spent(block) => {
            locked.leave_and_tell(&core.senders);
            // SAFETY: a block of this channel, handed out just now.
            unsafe { (core.ops.free)(block) };
            Received::Value
        }
        Rare::Woke(task) => {
            woke(locked, task);
            Received::Value
        }
        // SAFETY: popped just now; `slot` has room for the value.
        Rare::Promise(sender) => unsafe { redeem(locked, sender, slot) },
    }
}

/// Asks `sender`, popped, for the value that it promised, and parks until it was written
/// to `slot`.
///
/// # Safety
/// `sender` is to be finished by the caller; `slot` has room for a value of the channel.
unsafe fn redeem(locked: Locked<'_>, sender: NonNull<Waiter>, slot: *mut ()) -> Received {
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
