//! `SendFuture`.

#![expect(unsafe_code, reason = "the waiter in the future is linked by its address")]

use std::fmt;
use std::future::Future;
use std::marker::PhantomPinned;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::ptr;
use std::task::{Context, Poll, Waker};

use crossbeam_channel::SendError;

use super::TaskWaiter;
use crate::Sender;
use crate::chan::{Chan, Offer, woke};
use crate::wait::{Kind, Outcome, Waiter};

/// A send in async code. Made by [`Sender::send_async`].
///
/// Does nothing before it is polled. Dropping it before it is ready drops the value,
/// unless that was received already.
#[must_use = "futures do nothing unless polled"]
pub struct SendFuture<'a, T> {
    sender: &'a Sender<T>,
    /// Full until the value was given up.
    value: MaybeUninit<T>,
    full: bool,
    task: TaskWaiter,
    _pinned: PhantomPinned,
}

// SAFETY: waiter and value are reached by other threads under the channel's lock only, and
// values go from thread to thread (`T: Send`).
unsafe impl<T: Send> Send for SendFuture<'_, T> {}
// SAFETY: `&SendFuture` gives access to nothing.
unsafe impl<T: Send> Sync for SendFuture<'_, T> {}

impl<'a, T> SendFuture<'a, T> {
    pub(crate) fn new(sender: &'a Sender<T>, value: T) -> Self {
        SendFuture {
            sender,
            value: MaybeUninit::new(value),
            full: true,
            task: TaskWaiter::new(),
            _pinned: PhantomPinned,
        }
    }

    /// The value, which is given up.
    ///
    /// # Safety
    /// It is full, and no waiter that points at the value is queued.
    unsafe fn take_value(&mut self) -> T {
        self.full = false;
        // SAFETY: the caller's promise.
        unsafe { self.value.assume_init_read() }
    }

    /// What came of the waiter that was queued, if it is no longer.
    fn poll_queued(&mut self, chan: &Chan<T>, waker: Waker) -> Poll<Result<(), SendError<T>>> {
        let locked = chan.core().lock();
        // SAFETY: initialised when it was queued; the lock is held.
        match unsafe { self.task.waiter.assume_init_ref() }.outcome() {
            Outcome::Waiting => {
                let old = self.task.cell.0.get_mut().replace(waker);
                drop(locked.unlock());
                drop(old);
                Poll::Pending
            }
            outcome => {
                self.task.queued = false;
                drop(locked.unlock());
                if outcome == Outcome::Done {
                    self.full = false;
                    return Poll::Ready(Ok(()));
                }
                // SAFETY: shut: the waiter was unlinked, the value left where it is.
                Poll::Ready(Err(SendError(unsafe { self.take_value() })))
            }
        }
    }
}

impl<T> Future for SendFuture<'_, T> {
    type Output = Result<(), SendError<T>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // SAFETY: the value is moved out only when no waiter points at it.
        let this = unsafe { self.get_unchecked_mut() };
        assert!(this.full, "`SendFuture` polled after it was ready");
        let Some(chan) = this.sender.chan() else { return Poll::Pending };
        // Cloning wakers is user code: before the lock.
        let waker = context.waker().clone();
        if this.task.queued {
            return this.poll_queued(chan, waker);
        }
        loop {
            let locked = chan.core().lock();
            // SAFETY: the lock is held; the value is given up if the answer says so.
            match unsafe { chan.offer(this.value.as_ptr()) } {
                Offer::Sent => {
                    this.full = false;
                    locked.leave_and_tell(&chan.core().receivers);
                    return Poll::Ready(Ok(()));
                }
                Offer::To(receiver) => {
                    this.full = false;
                    let critical = locked.unlock();
                    // SAFETY: popped just now, its slot is ours to fill, once.
                    unsafe {
                        ptr::copy_nonoverlapping(this.value.as_ptr(), Waiter::slot(receiver), 1);
                        Waiter::finish(receiver, &critical, Outcome::Done);
                    }
                    return Poll::Ready(Ok(()));
                }
                Offer::Shut => {
                    drop(locked.unlock());
                    // SAFETY: nothing is queued.
                    return Poll::Ready(Err(SendError(unsafe { this.take_value() })));
                }
                Offer::Woke(task) => {
                    this.full = false;
                    woke(locked, task);
                    return Poll::Ready(Ok(()));
                }
                Offer::NeedsBlock | Offer::Granted => {
                    drop(locked.unlock());
                    chan.supply();
                }
                Offer::Full => {
                    let slot = this.value.as_mut_ptr().cast();
                    let waiter = this.task.prepare(waker, slot, Kind::Task);
                    // SAFETY: the lock is held; the future is pinned, and leaves the queue
                    // when dropped.
                    unsafe { chan.core().senders.push(waiter) };
                    // A sender is there now.
                    locked.leave_and_tell(&chan.core().receivers);
                    return Poll::Pending;
                }
            }
        }
    }
}

impl<T> Drop for SendFuture<'_, T> {
    fn drop(&mut self) {
        if let Some(chan) = self.sender.chan().filter(|_| self.task.queued) {
            let locked = chan.core().lock_inside();
            // SAFETY: the lock is held; the waiter was queued here.
            unsafe {
                let waiter = self.task.waiter.as_mut_ptr();
                match (*waiter).outcome() {
                    Outcome::Waiting => chan.core().senders.remove(waiter),
                    Outcome::Done => self.full = false,
                    _ => {}
                }
            }
            drop(locked.unlock());
        }
        if self.full {
            // SAFETY: not given up, and no waiter is queued any more.
            drop(unsafe { self.take_value() });
        }
    }
}

impl<T> fmt::Debug for SendFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendFuture").field("sender", self.sender).finish_non_exhaustive()
    }
}
