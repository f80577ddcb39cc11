//! The wait queues: intrusive lists of waiters that live on their owners' stacks.
//!
//! Every function that touches a queue wants the lock of the channel it belongs to.

#![expect(unsafe_code, reason = "waiters are linked through raw pointers to other stacks")]

use std::ptr::{self, NonNull};

use super::batch::{Batch, Wakers};
use super::waiter::{Kind, Outcome, Waiter};
use crate::prim::{AtomicPtr, Ordering};

/// A first-in first-out queue of waiters: a circular list known by its head, whose
/// `prev` is the tail.
///
/// All functions but [`looks_empty`](Self::looks_empty) want the channel's lock.
pub(crate) struct WaitQueue {
    /// Stored with `Release`: who sees without the lock that a shut emptied the queue must
    /// also see that the channel was shut.
    head: AtomicPtr<Waiter>,
}

impl WaitQueue {
    pub(crate) fn new() -> WaitQueue {
        WaitQueue { head: AtomicPtr::new(ptr::null_mut()) }
    }

    /// Whether nobody waited at the moment of the call. Needs no lock.
    #[inline]
    pub(crate) fn looks_empty(&self) -> bool {
        self.head.load(Ordering::SeqCst).is_null()
    }

    /// Queues `waiter` at the tail.
    ///
    /// # Safety
    /// The lock is held. `waiter` is not queued, and stays where it is until it was popped
    /// and finished, or removed.
    #[inline(always)]
    pub(crate) unsafe fn push(&self, waiter: *mut Waiter) {
        let head = self.head.load(Ordering::Relaxed);
        // SAFETY: `waiter` is alive, and so is every queued waiter: its owner leaves only
        // after it was unlinked, which needs the lock we hold.
        unsafe {
            if head.is_null() {
                (*waiter).next.set(waiter);
                (*waiter).prev.set(waiter);
                self.head.store(waiter, Ordering::Release);
            } else {
                let tail = (*head).prev.get();
                (*waiter).next.set(head);
                (*waiter).prev.set(tail);
                (*tail).next.set(waiter);
                (*head).prev.set(waiter);
            }
        }
    }

    /// Queues `waiter` at the head, where it has been already.
    ///
    /// # Safety
    /// As for [`push`](Self::push).
    pub(crate) unsafe fn push_front(&self, waiter: *mut Waiter) {
        // SAFETY: the caller's promise. In a circle the place behind the tail is the one
        // before the head.
        unsafe { self.push(waiter) };
        self.head.store(waiter, Ordering::Release);
    }

    /// Whether nobody is queued, watchers included. Wants the lock.
    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        self.head.load(Ordering::Relaxed).is_null()
    }

    /// Takes out the longest waiting waiter that can still be served. Those that lost
    /// their race on the way are unlinked and left to their owners.
    ///
    /// # Safety
    /// The lock is held.
    #[inline(always)]
    pub(crate) unsafe fn pop(&self) -> Option<NonNull<Waiter>> {
        let waiter = NonNull::new(self.head.load(Ordering::Relaxed))?;
        // SAFETY: it is queued here, and queued waiters are alive while we hold the lock.
        unsafe {
            if waiter.as_ref().kind() != Kind::Plain {
                return self.pop_mixed();
            }
            self.remove(waiter.as_ptr());
        }
        Some(waiter)
    }

    /// [`pop`](Self::pop) where the first in the queue is not a plain waiter.
    ///
    /// # Safety
    /// The lock is held.
    #[inline(never)]
    unsafe fn pop_mixed(&self) -> Option<NonNull<Waiter>> {
        // SAFETY: the caller holds the lock.
        unsafe {
            self.find(|waiter| match waiter.kind() {
                Kind::Plain | Kind::Task => Pick::Take,
                Kind::Racing | Kind::Promise if waiter.claim() => Pick::Take,
                Kind::Racing | Kind::Promise => Pick::Drop,
                Kind::Watch | Kind::Ending => Pick::Leave,
            })
        }
    }

    /// Takes out the first who only watches, if there is one. Its race is won.
    ///
    /// # Safety
    /// The lock is held.
    pub(crate) unsafe fn pop_watcher(&self) -> Option<NonNull<Waiter>> {
        // SAFETY: the caller holds the lock.
        unsafe {
            self.find(|waiter| match waiter.kind() {
                Kind::Watch if waiter.claim() => Pick::Take,
                Kind::Watch => Pick::Drop,
                _ => Pick::Leave,
            })
        }
    }

    /// Goes through the queue until `pick` takes somebody out.
    ///
    /// # Safety
    /// The lock is held.
    unsafe fn find(&self, pick: impl Fn(&Waiter) -> Pick) -> Option<NonNull<Waiter>> {
        // Where those begin that `pick` left in the queue.
        let mut left: *mut Waiter = ptr::null_mut();
        let mut at = NonNull::new(self.head.load(Ordering::Relaxed))?;
        loop {
            // SAFETY: queued waiters are alive while the lock is held; `next` is read
            // before the waiter may be unlinked.
            unsafe {
                let next = at.as_ref().next.get();
                match pick(at.as_ref()) {
                    Pick::Take => {
                        self.remove(at.as_ptr());
                        return Some(at);
                    }
                    Pick::Drop => {
                        self.remove(at.as_ptr());
                        if next == at.as_ptr() {
                            return None;
                        }
                    }
                    Pick::Leave if left.is_null() => left = at.as_ptr(),
                    Pick::Leave => {}
                }
                if next == left || self.is_empty() {
                    return None;
                }
                at = NonNull::new(next)?;
            }
        }
    }

    /// Whether somebody is queued who could be served.
    ///
    /// # Safety
    /// The lock is held.
    pub(crate) unsafe fn has_open(&self) -> bool {
        // SAFETY: the caller holds the lock.
        unsafe { self.any(|waiter| waiter.is_open()) }
    }

    /// # Safety
    /// The lock is held.
    unsafe fn any(&self, mut test: impl FnMut(&Waiter) -> bool) -> bool {
        let head = self.head.load(Ordering::Relaxed);
        let mut waiter = head;
        while !waiter.is_null() {
            // SAFETY: queued waiters are alive while the lock is held.
            let (found, next) = unsafe { (test(&*waiter), (*waiter).next.get()) };
            if found {
                return true;
            }
            waiter = if next == head { ptr::null_mut() } else { next };
        }
        false
    }

    /// Unlinks `waiter`, if it still is queued.
    ///
    /// # Safety
    /// The lock is held. `waiter` is queued here or nowhere.
    #[inline(always)]
    pub(crate) unsafe fn remove(&self, waiter: *mut Waiter) {
        // SAFETY: `waiter` and its neighbours are alive while we hold the lock.
        unsafe {
            let next = (*waiter).next.replace(ptr::null_mut());
            if next == waiter {
                self.head.store(ptr::null_mut(), Ordering::Release);
            } else if !next.is_null() {
                let prev = (*waiter).prev.get();
                (*prev).next.set(next);
                (*next).prev.set(prev);
                if self.head.load(Ordering::Relaxed) == waiter {
                    self.head.store(next, Ordering::Release);
                }
            }
        }
    }

    /// Takes everybody out, in order: who is parked into `batch`, the wakers of tasks into
    /// `wakers`. False if there was no more room for those.
    ///
    /// # Safety
    /// The lock is held, and the channel is shut.
    pub(crate) unsafe fn pop_all(&self, batch: &mut Batch, wakers: &mut Wakers) -> bool {
        while let Some(waiter) = NonNull::new(self.head.load(Ordering::Relaxed)) {
            // SAFETY: queued waiters are alive while the lock is held.
            unsafe {
                let kind = waiter.as_ref().kind();
                if wakers.is_full() {
                    return false;
                }
                self.remove(waiter.as_ptr());
                match kind {
                    Kind::Plain => batch.push(waiter),
                    Kind::Racing | Kind::Promise | Kind::Watch => {
                        if waiter.as_ref().claim() {
                            batch.push(waiter);
                        }
                    }
                    Kind::Task | Kind::Ending => {
                        wakers.push(Waiter::tell_task(waiter, Outcome::Shut));
                    }
                }
            }
        }
        true
    }

    /// How many wait for an operation, those that lost their race included.
    ///
    /// # Safety
    /// The lock is held.
    pub(crate) unsafe fn count(&self) -> usize {
        let mut count = 0;
        // SAFETY: the caller holds the lock.
        unsafe {
            self.any(|waiter| {
                count += usize::from(waiter.kind() != Kind::Ending);
                false
            })
        };
        count
    }
}

/// What to do with a waiter that was come across in a queue.
enum Pick {
    Take,
    /// Unlink it and go on: it has lost its race.
    Drop,
    Leave,
}
