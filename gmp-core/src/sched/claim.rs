//! Claiming: taking a P from an M that did not agree (README.md, "Claim").

use crate::m::{M, taken};
use crate::p::P;
use crate::sys::membarrier;
use std::ptr;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

/// Takes `p` from `mp` if `mp` runs user code with it. On true the caller owns
/// `p`, and `mp` will find out when it next enters the scheduler.
///
/// One claimer at a time: two would mistake each other's CLAIMED for their own.
/// Whoever stops the world has the turn to.
pub(crate) fn claim(mp: &'static M, p: &'static P) -> bool {
    // (C0) not worth a barrier if it is in the scheduler anyway, and nothing can
    // be concluded without one.
    if mp.insched.load(Relaxed) != 0 || !membarrier::available() {
        return false;
    }
    // (C1)
    let owned = mp.taken.load(Relaxed);
    let claimable = owned == taken::NO || owned == taken::ATTENTION;
    if !claimable || mp.taken.compare_exchange(owned, taken::CLAIMED, SeqCst, Relaxed).is_err() {
        return false;
    }
    // (C2) from here on either we see insched = 1, or every later entry of `mp`
    // sees CLAIMED.
    let ordered = membarrier::expedited();
    // (C3) Acquire: what `mp` did to the P before it last left is ours to see.
    // While CLAIMED stands and insched is 0, `mp`'s P cannot change.
    let still_there = ordered
        && mp.insched.load(Acquire) == 0
        && mp.p_seen().is_some_and(|seen| ptr::eq(seen, p));
    let next = if still_there { taken::LOST } else { owned };
    // (C4) against the M's own CAS.
    let won = mp.taken.compare_exchange(taken::CLAIMED, next, AcqRel, Relaxed).is_ok();
    if won && still_there {
        p.m.store(None, Release);
        return true;
    }
    false
}
