//! The claim handshake: the steps of `sched/enter.rs` (M1)-(M4) against those
//! of `sched/claim.rs` (C0)-(C4), which cannot be compiled here.
//!
//! A membarrier is a full fence on both sides: the claimer executes one, and
//! makes the M execute one somewhere between two of its instructions. What
//! matters is that it also lies between (M1) and (M2), or earlier or later, so
//! the model's M has a fence there.

use crate::prim::checked::{Checked, check};
use crate::prim::{AtomicU32, AtomicUsize, full_fence};
use loom::sync::Mutex;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

// As in `m::taken`.
const NO: u32 = 0;
const CLAIMED: u32 = 1;
const LOST: u32 = 2;

/// No P, where a P is stored as a number.
const NONE: usize = usize::MAX;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cut {
    Nothing,
    EntryFence,
    ClaimFence,
    /// (M3) by a store, as if nobody else could change the word.
    KeepByStore,
}

/// One M that runs user code with P 0, another P that is idle.
struct World {
    cut: Cut,
    insched: AtomicU32,
    taken: AtomicU32,
    p: AtomicUsize,
    idle: Mutex<Vec<usize>>,
    /// What belongs to a P: only its owner may touch it.
    ps: [Checked<u32>; 2],
}

impl World {
    fn new(cut: Cut) -> World {
        World {
            cut,
            insched: AtomicU32::new(0),
            taken: AtomicU32::new(NO),
            p: AtomicUsize::new(0),
            idle: Mutex::new(vec![1]),
            ps: [Checked::new(0), Checked::new(0)],
        }
    }

    fn use_p(&self, p: usize) {
        self.ps[p].with(|uses| *uses += 1);
    }

    fn set_p(&self, p: usize) {
        self.p.store(p, Relaxed);
        self.taken.store(NO, Release);
    }

    fn drop_p(&self) -> usize {
        let p = self.p.load(Relaxed);
        self.p.store(NONE, Relaxed);
        self.taken.store(LOST, Relaxed);
        p
    }

    fn acquire(&self) -> bool {
        let p = self.idle.lock().unwrap().pop();
        if let Some(p) = p {
            self.set_p(p);
        }
        p.is_some()
    }

    fn give_back(&self, p: usize) {
        self.idle.lock().unwrap().push(p);
    }

    /// False if the M lost its P and found no other.
    fn enter(&self) -> bool {
        self.insched.store(1, Relaxed);
        if self.cut != Cut::EntryFence {
            full_fence();
        }
        if self.taken.load(Relaxed) == NO {
            return true;
        }
        loop {
            match self.taken.load(Acquire) {
                NO => return true,
                CLAIMED if self.cut == Cut::KeepByStore => {
                    self.taken.store(NO, Release);
                    return true;
                }
                CLAIMED => {
                    if self.taken.compare_exchange(CLAIMED, NO, AcqRel, Acquire).is_ok() {
                        return true;
                    }
                }
                _ => {
                    self.p.store(NONE, Relaxed);
                    return self.acquire();
                }
            }
        }
    }

    fn leave(&self) {
        self.insched.store(0, Release);
    }

    /// The M calls into the scheduler twice and changes its P in between.
    fn m(&self) {
        for round in 0..2 {
            if !self.enter() {
                return;
            }
            self.use_p(self.p.load(Relaxed));
            if round == 0 {
                let p = self.drop_p();
                if self.acquire() {
                    self.give_back(p);
                } else {
                    self.set_p(p);
                }
            }
            self.leave();
        }
    }

    fn claim(&self, p: usize) -> bool {
        if self.insched.load(Relaxed) != 0 {
            return false;
        }
        if self.taken.compare_exchange(NO, CLAIMED, SeqCst, Relaxed).is_err() {
            return false;
        }
        if self.cut != Cut::ClaimFence {
            full_fence();
        }
        let still_there = self.insched.load(Acquire) == 0 && self.p.load(Relaxed) == p;
        let next = if still_there { LOST } else { NO };
        let won = self.taken.compare_exchange(CLAIMED, next, AcqRel, Relaxed).is_ok();
        won && still_there
    }

    /// Whoever stops the world claims P 0, uses it and gives it back.
    fn claimer(&self) {
        for _ in 0..2 {
            if self.claim(0) {
                self.use_p(0);
                self.give_back(0);
                return;
            }
        }
    }

    /// Each P belongs to exactly one: the M, or the idle list.
    fn end(&self) {
        let mut owned = self.idle.lock().unwrap().clone();
        if self.taken.load(Acquire) == NO {
            owned.push(self.p.load(Relaxed));
        }
        owned.sort_unstable();
        assert_eq!(owned, [0, 1], "a P was lost or is owned twice");
    }
}

fn entries_against_claimer(cut: Cut) {
    check(3, move || World::new(cut), [World::m, World::claimer], World::end);
}

#[test]
fn loom_claim_against_entries() {
    entries_against_claimer(Cut::Nothing);
}

#[test]
#[should_panic]
fn loom_claim_entry_fence_is_needed() {
    entries_against_claimer(Cut::EntryFence);
}

#[test]
#[should_panic]
fn loom_claim_membarrier_is_needed() {
    entries_against_claimer(Cut::ClaimFence);
}

#[test]
#[should_panic]
fn loom_claim_keeping_by_cas_is_needed() {
    entries_against_claimer(Cut::KeepByStore);
}

/// Why there may be one claimer at a time: a second one's CLAIMED, for the next
/// P of the M, can be taken for the first one's.
#[test]
#[should_panic(expected = "a P was lost or is owned twice")]
fn loom_claim_one_claimer_at_a_time_is_needed() {
    let once = |world: &World| {
        if world.claim(0) {
            world.give_back(0);
        }
    };
    check(2, || World::new(Cut::Nothing), [once, once, World::m], World::end);
}
