//! The run queues under loom: rings of four, numbers in place of goroutines.

use super::{Batch, GlobalQueue, LocalQueue, Popped};
use crate::prim::checked::{Checked, check};
use std::ops::Range;

type Local = LocalQueue<u8>;

/// A P's queue, the global one, and the goroutines of the model.
struct Queues {
    local: Local,
    global: GlobalQueue<u8>,
    /// Of a second P.
    other: Local,
    /// How often each goroutine was taken, in memory of its own, so that loom
    /// sees whether it is taken after what was done to it before it was queued.
    taken: Vec<Checked<u32>>,
    /// In which order one thread took them.
    seen: Checked<Vec<usize>>,
}

fn pop(queue: &Local) -> *mut u8 {
    match queue.pop(false) {
        Popped::Nothing => std::ptr::null_mut(),
        Popped::Next(gp) | Popped::Ring(gp) => gp,
    }
}

fn number(gp: *mut u8) -> usize {
    gp.addr() - 1
}

impl Queues {
    fn new(goroutines: usize) -> Queues {
        Queues {
            local: Local::new(),
            global: GlobalQueue::new(),
            other: Local::new(),
            taken: (0..goroutines).map(|_| Checked::new(0)).collect(),
            seen: Checked::new(Vec::new()),
        }
    }

    /// With the first goroutines in the ring, whose indices have moved on by
    /// `turned`, so that the model wraps around.
    fn with_ring(goroutines: usize, queued: usize, turned: usize) -> Queues {
        let queues = Queues::new(goroutines);
        for _ in 0..turned {
            queues.local.push(std::ptr::without_provenance_mut(99), &queues.global);
            pop(&queues.local);
        }
        queues.push(0..queued);
        queues
    }

    /// Goroutine `n` on its way into a queue: the caller has just used it.
    fn ptr(&self, n: usize) -> *mut u8 {
        self.taken[n].with(|taken| assert_eq!(*taken, 0));
        std::ptr::without_provenance_mut(n + 1)
    }

    /// To the tail of the ring; says whether that was full at least once.
    fn push(&self, which: Range<usize>) -> bool {
        which.fold(false, |spilled, n| self.local.push(self.ptr(n), &self.global) | spilled)
    }

    fn push_next(&self, n: usize) {
        self.local.push_next(self.ptr(n), false, &self.global);
    }

    /// `gp` left a queue for good. False if there was none.
    fn take(&self, gp: *mut u8) -> bool {
        if gp.is_null() {
            return false;
        }
        self.taken[number(gp)].with(|taken| {
            *taken += 1;
            assert_eq!(*taken, 1, "goroutine {} was taken twice", number(gp));
        });
        true
    }

    /// The owner takes one.
    fn pop(&self) -> bool {
        self.take(pop(&self.local))
    }

    /// A thread that steals once into a queue of its own and takes all it got.
    fn steal(&self) {
        self.steal_from(&self.local);
    }

    fn steal_from(&self, victim: &Local) {
        let own = Local::new();
        let (gp, taken) = victim.steal_into(&own);
        assert_eq!(gp.is_null(), taken == 0);
        assert_eq!(own.len(), (taken as usize).saturating_sub(1));
        self.take(gp);
        self.drain(&own);
    }

    fn steal_next(&self) {
        self.take(self.local.steal_next());
    }

    fn drain(&self, queue: &Local) {
        while self.take(pop(queue)) {}
        assert!(queue.is_empty());
        assert_eq!(queue.len(), 0);
    }

    /// All threads have ended: nothing was lost.
    fn end(&self) {
        self.drain(&self.local);
        self.drain(&self.other);
        while self.take(self.global.pop()) {}
        assert_eq!(self.global.len(), 0);
        for (n, taken) in self.taken.iter().enumerate() {
            assert_eq!(taken.get(), 1, "goroutine {n} was lost");
        }
    }
}

#[test]
fn loom_owner_against_thief() {
    let owner = |q: &Queues| {
        assert!(!q.push(1..3));
        q.pop();
    };
    check(3, || Queues::with_ring(3, 1, 3), [owner, Queues::steal], Queues::end);
}

#[test]
fn loom_owner_against_two_thieves() {
    let owner = |q: &Queues| {
        q.pop();
    };
    check(2, || Queues::with_ring(3, 3, 0), [owner, Queues::steal, Queues::steal], Queues::end);
}

/// The thief reads slots that the owner pops and fills again meanwhile.
#[test]
fn loom_slots_are_reused_under_a_thief() {
    let owner = |q: &Queues| {
        for n in 4..6 {
            assert!(q.pop());
            assert!(!q.push(n..n + 1), "there was room");
        }
    };
    check(3, || Queues::with_ring(6, 4, 3), [owner, Queues::steal], Queues::end);
}

#[test]
fn loom_spill_against_thief() {
    let owner = |q: &Queues| {
        let spilled = q.push(4..5);
        assert_eq!(q.global.len(), if spilled { 3 } else { 0 });
        q.push(5..6);
    };
    check(3, || Queues::with_ring(6, 4, 2), [owner, Queues::steal], Queues::end);
}

/// What a thief has grabbed lies in its own ring before it is published there:
/// a second thief must not see it too early.
#[test]
fn loom_thief_of_a_thief() {
    let thief = |q: &Queues| {
        let (gp, taken) = q.local.steal_into(&q.other);
        assert_eq!(taken, 2);
        assert!(q.take(gp));
    };
    check(3, || Queues::with_ring(4, 4, 0), [thief, |q| q.steal_from(&q.other)], Queues::end);
}

#[test]
fn loom_run_next_is_taken_once() {
    let owner = |q: &Queues| {
        q.push_next(0);
        q.push_next(1);
        q.pop();
        q.push_next(2);
    };
    check(2, || Queues::new(3), [owner, Queues::steal_next, Queues::steal_next], Queues::end);
}

#[test]
fn loom_run_next_and_ring_against_both_thieves() {
    let owner = |q: &Queues| {
        q.push_next(1);
        q.push_next(2);
        q.pop();
    };
    check(
        2,
        || Queues::with_ring(3, 1, 0),
        [owner, Queues::steal, Queues::steal_next],
        Queues::end,
    );
}

/// The owner of a queue with one goroutine adds a second and takes one: nobody
/// may find the queue empty at any instant, wherever the two were put.
fn never_looks_empty(start: fn() -> Queues, owner: fn(&Queues)) {
    let observer = |q: &Queues| assert!(!q.local.is_empty(), "looks empty");
    check(3, start, [owner, observer], Queues::end);
}

fn one_in_ring() -> Queues {
    Queues::with_ring(2, 1, 0)
}

fn one_in_run_next() -> Queues {
    let queues = Queues::new(2);
    queues.push_next(0);
    queues
}

fn add_to_ring(q: &Queues) {
    q.push(1..2);
    assert!(q.pop());
}

fn add_to_run_next(q: &Queues) {
    q.push_next(1);
    assert!(q.pop());
}

#[test]
fn loom_never_looks_empty_ring_ring() {
    never_looks_empty(one_in_ring, add_to_ring);
}

#[test]
fn loom_never_looks_empty_ring_next() {
    never_looks_empty(one_in_ring, add_to_run_next);
}

#[test]
fn loom_never_looks_empty_next_ring() {
    never_looks_empty(one_in_run_next, add_to_ring);
}

/// The first is kicked from `run_next` into the ring.
#[test]
fn loom_never_looks_empty_next_next() {
    never_looks_empty(one_in_run_next, add_to_run_next);
}

#[test]
fn loom_global_two_pushers_and_a_batch_popper() {
    let popper = |q: &Queues| {
        for _ in 0..2 {
            let mut batch = Batch::new();
            q.global.pop_batch(1, &mut batch);
            for &gp in batch.as_slice() {
                q.take(gp);
                q.seen.with(|seen| seen.push(number(gp)));
            }
        }
    };
    check(
        2,
        || Queues::new(5),
        [
            popper,
            |q| q.global.push_batch(&[q.ptr(0), q.ptr(1), q.ptr(2)]),
            |q| (3..5).for_each(|n| q.global.push(q.ptr(n))),
        ],
        |q| {
            let mut seen = q.seen.replace(Vec::new());
            while q.global.len() != 0 {
                let gp = q.global.pop();
                q.take(gp);
                seen.push(number(gp));
            }
            for pusher in [0..3_usize, 3..5] {
                let own = seen.iter().filter(|n| pusher.contains(*n));
                assert!(own.is_sorted(), "{seen:?}: {pusher:?} out of order");
            }
            q.end();
        },
    );
}

#[test]
fn loom_global_exchange_against_pop() {
    let start = || {
        let queues = Queues::new(3);
        queues.global.push(queues.ptr(0));
        queues
    };
    let popper = |q: &Queues| {
        q.take(q.global.pop());
        q.global.push(q.ptr(2));
    };
    let yielder = |q: &Queues| {
        assert!(q.take(q.global.exchange(q.ptr(1))), "an exchange always gets one");
    };
    check(3, start, [yielder, popper], Queues::end);
}

/// Goroutines with odd numbers are marked: they wait with their threads.
fn push_in_order(q: &Queues, which: Range<usize>) {
    for n in which {
        if is_marked(n) {
            q.global.push_bound(q.ptr(n));
        } else {
            q.global.push(q.ptr(n));
        }
    }
}

fn is_marked(n: usize) -> bool {
    n % 2 == 1
}

/// One that was queued comes out unmarked, once, and as a batch that says so.
fn take_batch(q: &Queues) {
    let mut batch = Batch::new();
    q.global.pop_batch(1, &mut batch);
    let batch = batch.as_slice();
    let marked = batch.iter().filter(|&&gp| is_marked(number(gp))).count();
    assert!(marked == 0 || batch.len() == 1, "a marked one beside others");
    for &gp in batch {
        q.take(gp);
        q.seen.with(|seen| seen.push(number(gp)));
    }
}

fn take_marked(q: &Queues, gp: *mut u8) {
    if q.take(gp) {
        assert!(is_marked(number(gp)), "one without a mark");
    }
}

/// What one popper saw of the others' leavings, with what is left behind it, is in the
/// queue's order, and the count of marks is exact in the end.
fn end_in_order(q: &Queues) {
    let left = q.taken.iter().enumerate().filter(|(_, taken)| taken.get() == 0);
    let (left, marked): (Vec<_>, Vec<_>) = left.map(|(n, _)| (n, is_marked(n))).unzip();
    assert_eq!(q.global.len(), left.len());
    assert_eq!(q.global.bound_len(), marked.iter().filter(|&&marked| marked).count());
    let mut seen = q.seen.replace(Vec::new());
    while q.global.len() != 0 {
        let gp = q.global.pop();
        q.take(gp);
        seen.push(number(gp));
    }
    assert!(seen.is_sorted(), "{seen:?}: out of order");
    assert_eq!(q.global.bound_len(), 0);
    q.end();
}

/// One takes the first marked one out of the middle, one takes batches, and the queue
/// grows and wraps around meanwhile.
#[test]
fn loom_global_marks_against_batches_and_growth() {
    let start = || {
        let queues = Queues::new(6);
        push_in_order(&queues, 0..4);
        queues
    };
    let popper = |q: &Queues| (0..2).for_each(|_| take_batch(q));
    let taker = |q: &Queues| {
        take_marked(q, q.global.take_bound());
        take_marked(q, q.global.pop_if_bound());
    };
    check(2, start, [popper, taker, |q| push_in_order(q, 4..6)], end_in_order);
}

/// One that was taken and is not needed comes back, while others take what was behind it.
#[test]
fn loom_global_marks_given_back() {
    let start = || {
        let queues = Queues::new(4);
        push_in_order(&queues, 1..4);
        queues
    };
    let giver = |q: &Queues| {
        let gp = q.global.pop_if_bound();
        if !gp.is_null() {
            assert!(is_marked(number(gp)), "one without a mark");
            q.global.push_front_bound(q.ptr(number(gp)));
        }
        q.global.push(q.ptr(0));
    };
    let popper = |q: &Queues| (0..2).for_each(|_| take_batch(q));
    check(3, start, [giver, popper], |q| {
        while q.take(q.global.pop()) {}
        assert_eq!(q.global.bound_len(), 0);
        q.end();
    });
}
