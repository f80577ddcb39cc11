//! The wait queues: intrusive lists of waiters that live on their owners' stacks.
//!
//! Nothing here allocates. Every function that touches a queue wants the lock of the
//! channel that the queue belongs to; `README.md` beside this file says who may touch
//! a waiter when.

#![expect(unsafe_code, reason = "waiters are linked through raw pointers to other stacks")]

use std::cell::Cell;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use gmp_core::rt::{Critical, Parker};

/// What became of a waiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Still queued.
    Waiting,
    /// A peer moved the value: into the slot of a receiver, out of the slot of a sender.
    Done,
    /// The channel was shut; the slot is as its owner left it.
    Shut,
}

/// Decides which one of several waiters with the same owner is served.
///
/// A plain operation needs none: it has one waiter, and whoever unlinks it serves it.
#[derive(Debug)]
pub(crate) struct Race {
    winner: AtomicUsize,
}

impl Race {
    const OPEN: usize = usize::MAX;

    #[cfg_attr(not(test), expect(dead_code, reason = "for select and the timed operations"))]
    pub(crate) const fn new() -> Race {
        Race { winner: AtomicUsize::new(Race::OPEN) }
    }

    /// Makes `case` the winner unless there is one.
    fn claim(&self, case: usize) -> bool {
        self.winner.compare_exchange(Race::OPEN, case, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// The case that won, if the race is over.
    #[cfg_attr(not(test), expect(dead_code, reason = "for select and the timed operations"))]
    pub(crate) fn winner(&self) -> Option<usize> {
        let winner = self.winner.load(Ordering::Acquire);
        (winner != Race::OPEN).then_some(winner)
    }
}

/// One blocked operation: who waits, and where the value goes to or comes from.
pub(crate) struct Waiter {
    /// Neighbours in the circular list; null while not queued. In a [`Batch`] only
    /// `next` is used, null at the end.
    next: Cell<*mut Waiter>,
    prev: Cell<*mut Waiter>,
    parker: *const Parker,
    /// The owner's `MaybeUninit<T>`, with the type erased.
    slot: *mut (),
    /// Null for a plain operation.
    race: *const Race,
    case: usize,
    outcome: Cell<Outcome>,
}

impl Waiter {
    /// The waiter of a plain operation.
    pub(crate) fn new(parker: &Parker, slot: *mut ()) -> Waiter {
        Waiter {
            next: Cell::new(ptr::null_mut()),
            prev: Cell::new(ptr::null_mut()),
            parker,
            slot,
            race: ptr::null(),
            case: 0,
            outcome: Cell::new(Outcome::Waiting),
        }
    }

    /// One of several waiters of which only the one that wins `race` is served.
    #[cfg_attr(not(test), expect(dead_code, reason = "for select and the timed operations"))]
    pub(crate) fn racing(parker: &Parker, slot: *mut (), race: &Race, case: usize) -> Waiter {
        Waiter { race, case, ..Waiter::new(parker, slot) }
    }

    /// What became of it. Meaningful once its owner was woken.
    pub(crate) fn outcome(&self) -> Outcome {
        self.outcome.get()
    }

    /// Tells the owner of a popped waiter what became of it and wakes it. The waiter is
    /// gone afterwards.
    ///
    /// # Safety
    /// `waiter` came out of [`WaitQueue::pop`] or a [`Batch`], and this is the only call
    /// for it. With [`Outcome::Done`] the value has been moved.
    #[inline]
    pub(crate) unsafe fn finish(waiter: NonNull<Waiter>, critical: &Critical, outcome: Outcome) {
        // SAFETY: the owner cannot return before it is made ready below, so its waiter is
        // alive, and a popped waiter is ours alone.
        let parker = unsafe {
            (*waiter.as_ptr()).outcome.set(outcome);
            (*waiter.as_ptr()).parker
        };
        // SAFETY: the owner queued itself under the lock that its commit releases and we
        // held that lock since, so it is parked; one `finish` per waiter, one `ready` here.
        unsafe { critical.ready(parker) };
    }

    /// Where the value of a popped waiter is, or is wanted.
    ///
    /// # Safety
    /// `waiter` came out of [`WaitQueue::pop`] and is not finished yet.
    #[inline]
    pub(crate) unsafe fn slot<T>(waiter: NonNull<Waiter>) -> *mut T {
        // SAFETY: alive until finished, as above.
        unsafe { (*waiter.as_ptr()).slot.cast() }
    }
}

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
    pub(crate) const fn new() -> WaitQueue {
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

    /// Takes out the longest waiting waiter that can still be served. Those that lost
    /// their race on the way are unlinked and left to their owners.
    ///
    /// # Safety
    /// The lock is held.
    #[inline]
    pub(crate) unsafe fn pop(&self) -> Option<NonNull<Waiter>> {
        let waiter = NonNull::new(self.head.load(Ordering::Relaxed))?;
        // SAFETY: it is queued here, and queued waiters are alive while we hold the lock.
        unsafe {
            if !(*waiter.as_ptr()).race.is_null() {
                return self.pop_racing();
            }
            self.remove(waiter.as_ptr());
        }
        Some(waiter)
    }

    /// [`pop`](Self::pop) where the first in the queue has a race to win.
    ///
    /// # Safety
    /// The lock is held.
    #[inline(never)]
    unsafe fn pop_racing(&self) -> Option<NonNull<Waiter>> {
        loop {
            let waiter = NonNull::new(self.head.load(Ordering::Relaxed))?;
            // SAFETY: as in `pop`; the race belongs to the waiter's owner and lives as
            // long.
            let served = unsafe {
                self.remove(waiter.as_ptr());
                let race = (*waiter.as_ptr()).race;
                race.is_null() || (*race).claim((*waiter.as_ptr()).case)
            };
            if served {
                return Some(waiter);
            }
        }
    }

    /// Unlinks `waiter`, if it still is queued.
    ///
    /// # Safety
    /// The lock is held. `waiter` is queued here or nowhere.
    #[inline]
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

    /// Takes out everybody who can still be served, in order.
    ///
    /// # Safety
    /// The lock is held.
    pub(crate) unsafe fn pop_all(&self, batch: &mut Batch) {
        // SAFETY: the caller holds the lock.
        while let Some(waiter) = unsafe { self.pop() } {
            batch.push(waiter);
        }
    }

    /// How many waiters are queued, those that lost their race included.
    ///
    /// # Safety
    /// The lock is held.
    pub(crate) unsafe fn count(&self) -> usize {
        let head = self.head.load(Ordering::Relaxed);
        let (mut waiter, mut count) = (head, 0);
        while !waiter.is_null() {
            count += 1;
            // SAFETY: queued waiters are alive while the lock is held.
            let next = unsafe { (*waiter).next.get() };
            waiter = if next == head { ptr::null_mut() } else { next };
        }
        count
    }
}

/// Waiters taken out of their queues, to be woken after the lock was released.
pub(crate) struct Batch {
    head: *mut Waiter,
    tail: *mut Waiter,
}

impl Batch {
    pub(crate) const fn new() -> Batch {
        Batch { head: ptr::null_mut(), tail: ptr::null_mut() }
    }

    fn push(&mut self, waiter: NonNull<Waiter>) {
        let waiter = waiter.as_ptr();
        if self.head.is_null() {
            self.head = waiter;
        } else {
            // SAFETY: `tail` is a popped waiter that was not woken yet, so it is alive and
            // ours.
            unsafe { (*self.tail).next.set(waiter) };
        }
        self.tail = waiter;
    }

    /// Wakes them all, in the order in which they were taken out.
    ///
    /// Each in a section of its own, so that a batch of any size does not keep this
    /// thread in the scheduler.
    ///
    /// # Safety
    /// The lock was released, and the waiters' slots are as their owners left them.
    pub(crate) unsafe fn shut(self) {
        let mut waiter = self.head;
        while let Some(current) = NonNull::new(waiter) {
            // SAFETY: not woken yet, so alive; read before the wake-up that ends its life.
            waiter = unsafe { (*current.as_ptr()).next.get() };
            let critical = Critical::enter();
            // SAFETY: popped by `pop_all`, and each waiter is in the batch once.
            unsafe { Waiter::finish(current, &critical, Outcome::Shut) };
        }
    }
}

#[cfg(test)]
#[path = "wait_tests.rs"]
mod tests;
