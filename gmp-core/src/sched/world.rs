//! Stopping the world: collecting every P in one pair of hands (README.md,
//! "Stopping the world").

#![expect(unsafe_code, reason = "waiters on other stacks")]

use super::claim::claim;
use super::{SCHED, idle};
use crate::m::M;
use crate::p::{P, status};
use crate::prim::Locked;
use crate::rt::{Critical, Parker, WaitReason};
use crate::sys;
use std::cell::Cell;
use std::ptr::{from_ref, null, null_mut};
use std::sync::atomic::Ordering::Acquire;

/// How long to wait for an M that is in the scheduler, before looking again.
const LOOK_AGAIN_NS: u64 = 20_000;

/// One stop at a time, in the order of asking. Goroutines wait parked: whoever
/// has the turn may itself have to wait for a P.
static TURN: Locked<Turn> = Locked::new(Turn { taken: false, first: null(), last: null() });

struct Turn {
    taken: bool,
    first: *const Waiter,
    last: *const Waiter,
}

/// On the waiter's stack; `next` under TURN's lock.
struct Waiter {
    parker: Parker,
    next: Cell<*const Waiter>,
}

impl Turn {
    fn push(&mut self, waiter: *const Waiter) {
        // SAFETY: queued waiters stay where they are until they are woken.
        match unsafe { self.last.as_ref() } {
            Some(last) => last.next.set(waiter),
            None => self.first = waiter,
        }
        self.last = waiter;
    }

    fn pop(&mut self) -> *const Waiter {
        let waiter = self.first;
        // SAFETY: as in `push`.
        if let Some(waiter) = unsafe { waiter.as_ref() } {
            self.first = waiter.next.get();
            if self.first.is_null() {
                self.last = null();
            }
        }
        waiter
    }
}

/// The right to claim Ps and to stop the world, held from before the stop until
/// after it.
pub(crate) struct MyTurn(());

impl MyTurn {
    /// Waits for the right. Called outside the scheduler.
    pub(crate) fn take() -> MyTurn {
        let critical = Critical::enter_inside();
        let waiter = Waiter { parker: Parker::new(&critical), next: Cell::new(null()) };
        let free = TURN.with_and_keep(|turn| {
            if turn.taken {
                turn.push(&waiter);
                return false;
            }
            turn.taken = true;
            true
        });
        if free {
            TURN.unlock();
        } else {
            // SAFETY: the waiter lives in this frame until it is woken, once, by
            // whoever pops it, under the lock that `unlock_turn` releases.
            unsafe {
                critical.park_unless(
                    &waiter.parker,
                    WaitReason::StoppingTheWorld,
                    unlock_turn,
                    null_mut(),
                );
            }
        }
        MyTurn(())
    }
}

/// # Safety
/// The caller holds TURN's lock.
unsafe fn unlock_turn(_: *mut ()) -> bool {
    TURN.unlock();
    true
}

impl MyTurn {
    /// Takes the right if nobody has it. For a plain thread that must not wait.
    pub(crate) fn try_take() -> Option<MyTurn> {
        TURN.with(|turn| !std::mem::replace(&mut turn.taken, true)).then_some(MyTurn(()))
    }
}

impl Drop for MyTurn {
    /// Hands the turn to the one who waits longest.
    fn drop(&mut self) {
        let critical = Critical::enter_inside();
        let next = TURN.with(|turn| {
            let next = turn.pop();
            turn.taken = !next.is_null();
            next
        });
        if !next.is_null() {
            // SAFETY: popped, so parked, and woken by us alone.
            unsafe { critical.ready(&raw const (*next).parker) };
        }
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
