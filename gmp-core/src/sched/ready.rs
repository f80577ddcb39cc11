//! Making goroutines runnable, and waking threads for them: the submitter's
//! side of README.md, "No wake-up is lost".

use super::{SCHED, idle, solo};
use crate::g::{G, Status};
use crate::m::M;
use std::ptr::from_ref;
use std::sync::atomic::Ordering::Relaxed;

/// Makes `gp` run next on the P of `mp`, the caller's M.
#[inline(always)]
pub(crate) fn ready(mp: &'static M, gp: &'static G) {
    gp.set_status(Status::Runnable);
    push_next(mp, gp);
    // With one P there is nobody to wake: the caller has it.
    if !solo() && SCHED.wake.must_wake() {
        start_spinner();
    }
}

/// In front of everything on this M's P.
#[inline(always)]
pub(crate) fn push_next(mp: &'static M, gp: &'static G) {
    let p = mp.p();
    let gp = from_ref(gp).cast_mut();
    let spilled = if SCHED.shuffle.load(Relaxed) && p.rng.next() & 1 == 0 {
        p.runq.push(gp, &SCHED.global)
    } else {
        p.runq.push_next(gp, solo(), &SCHED.global)
    };
    if spilled {
        p.counts.overflows.add(1);
    }
}

/// At the ring's tail on this M's P.
pub(crate) fn push_back(mp: &'static M, gp: &'static G) {
    let p = mp.p();
    if p.runq.push(from_ref(gp).cast_mut(), &SCHED.global) {
        p.counts.overflows.add(1);
    }
}

/// Makes `gp` runnable from a thread without a P.
pub(crate) fn ready_outside(gp: &'static G) {
    gp.set_status(Status::Runnable);
    SCHED.global.push(from_ref(gp).cast_mut());
    wakep();
}

/// Work was published: wakes an M for it unless somebody looks already.
pub(crate) fn wakep() {
    if SCHED.wake.must_wake() {
        start_spinner();
    }
}

/// `must_wake` counted a spinner: find it a P and an M.
#[cold]
#[inline(never)]
fn start_spinner() {
    idle::start_spinner();
}

/// `mp` found work while spinning: it stops counting as a spinner, and if it
/// was the last one, another takes over the search (a chain reaction until
/// all Ps are busy or nothing is left to find).
#[cold]
pub(crate) fn found_work_spinning(mp: &'static M) {
    if SCHED.stop_spinning(mp) {
        wakep();
    }
}

/// Takes a fair batch from the global queue: one to run, the others to the ring.
pub(crate) fn take_global_batch(mp: &'static M) -> *mut G {
    let p = mp.p();
    let mut batch = crate::queue::Batch::new();
    p.counts.visits.add(1);
    SCHED.global.pop_batch(SCHED.procs() as usize, &mut batch);
    if SCHED.shuffle.load(Relaxed) {
        batch.shuffle(|| p.rng.next());
    }
    let Some((&first, rest)) = batch.as_slice().split_first() else {
        return std::ptr::null_mut();
    };
    for &gp in rest {
        p.runq.push(gp, &SCHED.global);
    }
    // While the batch was in our hands nobody saw it, so somebody may have gone
    // to sleep over it. (A spinner wakes the next one when it runs `first`.)
    if !rest.is_empty() && !mp.spinning.get() && !solo() {
        wakep();
    }
    first
}
