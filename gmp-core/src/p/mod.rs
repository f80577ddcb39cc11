//! P: the right to run goroutines, and what goes with it. There are GOMAXPROCS
//! of them. Never freed, so that a thief's look at one is always valid.

mod all;

pub(crate) use all::AllPs;

use crate::g::G;
use crate::g::pool::FreeGs;
use crate::m::M;
use crate::preempt::Watch;
use crate::prim::{AtomicRef, AtomicU8, AtomicU32, AtomicU64};
use crate::queue::LocalQueue;
use crate::sched::steal::Grace;
use crate::timer::Timers;
use std::cell::Cell;
use std::sync::atomic::Ordering::{Relaxed, Release};

/// Where a P is. Changes hands as invariant I5 says.
pub(crate) mod status {
    /// On the idle list.
    pub(crate) const IDLE: u32 = 0;
    /// With an M, or on its way to one.
    pub(crate) const RUNNING: u32 = 1;
    /// On the list of Ps that wait for a new M.
    pub(crate) const PENDING: u32 = 2;
    /// Held by whoever stopped the world.
    pub(crate) const STOPPED: u32 = 3;
    /// Beyond GOMAXPROCS.
    pub(crate) const DEAD: u32 = 4;
}

/// What sysmon asks of a P.
pub(crate) mod urged {
    /// Nothing.
    pub(crate) const NO: u8 = 0;
    /// To look at the global queue next.
    pub(crate) const ASIDE: u8 = 1;
    /// The same, and to end a chain of goroutines that hand each other the slice.
    pub(crate) const CHAINED: u8 = 2;
    /// With one of the above: timers were let go first, once.
    pub(crate) const LATER: u8 = 4;
}

#[repr(C, align(128))]
pub(crate) struct P {
    /// Scheduling rounds that began a new time slice.
    pub(crate) tick: AtomicU32,
    /// sysmon asks this P to stand back: others wait (`find::stand_back`). A hint:
    /// nothing else is published with it, and one that is lost comes again in a slice.
    pub(crate) urged: AtomicU8,
    pub(crate) id: u32,
    /// The M that has it. A hint for anybody but the owner.
    pub(crate) m: AtomicRef<M>,
    pub(crate) runq: LocalQueue<G>,
    pub(crate) free: FreeGs,
    pub(crate) ids: IdBlock,
    pub(crate) rng: Rng,
    pub(crate) grace: Grace,
    pub(crate) counts: Counts,
    pub(crate) timers: Timers,
    pub(crate) status: AtomicU32,
    /// What sysmon saw of it.
    pub(crate) watch: Watch,
    /// Next on the idle or the pending list. Under the idle lock.
    pub(crate) link: Cell<Option<&'static P>>,
    /// A pending P's future M counts as a spinner. Under the idle lock.
    pub(crate) pending_spinning: Cell<bool>,
}

// SAFETY: `free`, `ids`, `rng`, `grace` are touched by the owner only (owner:
// the M that has the P, or who stopped the world); `watch` by sysmon; `link`, `pending_spinning`
// under the idle lock; the rest is atomic or has its own lock.
#[expect(unsafe_code, reason = "cells that belong to the P's owner")]
unsafe impl Sync for P {}

impl P {
    pub(crate) fn new(id: u32, seed: u64) -> P {
        P {
            tick: AtomicU32::new(0),
            urged: AtomicU8::new(urged::NO),
            id,
            m: AtomicRef::none(),
            runq: LocalQueue::new(),
            free: FreeGs::new(),
            ids: IdBlock::default(),
            rng: Rng::new(seed ^ (u64::from(id) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            grace: Grace::new(),
            counts: Counts::default(),
            timers: Timers::new(),
            status: AtomicU32::new(status::DEAD),
            watch: Watch::default(),
            link: Cell::new(None),
            pending_spinning: Cell::new(false),
        }
    }

    pub(crate) fn set_status(&self, to: u32) {
        self.status.store(to, Release);
    }

    /// What runs next has a slice of its own. By the owner.
    #[inline(always)]
    pub(crate) fn next_slice(&self) {
        self.tick.store(self.tick.load(Relaxed).wrapping_add(1), Relaxed);
    }

    pub(crate) fn has_work(&self) -> bool {
        !self.runq.is_empty()
    }
}

/// Goroutine ids this P may hand out without asking: blocks of 16.
#[derive(Default)]
pub(crate) struct IdBlock {
    next: Cell<u64>,
    end: Cell<u64>,
}

impl IdBlock {
    const BLOCK: u64 = 16;

    #[inline(always)]
    pub(crate) fn take(&self, source: &AtomicU64) -> u64 {
        if self.next.get() == self.end.get() {
            let first = source.fetch_add(Self::BLOCK, Relaxed);
            self.next.set(first);
            self.end.set(first + Self::BLOCK);
        }
        let id = self.next.get();
        self.next.set(id + 1);
        id
    }
}

/// xorshift64*: victims and shuffles, never secrets.
pub(crate) struct Rng(Cell<u64>);

impl Rng {
    pub(crate) fn new(seed: u64) -> Rng {
        Rng(Cell::new(seed | 1))
    }

    pub(crate) fn next(&self) -> u32 {
        let mut x = self.0.get();
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        self.0.set(x);
        (x.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as u32
    }
}

/// Counters one thread writes and anyone reads.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) spawned: Count,
    pub(crate) exited: Count,
    pub(crate) switches: Count,
    pub(crate) steals: Count,
    pub(crate) overflows: Count,
    /// Looks at the global queue.
    pub(crate) visits: Count,
}

#[derive(Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    /// Adds without a locked instruction: the owner is the only writer.
    #[inline(always)]
    pub(crate) fn add(&self, n: u64) {
        self.0.store(self.0.load(Relaxed) + n, Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}
