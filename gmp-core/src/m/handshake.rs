//! The entry handshake: who has an M's P, the M or somebody who takes it away
//! without being agreed with. `sched/README.md`, "Claim", has both sides, numbered;
//! loom runs exactly this code (`sched/loom_tests/claim.rs`).

use crate::prim::{AtomicU32, barrier, const_unless_loom};
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};

/// Values of `taken`.
pub(crate) mod taken {
    /// The M owns its P.
    pub(crate) const NO: u32 = 0;
    /// As NO, but the next entry takes the slow way: the goroutine has an exit to go
    /// on with (`g/panic.rs`), or barriers have to be executed on both sides.
    pub(crate) const ATTENTION: u32 = 1;
    /// Someone is claiming the P; whoever wins the next CAS has it.
    pub(crate) const CLAIMED: u32 = 2;
    /// It is gone: the M notices at its next entry.
    pub(crate) const LOST: u32 = 3;
}

/// How an entry ended that did not go the fast way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Entry {
    /// The M owns its P, and nobody can take it away until `leave`.
    Kept,
    /// The P was taken away before.
    Lost,
}

#[repr(C)]
#[derive(Debug)]
pub(crate) struct Handshake {
    /// 1 while the thread is in the scheduler, switching, or parked (I3, I4).
    insched: AtomicU32,
    /// See `taken`; written by claimers.
    taken: AtomicU32,
}

impl Handshake {
    const_unless_loom! {
        /// Of an M that is in the scheduler and has no P.
        pub(crate) fn new() -> Handshake {
            Handshake { insched: AtomicU32::new(1), taken: AtomicU32::new(taken::LOST) }
        }
    }

    /// The M enters; false if it has to `settle`.
    #[inline(always)]
    pub(crate) fn enter(&self) -> bool {
        // (M1)
        self.insched.store(1, Relaxed);
        barrier::light();
        // (M2)
        self.taken.load(Relaxed) == taken::NO
    }

    /// The slow way in. `owned`: what an M with a P has in `taken` (`barrier::owned`).
    pub(crate) fn settle(&self, owned: u32) -> Entry {
        self.insched.store(1, Relaxed);
        // Where the claimer has no barrier for two: our half of it.
        barrier::own_half();
        loop {
            match self.taken.load(Acquire) {
                taken::NO | taken::ATTENTION => return Entry::Kept,
                taken::CLAIMED => {
                    // (M3) against (C4): whoever wins has the P.
                    let kept = self.taken.compare_exchange(taken::CLAIMED, owned, AcqRel, Acquire);
                    if kept.is_ok() {
                        return Entry::Kept;
                    }
                }
                _ => return Entry::Lost,
            }
        }
    }

    /// The M leaves. What it did to its P is published to a later claimer.
    #[inline(always)]
    pub(crate) fn leave(&self) {
        self.insched.store(0, Release);
    }

    /// Whether the M is in the scheduler: exact for its own thread (a signal
    /// handler, say), a hint for others.
    #[inline(always)]
    pub(crate) fn in_scheduler(&self) -> bool {
        self.insched.load(Relaxed) != 0
    }

    /// The M gets a P: from here on it can be claimed. By the giver, or by the M.
    pub(crate) fn given(&self, owned: u32) {
        self.put(owned, Release);
    }

    /// The M, in the scheduler, lets its P go.
    pub(crate) fn given_up(&self) {
        self.put(taken::LOST, Relaxed);
    }

    /// A store. Loom orders a plain one behind another thread's CAS only if this thread
    /// has seen that one's value: there an exchange stands for it.
    #[inline(always)]
    fn put(&self, value: u32, order: Ordering) {
        #[cfg(not(gmp_loom))]
        self.taken.store(value, order);
        #[cfg(gmp_loom)]
        self.taken.swap(value, order);
    }

    /// Whether the M has lost its P, or is losing it: a hint for others.
    #[inline(always)]
    pub(crate) fn is_disputed(&self) -> bool {
        self.taken.load(Relaxed) >= taken::CLAIMED
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.taken.load(Relaxed) == taken::LOST
    }

    /// The M makes its own next entry take the slow way. A claim that is under way is
    /// won by this, as in (M3): given up, it would put back what was there before. An M
    /// that has lost its P enters the slow way anyhow.
    pub(crate) fn remind(&self) {
        let mut now = self.taken.load(Relaxed);
        while now == taken::NO || now == taken::CLAIMED {
            match self.taken.compare_exchange(now, taken::ATTENTION, AcqRel, Relaxed) {
                Ok(_) => return,
                Err(changed) => now = changed,
            }
        }
    }

    /// The M takes `remind` back.
    pub(crate) fn forget_reminder(&self, owned: u32) {
        let _ = self.taken.compare_exchange(taken::ATTENTION, owned, Relaxed, Relaxed);
    }

    /// Takes the M's P if the M is in user code and `still_there` says that its P is
    /// the wanted one. One claimer at a time: two would mistake each other's CLAIMED
    /// for their own.
    pub(crate) fn claim(&self, still_there: impl FnOnce() -> bool) -> bool {
        // (C0) not worth a barrier if it is in the scheduler anyway.
        if self.in_scheduler() {
            return false;
        }
        // (C1)
        let before = self.taken.load(Relaxed);
        let claimable = before == taken::NO || before == taken::ATTENTION;
        if !claimable
            || self.taken.compare_exchange(before, taken::CLAIMED, SeqCst, Relaxed).is_err()
        {
            return false;
        }
        // (C2) from here on either we see insched = 1, or every later entry of the M
        // sees CLAIMED.
        let ordered = barrier::heavy();
        // (C3) Acquire: what the M did to the P before it last left is ours to see.
        // While CLAIMED stands and insched is 0, the M's P cannot change.
        let there = ordered && self.insched.load(Acquire) == 0 && still_there();
        let after = if there { taken::LOST } else { before };
        // (C4) against (M3).
        let won = self.taken.compare_exchange(taken::CLAIMED, after, AcqRel, Relaxed).is_ok();
        won && there
    }
}
