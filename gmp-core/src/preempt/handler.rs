//! What a signalled thread does: README.md, "Tickets", (T1) to (T6).
//!
//! It runs on the M's signal stack, in the middle of anything a goroutine may do:
//! malloc, a std lock, C. Once `insched` is set by it, which it never is in the middle
//! of the scheduler, it may do what the scheduler does (I3), locks of the runtime
//! included: nobody is ever interrupted while holding one.

use super::watch::somebody_waits;
use crate::g::{G, panic};
use crate::m::{Entry, M};
use crate::p::P;
use crate::prim::barrier;
use crate::sched::enter::leave;
use crate::sched::{SCHED, bound, idle, successor};
use std::sync::atomic::Ordering::Relaxed;

/// A run of a goroutine: which P, and the how manieth there. Never 0.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(u64);

impl Ticket {
    /// For an M that has lost its P: any.
    pub(super) const COME_IN: Ticket = Ticket(1 << 63);

    pub(super) fn of(p: &P, run: u64) -> Ticket {
        const RUN_BITS: u32 = 44;
        let run = run & ((1 << RUN_BITS) - 1);
        Ticket(1 << 63 | u64::from(p.id) << RUN_BITS | run)
    }
}

/// sysmon's side, before the signal: `mp` shall end this run, or come in, if it has
/// lost its P. Relaxed: the signal, sent after it, orders it before the handler; were it
/// not seen, the signal would be taken for the program's own, and sysmon would come again.
pub(super) fn post(mp: &M, ticket: Ticket) {
    mp.ticket.store(ticket.0, Relaxed);
}

/// The signal has arrived on the thread of `mp`. False if it was not ours.
pub(super) fn interrupt(mp: &'static M) -> bool {
    if mp.handshake.in_scheduler() {
        // (T1) sysmon will try again, if it is still worth it. Our own thread set this,
        // so it is exact.
        return mp.ticket.swap(0, Relaxed) != 0;
    }
    // (T2)
    let ticket = Ticket(mp.ticket.swap(0, Relaxed));
    if ticket.0 == 0 {
        return false;
    }
    let Some(gp) = mp.curg.load(Relaxed) else { return true };
    // (T3) from here on this is an entry like any other.
    let fast = mp.handshake.enter();
    if !fast && mp.handshake.settle(barrier::owned()) == Entry::Lost {
        come_in(gp, mp);
    } else {
        end_slice(gp, mp, ticket);
    }
    true
}

/// (T6) the P was taken away before: the goroutine may go on with an idle one only.
fn come_in(gp: &'static G, mp: &'static M) {
    mp.forget_p();
    if idle::acquire(mp) {
        panic::remind(gp, mp);
        leave(mp);
    } else {
        bound::requeue(gp, mp);
    }
}

/// Gives the P to somebody else, if the run is still the one that was meant and
/// there is somebody.
fn end_slice(gp: &'static G, mp: &'static M, ticket: Ticket) {
    let p = mp.p();
    // (T4) it may have ended by itself, and those who waited may have found a P.
    if Ticket::of(p, p.counts.switches.get()) != ticket || !somebody_waits(p) {
        return leave(mp);
    }
    // (T5)
    match successor::reserve(p) {
        Some(successor) => {
            SCHED.preemptions.fetch_add(1, Relaxed);
            bound::give_way(gp, mp, successor);
        }
        None => leave(mp),
    }
}
