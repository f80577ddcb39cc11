#![doc = include_str!("README.md")]
#![expect(unsafe_code, reason = "armed timers are reached through raw pointers")]

mod heap;
pub(crate) mod node;
mod sleep;

use node::Timer;
pub use sleep::sleep;

use crate::g::{G, Status};
use crate::m::M;
use crate::prim::{AtomicU64, Locked};
use crate::rt::Parker;
use crate::sched::{SCHED, ready, solo};
use crate::sys;
use heap::{Entry, Heap, Placed};
use std::sync::atomic::Ordering::{Relaxed, Release};

/// One P's timers.
pub(crate) struct Timers {
    /// When the earliest is due, u64::MAX if there is none; readable by all.
    next: AtomicU64,
    heap: Locked<Heap<Item>>,
}

/// What a heap's entry stands for.
#[derive(Clone, Copy)]
enum Item {
    /// A goroutine in `sleep`.
    Sleeper(&'static G),
    /// A timer; alive while it is in a heap.
    Timer(*const Timer),
}

impl Placed for Item {
    #[inline(always)]
    fn placed(&self, index: usize) {
        if let Item::Timer(timer) = *self {
            // SAFETY: alive while in a heap; the heap's lock is held.
            unsafe { (*timer).index.set(index as u32) };
        }
    }
}

/// Somebody to be made ready after the heap's lock was released.
#[derive(Clone, Copy)]
enum Due {
    Goroutine(&'static G),
    /// A plain thread's.
    Thread(*const Parker),
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

    fn publish_next(&self, heap: &Heap<Item>) {
        self.next.store(heap.first().map_or(u64::MAX, |entry| entry.when), Release);
    }

    /// Adds an entry, and keeps the lock: a commit, after who parks has left its
    /// stack, calls `unlock_inserted` (I1).
    fn insert_locked(&'static self, when: u64, item: Item) {
        self.heap.with_and_keep(|heap| {
            let entry = Entry { when, item };
            self.adopt(&entry);
            heap.push(entry);
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
    pub(crate) fn run_due_on(&'static self, mp: &'static M) -> usize {
        let now = sys::monotonic_ns();
        let mut fired = 0;
        while self.next_due() <= now {
            let mut due = [None; BATCH];
            self.pop_due(now, &mut due);
            for due in due.into_iter().flatten() {
                let gp = match due {
                    Due::Goroutine(gp) => gp,
                    Due::Thread(parker) => {
                        // SAFETY: its timer's `fire` chose it, and nobody else will.
                        unsafe { Parker::wake(parker) };
                        continue;
                    }
                };
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

    fn pop_due(&'static self, now: u64, due: &mut [Option<Due>; BATCH]) {
        self.heap.with(|heap| {
            for place in due {
                if heap.first().is_none_or(|entry| entry.when > now) {
                    break;
                }
                let Some(entry) = heap.pop() else { break };
                *place = match entry.item {
                    Item::Sleeper(gp) => Some(Due::Goroutine(gp)),
                    Item::Timer(timer) => self.fire(heap, timer, now),
                };
            }
            self.publish_next(heap);
        });
    }

    /// Fires `timer`, just popped from `heap`, whose lock is held.
    fn fire(&self, heap: &mut Heap<Item>, timer: *const Timer, now: u64) -> Option<Due> {
        // SAFETY: it is alive until disarmed, and disarming takes the lock; who
        // armed it allowed `fire` to be called.
        let fired = unsafe {
            (*timer).index.set(node::NONE);
            ((*timer).fire)(timer, now)
        };
        if fired.again != u64::MAX {
            heap.push(Entry { when: fired.again, item: Item::Timer(timer) });
        }
        // SAFETY: null, or somebody who waits until made ready.
        let parker = unsafe { fired.ready.as_ref() }?;
        Some(parker.goroutine().map_or(Due::Thread(parker), Due::Goroutine))
    }

    /// Moves all timers to `to`: this P goes away. The world is stopped.
    pub(crate) fn move_to(&'static self, to: &'static Timers) {
        self.heap.with(|from| {
            to.heap.with(|heap| {
                while let Some(entry) = from.pop() {
                    to.adopt(&entry);
                    heap.push(entry);
                }
                to.publish_next(heap);
            });
            self.publish_next(from);
        });
    }
}
