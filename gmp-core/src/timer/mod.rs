#![doc = include_str!("README.md")]
#![expect(unsafe_code, reason = "armed timers are reached through raw pointers")]

#[cfg(not(gmp_loom))]
mod arm;
mod deadlines;
mod doze;
mod heap;
#[cfg(all(test, gmp_loom))]
mod loom_tests;
pub(crate) mod node;
#[cfg(not(gmp_loom))]
pub(crate) mod outside;
#[cfg(not(gmp_loom))]
mod run;
#[cfg(not(gmp_loom))]
mod sleep;

#[cfg(not(gmp_loom))]
pub use arm::HeapLock;
#[cfg(not(gmp_loom))]
pub use sleep::sleep;

#[cfg(gmp_loom)]
use self::stand_in::{G, Parker};
#[cfg(not(gmp_loom))]
use crate::{g::G, rt::Parker};

use crate::prim::{AtomicU64, Locked, const_unless_loom};
use deadlines::Deadlines;
use heap::{Entry, Placed};
use node::{Start, Timer};
use std::marker::PhantomData;
use std::ptr::from_ref;
use std::sync::atomic::Ordering::{Relaxed, Release};

/// One P's timers, or those of no P.
pub(crate) struct Timers {
    /// When the earliest is due, u64::MAX if there is none; readable by all.
    next: AtomicU64,
    heap: Locked<Deadlines<Item>>,
    /// Of no P: what plain threads arm.
    outside: bool,
}

/// What a heap's entry stands for: a goroutine in `sleep`, or a timer, which is alive
/// while it is in a heap. One word: the address, odd if it is a goroutine's.
#[derive(Clone, Copy)]
struct Item(*const u8, PhantomData<(*const Timer, &'static G)>);

const _: () = assert!(align_of::<Timer>() > 1 && (cfg!(gmp_loom) || align_of::<G>() > 1));

impl Item {
    #[cfg_attr(gmp_loom, expect(dead_code, reason = "nobody sleeps in the models"))]
    #[inline(always)]
    fn from_sleeper(gp: &'static G) -> Item {
        Item(from_ref(gp).cast::<u8>().wrapping_add(1), PhantomData)
    }

    #[inline(always)]
    fn from_timer(timer: *const Timer) -> Item {
        Item(timer.cast(), PhantomData)
    }

    #[inline(always)]
    fn timer(self) -> Option<*const Timer> {
        (self.0.addr() & 1 == 0).then_some(self.0.cast())
    }

    #[inline(always)]
    fn sleeper(self) -> Option<&'static G> {
        let gp = self.0.wrapping_sub(1).cast::<G>();
        // SAFETY: an odd address was made from this reference.
        (self.0.addr() & 1 != 0).then(|| unsafe { &*gp })
    }
}

impl Placed for Item {
    #[inline(always)]
    fn placed(&self, place: u32) {
        if let Some(timer) = self.timer() {
            // SAFETY: alive while in a heap; the heap's lock is held.
            unsafe { (*timer).set_place(place) };
        }
    }
}

/// Somebody to be made ready after the heap's lock was released.
#[derive(Clone, Copy)]
enum Ready {
    Goroutine(&'static G),
    /// A plain thread's.
    Thread(*const Parker),
}

/// What a deadline that has come asks for.
#[derive(Clone, Copy)]
struct Due {
    ready: Option<Ready>,
    start: Option<Start>,
}

/// Deadlines dealt with per lock hold.
const BATCH: usize = 16;

/// What deadlines that have come ask for.
struct Batch {
    due: [Due; BATCH],
    len: usize,
}

impl Batch {
    fn new() -> Batch {
        Batch { due: [Due { ready: None, start: None }; BATCH], len: 0 }
    }

    fn push(&mut self, due: Due) {
        self.due[self.len] = due;
        self.len += 1;
    }

    fn iter(&self) -> impl Iterator<Item = Due> {
        self.due[..self.len].iter().copied()
    }
}

impl Timers {
    const_unless_loom! {
        pub(crate) fn new() -> Timers {
            Timers {
                next: AtomicU64::new(u64::MAX),
                heap: Locked::new(Deadlines::new()),
                outside: false,
            }
        }
    }

    const_unless_loom! {
        fn outside() -> Timers {
            Timers {
                next: AtomicU64::new(u64::MAX),
                heap: Locked::new(Deadlines::new()),
                outside: true,
            }
        }
    }

    /// When the earliest timer is due (CLOCK_MONOTONIC nanoseconds).
    #[inline(always)]
    pub(crate) fn next_due(&self) -> u64 {
        self.next.load(Relaxed)
    }

    /// The heap's lock is held. Mostly the earliest is another one, and the line that
    /// thieves look at is left alone.
    #[inline(always)]
    fn publish_next(&self, heap: &Deadlines<Item>) {
        let next = heap.next();
        if next != self.next_due() {
            self.next.store(next, Release);
        }
    }

    /// Adds an entry, and keeps the lock: a commit, after who parks has left its
    /// stack, calls `unlock_inserted` (I1) with what this returns: whether the entry is
    /// earlier than all others.
    #[inline]
    fn insert_locked(&'static self, when: u64, item: Item) -> bool {
        self.heap.with_and_keep(|heap| self.insert(heap, when, item))
    }

    /// The lock is held; whatever else was done to the heap is published, too.
    #[inline(always)]
    fn insert(&self, heap: &mut Deadlines<Item>, when: u64, item: Item) -> bool {
        self.adopt(item);
        heap.push(Entry { when, item });
        let first = when < self.next_due();
        self.publish_next(heap);
        first
    }

    /// Takes out what is due at `now`, as much as fits into `batch`, and fires it. Stops
    /// at a timer that may ask for a start when `starts` of them were fired; true if it
    /// did.
    fn pop_due(&self, now: u64, starts: usize, batch: &mut Batch) -> bool {
        let mut starts = starts;
        self.heap.with(|heap| {
            let mut stopped = false;
            while batch.len < BATCH {
                let Some(entry) = heap.first().filter(|entry| entry.when <= now) else { break };
                if let Some(timer) = entry.item.timer() {
                    // SAFETY: alive while in a heap.
                    if unsafe { (*timer).starts } {
                        stopped = starts == 0;
                        if stopped {
                            break;
                        }
                        starts -= 1;
                    }
                }
                heap.pop();
                match (entry.item.timer(), entry.item.sleeper()) {
                    (Some(timer), _) => self.fire(heap, timer, now, batch),
                    (_, Some(gp)) => {
                        batch.push(Due { ready: Some(Ready::Goroutine(gp)), start: None });
                    }
                    _ => {}
                }
            }
            self.publish_next(heap);
            stopped
        })
    }

    /// Fires `timer`, just popped from `heap`, whose lock is held.
    fn fire(&self, heap: &mut Deadlines<Item>, timer: *const Timer, now: u64, batch: &mut Batch) {
        // SAFETY: it is alive until disarmed, and disarming takes the lock; who
        // armed it allowed `fire` to be called.
        let fired = unsafe {
            (*timer).set_out();
            ((*timer).fire)(timer, now)
        };
        if fired.again != u64::MAX {
            heap.push(Entry { when: fired.again, item: Item::from_timer(timer) });
        }
        let ready = (!fired.ready.is_null()).then(|| {
            // SAFETY: somebody who waits until made ready.
            let parker = unsafe { &*fired.ready };
            parker.goroutine().map_or(Ready::Thread(parker), Ready::Goroutine)
        });
        batch.push(Due { ready, start: fired.start });
    }

    /// Puts off the first timer until `later`, if it is due at `now` and may ask for a
    /// start.
    #[cfg_attr(gmp_loom, expect(dead_code, reason = "the models have stacks"))]
    fn put_off_first(&self, now: u64, later: u64) {
        self.heap.with(|heap| {
            let first = heap.first().filter(|entry| entry.when <= now);
            // SAFETY: alive while in a heap.
            let starts = |timer: *const Timer| unsafe { (*timer).starts };
            if let Some(entry) = first
                && entry.item.timer().is_some_and(starts)
            {
                heap.pop();
                heap.push(Entry { when: later, ..entry });
            }
            self.publish_next(heap);
        });
    }

    /// Moves all timers to `to`: this P goes away. The world is stopped.
    pub(crate) fn move_to(&self, to: &Timers) {
        let empty = |from: &mut Deadlines<Item>, heap: &mut Deadlines<Item>| {
            while let Some(entry) = from.pop() {
                to.adopt(entry.item);
                heap.push(entry);
            }
            to.publish_next(heap);
            self.publish_next(from);
        };
        // Plain threads go on, and who takes two locks takes the lower one first.
        if from_ref(self) < from_ref(to) {
            self.heap.with(|from| to.heap.with(|heap| empty(from, heap)));
        } else {
            to.heap.with(|heap| self.heap.with(|from| empty(from, heap)));
        }
    }
}

/// What the models do without.
#[cfg(gmp_loom)]
mod stand_in {
    pub(crate) struct G(());
    /// Somebody who waits.
    #[derive(Debug)]
    pub(crate) struct Parker(());

    impl Parker {
        pub(super) fn goroutine(&self) -> Option<&'static G> {
            None
        }
    }
}
