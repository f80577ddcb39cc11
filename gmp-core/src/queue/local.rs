//! A P's run queue: a ring of 256 and one slot in front of it.
//!
//! One producer, the M that owns the P; many consumers, the owner and thieves.
//! The owner appends at `tail`; owner and thieves take from `head` by CAS. The
//! slot `run_next` holds the goroutine made ready last: it runs before the ring
//! and inherits what is left of the current time slice, so that a producer and
//! a consumer that wake each other run back to back on one P, and count as one
//! runner for time-slice purposes. (The structure is that of Go's scheduler.)
//!
//! `head` and `tail` run freely and wrap; the slot of an index is `index % RING`.
//!
//! Orderings: a slot is written before `tail` is released and read after `tail`
//! is acquired; it is read before the CAS on `head` releases it and rewritten by
//! the owner after `head` is acquired. A thief's read of a slot may race with
//! nothing: if the owner had reused the slot, `head` moved on and the CAS fails.
//!
//! `solo` on the owner's methods says that no thief exists (GOMAXPROCS is 1):
//! then the CAS becomes a store. GOMAXPROCS changes only while the world is
//! stopped, so no operation ever straddles a change of that answer.

use super::{Batch, GlobalQueue, RING, SPILL};
use crate::prim::{AtomicPtr, AtomicU32, prefetch};
use std::ptr::null_mut;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

#[repr(C)]
pub(crate) struct LocalQueue<G> {
    head: AtomicU32,
    tail: AtomicU32,
    run_next: AtomicPtr<G>,
    ring: [AtomicPtr<G>; RING],
}

/// What `pop` found.
pub(crate) enum Popped<G> {
    Nothing,
    /// From `run_next`: goes on with the current time slice.
    Next(*mut G),
    /// From the ring: a new time slice.
    Ring(*mut G),
}

impl<G> LocalQueue<G> {
    pub(crate) fn new() -> LocalQueue<G> {
        LocalQueue {
            head: AtomicU32::new(0),
            tail: AtomicU32::new(0),
            run_next: AtomicPtr::new(null_mut()),
            ring: std::array::from_fn(|_| AtomicPtr::new(null_mut())),
        }
    }

    #[inline(always)]
    fn slot(&self, index: u32) -> &AtomicPtr<G> {
        &self.ring[index as usize % RING]
    }

    /// Puts `gp` in front of everything. The goroutine that was there moves to
    /// the ring's tail (or further: see `push`). Executed only by the owner P.
    #[inline(always)]
    pub(crate) fn push_next(&self, gp: *mut G, solo: bool, global: &GlobalQueue<G>) -> bool {
        let old = self.run_next.load(Relaxed);
        if old.is_null() {
            // Thieves only ever empty the slot: finding it empty, the owner may
            // store. Release publishes what the owner did to the goroutine.
            self.run_next.store(gp, Release);
            return false;
        }
        let old = if solo {
            self.run_next.store(gp, Relaxed);
            old
        } else {
            self.run_next.swap(gp, AcqRel)
        };
        !old.is_null() && self.push(old, global)
    }

    /// Appends `gp` to the ring; from a full ring the oldest half and `gp` move
    /// to the global queue in one batch. True if that happened. Executed only
    /// by the owner P.
    #[inline(always)]
    pub(crate) fn push(&self, gp: *mut G, global: &GlobalQueue<G>) -> bool {
        let head = self.head.load(Acquire);
        let tail = self.tail.load(Relaxed);
        if tail.wrapping_sub(head) < RING as u32 {
            self.slot(tail).store(gp, Relaxed);
            self.tail.store(tail.wrapping_add(1), Release);
            return false;
        }
        self.push_spill(gp, head, tail, global)
    }

    #[cold]
    #[inline(never)]
    fn push_spill(&self, gp: *mut G, mut head: u32, tail: u32, global: &GlobalQueue<G>) -> bool {
        while tail.wrapping_sub(head) >= RING as u32 {
            let mut batch = Batch::new();
            for i in 0..SPILL as u32 {
                batch.push(self.slot(head.wrapping_add(i)).load(Relaxed));
            }
            let next = head.wrapping_add(SPILL as u32);
            match self.head.compare_exchange(head, next, AcqRel, Acquire) {
                Ok(_) => {
                    batch.push(gp);
                    global.push_batch(batch.as_slice());
                    return true;
                }
                // A thief made room.
                Err(now) => head = now,
            }
        }
        self.slot(tail).store(gp, Relaxed);
        self.tail.store(tail.wrapping_add(1), Release);
        false
    }

    /// Takes the next goroutine. Executed only by the owner P.
    #[inline(always)]
    pub(crate) fn pop(&self, solo: bool) -> Popped<G> {
        let next = self.take_next(solo);
        if !next.is_null() {
            return Popped::Next(next);
        }
        let gp = self.pop_ring(solo);
        if gp.is_null() { Popped::Nothing } else { Popped::Ring(gp) }
    }

    /// Empties `run_next`; null if it was empty. Executed only by the owner P.
    #[inline(always)]
    pub(crate) fn take_next(&self, solo: bool) -> *mut G {
        let next = self.run_next.load(Relaxed);
        if next.is_null() {
            return next;
        }
        if solo {
            self.run_next.store(null_mut(), Release);
            return next;
        }
        // The CAS can only fail because a thief took it, and then it stays
        // empty: only the owner fills it. Release: who sees it empty sees what
        // was kicked into the ring before (`len`).
        match self.run_next.compare_exchange(next, null_mut(), AcqRel, Relaxed) {
            Ok(gp) => gp,
            Err(_) => null_mut(),
        }
    }

    /// Takes the oldest goroutine of the ring. Executed only by the owner P.
    #[inline(always)]
    pub(crate) fn pop_ring(&self, solo: bool) -> *mut G {
        let mut head = self.head.load(Acquire);
        loop {
            let tail = self.tail.load(Relaxed);
            if tail == head {
                return null_mut();
            }
            let gp = self.slot(head).load(Relaxed);
            // The record behind it comes next: start loading it now. A stale
            // pointer in an unused slot does no harm.
            prefetch(self.slot(head.wrapping_add(1)).load(Relaxed));
            if solo {
                self.head.store(head.wrapping_add(1), Relaxed);
                return gp;
            }
            match self.head.compare_exchange_weak(head, head.wrapping_add(1), AcqRel, Acquire) {
                Ok(_) => return gp,
                Err(now) => head = now,
            }
        }
    }

    /// Moves ceil(half) of the ring into `to`, and returns one of them to run
    /// at once. `to` is the thief's own queue and has room. Executed by any P.
    pub(crate) fn steal_into(&self, to: &LocalQueue<G>) -> (*mut G, u32) {
        let to_tail = to.tail.load(Relaxed);
        let taken = self.grab(to, to_tail);
        if taken == 0 {
            return (null_mut(), 0);
        }
        // The last one grabbed is run by the thief, the others become visible.
        let last = to.slot(to_tail.wrapping_add(taken - 1)).load(Relaxed);
        if taken > 1 {
            to.tail.store(to_tail.wrapping_add(taken - 1), Release);
        }
        (last, taken)
    }

    fn grab(&self, to: &LocalQueue<G>, to_tail: u32) -> u32 {
        loop {
            let head = self.head.load(Acquire);
            let tail = self.tail.load(Acquire);
            let len = tail.wrapping_sub(head);
            let take = len - len / 2;
            if take == 0 {
                return 0;
            }
            // head and tail were not read at one instant: a ring cannot hold more.
            if take > SPILL as u32 {
                continue;
            }
            for i in 0..take {
                let gp = self.slot(head.wrapping_add(i)).load(Relaxed);
                to.slot(to_tail.wrapping_add(i)).store(gp, Relaxed);
            }
            if self.head.compare_exchange(head, head.wrapping_add(take), AcqRel, Relaxed).is_ok() {
                return take;
            }
        }
    }

    /// Steals the goroutine in `run_next`. Executed by any P.
    pub(crate) fn steal_next(&self) -> *mut G {
        let next = self.run_next.load(Acquire);
        if next.is_null() {
            return next;
        }
        match self.run_next.compare_exchange(next, null_mut(), Acquire, Relaxed) {
            Ok(gp) => gp,
            Err(_) => null_mut(),
        }
    }

    /// Moves up to `times` goroutines from the ring's head to its tail (shuffle
    /// mode). Executed only by the owner P.
    pub(crate) fn rotate(&self, solo: bool, times: u32, global: &GlobalQueue<G>) {
        for _ in 0..times {
            let gp = self.pop_ring(solo);
            if gp.is_null() {
                return;
            }
            self.push(gp, global);
        }
    }

    /// A snapshot of the number of goroutines queued, `run_next` included.
    pub(crate) fn len(&self) -> usize {
        loop {
            // Consistent only if tail did not move: otherwise run_next may have
            // been kicked into the ring between the reads.
            let head = self.head.load(Acquire);
            let tail = self.tail.load(Acquire);
            let next = self.run_next.load(Acquire);
            if tail == self.tail.load(Acquire) {
                let ring = tail.wrapping_sub(head).min(RING as u32);
                return ring as usize + usize::from(!next.is_null());
            }
        }
    }

    /// Whether nothing is queued. Exact, as only the owner adds. Executed only by
    /// the owner P.
    #[inline(always)]
    pub(crate) fn is_empty_for_owner(&self) -> bool {
        self.head.load(Relaxed) == self.tail.load(Relaxed) && self.run_next.load(Relaxed).is_null()
    }

    /// Whether nothing is queued. Not fooled by a goroutine that moves from
    /// `run_next` to the ring meanwhile, unless a thief takes the new `run_next`
    /// at that very moment: then the mover, who is a submitter, sees to it.
    /// Executed by any P.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
