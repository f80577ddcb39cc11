//! Waiting no longer than until a deadline.
//!
//! A goroutine has a timer beside its waiter; whoever unlinks the waiter first, a waker or
//! the timer, decides. A plain thread sleeps no longer, and unlinks the waiter itself.

#![expect(unsafe_code, reason = "a timer finds its waiter by address")]

use std::mem::offset_of;

use super::queue::Locked;
use super::waiter::{Stage, Waiter};
use crate::rt::{Critical, Fired, SpinLock, Timer, WaitReason};

/// A waiter with a timer, on its owner's stack.
pub(super) struct Timed {
    pub(super) waiter: Waiter,
    timer: Timer,
    lock: *const SpinLock,
}

/// How long after a timer found the queue locked it tries again, in nanoseconds.
const RETRY_NS: u64 = 1_000;

impl Waiter {
    /// Takes him out as one whose time is over; false if he was chosen.
    ///
    /// # Safety
    /// The lock of the queue is held.
    unsafe fn give_up(&self) -> bool {
        let queued = self.is_queued();
        if queued {
            // SAFETY: he is in that list, and the lock is held.
            unsafe { (*self.list.get()).unlink(self) };
            self.stage.set(Stage::Late);
        }
        queued
    }
}

impl<const LISTS: usize> Locked<'_, LISTS> {
    #[inline(always)]
    pub(super) fn timed(&self, token: usize, stage: Stage) -> Timed {
        Timed {
            waiter: Waiter::new(&self.critical, token, stage),
            timer: Timer::new(fire),
            lock: self.lock_word(),
        }
    }

    /// Parks the caller, and unlocks; returns when he was chosen, or is late.
    ///
    /// # Safety
    /// `timed` is the caller's, and `Parked` in this queue.
    #[inline(always)]
    pub(super) unsafe fn park_until(self, timed: &Timed, reason: WaitReason, deadline: u64) {
        if deadline == u64::MAX {
            // SAFETY: the caller's promise.
            unsafe { self.park(&timed.waiter, reason) };
        } else if self.critical.is_goroutine() {
            // SAFETY: the caller's promise; the timer is not armed, stays where it is, and
            // is disarmed before it goes. It finds the queue locked until this goroutine
            // has left its stack.
            unsafe {
                timed.timer.arm(&self.critical, deadline);
                self.park(&timed.waiter, reason);
            }
            timed.timer.disarm(&Critical::enter_inside());
        } else {
            let lock = self.lock_word();
            drop(self);
            // SAFETY: the caller's promise.
            unsafe { sleep_until(timed, lock, deadline) };
        }
    }
}

/// # Safety
/// `timed` is the caller's, a plain thread's, and `Parked` in the queue of `lock`.
#[cold]
unsafe fn sleep_until(timed: &Timed, lock: &SpinLock, deadline: u64) {
    if timed.waiter.parker.sleep_until(deadline) {
        return;
    }
    let critical = Critical::enter_inside();
    lock.lock(&critical);
    // SAFETY: locked just now.
    let late = unsafe {
        let late = timed.waiter.give_up();
        lock.unlock();
        late
    };
    drop(critical);
    if !late {
        // The wake-up is on its way, and uses the parker.
        timed.waiter.parker.sleep();
    }
}

/// # Safety
/// `timer` is a `Timed`'s, whose waiter is queued, or was.
unsafe fn fire(timer: *const Timer, now: u64) -> Fired {
    // SAFETY: the owner stays until it has disarmed the timer, which waits for us.
    unsafe {
        let timed = timer.byte_sub(offset_of!(Timed, timer)).cast::<Timed>();
        let lock = (*timed).lock;
        if !(*lock).try_lock() {
            return Fired { again: now.saturating_add(RETRY_NS), ..Fired::DONE };
        }
        let late = (*timed).waiter.give_up();
        (*lock).unlock();
        if late {
            // The queue's lock was free, so the owner has parked; nobody else wakes it.
            Fired { ready: &raw const (*timed).waiter.parker, ..Fired::DONE }
        } else {
            Fired::DONE
        }
    }
}
