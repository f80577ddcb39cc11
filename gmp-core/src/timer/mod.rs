//! Timers: a heap per P, run by that P's M between goroutines, by thieves when
//! their owner is busy, and by the keeper when all is quiet.

mod heap;
mod sleep;

pub use sleep::sleep;

use crate::g::{G, Status};
use crate::m::M;
use crate::prim::{AtomicU64, SpinLock};
use crate::sched::{SCHED, ready, solo};
use crate::sys;
use heap::{Entry, Heap};
use std::cell::UnsafeCell;
use std::sync::atomic::Ordering::{Relaxed, Release};

/// One P's timers.
pub(crate) struct Timers {
    /// When the earliest is due, u64::MAX if there is none; readable by all.
    next: AtomicU64,
    lock: SpinLock,
    heap: UnsafeCell<Heap>,
}

// SAFETY: `heap` is touched under `lock` only.
#[expect(unsafe_code, reason = "heap under its lock")]
unsafe impl Sync for Timers {}

/// Timers fired per lock hold.
const BATCH: usize = 64;

impl Timers {
    pub(crate) fn new() -> Timers {
        Timers {
            next: AtomicU64::new(u64::MAX),
            lock: SpinLock::new(),
            heap: UnsafeCell::new(Heap::new()),
        }
    }

    /// When the earliest timer is due (CLOCK_MONOTONIC nanoseconds).
    #[inline(always)]
    pub(crate) fn next_due(&self) -> u64 {
        self.next.load(Relaxed)
    }

    /// Runs `f` on the heap; the lock must be held, by this thread.
    fn with_heap<R>(&self, f: impl FnOnce(&mut Heap) -> R) -> R {
        // SAFETY: the caller holds the lock, so this is the only reference.
        #[expect(unsafe_code, reason = "heap under its lock")]
        let result = f(unsafe { &mut *self.heap.get() });
        result
    }

    fn publish_next(&self) {
        let next = self.with_heap(|heap| heap.first().map_or(u64::MAX, |entry| entry.when));
        self.next.store(next, Release);
    }

    /// Adds a timer that readies `gp`, and keeps the lock: `gp`'s commit, after
    /// it has left its stack, calls `unlock` (I1).
    fn insert_locked(&self, when: u64, gp: &'static G) {
        self.lock.lock();
        self.with_heap(|heap| heap.push(Entry { when, gp: std::ptr::from_ref(gp).cast_mut() }));
        self.publish_next();
    }

    /// The other half of `insert_locked`. Someone must mind the new timer: this
    /// P does when it next schedules; if it may be busy for long and some other
    /// P is idle, the keeper must not sleep past it.
    fn unlock_inserted(&self) {
        let due = self.next_due();
        self.lock.unlock();
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
            let mut due = [std::ptr::null_mut(); BATCH];
            let count = self.pop_due(now, &mut due);
            for (i, &gp) in due[..count].iter().enumerate() {
                // SAFETY: a goroutine in a heap waits for it, so it is alive.
                #[expect(unsafe_code, reason = "waiting goroutines are alive")]
                let gp: &'static G = unsafe { &*gp };
                gp.set_status(Status::Runnable);
                if fired + i == 0 {
                    ready::push_next(mp, gp);
                } else {
                    ready::push_back(mp, gp);
                }
            }
            fired += count;
        }
        if fired > 0 && !solo() {
            ready::wakep();
        }
        fired
    }

    fn pop_due(&self, now: u64, due: &mut [*mut G; BATCH]) -> usize {
        self.lock.lock();
        let count = self.with_heap(|heap| {
            let mut count = 0;
            while count < BATCH && heap.first().is_some_and(|entry| entry.when <= now) {
                let Some(entry) = heap.pop() else { break };
                due[count] = entry.gp;
                count += 1;
            }
            count
        });
        self.publish_next();
        self.lock.unlock();
        count
    }

    /// Moves all timers to `to`: this P goes away. The world is stopped.
    pub(crate) fn move_to(&self, to: &Timers) {
        self.lock.lock();
        to.lock.lock();
        self.with_heap(|from| {
            to.with_heap(|heap| {
                while let Some(entry) = from.pop() {
                    heap.push(entry);
                }
            });
        });
        to.publish_next();
        self.publish_next();
        to.lock.unlock();
        self.lock.unlock();
    }
}
