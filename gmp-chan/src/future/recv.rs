//! `RecvFuture`.

#![expect(unsafe_code, reason = "the waiter in the future is linked by its address")]

use std::fmt;
use std::future::Future;
use std::marker::PhantomPinned;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::ptr;
use std::task::{Context, Poll, Waker};

use crossbeam_channel::RecvError;

use super::TaskWaiter;
use super::alarm::Alarm;
use crate::Receiver;
use crate::chan::{End, Locked, Rare, Take, clock_of, settle};
use crate::wait::{Kind, Outcome, Waiter};

/// A receive in async code. Made by [`Receiver::recv_async`].
///
/// Does nothing before it is polled, and loses nothing when it is dropped.
#[must_use = "futures do nothing unless polled"]
pub struct RecvFuture<'a, T> {
    receiver: &'a Receiver<T>,
    /// Filled by who serves the task.
    slot: MaybeUninit<T>,
    task: TaskWaiter,
    /// Of a channel whose values come from the clock.
    alarm: Alarm,
    _pinned: PhantomPinned,
}

// SAFETY: the waiter is reached by other threads under the channel's lock only, and values
// go from thread to thread (`T: Send`).
unsafe impl<T: Send> Send for RecvFuture<'_, T> {}
// SAFETY: `&RecvFuture` gives access to nothing.
unsafe impl<T: Send> Sync for RecvFuture<'_, T> {}

impl<'a, T> RecvFuture<'a, T> {
    pub(crate) fn new(receiver: &'a Receiver<T>) -> Self {
        RecvFuture {
            receiver,
            slot: MaybeUninit::uninit(),
            task: TaskWaiter::new(),
            alarm: Alarm::new(),
            _pinned: PhantomPinned,
        }
    }
}

impl<T> Future for RecvFuture<'_, T> {
    type Output = Result<T, RecvError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // SAFETY: nothing is moved out of the future.
        let this = unsafe { self.get_unchecked_mut() };
        let Some(chan) = this.receiver.chan() else { return Poll::Pending };
        // Cloning and dropping wakers is user code: before the lock, and after it.
        let waker = context.waker().clone();
        let second = chan.core().is_timer().then(|| waker.clone());
        let mut out = MaybeUninit::<T>::uninit();
        let locked = chan.core().lock();
        // Dropped on return, when the lock is released.
        let _old = if second.is_some() { this.leave_clock(&locked) } else { None };
        if this.task.queued {
            // SAFETY: initialised when it was queued; the lock is held.
            match unsafe { this.task.waiter.assume_init_ref() }.outcome() {
                Outcome::Waiting => {
                    let old = this.task.cell.0.get_mut().replace(waker);
                    drop(locked.unlock());
                    drop(old);
                    return Poll::Pending;
                }
                Outcome::Done => {
                    this.task.queued = false;
                    drop(locked.unlock());
                    // SAFETY: `Done` says that the slot was filled.
                    return Poll::Ready(Ok(unsafe { this.slot.assume_init_read() }));
                }
                // Shut, but a value may have been given back since.
                _ => this.task.queued = false,
            }
        }
        // SAFETY: the lock is held, `out` can be written.
        let take = unsafe { chan.take(out.as_mut_ptr()) };
        match take {
            Take::Got => locked.leave_and_tell(&chan.core().senders),
            Take::From(sender) => {
                let critical = locked.unlock();
                // SAFETY: popped just now; its value is ours, once.
                unsafe {
                    ptr::copy_nonoverlapping(Waiter::slot(sender), out.as_mut_ptr(), 1);
                    Waiter::finish(sender, &critical, Outcome::Done);
                }
            }
            Take::Refilled(sender, outcome) => {
                let critical = locked.unlock();
                // SAFETY: popped just now, and its value was moved.
                unsafe { Waiter::finish(sender, &critical, outcome) };
            }
            Take::Shut => {
                drop(locked.unlock());
                return Poll::Ready(Err(RecvError));
            }
            Take::Empty => {
                // SAFETY: the channel is alive.
                if let Some(clock) = unsafe { clock_of(this.receiver.as_core()) } {
                    // SAFETY: the lock is held.
                    let due = unsafe { (*clock).due_ns() };
                    this.watch_clock(&locked, second);
                    drop(locked.unlock());
                    this.alarm.set(due, waker);
                    return Poll::Pending;
                }
                this.join(locked, false, waker);
                return Poll::Pending;
            }
            Take::Rare(Rare::Promise(sender)) => {
                // We cannot wait here for the value: ask for it, and stand first in line.
                // SAFETY: popped just now. Its owner sends only after it has got the lock.
                unsafe { Waiter::finish(sender, &locked.critical, Outcome::Granted) };
                this.join(locked, true, waker);
                return Poll::Pending;
            }
            Take::Rare(rare) => {
                // SAFETY: what `take` said just now; a promise, the one that could be broken,
                // was dealt with above.
                unsafe { settle(locked, rare, out.as_mut_ptr().cast()) };
            }
        }
        // SAFETY: filled in all cases that come here.
        Poll::Ready(Ok(unsafe { out.assume_init() }))
    }
}

impl<T> RecvFuture<'_, T> {
    /// Queues the task, at the head if a promise was made to it.
    fn join(&mut self, locked: Locked<'_>, promised: bool, waker: Waker) {
        let core = locked.core;
        let slot = self.slot.as_mut_ptr().cast();
        let waiter = self.task.prepare(waker, slot, Kind::Task);
        // SAFETY: the lock is held; the future is pinned, and leaves the queue when dropped.
        unsafe {
            if promised {
                core.receivers.push_front(waiter);
            } else {
                core.receivers.push(waiter);
            }
        }
        // A receiver is there now.
        locked.leave_and_tell(&core.senders);
    }
}

/// A task that waits for a clock is woken by its alarm, and looks for itself. In the queue
/// that others have for their senders it learns when the clock is set anew, or closed.
impl<T> RecvFuture<'_, T> {
    fn watch_clock(&mut self, locked: &Locked<'_>, waker: Option<Waker>) {
        let Some(waker) = waker else { return };
        let slot = self.slot.as_mut_ptr().cast();
        let waiter = self.task.prepare(waker, slot, Kind::Ending);
        // SAFETY: the lock is held; the future is pinned, and leaves the queue when dropped.
        unsafe { locked.core.senders.push(waiter) };
    }

    /// What comes back is to be dropped without the lock.
    fn leave_clock(&mut self, locked: &Locked<'_>) -> Option<Waker> {
        if !std::mem::take(&mut self.task.queued) {
            return None;
        }
        // SAFETY: the lock is held; the waiter was queued here, and has left if it was told.
        unsafe { locked.core.senders.remove(self.task.waiter.as_mut_ptr()) };
        self.task.cell.0.get_mut().take()
    }
}

impl<T> Drop for RecvFuture<'_, T> {
    fn drop(&mut self) {
        let Some(chan) = self.receiver.chan().filter(|_| self.task.queued) else { return };
        let locked = chan.core().lock_inside();
        if chan.core().is_timer() {
            let old = self.leave_clock(&locked);
            drop(locked.unlock());
            drop(old);
            return;
        }
        // SAFETY: the lock is held; the waiter was queued here.
        let outcome = unsafe {
            let waiter = self.task.waiter.as_mut_ptr();
            if (*waiter).outcome() == Outcome::Waiting {
                chan.core().receivers.remove(waiter);
            }
            (*waiter).outcome()
        };
        drop(locked.unlock());
        if outcome == Outcome::Done {
            // SAFETY: `Done` says that the slot was filled.
            let value = unsafe { self.slot.assume_init_read() };
            // Served, and not polled since: back to where it came from.
            drop(chan.put_over(value, End::Front));
        }
    }
}

impl<T> fmt::Debug for RecvFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvFuture").field("receiver", self.receiver).finish_non_exhaustive()
    }
}
