//! The claim handshake: (M1) to (M4) against (C0) to (C4), on the very type of the
//! runtime (`m/handshake.rs`). Around it stands what an M and a claimer do with the
//! P: the steps of `sched/enter.rs`, `m/mod.rs` and `sched/claim.rs`.

use crate::m::handshake::{Entry, Handshake, taken};
use crate::prim::AtomicUsize;
use crate::prim::barrier::{Without, leave_out};
use crate::prim::checked::{Checked, check};
use loom::sync::Mutex;
use std::sync::atomic::Ordering::Relaxed;

/// No P, where a P is stored as a number.
const NONE: usize = usize::MAX;

#[derive(Clone, Copy)]
struct Setup {
    /// What an M with a P has in `taken`: NO where there is a membarrier.
    owned: u32,
    /// The fast way is tried first. If not, its fence is left out as well; what it does
    /// besides, `settle` does again.
    fast: bool,
    /// (M3) by a store, as if nobody else could change the word.
    keep_by_store: bool,
}

const MEMBARRIER: Setup = Setup { owned: taken::NO, fast: true, keep_by_store: false };
const FENCES: Setup = Setup { owned: taken::ATTENTION, ..MEMBARRIER };

/// One M that runs user code with P 0, another P that is idle.
struct World {
    setup: Setup,
    handshake: Handshake,
    p: AtomicUsize,
    idle: Mutex<Vec<usize>>,
    /// What belongs to a P: only its owner may touch it.
    ps: [Checked<u32>; 2],
}

impl World {
    fn new(setup: Setup) -> World {
        let world = World {
            setup,
            handshake: Handshake::new(),
            p: AtomicUsize::new(NONE),
            idle: Mutex::new(vec![1]),
            ps: [Checked::new(0), Checked::new(0)],
        };
        world.set_p(0);
        world.handshake.leave();
        world
    }

    fn use_p(&self, p: usize) {
        self.ps[p].with(|uses| *uses += 1);
    }

    fn set_p(&self, p: usize) {
        self.p.store(p, Relaxed);
        self.handshake.given(self.setup.owned);
    }

    fn drop_p(&self) -> usize {
        let p = self.p.load(Relaxed);
        self.p.store(NONE, Relaxed);
        self.handshake.given_up();
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
        self.setup.fast && self.handshake.enter() || self.settle()
    }

    fn settle(&self) -> bool {
        let entry = if self.setup.keep_by_store {
            self.keep_by_store()
        } else {
            self.handshake.settle(self.setup.owned)
        };
        entry == Entry::Kept || {
            self.p.store(NONE, Relaxed);
            self.acquire()
        }
    }

    fn keep_by_store(&self) -> Entry {
        if self.handshake.is_lost() {
            return Entry::Lost;
        }
        self.handshake.given(self.setup.owned);
        Entry::Kept
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
            self.handshake.leave();
        }
    }

    /// Its goroutine must exit: it is reminded of that in user code (`goexit`), and
    /// in each entry after that (`enter_slow`), until it has ended.
    fn reminded_m(&self) {
        self.handshake.remind();
        for _ in 0..2 {
            assert!(!self.handshake.enter(), "a reminder was lost");
            if !self.settle() {
                return;
            }
            self.use_p(self.p.load(Relaxed));
            self.handshake.remind();
            self.handshake.leave();
        }
        self.handshake.forget_reminder(self.setup.owned);
        if self.enter() {
            self.use_p(self.p.load(Relaxed));
            self.handshake.leave();
        }
    }

    fn claim(&self, p: usize) -> bool {
        self.handshake.claim(|| self.p.load(Relaxed) == p)
    }

    /// Claims P 0, uses it and gives it back.
    fn claimer(&self) {
        for _ in 0..2 {
            if self.claim(0) {
                self.use_p(0);
                self.give_back(0);
                return;
            }
        }
    }

    /// Each P belongs to exactly one: the M, as its next entry would find, or the idle
    /// list.
    fn end(&self) {
        let mut owned = self.idle.lock().unwrap().clone();
        if self.handshake.settle(self.setup.owned) == Entry::Kept {
            owned.push(self.p.load(Relaxed));
        }
        owned.sort_unstable();
        assert_eq!(owned, [0, 1], "a P was lost or is owned twice");
    }
}

fn entries_against_claimer(setup: Setup, without: Without) {
    leave_out(without);
    check(3, move || World::new(setup), [World::m, World::claimer], World::end);
}

#[test]
fn loom_claim_against_entries() {
    entries_against_claimer(MEMBARRIER, Without::Nothing);
}

#[test]
#[should_panic(expected = "Concurrent")]
fn loom_claim_entry_fence_is_needed() {
    entries_against_claimer(MEMBARRIER, Without::Light);
}

#[test]
#[should_panic(expected = "Concurrent")]
fn loom_claim_membarrier_is_needed() {
    entries_against_claimer(MEMBARRIER, Without::Heavy);
}

/// Without a membarrier the fast way has no fence, and nobody may go it.
#[test]
fn loom_claim_against_entries_with_fences() {
    entries_against_claimer(FENCES, Without::Light);
}

/// As when an M has been without a P: the next one may be claimed, too.
#[test]
fn loom_claim_against_slow_entries() {
    entries_against_claimer(Setup { fast: false, ..FENCES }, Without::Nothing);
}

#[test]
#[should_panic(expected = "Concurrent")]
fn loom_claim_own_half_is_needed() {
    entries_against_claimer(Setup { fast: false, ..FENCES }, Without::OwnHalf);
}

#[test]
#[should_panic(expected = "Concurrent")]
fn loom_claim_claimers_half_is_needed() {
    entries_against_claimer(FENCES, Without::Heavy);
}

#[test]
#[should_panic(expected = "Concurrent")]
fn loom_claim_keeping_by_cas_is_needed() {
    let setup = Setup { keep_by_store: true, ..MEMBARRIER };
    entries_against_claimer(setup, Without::Nothing);
}

fn reminder_against_claimer(setup: Setup) {
    leave_out(Without::Nothing);
    check(3, move || World::new(setup), [World::reminded_m, World::claimer], World::end);
}

#[test]
fn loom_claim_against_reminder() {
    reminder_against_claimer(MEMBARRIER);
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
    leave_out(Without::Nothing);
    check(2, || World::new(MEMBARRIER), [once, once, World::m], World::end);
}
