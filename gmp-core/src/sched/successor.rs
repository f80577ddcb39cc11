//! Who goes on with a P that is taken from a goroutine which did not give it up
//! (`preempt/README.md`, "Successors"). Reserved before the P is taken: no thread can
//! be made then, since making one takes locks that this very goroutine may hold.

use super::{SCHED, idle, ready, threads};
use crate::g::G;
use crate::m::{Duties, M};
use crate::p::P;
use crate::sys;
use std::ptr::from_ref;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

#[derive(Clone, Copy)]
pub(crate) enum Successor {
    /// An idle M, reserved, off the idle list, with the duties it had.
    Idle(&'static M, Duties),
    /// A bound goroutine, off the global queue: its own thread goes on.
    Bound(&'static G),
}

/// Reserves one for `p`; None if there is none now.
pub(crate) fn reserve(p: &P) -> Option<Successor> {
    if next_is_bound(p)
        && let Some(gp) = dequeued(SCHED.global.pop_if_bound())
    {
        // It would be found next anyway: one wake-up in place of two.
        return Some(Successor::Bound(gp));
    }
    if let Some((mp, duties)) = SCHED.idle.lists.with(idle::Lists::reserve_m) {
        return Some(Successor::Idle(mp, duties));
    }
    let bound = any_bound().map(Successor::Bound);
    threads::none_left(bound.is_some());
    bound
}

/// Whether `reserve` would find one, at this moment.
pub(crate) fn exists() -> bool {
    SCHED.global.bound_len() != 0 || idle::idle_threads() != 0
}

/// Whether the global queue's head is what `p` runs next if that is bound.
fn next_is_bound(p: &P) -> bool {
    SCHED.global.bound_len() != 0
        && !p.has_work()
        && (p.timers.next_due() == u64::MAX || p.timers.next_due() > sys::monotonic_ns())
}

/// A bound goroutine from the global queue, even if others are before it.
pub(super) fn any_bound() -> Option<&'static G> {
    dequeued(SCHED.global.take_bound())
}

fn dequeued(gp: *mut G) -> Option<&'static G> {
    // SAFETY: null, or a live goroutine that the caller has dequeued.
    #[expect(unsafe_code, reason = "queued goroutines are alive")]
    unsafe {
        gp.as_ref()
    }
}

/// `gp`, bound and off the global queue, goes on with `p`, in a slice of its own.
pub(super) fn resume(gp: &'static G, p: &'static P) {
    let Some(owner) = gp.bound.load(Acquire) else {
        crate::fatal("a goroutine that is not bound was queued as bound");
    };
    p.next_slice();
    p.counts.visits.add(1);
    owner.set_p(p);
    owner.note.wake();
}

impl Successor {
    pub(crate) fn is_bound(&self) -> bool {
        matches!(self, Successor::Bound(_))
    }

    /// Goes on with `p`.
    pub(crate) fn give(self, p: &'static P) {
        SCHED.handoffs.fetch_add(1, Relaxed);
        match self {
            Successor::Idle(mp, duties) => idle::give_reserved(mp, duties, p),
            Successor::Bound(gp) => resume(gp, p),
        }
    }

    /// The P was not to be had.
    pub(crate) fn give_back(self) {
        match self {
            Successor::Idle(mp, duties) => idle::give_back(mp, duties),
            Successor::Bound(gp) => {
                SCHED.global.push_front_bound(from_ref(gp).cast_mut());
                // While it was in our hands nobody saw it.
                ready::wakep();
            }
        }
    }
}

/// Whether there is none because no more threads may be made.
pub(crate) fn limited() -> bool {
    threads::at_limit()
}

/// There is none: asks for a thread.
pub(crate) fn want() {
    threads::none_left(false);
}
