//! Running what is due: on a P, and outside.
#![expect(unsafe_code, reason = "whom a timer chose is reached through raw pointers")]

use super::node::Start;
use super::{Batch, Ready, Timers};
use crate::g::{G, Status, pool, spawn};
use crate::m::M;
use crate::rt::Parker;
use crate::sched::{ready, solo};
use crate::sys;

/// How long a timer is put off that has to start a goroutine when there is no stack, in
/// nanoseconds.
const NO_STACK: u64 = 1_000_000;

/// How many are put off before the scheduler looks at something else.
const PUT_OFF: u32 = 16;
/// With so many goroutines queued on a P no more are started there: half of the ring.
const CROWD: usize = 128;

/// Where what a P's timers made ready goes: the earliest runs next, the others follow in
/// the ring, in order.
struct Readied {
    mp: &'static M,
    count: usize,
}

impl Readied {
    fn add(&mut self, gp: &'static G) {
        gp.set_status(Status::Runnable);
        if self.count == 0 {
            ready::push_next(self.mp, gp);
        } else {
            ready::push_back(self.mp, gp);
        }
        self.count += 1;
    }
}

impl Ready {
    /// Wakes a thread, or has `ready` make the goroutine runnable.
    fn now(self, ready: impl FnOnce(&'static G)) {
        match self {
            Ready::Goroutine(gp) => ready(gp),
            // SAFETY: its timer's `fire` chose it, and nobody else will.
            Ready::Thread(parker) => unsafe { Parker::wake(parker) },
        }
    }
}

impl Timers {
    /// Readies and starts what is due, on the P of `mp`, the caller's M. Returns how many
    /// goroutines.
    ///
    /// Not inlined: its batch would make a large frame of the search for work.
    #[inline(never)]
    pub(crate) fn run_due_on(&'static self, mp: &'static M) -> usize {
        let now = sys::monotonic_ns();
        let mut readied = Readied { mp, count: 0 };
        // Got without the heap's lock, and before a timer fires that needs it.
        let mut stack = None;
        let mut put_off = 0;
        while self.next_due() <= now {
            let mut batch = Batch::new();
            let wants_stack = self.pop_due(now, usize::from(stack.is_some()), &mut batch);
            for due in batch.iter() {
                if let Some(ready) = due.ready {
                    ready.now(|gp| readied.add(gp));
                }
                if let Some(start) = due.start
                    && let Some(gp) = stack.take()
                {
                    // SAFETY: the timer vouches for the call; the slot is new.
                    unsafe { spawn::start_on(gp, mp, start) };
                    readied.add(gp);
                }
            }
            if wants_stack && stack.is_none() {
                if mp.p().runq.len() >= CROWD {
                    break;
                }
                stack = spawn::slot_for_start(mp);
                if stack.is_none() {
                    self.put_off_first(now, now.saturating_add(NO_STACK));
                    put_off += 1;
                    if put_off == PUT_OFF {
                        break;
                    }
                }
            }
        }
        if let Some(gp) = stack {
            pool::put(gp, Some(mp));
        }
        if readied.count > 0 && !solo() {
            ready::wakep();
        }
        readied.count
    }

    /// Readies what is due, from a thread without a P, and has `begin` start the rest, unless
    /// there is a crowd: false if something is left.
    pub(super) fn run_due_outside(
        &self,
        mut begin: impl FnMut(Start),
        is_crowd: impl Fn() -> bool,
    ) -> bool {
        let now = sys::monotonic_ns();
        while self.next_due() <= now {
            let mut batch = Batch::new();
            let starts = if is_crowd() { 0 } else { usize::MAX };
            let stopped = self.pop_due(now, starts, &mut batch);
            for due in batch.iter() {
                if let Some(ready) = due.ready {
                    ready.now(ready::ready_outside);
                }
                due.start.into_iter().for_each(&mut begin);
            }
            if stopped {
                return false;
            }
        }
        true
    }
}
