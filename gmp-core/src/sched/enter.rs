//! Entering and leaving the scheduler from a goroutine: the cheap half of the
//! claim handshake (README.md, "Claim").

use super::{SCHED, idle};
use crate::g::{G, panic};
use crate::m::{self, Entry, M};
use crate::preempt::sysmon;
use crate::prim::barrier;

/// Enters from the goroutine that runs on `mp`, the caller. On return this
/// thread owns a P and nobody can take it away until `leave`. The goroutine may
/// have changed threads: use the M returned.
#[inline(always)]
pub(crate) fn enter(mp: &'static M) -> &'static M {
    handshake(mp, false)
}

/// As `enter`, for calls that a user makes: a goroutine whose `goexit` was
/// swallowed goes on exiting here, by unwinding.
#[inline(always)]
pub(crate) fn enter_or_exit(mp: &'static M) -> &'static M {
    handshake(mp, true)
}

#[inline(always)]
fn handshake(mp: &'static M, may_exit: bool) -> &'static M {
    if !mp.handshake.enter() {
        return enter_slow(mp, may_exit);
    }
    mp
}

/// Leaves. What this thread did to its P is published to a later claimer.
#[inline(always)]
pub(crate) fn leave(mp: &M) {
    mp.handshake.leave();
}

#[cold]
#[inline(never)]
fn enter_slow(mut mp: &'static M, may_exit: bool) -> &'static M {
    let gp = mp.curg();
    if may_exit && panic::must_exit(gp) {
        leave(mp);
        panic::go_on_exiting(gp);
    }
    while mp.handshake.settle(barrier::owned()) == Entry::Lost {
        mp.forget_p();
        // Who was blocked will block again, and keep a P until somebody looks.
        sysmon::ring_if_drowsy();
        if idle::acquire(mp) {
            break;
        }
        if super::bound::is_bound_here(gp) {
            super::bound::requeue(gp, mp);
        } else {
            // Out of Ps: queue up like everybody. Comes back on an M with one,
            // outside the scheduler, so enter again.
            super::switch::yield_without_p(gp, mp);
            mp = current_m();
        }
    }
    panic::remind(gp, mp);
    mp
}

/// The M this goroutine came back on.
fn current_m() -> &'static M {
    match m::current() {
        Some(mp) => mp,
        None => crate::fatal("a goroutine was resumed on a thread that is no M"),
    }
}

/// Queues `gp`, which has left its stack on an M that lost its P.
pub(crate) fn requeue_without_p(gp: &'static G) {
    gp.set_status(crate::g::Status::Runnable);
    SCHED.global.push(std::ptr::from_ref(gp).cast_mut());
    super::ready::wakep();
}
