//! Bound goroutines: those whose context lives in a parked thread instead of a
//! saved stack pointer. README.md, "Bound goroutines", has the protocol.
use super::enter::leave;
use super::successor::Successor;
use super::{SCHED, idle, switch};
use crate::g::{G, Status, flag, panic};
use crate::m::{M, Post};
use std::ptr::from_ref;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

/// Whether `gp`, the caller, must not leave this thread: it is pinned, or it is
/// unwinding (std counts panics per thread).
#[inline(always)]
pub(crate) fn is_bound_here(gp: &G) -> bool {
    gp.flags.load(Relaxed) & flag::STAYS != 0 || std::thread::panicking()
}

/// Parks `gp`, the caller, together with its thread, doing what `mp.post` says.
/// Called with `insched` set; returns outside the scheduler, on the same M.
#[cold]
#[inline(never)]
pub(crate) fn park(gp: &'static G, mp: &'static M) {
    let Some(p) = mp.drop_p() else {
        crate::fatal("a bound goroutine parked on a thread without a P");
    };
    gp.bound.store(Some(mp), Relaxed);
    mp.parked_bound.store(true, Relaxed);
    // From the commit on anyone may dequeue `gp` and hand us a P: the P we held
    // is in a local variable by now.
    if mp.post.get() == Post::Yield {
        gp.set_status(Status::Runnable);
        SCHED.global.push_bound(from_ref(gp).cast_mut());
    } else if !switch::commit(mp, mp.post.get()) {
        mp.set_p(p);
        resume_here(gp, mp);
        return;
    }
    idle::hand_off(p);
    mp.note.sleep();
    resume_here(gp, mp);
}

/// `gp`, the caller, lost its P and none is idle: queues it and parks its thread.
#[cold]
pub(crate) fn requeue(gp: &'static G, mp: &'static M) {
    queue(gp, mp);
    super::ready::wakep();
    mp.note.sleep();
    resume_here(gp, mp);
}

/// `gp`, the caller, has had its slice: queues it and parks its thread, and
/// `successor` goes on with the P. Called by the signal handler, with `insched` set.
pub(crate) fn give_way(gp: &'static G, mp: &'static M, successor: Successor) {
    let Some(p) = mp.drop_p() else {
        crate::fatal("a thread without a P gave way");
    };
    queue(gp, mp);
    let looks = !successor.is_bound();
    successor.give(p);
    if !looks {
        // A bound goroutine goes on without looking at the queues: somebody else, who may
        // have looked before ours was there, must.
        super::ready::wakep();
    }
    mp.note.sleep();
    resume_here(gp, mp);
}

/// Puts `gp`, the caller, into the global queue together with its thread `mp`, which
/// has no P any more (from here on it may be given one).
fn queue(gp: &'static G, mp: &'static M) {
    gp.bound.store(Some(mp), Relaxed);
    mp.parked_bound.store(true, Relaxed);
    gp.set_status(Status::Runnable);
    SCHED.global.push_bound(from_ref(gp).cast_mut());
}

/// A P was handed to this M: its goroutine goes on.
fn resume_here(gp: &'static G, mp: &'static M) {
    gp.bound.store(None, Relaxed);
    mp.parked_bound.store(false, Relaxed);
    gp.set_status(Status::Running);
    mp.p().counts.switches.add(1);
    panic::remind(gp, mp);
    leave(mp);
}

/// `mp` dequeued `gp`, whose thread is parked: gives its P to that thread, with what is left of
/// the running slice if it is to `inherit` that. `mp` is left without one.
#[cold]
pub(crate) fn hand_p_to(gp: &'static G, mp: &'static M, inherit: bool) {
    let (Some(owner), Some(p)) = (gp.bound.load(Acquire), mp.drop_p()) else {
        crate::fatal("a thread without a P dequeued a bound goroutine");
    };
    SCHED.handoffs.fetch_add(1, Relaxed);
    if !inherit {
        p.next_slice();
    }
    owner.set_p(p);
    owner.note.wake();
}
