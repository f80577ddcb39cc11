//! The global queue: unbounded FIFO for goroutines of no particular P.
//!
//! A ring of pointers under a spin lock. Not an intrusive list: popping a list
//! of many goroutines is a chain of cache misses, a ring lets the CPU run ahead
//! (3 to 8 times faster beyond 10,000 goroutines). The ring doubles by mmap, so
//! it can grow inside the scheduler. `len` is readable without the lock; it is
//! one of the words of the lost-wake-up protocol (`sched/README.md`).
//!
//! Goroutines that wait with their threads (bound ones) are marked: they leave the
//! queue one at a time, never as part of a batch, so that any of them can be found
//! when only its own thread is left to run it (`preempt/README.md`, "Successors").
#![expect(unsafe_code, reason = "ring storage under the queue's lock")]

use crate::prim::{AtomicUsize, Locked, RawBuf, const_unless_loom};
use std::ptr::null_mut;
use std::sync::atomic::Ordering::{Relaxed, Release};

pub(crate) struct GlobalQueue<G> {
    len: AtomicUsize,
    /// How many of them are marked as bound.
    bound_len: AtomicUsize,
    ring: Locked<Ring<G>>,
}

/// A power-of-two ring; `head` runs freely.
struct Ring<G> {
    buf: RawBuf<*mut G>,
    head: usize,
    len: usize,
    bound_len: usize,
}

/// Marks a bound goroutine's entry; no address has this bit.
const BOUND: usize = 1 << (usize::BITS - 1);

fn is_marked<G>(entry: *mut G) -> bool {
    entry.addr() & BOUND != 0
}

const FIRST_CAPACITY: usize = if cfg!(gmp_loom) { 4 } else { 1024 };

impl<G> Ring<G> {
    #[inline(always)]
    fn reserve(&mut self, extra: usize) {
        let need = self.len + extra;
        if need > self.buf.capacity() {
            self.grow(need);
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, need: usize) {
        let cap = need.next_power_of_two().max(FIRST_CAPACITY);
        let Some(mut buf) = RawBuf::with_capacity(cap) else {
            crate::fatal("out of memory: the global run queue cannot grow");
        };
        for i in 0..self.len {
            // SAFETY: `at(i)` is a written slot for i < len; `buf` is ours alone
            // and has room for `cap > len`.
            unsafe { buf.set(i, self.buf.get(self.at(i))) };
        }
        self.buf = buf;
        self.head = 0;
    }

    #[inline(always)]
    fn at(&self, offset: usize) -> usize {
        self.head.wrapping_add(offset) & (self.buf.capacity() - 1)
    }

    #[inline(always)]
    fn push_back(&mut self, gp: *mut G) {
        self.reserve(1);
        let at = self.at(self.len);
        // SAFETY: `at` is masked into the capacity; the lock makes us the only user.
        unsafe { self.buf.set(at, gp) };
        self.len += 1;
    }

    fn push_front(&mut self, gp: *mut G) {
        self.reserve(1);
        self.head = self.head.wrapping_sub(1);
        let at = self.at(0);
        // SAFETY: as in push_back.
        unsafe { self.buf.set(at, gp) };
        self.len += 1;
    }

    /// The entry at the head, with its mark; null if there is none.
    #[inline(always)]
    fn first(&self) -> *mut G {
        if self.len == 0 {
            return null_mut();
        }
        // SAFETY: len > 0, so slot at(0) was written.
        unsafe { self.buf.get(self.at(0)) }
    }

    /// Takes the entry at the head, with its mark.
    #[inline(always)]
    fn pop_entry(&mut self) -> *mut G {
        let entry = self.first();
        if !entry.is_null() {
            self.head = self.head.wrapping_add(1);
            self.len -= 1;
        }
        entry
    }

    #[inline(always)]
    fn pop_front(&mut self) -> *mut G {
        let entry = self.pop_entry();
        if is_marked(entry) { self.unmark(entry) } else { entry }
    }

    #[cold]
    fn unmark(&mut self, entry: *mut G) -> *mut G {
        self.bound_len -= 1;
        entry.map_addr(|addr| addr & !BOUND)
    }

    fn mark(&mut self, gp: *mut G) -> *mut G {
        self.bound_len += 1;
        gp.map_addr(|addr| addr | BOUND)
    }

    /// Takes the first marked entry out, wherever it is; those before it move up.
    fn take_bound(&mut self) -> *mut G {
        if self.bound_len == 0 {
            return null_mut();
        }
        for i in 0..self.len {
            // SAFETY: slot at(i) was written for i < len.
            let entry = unsafe { self.buf.get(self.at(i)) };
            if !is_marked(entry) {
                continue;
            }
            for j in (0..i).rev() {
                // SAFETY: as above, for j and j + 1.
                unsafe { self.buf.set(self.at(j + 1), self.buf.get(self.at(j))) };
            }
            self.head = self.head.wrapping_add(1);
            self.len -= 1;
            return self.unmark(entry);
        }
        null_mut()
    }
}

impl<G> GlobalQueue<G> {
    const_unless_loom! {
        pub(crate) fn new() -> GlobalQueue<G> {
            GlobalQueue {
                len: AtomicUsize::new(0),
                bound_len: AtomicUsize::new(0),
                ring: Locked::new(Ring { buf: RawBuf::empty(), head: 0, len: 0, bound_len: 0 }),
            }
        }
    }

    #[inline(always)]
    fn locked<R>(&self, f: impl FnOnce(&mut Ring<G>) -> R) -> R {
        self.ring.with(|ring| {
            let bound = ring.bound_len;
            let result = f(ring);
            self.len.store(ring.len, Release);
            if ring.bound_len != bound {
                self.bound_len.store(ring.bound_len, Release);
            }
            result
        })
    }

    /// Marked goroutines in the queue: a snapshot, without the lock.
    pub(crate) fn bound_len(&self) -> usize {
        self.bound_len.load(Relaxed)
    }

    /// Appends a goroutine that waits with its thread.
    pub(crate) fn push_bound(&self, gp: *mut G) {
        self.locked(|ring| {
            let entry = ring.mark(gp);
            ring.push_back(entry);
        });
    }

    /// Puts one that `take_bound` or `pop_if_bound` took back, at the head.
    pub(crate) fn push_front_bound(&self, gp: *mut G) {
        self.locked(|ring| {
            let entry = ring.mark(gp);
            ring.push_front(entry);
        });
    }

    /// The head, if it is marked.
    pub(crate) fn pop_if_bound(&self) -> *mut G {
        if self.bound_len() == 0 {
            return null_mut();
        }
        self.locked(|ring| if is_marked(ring.first()) { ring.pop_front() } else { null_mut() })
    }

    /// The first marked one, wherever it is. Looks at every entry before it, with
    /// the lock held: for when there is no other way to go on.
    pub(crate) fn take_bound(&self) -> *mut G {
        if self.bound_len() == 0 {
            return null_mut();
        }
        self.locked(Ring::take_bound)
    }

    /// A snapshot of the length, without the lock.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.len.load(Relaxed)
    }

    #[inline(always)]
    pub(crate) fn push(&self, gp: *mut G) {
        self.locked(|ring| ring.push_back(gp));
    }

    pub(crate) fn push_batch(&self, batch: &[*mut G]) {
        self.locked(|ring| {
            ring.reserve(batch.len());
            for &gp in batch {
                ring.push_back(gp);
            }
        });
    }

    /// Puts the goroutines of a P that goes away at the head, first of `batch`
    /// first.
    pub(crate) fn push_front_batch(&self, batch: &[*mut G]) {
        self.locked(|ring| {
            for &gp in batch.iter().rev() {
                ring.push_front(gp);
            }
        });
    }

    #[inline(always)]
    pub(crate) fn pop(&self) -> *mut G {
        if self.len() == 0 {
            return null_mut();
        }
        self.locked(Ring::pop_front)
    }

    /// Takes up to `max` goroutines from the head into `batch`, bounded by a
    /// fair share of the queue: len / procs + 1. A marked one comes alone.
    pub(crate) fn pop_batch(&self, procs: usize, batch: &mut super::Batch<G>) {
        if self.len() == 0 {
            return;
        }
        self.locked(|ring| {
            let share = (ring.len / procs + 1).min(ring.len).min(super::SPILL);
            for taken in 0..share {
                let marked = is_marked(ring.first());
                if marked && taken > 0 {
                    break;
                }
                batch.push(ring.pop_front());
                if marked {
                    break;
                }
            }
        });
    }

    /// Appends `gp` and takes the head, in one critical section: what a
    /// goroutine that yields does when its P has nothing else.
    #[inline(always)]
    pub(crate) fn exchange(&self, gp: *mut G) -> *mut G {
        self.ring.with(|ring| {
            ring.push_back(gp);
            let entry = ring.pop_entry();
            if !is_marked(entry) {
                // As long as before.
                return entry;
            }
            let gp = ring.unmark(entry);
            self.bound_len.store(ring.bound_len, Release);
            gp
        })
    }
}
