//! Stopping the world: collecting every P in one pair of hands (README.md,
//! "Stopping the world").

use super::claim::claim;
use super::{SCHED, idle};
use crate::m::M;
use crate::p::{P, status};
use crate::prim::AtomicU32;
use crate::sys;
use std::ptr::from_ref;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// How long to wait for an M that is in the scheduler, before looking again.
const LOOK_AGAIN_NS: u64 = 20_000;

/// One stop at a time. A futex lock of our own: its holder may be a goroutine
/// that changes threads while it waits for its P.
static TURN: Turn = Turn(AtomicU32::new(0));

struct Turn(AtomicU32);

impl Turn {
    const FREE: u32 = 0;
    const HELD: u32 = 1;
    const CONTENDED: u32 = 2;

    fn take(&self) {
        if self.0.compare_exchange(Self::FREE, Self::HELD, Acquire, Relaxed).is_ok() {
            return;
        }
        while self.0.swap(Self::CONTENDED, Acquire) != Self::FREE {
            sys::futex_wait(&self.0, Self::CONTENDED, None);
        }
    }

    fn give_back(&self) {
        if self.0.swap(Self::FREE, Release) == Self::CONTENDED {
            sys::futex_wake(&self.0);
        }
    }
}

/// The right to stop the world, held from before the stop until after it.
pub(crate) struct MyTurn(());

impl MyTurn {
    /// Waits for the right. Called outside the scheduler: a goroutine that waits
    /// here blocks its thread, and its P can be claimed.
    pub(crate) fn take() -> MyTurn {
        TURN.take();
        MyTurn(())
    }
}

impl Drop for MyTurn {
    fn drop(&mut self) {
        TURN.give_back();
    }
}

/// Stops the world. `mp`: the caller's M, in the scheduler, which keeps its P;
/// None on a plain thread.
pub(crate) fn stop(_turn: &MyTurn, mp: Option<&'static M>) {
    idle::begin_stop();
    let own = mp.map(M::p);
    loop {
        let mut waiting = false;
        for p in SCHED.live_ps() {
            if own.is_some_and(|own| from_ref(own) == from_ref(p)) {
                continue;
            }
            waiting |= !stopped(p);
        }
        if !waiting {
            return;
        }
        sys::nap_ns(LOOK_AGAIN_NS);
    }
}

/// Whether `p` is ours, claiming it if its M is in user code.
fn stopped(p: &'static P) -> bool {
    if p.status.load(Acquire) == status::STOPPED {
        return true;
    }
    let Some(mp) = p.m.load(Acquire) else { return false };
    if !claim(mp, p) {
        return false;
    }
    p.set_status(status::STOPPED);
    true
}

/// Lets the world go on. `mp` as for `stop`.
pub(crate) fn start(_turn: &MyTurn, mp: Option<&'static M>) {
    idle::end_stop(mp.map(M::p));
}
