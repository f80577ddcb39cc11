//! Timers: a heap per P, run by that P's M between goroutines, by thieves when
//! their owner is busy, and by the keeper when all is quiet.

mod heap;
mod sleep;

pub use sleep::sleep;

use crate::g::{G, Status};
use crate::m::M;
use crate::prim::{AtomicU64, Locked};
use crate::sched::{SCHED, ready, solo};
use crate::sys;
use heap::{Entry, Heap};
use std::sync::atomic::Ordering::{Relaxed, Release};

/// One P's timers.
pub(crate) struct Timers {
    /// When the earliest is due, u64::MAX if there is none; readable by all.
    next: AtomicU64,
    heap: Locked<Heap<&'static G>>,
}

/// Timers fired per lock hold.
const BATCH: usize = 64;

impl Timers {
    pub(crate) fn new() -> Timers {
        Timers { next: AtomicU64::new(u64::MAX), heap: Locked::new(Heap::new()) }
    }

    /// When the earliest timer is due (CLOCK_MONOTONIC nanoseconds).
    #[inline(always)]
    pub(crate) fn next_due(&self) -> u64 {
        self.next.load(Relaxed)
    }

    fn publish_next(&self, heap: &Heap<&'static G>) {
        self.next.store(heap.first().map_or(u64::MAX, |entry| entry.when), Release);
    }

    /// Adds a timer that readies `gp`, and keeps the lock: `gp`'s commit, after
    /// it has left its stack, calls `unlock` (I1).
    fn insert_locked(&self, when: u64, gp: &'static G) {
        self.heap.with_and_keep(|heap| {
            heap.push(Entry { when, item: gp });
            self.publish_next(heap);
        });
    }

    /// The other half of `insert_locked`. Someone must mind the new timer: this
    /// P does when it next schedules; if it may be busy for long and some other
    /// P is idle, the keeper must not sleep past it.
    fn unlock_inserted(&self) {
        let due = self.next_due();
        self.heap.unlock();
        if solo() {
            return;
        }
        // (T1) the heap is published; (T2) fence, in `wakep`; (T3) is anyone
        // idle and not going to wake in time? Against (L1)-(L4) of the leaver,
        // who reads `next` after its P counts as idle.
        crate::prim::full_fence();
        if due < SCHED.idle.keeper_until() {
            ready::wakep();
        }
    }

    /// Readies what is due, on the P of `mp`, the caller's M: the earliest runs
    /// next, the others go to the ring in order. Returns how many.
    pub(crate) fn run_due_on(&self, mp: &'static M) -> usize {
        let now = sys::monotonic_ns();
        let mut fired = 0;
        while self.next_due() <= now {
            let mut due = [None; BATCH];
            self.pop_due(now, &mut due);
            for gp in due.into_iter().flatten() {
                gp.set_status(Status::Runnable);
                if fired == 0 {
                    ready::push_next(mp, gp);
                } else {
                    ready::push_back(mp, gp);
                }
                fired += 1;
            }
        }
        if fired > 0 && !solo() {
            ready::wakep();
        }
        fired
    }

    fn pop_due(&self, now: u64, due: &mut [Option<&'static G>; BATCH]) {
        self.heap.with(|heap| {
            for place in due {
                if heap.first().is_none_or(|entry| entry.when > now) {
                    break;
                }
                *place = heap.pop().map(|entry| entry.item);
            }
            self.publish_next(heap);
        });
    }

    /// Moves all timers to `to`: this P goes away. The world is stopped.
    pub(crate) fn move_to(&self, to: &Timers) {
        self.heap.with(|from| {
            to.heap.with(|heap| {
                while let Some(entry) = from.pop() {
                    heap.push(entry);
                }
                to.publish_next(heap);
            });
            self.publish_next(from);
        });
    }
}
