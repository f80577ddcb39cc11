//! The run queues on one thread, step by step, and on four at full speed.

use super::{Batch, GlobalQueue, LocalQueue, Popped, RING, SPILL};
use crate::p::Rng;
use std::collections::VecDeque;
use std::ptr::{null_mut, without_provenance_mut};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

type Local = LocalQueue<u8>;
type Global = GlobalQueue<u8>;

/// Goroutine `n`, as a queue holds it.
fn ptr(n: usize) -> *mut u8 {
    without_provenance_mut(n + 1)
}

fn number(gp: *mut u8) -> Option<usize> {
    gp.addr().checked_sub(1)
}

fn pop(queue: &Local, solo: bool) -> Option<usize> {
    match queue.pop(solo) {
        Popped::Nothing => None,
        Popped::Next(gp) | Popped::Ring(gp) => number(gp),
    }
}

fn drain(queue: &Local) -> Vec<usize> {
    std::iter::from_fn(|| pop(queue, false)).collect()
}

fn drain_global(queue: &Global) -> Vec<usize> {
    std::iter::from_fn(|| number(queue.pop())).collect()
}

/// A queue with goroutines 0..len in its ring, whose indices have moved on by
/// `turned`.
fn ring(len: usize, turned: usize) -> (Local, Global) {
    let (queue, global) = (Local::new(), Global::new());
    for _ in 0..turned {
        queue.push(ptr(0), &global);
        pop(&queue, true);
    }
    for n in 0..len {
        assert!(!queue.push(ptr(n), &global), "push {n} of {len} spilled");
        assert_eq!(queue.len(), n + 1);
    }
    (queue, global)
}

fn batch_of(global: &Global, procs: usize) -> Vec<usize> {
    let mut batch = Batch::new();
    global.pop_batch(procs, &mut batch);
    batch.as_slice().iter().filter_map(|&gp| number(gp)).collect()
}

fn push_all(global: &Global, which: std::ops::Range<usize>) {
    which.for_each(|n| global.push(ptr(n)));
}

fn range(which: std::ops::Range<usize>) -> Vec<usize> {
    which.collect()
}

#[test]
fn the_ring_is_first_in_first_out() {
    for turned in [0, 200] {
        for len in 0..=RING {
            let (queue, global) = ring(len, turned);
            assert_eq!(queue.is_empty(), len == 0);
            assert_eq!(queue.is_empty_for_owner(), len == 0);
            assert_eq!(drain(&queue), range(0..len));
            assert_eq!((queue.len(), global.len()), (0, 0));
        }
    }
}

#[test]
fn a_push_to_a_full_ring_moves_half_and_itself_to_the_global_queue() {
    for turned in [0, 200] {
        let (queue, global) = ring(RING, turned);
        assert!(queue.push(ptr(RING), &global));
        assert_eq!((queue.len(), global.len()), (RING - SPILL, SPILL + 1));
        assert!(!queue.push(ptr(RING + 1), &global), "there is room again");
        let mut spilled = range(0..SPILL);
        spilled.push(RING);
        assert_eq!(drain_global(&global), spilled);
        let mut kept = range(SPILL..RING);
        kept.push(RING + 1);
        assert_eq!(drain(&queue), kept);
    }
}

#[test]
fn a_thief_takes_half_rounded_up_and_runs_the_last() {
    for len in 0..=RING {
        let (victim, global) = ring(len, 99);
        let thief = Local::new();
        let (gp, taken) = victim.steal_into(&thief);
        let half = len.div_ceil(2);
        assert_eq!((number(gp), taken as usize), (half.checked_sub(1), half));
        assert_eq!(drain(&thief), range(0..half.saturating_sub(1)));
        assert_eq!(drain(&victim), range(half..len));
        assert_eq!(global.len(), 0);
    }
}

#[test]
fn a_thief_of_the_ring_leaves_run_next() {
    let (victim, global) = ring(1, 0);
    victim.push_next(ptr(7), false, &global);
    let thief = Local::new();
    assert_eq!(number(victim.steal_into(&thief).0), Some(0));
    assert_eq!(victim.steal_into(&thief), (null_mut(), 0));
    assert_eq!(victim.len(), 1);
    assert_eq!(number(victim.steal_next()), Some(7));
    assert_eq!(number(victim.steal_next()), None);
    assert!(victim.is_empty());
}

#[test]
fn run_next_comes_first_and_is_kicked_to_the_tail() {
    for solo in [false, true] {
        let (queue, global) = ring(2, 0);
        assert!(!queue.push_next(ptr(2), solo, &global));
        assert_eq!(queue.len(), 3);
        assert!(!queue.push_next(ptr(3), solo, &global));
        assert_eq!(queue.len(), 4);
        assert!(matches!(queue.pop(solo), Popped::Next(gp) if gp == ptr(3)));
        assert!(matches!(queue.pop(solo), Popped::Ring(gp) if gp == ptr(0)));
        assert_eq!(number(queue.take_next(solo)), None);
        assert_eq!(drain(&queue), [1, 2]);
    }
}

#[test]
fn a_kick_into_a_full_ring_spills() {
    for solo in [false, true] {
        let (queue, global) = ring(RING, 0);
        assert!(!queue.push_next(ptr(RING), solo, &global));
        assert_eq!(queue.len(), RING + 1);
        assert!(queue.push_next(ptr(RING + 1), solo, &global));
        let mut spilled = range(0..SPILL);
        spilled.push(RING);
        assert_eq!(drain_global(&global), spilled);
        assert_eq!(pop(&queue, solo), Some(RING + 1));
        assert_eq!(drain(&queue), range(SPILL..RING));
    }
}

#[test]
fn rotate_moves_the_head_to_the_tail() {
    let (queue, global) = ring(4, 0);
    queue.rotate(false, 3, &global);
    assert_eq!(drain(&queue), [3, 0, 1, 2]);
    queue.rotate(true, 3, &global);
    assert_eq!(drain(&queue), []);
}

/// A queue as its documentation describes it.
#[derive(Default)]
struct Model {
    next: Option<usize>,
    ring: VecDeque<usize>,
    global: VecDeque<usize>,
}

impl Model {
    fn push(&mut self, n: usize) -> bool {
        let spills = self.ring.len() == RING;
        if spills {
            self.global.extend(self.ring.drain(..SPILL));
            self.global.push_back(n);
        } else {
            self.ring.push_back(n);
        }
        spills
    }

    fn push_next(&mut self, n: usize) -> bool {
        self.next.replace(n).is_some_and(|old| self.push(old))
    }

    fn pop(&mut self) -> Option<usize> {
        self.next.take().or_else(|| self.ring.pop_front())
    }
}

/// Random operations, long enough to wrap around and to spill, with thieves
/// between them and without (`solo`).
#[test]
fn owner_operations_match_a_model() {
    let seed = seed();
    for solo in [false, true] {
        let rng = Rng::new(seed);
        let (queue, global) = (Local::new(), Global::new());
        let (mut model, mut spills) = (Model::default(), 0);
        for n in 0..60_000 {
            // Fills up in some phases and runs dry in others.
            let filling = n / 2_000 % 2 == 0;
            match rng.next() % 16 {
                0..4 => {
                    let spilled = queue.push(ptr(n), &global);
                    assert_eq!(spilled, model.push(n));
                    spills += usize::from(spilled);
                }
                4..11 if filling => {
                    assert_eq!(queue.push_next(ptr(n), solo, &global), model.push_next(n));
                }
                11 => assert_eq!(number(queue.take_next(solo)), model.next.take()),
                12 => assert_eq!(number(queue.pop_ring(solo)), model.ring.pop_front()),
                13 => assert_eq!(number(global.pop()), model.global.pop_front()),
                _ => assert_eq!(pop(&queue, solo), model.pop()),
            }
            let len = model.ring.len() + usize::from(model.next.is_some());
            assert_eq!((queue.len(), queue.is_empty()), (len, len == 0));
            assert_eq!(global.len(), model.global.len());
        }
        assert!(spills > 10, "only {spills} spills");
        assert_eq!(drain_global(&global), Vec::from(model.global));
    }
}

#[test]
fn a_batch_is_a_fair_share() {
    for (len, procs, share) in [
        (0, 1, 0),
        (1, 1, 1),
        (2, 1, 2),
        (10, 1, 10),
        (10, 2, 6),
        (10, 3, 4),
        (10, 100, 1),
        (127, 1, 127),
        (128, 1, 128),
        (129, 1, 128),
        (1000, 4, 128),
        (1000, 8, 126),
    ] {
        let global = Global::new();
        push_all(&global, 0..len);
        assert_eq!(batch_of(&global, procs), range(0..share), "{len} for {procs}");
        assert_eq!(global.len(), len - share);
        assert_eq!(drain_global(&global), range(share..len));
    }
}

#[test]
fn the_global_queue_grows_across_its_own_wrap_around() {
    let global = Global::new();
    let (mut pushed, mut popped) = (0, 0);
    // Each time the ring is about full, its head is somewhere in the middle.
    for size in [1_000, 2_000, 4_000, 16_000] {
        push_all(&global, pushed..popped + size);
        pushed = popped + size;
        assert_eq!(global.len(), size);
        for _ in 0..size / 3 {
            assert_eq!(number(global.pop()), Some(popped));
            popped += 1;
        }
    }
    let batch = range(pushed..pushed + 128).into_iter().map(ptr).collect::<Vec<_>>();
    global.push_batch(&batch);
    assert_eq!(drain_global(&global), range(popped..pushed + 128));
    assert_eq!(number(global.pop()), None);
}

#[test]
fn a_front_batch_keeps_its_order() {
    let global = Global::new();
    global.push_front_batch(&[ptr(4), ptr(5)]);
    push_all(&global, 6..9);
    global.push_front_batch(&[ptr(1), ptr(2), ptr(3)]);
    assert_eq!(global.len(), 8);
    assert_eq!(drain_global(&global), range(1..9));
    // Growing, with the head at every possible place.
    for turned in 0..40 {
        let global = Global::new();
        push_all(&global, 0..turned);
        assert_eq!(drain_global(&global), range(0..turned));
        push_all(&global, 2_000..3_000);
        let front: Vec<_> = (0..2_000).map(ptr).collect();
        front.rchunks(SPILL).for_each(|batch| global.push_front_batch(batch));
        assert_eq!(drain_global(&global), range(0..3_000));
    }
}

#[test]
fn exchange_appends_and_takes_the_head() {
    let global = Global::new();
    assert_eq!(number(global.exchange(ptr(0))), Some(0));
    push_all(&global, 1..4);
    assert_eq!(number(global.exchange(ptr(4))), Some(1));
    assert_eq!(global.len(), 3);
    assert_eq!(drain_global(&global), [2, 3, 4]);
}

#[test]
fn a_marked_one_leaves_the_global_queue_alone() {
    let global = Global::new();
    push_all(&global, 0..2);
    global.push_bound(ptr(2));
    global.push_bound(ptr(3));
    push_all(&global, 4..6);
    let taken: [_; 4] = std::array::from_fn(|_| batch_of(&global, 1));
    assert_eq!(taken, [vec![0, 1], vec![2], vec![3], vec![4, 5]]);
    assert_eq!((global.len(), global.bound_len()), (0, 0));
}

/// Random operations on a queue with marked goroutines, which wraps around and grows,
/// against a queue as the documentation describes it.
#[test]
fn marks_match_a_model() {
    let rng = Rng::new(seed());
    let (global, mut model, mut batches) = (Global::new(), VecDeque::new(), 0);
    let take = |model: &mut VecDeque<(usize, bool)>, at: Option<usize>| Some(model.remove(at?)?.0);
    for n in 0..60_000 {
        let filling = n / 6_000 % 2 == 0;
        let first_marked = model.iter().position(|&(_, marked)| marked);
        match rng.next() % 16 {
            0..6 if filling => {
                global.push(ptr(n));
                model.push_back((n, false));
            }
            0..3 => {
                global.push_bound(ptr(n));
                model.push_back((n, true));
            }
            3 => {
                global.push_front_bound(ptr(n));
                model.push_front((n, true));
            }
            4 => {
                model.push_back((n, false));
                assert_eq!(number(global.exchange(ptr(n))), take(&mut model, Some(0)));
            }
            5 | 6 => assert_eq!(number(global.take_bound()), take(&mut model, first_marked)),
            7 | 8 => {
                let head = first_marked.filter(|&at| at == 0);
                assert_eq!(number(global.pop_if_bound()), take(&mut model, head));
            }
            9 => {
                let share = (model.len() / 40 + 1).min(model.len()).min(SPILL);
                let share = share.min(first_marked.unwrap_or(share).max(1));
                let batch: Vec<_> = model.drain(..share).map(|(n, _)| n).collect();
                assert_eq!(batch_of(&global, 40), batch);
                batches += usize::from(share > 1);
            }
            10..12 if !filling => assert_eq!(number(global.pop()), take(&mut model, Some(0))),
            _ => {}
        }
        assert_eq!(global.len(), model.len());
        assert_eq!(global.bound_len(), model.iter().filter(|entry| entry.1).count());
    }
    assert!(batches > 10, "only {batches} batches");
}

#[test]
fn shuffling_a_batch_loses_nothing() {
    let rng = Rng::new(seed());
    let mut orders = std::collections::BTreeSet::new();
    for _ in 0..1_000 {
        let mut batch: Batch<u8> = Batch::new();
        (0..4).for_each(|n| batch.push(ptr(n)));
        batch.shuffle(|| rng.next());
        let order: Vec<_> = batch.as_slice().iter().filter_map(|&gp| number(gp)).collect();
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 1, 2, 3]);
        orders.insert(order);
    }
    assert_eq!(orders.len(), 24, "1,000 shuffles of 4 must show all 24 orders");
}

/// A seed that differs from run to run; `GMP_TEST_SEED` repeats one.
fn seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    let given = std::env::var("GMP_TEST_SEED").ok().and_then(|text| text.parse().ok());
    let seed = given.unwrap_or_else(|| RandomState::new().hash_one(0));
    println!("GMP_TEST_SEED={seed}");
    seed
}

/// What the threads of the stress share.
struct Stress {
    queue: Local,
    global: Global,
    /// How often each goroutine came out of a queue.
    seen: Vec<AtomicU8>,
    stolen: AtomicU64,
    /// The owner is through.
    over: AtomicBool,
}

impl Stress {
    fn see(&self, gp: *mut u8) -> bool {
        let Some(n) = number(gp) else { return false };
        self.seen[n].fetch_add(1, Relaxed);
        true
    }

    /// Pushes them all, takes some back, and in the end takes what is left.
    fn own(&self, rng: &Rng) {
        for n in 0..self.seen.len() {
            if rng.next().is_multiple_of(3) {
                self.queue.push_next(ptr(n), false, &self.global);
            } else {
                self.queue.push(ptr(n), &self.global);
            }
            if rng.next().is_multiple_of(4) {
                self.own_pop();
            }
            assert!(self.queue.len() <= RING + 1);
        }
        while self.own_pop() {}
        self.over.store(true, SeqCst);
    }

    fn own_pop(&self) -> bool {
        match self.queue.pop(false) {
            Popped::Nothing => false,
            Popped::Next(gp) | Popped::Ring(gp) => self.see(gp),
        }
    }

    fn thieve(&self, rng: &Rng) {
        let own = Local::new();
        loop {
            let over = self.over.load(SeqCst);
            let got = match rng.next() % 8 {
                0 => self.see(self.queue.steal_next()),
                1 => self.see(self.global.pop()),
                2 => self.take_batch(),
                _ => self.steal(&own),
            };
            if !got {
                if over && self.queue.is_empty() && self.global.len() == 0 {
                    return;
                }
                thread::yield_now();
            }
        }
    }

    fn take_batch(&self) -> bool {
        let mut batch = Batch::new();
        self.global.pop_batch(3, &mut batch);
        batch.as_slice().iter().filter(|&&gp| self.see(gp)).count() > 0
    }

    fn steal(&self, own: &Local) -> bool {
        let (gp, taken) = self.queue.steal_into(own);
        self.stolen.fetch_add(u64::from(taken), Relaxed);
        assert_eq!(own.len(), (taken as usize).saturating_sub(1));
        while let Some(n) = pop(own, false) {
            self.seen[n].fetch_add(1, Relaxed);
        }
        self.see(gp)
    }
}

#[test]
fn one_owner_and_three_thieves_lose_nothing() {
    const GOROUTINES: usize = 1_000_000;
    const THIEVES: u64 = 3;
    const PATIENCE: Duration = Duration::from_secs(120);
    let seed = seed();
    let stress = Arc::new(Stress {
        queue: Local::new(),
        global: Global::new(),
        seen: (0..GOROUTINES).map(|_| AtomicU8::new(0)).collect(),
        stolen: AtomicU64::new(0),
        over: AtomicBool::new(false),
    });
    let (ended, all_ended) = mpsc::channel();
    for id in 0..=THIEVES {
        let (stress, ended) = (stress.clone(), ended.clone());
        thread::spawn(move || {
            let rng = Rng::new(seed.wrapping_add(id));
            match id {
                0 => stress.own(&rng),
                _ => stress.thieve(&rng),
            }
            ended.send(()).unwrap();
        });
    }
    drop(ended);
    for _ in 0..=THIEVES {
        all_ended.recv_timeout(PATIENCE).expect("a thread of the stress hangs or has panicked");
    }
    for (n, seen) in stress.seen.iter().enumerate() {
        assert_eq!(seen.load(Relaxed), 1, "goroutine {n}");
    }
    assert!(stress.stolen.load(Relaxed) > 0, "the thieves got nothing: not a test of stealing");
}
