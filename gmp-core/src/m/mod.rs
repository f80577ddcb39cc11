//! M: an OS thread that runs goroutines. Never freed; an `&'static M` is
//! always valid, but never outlives a switch (invariant I2).

pub(crate) mod current;
pub(crate) mod handshake;
mod idle;
pub(crate) mod note;
pub(crate) mod spawner;
pub(crate) mod thread;

pub(crate) use current::{current, current_g};
pub(crate) use handshake::Entry;
pub(crate) use idle::{Duties, IdleMs};

use crate::g::G;
use crate::p::P;
use crate::preempt::Detached;
use crate::prim::{AtomicBool, AtomicRef, AtomicU32, AtomicU64, barrier};
use handshake::Handshake;
use note::Note;
use std::cell::Cell;
use std::sync::atomic::Ordering::{Relaxed, Release};

/// What the M does with a goroutine that has just left its stack. Handed over
/// word by word: as one value it would go through memory twice on every park.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Post {
    /// It ended.
    Exit,
    /// It yielded: to the global queue's tail.
    Yield,
    /// It waits: release the spin lock that is the commit's argument. By far the
    /// most frequent commit, so it costs no call.
    Unlock,
    /// It waits: run the commit.
    Commit,
    /// It wants to wait: run the commit, and let it run on if that is false.
    TryCommit,
}

/// A commit and its argument: what a parking goroutine has done for it after it
/// has left its stack. The result matters to `TryCommit` only.
pub(crate) type Commit = unsafe fn(*mut ()) -> bool;

#[repr(C, align(128))]
pub(crate) struct M {
    // The entry handshake and the switch: touched by this thread all the time.
    pub(crate) handshake: Handshake,
    /// The P this M owns; stale, until its next entry, if it was taken away.
    p: AtomicRef<P>,
    /// The goroutine that runs here.
    pub(crate) curg: AtomicRef<G>,
    pub(crate) post: Cell<Post>,
    pub(crate) commit: Cell<Commit>,
    pub(crate) commit_arg: Cell<*mut ()>,
    /// Counted in `WakeState::spinning`.
    pub(crate) spinning: Cell<bool>,
    /// Whether the goroutine is in `blocking`: a hint for sysmon. See `section`.
    pub(crate) blocking: AtomicU32,

    // Cold from here on.
    /// The kernel's number of its thread; 0 while it has none.
    pub(crate) tid: AtomicU32,
    /// The run that sysmon wants to end: `preempt/handler.rs`.
    pub(crate) ticket: AtomicU64,
    /// The thread has not been idle yet.
    pub(crate) starting: Cell<bool>,
    /// The thread shall end: `m/thread.rs`.
    pub(crate) retiring: AtomicBool,
    /// What sysmon knows of it since it took its P away.
    pub(crate) detached: Detached,
    pub(crate) note: Note,
    /// Blocked with its goroutine's stack on it (`sched/bound.rs`).
    pub(crate) parked_bound: AtomicBool,
    /// Next in the idle list. Under the idle lock.
    pub(crate) idle_link: Cell<Option<&'static M>>,
    pub(crate) id: u32,
}

// SAFETY: `post`, `commit`, `commit_arg`, `starting`, `spinning` are touched by the M's own thread only (`spinning`
// also by whoever hands a P to the sleeping M, ordered by the note); `idle_link`
// under the idle lock; `detached` by sysmon. The rest is atomic.
#[expect(unsafe_code, reason = "cells with one owner at a time")]
unsafe impl Sync for M {}
#[expect(unsafe_code, reason = "see Sync")]
// SAFETY: as for Sync; nothing in an M belongs to a particular thread.
unsafe impl Send for M {}

impl M {
    pub(crate) fn new(id: u32) -> M {
        M {
            handshake: Handshake::new(),
            p: AtomicRef::none(),
            curg: AtomicRef::none(),
            post: Cell::new(Post::Yield),
            commit: Cell::new(|_| true),
            commit_arg: Cell::new(std::ptr::null_mut()),
            spinning: Cell::new(false),
            blocking: AtomicU32::new(0),
            tid: AtomicU32::new(0),
            ticket: AtomicU64::new(0),
            starting: Cell::new(false),
            retiring: AtomicBool::new(false),
            detached: Detached::default(),
            note: Note::new(),
            parked_bound: AtomicBool::new(false),
            idle_link: Cell::new(None),
            id,
        }
    }

    /// The P this M runs on. Only for the M itself, which has one.
    #[inline(always)]
    pub(crate) fn p(&self) -> &'static P {
        match self.p.load(Relaxed) {
            Some(p) => p,
            None => crate::fatal("a thread without a P asked for it"),
        }
    }

    #[inline(always)]
    pub(crate) fn has_p(&self) -> bool {
        !self.p.is_none()
    }

    /// The P, if it has one: exact for the M itself in the scheduler; for others a
    /// hint, except between the barrier and the last CAS of a claim.
    #[inline(always)]
    pub(crate) fn p_seen(&self) -> Option<&'static P> {
        self.p.load(Relaxed)
    }

    /// Makes `p` this M's. The giver (or the M itself) owns `p`.
    pub(crate) fn set_p(&'static self, p: &'static P) {
        self.p.store(Some(p), Relaxed);
        p.m.store(Some(self), Release);
        // Last: from here on the P can be claimed from this M.
        self.handshake.given(barrier::owned());
    }

    /// Lets go of the P; the caller decides what becomes of it.
    pub(crate) fn drop_p(&self) -> Option<&'static P> {
        let p = self.p.load(Relaxed);
        self.p.store(None, Relaxed);
        self.handshake.given_up();
        if let Some(p) = p {
            p.m.store(None, Release);
        }
        p
    }

    /// Forgets a P that a claimer has taken.
    pub(crate) fn forget_p(&self) {
        debug_assert!(self.handshake.is_lost());
        self.p.store(None, Relaxed);
    }

    /// The goroutine running here: for this M's own thread, which runs one.
    #[inline(always)]
    pub(crate) fn curg(&self) -> &'static G {
        match self.curg.load(Relaxed) {
            Some(gp) => gp,
            None => crate::fatal("no goroutine runs on this thread"),
        }
    }
}
