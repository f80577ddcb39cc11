//! Keeping a promise: a send whose value is given after it was chosen.

#![expect(unsafe_code, reason = "values are moved between stacks")]

use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};

use crossbeam_channel::SendError;

use super::case::Answer;
use crate::chan::{Chan, Core, End, Offer};
use crate::rt::Critical;
use crate::wait::{Kind, Outcome, Waiter, wake};

/// Gives `value` to whom `answer` says it was promised.
///
/// # Safety
/// `answer` is that of a promise on this channel, and neither kept nor broken yet.
pub(crate) unsafe fn keep<T>(chan: &Chan<T>, answer: Answer, value: T) -> Result<(), SendError<T>> {
    match answer.outcome {
        Outcome::Paired => {
            let value = ManuallyDrop::new(value);
            let critical = meet(chan.core());
            // SAFETY: the receiver is parked for this value, which is given up.
            unsafe {
                let receiver = peer(answer);
                ptr::copy_nonoverlapping(&raw const *value, Waiter::slot::<T>(receiver), 1);
                Waiter::finish(receiver, &critical, Outcome::Done);
            }
            Ok(())
        }
        Outcome::Reserved => {
            let locked = chan.core().lock_inside();
            // SAFETY: the lock is held, and the place was kept for this value.
            unsafe { chan.core().unreserve() };
            // With the lock held nobody else can take the place before `send_locked` does.
            let value = ManuallyDrop::new(value);
            // SAFETY: the value is given up if the answer is true.
            if unsafe { chan.send_locked(locked, &raw const *value) } {
                return Ok(());
            }
            Err(SendError(ManuallyDrop::into_inner(value)))
        }
        Outcome::Granted if chan.core().is_unbounded() => chan.send(value),
        // The task that asked for it may be gone: the value is buffered then.
        Outcome::Granted => chan.put_over(value, End::Back).map_or(Ok(()), |v| Err(SendError(v))),
        _ => Err(SendError(value)),
    }
}

/// Breaks the promise: whoever relied on it is told.
///
/// # Safety
/// As for [`keep`]; `core` is the channel's.
pub(crate) unsafe fn break_off(core: *const Core, answer: Answer) {
    match answer.outcome {
        Outcome::Paired => {
            // SAFETY: the channel is alive, the receiver parked for the value.
            unsafe {
                let critical = meet(&*core);
                Waiter::finish(peer(answer), &critical, Outcome::Broken);
            }
        }
        // SAFETY: the channel is alive, and the place ours to give back.
        Outcome::Reserved => unsafe { give_back(core) },
        _ => {}
    }
}

/// Waits for the receiver's park: it holds the lock until it has left its stack.
fn meet(core: &Core) -> Critical {
    core.lock_inside().unlock()
}

/// # Safety
/// The answer is `Paired`.
unsafe fn peer(answer: Answer) -> NonNull<Waiter> {
    // SAFETY: where an answer is `Paired`, `peer` is the receiver's waiter.
    unsafe { NonNull::new_unchecked(answer.peer.cast()) }
}

/// Gives a place in the buffer back that was kept: the longest waiting sender gets it.
///
/// # Safety
/// The channel is alive, and the place was kept for the caller.
unsafe fn give_back(core: *const Core) {
    // SAFETY: the channel is alive.
    let locked = unsafe { &*core }.lock_inside();
    let core_ref = locked.core;
    // SAFETY: the lock is held.
    let sender = unsafe {
        core_ref.unreserve();
        core_ref.senders.pop()
    };
    let Some(sender) = sender else {
        locked.leave_and_tell(&core_ref.senders);
        return;
    };
    // SAFETY: popped just now; a task's waiter is touched under the lock only.
    unsafe {
        let kind = sender.as_ref().kind();
        if kind == Kind::Promise {
            core_ref.reserve();
            let critical = locked.unlock();
            Waiter::finish(sender, &critical, Outcome::Reserved);
            return;
        }
        let slot = Waiter::slot::<()>(sender);
        // There is room now, and where senders wait no receiver does.
        let offer = (core_ref.ops.offer)(core, slot.cast_const());
        debug_assert!(matches!(offer, Offer::Sent));
        let task = (kind == Kind::Task).then(|| Waiter::tell_task(sender, Outcome::Done));
        let critical = locked.unlock();
        if task.is_none() {
            Waiter::finish(sender, &critical, Outcome::Done);
        }
        drop(critical);
        wake(task.flatten());
    }
}
