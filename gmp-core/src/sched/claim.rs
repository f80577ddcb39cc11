//! Claiming: taking a P from an M that did not agree (README.md, "Claim").

use crate::m::M;
use crate::p::P;
use std::ptr::eq;
use std::sync::atomic::Ordering::Release;

/// Takes `p` from `mp` if `mp` runs user code with it. On true the caller owns
/// `p`, and `mp` will find out when it next enters the scheduler.
///
/// One claimer at a time: whoever has the turn (`world::MyTurn`).
pub(crate) fn claim(mp: &'static M, p: &'static P) -> bool {
    let claimed = mp.handshake.claim(|| mp.p_seen().is_some_and(|seen| eq(seen, p)));
    if claimed {
        p.m.store(None, Release);
    }
    claimed
}
