//! The queue: lists of waiters, and the lock that all of their state is under.

#![expect(unsafe_code, reason = "parking and waking hand out raw pointers to waiters")]

use std::mem::ManuallyDrop;

use super::batch::Batch;
use super::list::List;
use super::waiter::{Stage, Waiter, Woken};
use crate::rt::{Critical, SpinLock, WaitReason};

/// At which end of a list to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Back,
    /// Where one was before.
    Front,
}

/// `LISTS` lists of waiters under one lock. One, unless kinds of waiters are to be told
/// apart.
pub(crate) struct Queue<const LISTS: usize = 1> {
    pub(super) lock: SpinLock,
    lists: [List; LISTS],
}

impl<const LISTS: usize> Queue<LISTS> {
    #[cfg(not(gmp_loom))]
    pub(crate) const fn new() -> Queue<LISTS> {
        Queue { lock: SpinLock::new(), lists: [const { List::new() }; LISTS] }
    }

    #[cfg(gmp_loom)]
    pub(crate) fn new() -> Queue<LISTS> {
        Queue { lock: SpinLock::new(), lists: std::array::from_fn(|_| List::new()) }
    }

    /// Locks it, in a section. Unwinds a goroutine that has swallowed its `goexit`.
    #[inline(always)]
    pub(crate) fn lock(&self) -> Locked<'_, LISTS> {
        self.lock_in(Critical::enter())
    }

    /// Locks it, in a section, and never unwinds.
    #[inline(always)]
    pub(crate) fn lock_inside(&self) -> Locked<'_, LISTS> {
        self.lock_in(Critical::enter_inside())
    }

    /// Locks it in a section that the caller is in already.
    #[inline(always)]
    pub(crate) fn lock_in(&self, critical: Critical) -> Locked<'_, LISTS> {
        self.lock.lock(&critical);
        Locked { held: Held(self), critical }
    }

    /// Whether nobody waited in list `list` at the moment of the call: one load.
    #[inline(always)]
    pub(crate) fn looks_empty_in(&self, list: usize) -> bool {
        self.lists[list].looks_empty()
    }

    /// How many wait now, in all lists. For tests and `Debug`.
    pub(crate) fn len(&self) -> usize {
        let _locked = self.lock_inside();
        // SAFETY: locked.
        self.lists.iter().map(|list| unsafe { list.len() }).sum()
    }

    /// Waits in list 0 as [`Locked::wait_until`] does, and calls `between` after having
    /// joined the list and before parking, without the lock. Who takes the lock after this
    /// one has joined can choose him, even while `between` runs.
    ///
    /// # Safety
    /// `between` does not unwind.
    #[inline]
    pub(crate) unsafe fn wait_after(
        &self,
        reason: WaitReason,
        deadline: u64,
        between: impl FnOnce(),
    ) -> Option<usize> {
        let locked = self.lock();
        let timed = locked.timed(0, Stage::Joined);
        // SAFETY: locked; the waiter stays here until it was chosen, or is late: nothing
        // before that unwinds or returns.
        unsafe { self.lists[0].push(&raw const timed.waiter, false) };
        drop(locked);
        between();
        let locked = self.lock_inside();
        if timed.waiter.stage.get() == Stage::Joined {
            timed.waiter.stage.set(Stage::Parked);
            // SAFETY: queued here, and the lock is held.
            unsafe { locked.park_until(&timed, reason, deadline) };
        } else {
            drop(locked);
        }
        timed.waiter.outcome()
    }
}

/// The lock, while it is held.
pub(super) struct Held<'a, const LISTS: usize>(&'a Queue<LISTS>);

impl<const LISTS: usize> Drop for Held<'_, LISTS> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: who made this has locked it.
        unsafe { self.0.lock.unlock() };
    }
}

/// A queue that is locked, in a section. Dropping it unlocks and leaves.
#[must_use]
pub(crate) struct Locked<'a, const LISTS: usize = 1> {
    // The lock is released before the section is left.
    held: Held<'a, LISTS>,
    pub(super) critical: Critical,
}

impl<'a> Locked<'a, 1> {
    /// Whether nobody waits.
    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        self.is_empty_in(0)
    }

    /// The token of the one who waits longest.
    pub(crate) fn first(&self) -> Option<usize> {
        self.first_in(0)
    }

    /// Waits: parks, and unlocks. Returns the answer given by who chose this waiter.
    #[inline(always)]
    pub(crate) fn wait(self, token: usize, place: Place, reason: WaitReason) -> usize {
        self.wait_in(0, token, place, reason)
    }

    /// Waits until `deadline` (nanoseconds of the runtime's clock; `u64::MAX` for ever).
    /// None: it has come, and the caller is out of the queue.
    pub(crate) fn wait_until(
        self,
        token: usize,
        place: Place,
        reason: WaitReason,
        deadline: u64,
    ) -> Option<usize> {
        let timed = self.timed(token, Stage::Parked);
        // SAFETY: locked; the waiter stays here until it was chosen, or is late.
        unsafe {
            self.held.0.lists[0].push(&raw const timed.waiter, place == Place::Front);
            self.park_until(&timed, reason, deadline);
        }
        timed.waiter.outcome()
    }

    /// Takes out the one who waits longest, whose waiting returns `answer`.
    #[inline(always)]
    pub(crate) fn pop(&mut self, answer: usize) -> Option<Woken> {
        self.pop_in(0, answer)
    }
}

impl<'a, const LISTS: usize> Locked<'a, LISTS> {
    #[inline(always)]
    pub(super) fn lock_word(&self) -> &'a SpinLock {
        &self.held.0.lock
    }

    #[inline(always)]
    fn list(&self, list: usize) -> &'a List {
        &self.held.0.lists[list]
    }

    /// As `is_empty`, of one list.
    #[inline(always)]
    pub(crate) fn is_empty_in(&self, list: usize) -> bool {
        self.list(list).first().is_null()
    }

    /// As `first`, of one list.
    pub(crate) fn first_in(&self, list: usize) -> Option<usize> {
        let waiter = self.list(list).first();
        // SAFETY: null, or queued, and as such alive while the lock is held.
        unsafe { waiter.as_ref() }.map(|waiter| waiter.token)
    }

    /// As `wait`, in one list.
    #[inline(always)]
    pub(crate) fn wait_in(
        self,
        list: usize,
        token: usize,
        place: Place,
        reason: WaitReason,
    ) -> usize {
        let waiter = Waiter::new(&self.critical, token, Stage::Parked);
        // SAFETY: locked; the waiter stays here until it was chosen, which ends `park`.
        unsafe {
            self.list(list).push(&raw const waiter, place == Place::Front);
            self.park(&waiter, reason);
        }
        waiter.answer.get()
    }

    /// Parks the caller, and unlocks.
    ///
    /// # Safety
    /// `waiter` is the caller's, and `Parked` in this queue.
    #[inline(always)]
    pub(super) unsafe fn park(self, waiter: &Waiter, reason: WaitReason) {
        let Locked { held, critical } = self;
        // The commit unlocks.
        let held = ManuallyDrop::new(held);
        // SAFETY: the lock is held; the parker was made by this caller, and is readied by
        // who chooses the waiter, once, which takes the lock.
        unsafe { critical.park(&raw const waiter.parker, reason, &raw const held.0.lock) };
    }

    /// As `pop`, of one list.
    #[inline(always)]
    pub(crate) fn pop_in(&mut self, list: usize, answer: usize) -> Option<Woken> {
        let waiter = self.list(list).first();
        if waiter.is_null() {
            return None;
        }
        // SAFETY: queued, and as such alive; the lock is held. One who is not parked is not
        // used after that.
        unsafe {
            self.list(list).unlink(waiter);
            let parked = (*waiter).stage.replace(Stage::Chosen) == Stage::Parked;
            (*waiter).answer.set(answer);
            let token = (*waiter).token;
            Some(Woken { waiter: if parked { waiter } else { std::ptr::null() }, token })
        }
    }

    /// Takes out everybody who waits in one list.
    pub(crate) fn pop_all_in(&mut self, list: usize, answer: usize) -> Batch {
        let mut batch = Batch::new();
        while let Some(woken) = self.pop_in(list, answer) {
            batch.push(woken);
        }
        batch
    }

    /// Unlocks, and stays in the section.
    #[inline(always)]
    pub(crate) fn unlock(self) -> Critical {
        let Locked { held, critical } = self;
        drop(held);
        critical
    }
}
