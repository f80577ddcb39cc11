//! The lock itself, without data. `../README.md`, "Mutex", is the protocol; (Q1) and the
//! like name its steps.

use std::sync::atomic::AtomicU32 as Plain;

use super::spin;
use crate::prim::{AtomicU32, Ordering, barrier, const_unless_loom};
use crate::rt::{self, Critical, WaitReason};
use crate::wait::{Locked, Place, Queue};

/// Bits of `RawMutex::flags`.
mod flag {
    /// Who unlocks must look for waiters behind a full barrier.
    pub(super) const CONTENDED: u32 = 1;
    /// Somebody is in the queue.
    pub(super) const WAITERS: u32 = 2;
    /// Somebody was taken out of the queue and competes: no need to wake another one.
    pub(super) const WOKEN: u32 = 4;
    /// The first in the queue has waited too long: the next unlock is his lock.
    pub(super) const STARVING: u32 = 8;
}
use flag::{CONTENDED, STARVING, WAITERS, WOKEN};

/// What waiting returns: to compete, or that the lock is the waiter's.
const COMPETE: usize = 0;
const OWNER: usize = 1;

/// How long somebody may wait and lose before the lock is handed to him, in nanoseconds.
const PATIENCE_NS: u64 = 1_000_000;

/// Unlocks in a row that nobody waited for, until the mutex is quiet again.
#[cfg(not(gmp_loom))]
const CALM: u32 = 1_000;
#[cfg(gmp_loom)]
const CALM: u32 = 2;

/// A mutex that protects nothing yet.
pub(crate) struct RawMutex {
    /// 1 while it is locked. Stored without looking, so nothing else can be in it.
    word: AtomicU32,
    /// 0 while it is quiet.
    flags: AtomicU32,
    /// How long nobody has waited. The owner's.
    calm: Plain,
    /// Whether the owner was the last one that was starving: 1. The owner's.
    last: Plain,
    queue: Queue,
}

impl RawMutex {
    const_unless_loom! {
        /// Contended, until it is unlocked for the first time: whether there is a barrier
        /// for quiet ones is found out then.
        pub(crate) fn new() -> RawMutex {
            RawMutex {
                word: AtomicU32::new(0),
                flags: AtomicU32::new(CONTENDED),
                calm: Plain::new(CALM - 1),
                last: Plain::new(0),
                queue: Queue::new(),
            }
        }
    }

    #[inline(always)]
    fn take(&self) -> bool {
        self.word.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    #[inline(always)]
    fn looks_free(&self) -> bool {
        self.word.load(Ordering::Relaxed) == 0
    }

    #[inline(always)]
    fn is_starving(&self) -> bool {
        self.flags.load(Ordering::Relaxed) & STARVING != 0
    }

    /// Whether it is free, and nobody waits or was woken.
    #[cfg(all(test, gmp_loom))]
    pub(crate) fn is_at_rest(&self) -> bool {
        self.looks_free() && self.flags.load(Ordering::Relaxed) & !CONTENDED == 0
    }

    /// How many are in the queue.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.len()
    }

    #[inline(always)]
    pub(crate) fn try_lock(&self) -> bool {
        self.looks_free() && !self.is_starving() && self.take()
    }

    #[inline(always)]
    pub(crate) fn lock(&self) {
        if !self.take() {
            self.lock_slow();
        }
    }

    #[cold]
    #[inline(never)]
    fn lock_slow(&self) {
        if self.compete() {
            return;
        }
        let since = rt::now_ns();
        let mut place = Place::Back;
        let mut locked = self.queue.lock();
        loop {
            let patient = place == Place::Back || rt::now_ns() - since <= PATIENCE_NS;
            if self.join(&locked, place, !patient) {
                return;
            }
            if locked.wait(since as usize, place, WaitReason::MutexLock) == OWNER {
                return;
            }
            if self.compete() {
                self.flags.fetch_and(!WOKEN, Ordering::Relaxed);
                return;
            }
            place = Place::Front;
            // Who was woken does not unwind: he owes the others that WOKEN goes.
            locked = self.queue.lock_inside();
        }
    }

    /// Tries to get it without queueing.
    fn compete(&self) -> bool {
        spin::until(|| {
            if self.is_starving() {
                return Some(false);
            }
            (self.looks_free() && self.take()).then_some(true)
        })
    }

    /// Makes those who unlock look into the queue, which the caller is about to join:
    /// again, if `place` is the front. True if the mutex is the caller's after all.
    fn join(&self, locked: &Locked<'_>, place: Place, starving: bool) -> bool {
        if place == Place::Back && self.is_starving() {
            // It goes to the first in the queue, and to no newcomer.
            return false;
        }
        let starve = if starving { STARVING } else { 0 };
        // (W1)
        let before = self.flags.fetch_or(CONTENDED | WAITERS | starve, Ordering::Relaxed);
        if place == Place::Front {
            self.flags.fetch_and(!WOKEN, Ordering::Relaxed);
        }
        // (W2)
        if before & CONTENDED == 0 {
            barrier::heavy();
        } else {
            barrier::full();
        }
        // (W3)
        if !self.take() {
            return false;
        }
        let waiters = if locked.is_empty() { WAITERS } else { 0 };
        self.flags.fetch_and(!(waiters | starve), Ordering::Relaxed);
        true
    }

    /// Unlocks. If the lock is handed to somebody the caller yields, so that he runs at once.
    #[inline(always)]
    pub(crate) fn unlock(&self) {
        self.unlock_and(true);
    }

    /// Unlocks, for who is about to park anyway.
    #[inline(always)]
    pub(crate) fn unlock_before_parking(&self) {
        self.unlock_and(false);
    }

    #[inline(always)]
    fn unlock_and(&self, yields: bool) {
        if self.flags.load(Ordering::Relaxed) != 0 {
            return self.unlock_contended(yields);
        }
        // (Q1), (Q2), (Q3)
        self.word.store(0, Ordering::Release);
        barrier::light();
        if self.flags.load(Ordering::Relaxed) != 0 {
            self.released(yields, false);
        }
    }

    #[cold]
    #[inline(never)]
    fn unlock_contended(&self, yields: bool) {
        let flags = self.flags.load(Ordering::Relaxed);
        if flags & STARVING != 0 {
            // Only an owner ends it.
            return self.hand_over(self.queue.lock_inside(), yields);
        }
        let calm = if flags == CONTENDED { self.calm.load(Ordering::Relaxed) + 1 } else { 0 };
        self.calm.store(calm, Ordering::Relaxed);
        if calm >= CALM {
            self.calm.store(0, Ordering::Relaxed);
            if barrier::asymmetric() {
                // Fails if somebody has come just now.
                let (from, to) = (CONTENDED, 0);
                let relaxed = Ordering::Relaxed;
                let _ = self.flags.compare_exchange(from, to, relaxed, relaxed);
            }
        }
        let last = self.last.load(Ordering::Relaxed) != 0;
        if last {
            self.last.store(0, Ordering::Relaxed);
        }
        // (C1)
        self.word.store(0, Ordering::Release);
        self.released(yields, last);
    }

    /// Whether whoever has released the mutex has to wake somebody: if it is locked again,
    /// that one will be here, too.
    #[inline(always)]
    fn must_wake(&self) -> bool {
        let flags = self.flags.load(Ordering::Relaxed);
        flags & (WAITERS | WOKEN) == WAITERS && self.looks_free()
    }

    /// After the mutex was released: wakes somebody if need be.
    #[cold]
    #[inline(never)]
    fn released(&self, yields: bool, last: bool) {
        // (C2), (C3)
        barrier::full();
        if self.must_wake() {
            let locked = self.queue.lock_inside();
            if self.must_wake() {
                return self.wake_first(locked, yields, last);
            }
        }
        if yields && last {
            Critical::enter_inside().yield_now();
        }
    }

    #[inline(always)]
    fn wake_first(&self, mut locked: Locked<'_>, yields: bool, last: bool) {
        if self.is_starving() {
            // It began between the look at the flags and the release.
            if self.take() {
                self.hand_over(locked, yields);
            }
            return;
        }
        let Some(woken) = locked.pop(COMPETE) else { unreachable!("marked, but nobody waits") };
        let emptied = if locked.is_empty() { WAITERS } else { 0 };
        self.flags.fetch_xor(WOKEN | emptied, Ordering::Relaxed);
        let critical = locked.unlock();
        woken.wake(&critical);
        if yields && last {
            critical.yield_now();
        }
    }

    /// Makes the first in the queue the owner in place of the caller.
    fn hand_over(&self, mut locked: Locked<'_>, yields: bool) {
        let Some(woken) = locked.pop(OWNER) else { unreachable!("starving, but nobody waits") };
        let waited = || rt::now_ns() - woken.token() as u64;
        let emptied = if locked.is_empty() { WAITERS } else { 0 };
        // With one P, who gets it is to have a time slice with it, as the others will.
        let slices = !spin::others_run();
        let over = slices || emptied != 0 || waited() <= PATIENCE_NS;
        if over && !slices {
            self.last.store(1, Ordering::Relaxed);
        }
        let starving = if over { STARVING } else { 0 };
        self.flags.fetch_and(!(starving | emptied), Ordering::Relaxed);
        let critical = locked.unlock();
        woken.wake(&critical);
        if yields {
            critical.yield_now();
        }
    }
}
