//! The run queues under loom: rings of four, numbers in place of goroutines.

use super::{Batch, GlobalQueue, LocalQueue, Popped};
use crate::prim::checked::{Checked, check};

use loom::thread;
use std::sync::Arc;

type Local = LocalQueue<u8>;
type Global = GlobalQueue<u8>;

/// The goroutines of one model: each counts who took it, in memory of its own,
/// so that loom sees whether taking it happens after queueing it.
struct Items(Vec<Checked<u32>>);

impl Items {
    fn new(count: usize) -> Arc<Items> {
        Arc::new(Items((0..count).map(|_| Checked::new(0)).collect()))
    }

    /// Item `n` on its way into a queue; the caller may have written to it.
    fn make(&self, n: usize) -> *mut u8 {
        self.0[n].with(|taken| assert_eq!(*taken, 0));
        std::ptr::without_provenance_mut(n + 1)
    }

    /// `gp` left a queue for good. False if there was none.
    fn take(&self, gp: *mut u8) -> bool {
        if gp.is_null() {
            return false;
        }
        self.0[number(gp)].with(|taken| {
            *taken += 1;
            assert_eq!(*taken, 1, "item {} was taken twice", number(gp));
        });
        true
    }

    fn all_taken(&self) {
        for (n, taken) in self.0.iter().enumerate() {
            assert_eq!(taken.get(), 1, "item {n} was lost");
        }
    }
}

fn number(gp: *mut u8) -> usize {
    gp.addr() - 1
}

fn pop(queue: &Local) -> *mut u8 {
    match queue.pop(false) {
        Popped::Nothing => std::ptr::null_mut(),
        Popped::Next(gp) | Popped::Ring(gp) => gp,
    }
}

fn drain(queue: &Local, items: &Items) {
    while items.take(pop(queue)) {}
    assert!(queue.is_empty());
    assert_eq!(queue.len(), 0);
}

fn drain_global(queue: &Global, items: &Items) {
    while items.take(queue.pop()) {}
    assert_eq!(queue.len(), 0);
}

/// A P's queue, the global one, and the items: what a model starts with.
fn start(items: usize) -> (Arc<Local>, Arc<Global>, Arc<Items>) {
    (Arc::new(Local::new()), Arc::new(Global::new()), Items::new(items))
}

/// Moves the ring's indices on, so that the model wraps around.
fn turn(queue: &Local, global: &Global, times: usize) {
    for _ in 0..times {
        queue.push(std::ptr::without_provenance_mut(99), global);
        assert_eq!(number(pop(queue)), 98);
    }
}

/// A thread that steals once into a queue of its own and takes all it got.
fn thief(victim: &Arc<Local>, items: &Arc<Items>) -> thread::JoinHandle<()> {
    let (victim, items) = (victim.clone(), items.clone());
    thread::spawn(move || {
        let own = Local::new();
        let (gp, taken) = victim.steal_into(&own);
        assert_eq!(gp.is_null(), taken == 0);
        assert_eq!(own.len(), (taken as usize).saturating_sub(1));
        items.take(gp);
        drain(&own, &items);
    })
}

fn next_thief(victim: &Arc<Local>, items: &Arc<Items>) -> thread::JoinHandle<()> {
    let (victim, items) = (victim.clone(), items.clone());
    thread::spawn(move || {
        items.take(victim.steal_next());
    })
}

#[test]
fn loom_owner_against_thief() {
    check(3, || {
        let (queue, global, items) = start(3);
        queue.push(items.make(0), &global);
        let thief = thief(&queue, &items);
        queue.push(items.make(1), &global);
        queue.push(items.make(2), &global);
        items.take(pop(&queue));
        thief.join().unwrap();
        drain(&queue, &items);
        assert_eq!(global.len(), 0);
        items.all_taken();
    });
}

#[test]
fn loom_owner_against_two_thieves() {
    check(2, || {
        let (queue, global, items) = start(3);
        for n in 0..3 {
            queue.push(items.make(n), &global);
        }
        let thieves = [thief(&queue, &items), thief(&queue, &items)];
        items.take(pop(&queue));
        for thief in thieves {
            thief.join().unwrap();
        }
        drain(&queue, &items);
        items.all_taken();
    });
}

/// The thief reads slots that the owner pops and fills again meanwhile.
#[test]
fn loom_slots_are_reused_under_a_thief() {
    check(3, || {
        let (queue, global, items) = start(6);
        turn(&queue, &global, 3);
        for n in 0..4 {
            queue.push(items.make(n), &global);
        }
        let thief = thief(&queue, &items);
        for n in 4..6 {
            assert!(items.take(pop(&queue)));
            assert!(!queue.push(items.make(n), &global));
        }
        thief.join().unwrap();
        drain(&queue, &items);
        assert_eq!(global.len(), 0);
        items.all_taken();
    });
}

#[test]
fn loom_spill_against_thief() {
    check(3, || {
        let (queue, global, items) = start(6);
        turn(&queue, &global, 2);
        for n in 0..4 {
            queue.push(items.make(n), &global);
        }
        let thief = thief(&queue, &items);
        if queue.push(items.make(4), &global) {
            assert_eq!(global.len(), 3);
        }
        queue.push(items.make(5), &global);
        thief.join().unwrap();
        drain(&queue, &items);
        drain_global(&global, &items);
        items.all_taken();
    });
}

/// What a thief has grabbed lies in its own ring before it is published there:
/// a second thief must not see it too early.
#[test]
fn loom_thief_of_a_thief() {
    check(3, || {
        let (queue, global, items) = start(4);
        for n in 0..4 {
            queue.push(items.make(n), &global);
        }
        let first = Arc::new(Local::new());
        let second = thief(&first, &items);
        let (gp, taken) = queue.steal_into(&first);
        assert_eq!(taken, 2);
        assert!(items.take(gp));
        second.join().unwrap();
        drain(&first, &items);
        drain(&queue, &items);
        items.all_taken();
    });
}

#[test]
fn loom_run_next_is_taken_once() {
    check(3, || {
        let (queue, global, items) = start(3);
        queue.push_next(items.make(0), false, &global);
        let thieves = [next_thief(&queue, &items), next_thief(&queue, &items)];
        queue.push_next(items.make(1), false, &global);
        items.take(pop(&queue));
        queue.push_next(items.make(2), false, &global);
        for thief in thieves {
            thief.join().unwrap();
        }
        drain(&queue, &items);
        items.all_taken();
    });
}

#[test]
fn loom_run_next_and_ring_against_both_thieves() {
    check(2, || {
        let (queue, global, items) = start(3);
        queue.push(items.make(0), &global);
        let thieves = [thief(&queue, &items), next_thief(&queue, &items)];
        queue.push_next(items.make(1), false, &global);
        queue.push_next(items.make(2), false, &global);
        items.take(pop(&queue));
        for thief in thieves {
            thief.join().unwrap();
        }
        drain(&queue, &items);
        items.all_taken();
    });
}

/// The owner kicks a goroutine from `run_next` into the ring, takes the new
/// one, and so leaves one in the queue at every instant: nobody may find it
/// empty.
fn never_looks_empty(first_next: bool, second_next: bool) {
    let put = |queue: &Local, next: bool, gp, global: &Global| {
        if next {
            queue.push_next(gp, false, global)
        } else {
            queue.push(gp, global)
        };
    };
    let (queue, global, items) = start(2);
    put(&queue, first_next, items.make(0), &global);
    let observer = {
        let queue = queue.clone();
        thread::spawn(move || assert!(!queue.is_empty(), "a queue with a goroutine looks empty"))
    };
    put(&queue, second_next, items.make(1), &global);
    items.take(pop(&queue));
    observer.join().unwrap();
    drain(&queue, &items);
    items.all_taken();
}

#[test]
fn loom_never_looks_empty_ring_ring() {
    check(3, || never_looks_empty(false, false));
}

#[test]
fn loom_never_looks_empty_ring_next() {
    check(3, || never_looks_empty(false, true));
}

#[test]
fn loom_never_looks_empty_next_ring() {
    check(3, || never_looks_empty(true, false));
}

#[test]
fn loom_never_looks_empty_next_next() {
    check(3, || never_looks_empty(true, true));
}

/// Asserts that the items of each pusher, numbered upwards, are in their order.
fn assert_fifo_per_pusher(seen: &[usize], pushers: &[std::ops::Range<usize>]) {
    for pusher in pushers {
        let of_this: Vec<_> = seen.iter().filter(|n| pusher.contains(n)).collect();
        assert!(of_this.is_sorted(), "{seen:?}: pusher {pusher:?} out of order");
    }
}

#[test]
fn loom_global_two_pushers_and_a_batch_popper() {
    check(2, || {
        let (global, items) = (Arc::new(Global::new()), Items::new(5));
        let push_batch = {
            let (global, items) = (global.clone(), items.clone());
            thread::spawn(move || global.push_batch(&[items.make(0), items.make(1), items.make(2)]))
        };
        let push = {
            let (global, items) = (global.clone(), items.clone());
            thread::spawn(move || (3..5).for_each(|n| global.push(items.make(n))))
        };
        let mut seen = Vec::new();
        let mut take = |gp: *mut u8| {
            if items.take(gp) {
                seen.push(number(gp));
            }
        };
        for _ in 0..2 {
            let mut batch = Batch::new();
            global.pop_batch(1, &mut batch);
            batch.as_slice().iter().for_each(|&gp| take(gp));
        }
        push_batch.join().unwrap();
        push.join().unwrap();
        while global.len() != 0 {
            take(global.pop());
        }
        assert_fifo_per_pusher(&seen, &[0..3, 3..5]);
        items.all_taken();
    });
}

#[test]
fn loom_global_exchange_against_pop() {
    check(3, || {
        let (global, items) = (Arc::new(Global::new()), Items::new(3));
        global.push(items.make(0));
        let popper = {
            let (global, items) = (global.clone(), items.clone());
            thread::spawn(move || {
                items.take(global.pop());
                global.push(items.make(2));
            })
        };
        assert!(items.take(global.exchange(items.make(1))), "an exchange always gets something");
        popper.join().unwrap();
        drain_global(&global, &items);
        items.all_taken();
    });
}
