//! Entering and leaving the scheduler from a goroutine: the cheap half of the
//! claim handshake (README.md, "Claim").

use super::{SCHED, idle};
use crate::g::G;
use crate::m::{M, Post, taken};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::compiler_fence;

/// Enters. On return this thread owns a P and nobody can take it away until
/// `leave`. The goroutine may have changed threads: `&M`s from before are void.
#[inline(always)]
pub(crate) fn enter(gp: &'static G) -> &'static M {
    let mp = gp.m();
    // (M1) store insched; (M2) load taken. Ordered for the compiler here and
    // for the CPU by the claimer's membarrier.
    mp.insched.store(1, Relaxed);
    compiler_fence(std::sync::atomic::Ordering::SeqCst);
    if mp.taken.load(Relaxed) != taken::NO {
        return enter_slow(gp);
    }
    mp
}

/// Leaves. What this thread did to its P is published to a later claimer.
#[inline(always)]
pub(crate) fn leave(mp: &M) {
    mp.insched.store(0, Release);
}

#[cold]
#[inline(never)]
fn enter_slow(gp: &'static G) -> &'static M {
    loop {
        let mp = gp.m();
        mp.insched.store(1, Relaxed);
        compiler_fence(std::sync::atomic::Ordering::SeqCst);
        match mp.taken.load(Acquire) {
            taken::NO => return mp,
            taken::CLAIMED => {
                // (M3) against the claimer's second CAS: whoever wins has the P.
                let kept =
                    mp.taken.compare_exchange(taken::CLAIMED, taken::NO, AcqRel, Acquire).is_ok();
                if kept {
                    return mp;
                }
            }
            _ => {
                mp.forget_p();
                if idle::acquire(mp) {
                    return mp;
                }
                if super::bound::is_bound_here(gp) {
                    super::bound::requeue(gp, mp);
                    continue;
                }
                // Out of Ps: queue up like everybody. Comes back on an M with one,
                // outside the scheduler, so enter again.
                super::switch::switch_out(gp, mp, Post::Yield);
            }
        }
    }
}

/// Queues `gp`, which has left its stack on an M that lost its P.
pub(crate) fn requeue_without_p(gp: &'static G) {
    gp.set_status(crate::g::Status::Runnable);
    SCHED.global.push(std::ptr::from_ref(gp).cast_mut());
    super::ready::wakep();
}
