//! The half of the miniature that brings Ps and Ms together: the steps of
//! `sched/idle.rs`, `sched/bound.rs` and `m/spawner.rs` in their order.

use super::{Cut, Idle, Limit, NEVER, NOW, Sched};
use crate::prim::{futex_wait, futex_wake};
use crate::queue::Popped;
use loom::sync::MutexGuard;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// Where a P goes that needs an M.
#[derive(Clone, Copy)]
enum Placed {
    /// To this sleeping M, off the list by now; it was the keeper if true.
    With(usize, bool),
    Pending,
    Idle,
}

impl Sched {
    // sched/idle.rs

    fn push_idle_p(&self, idle: &mut Idle, p: usize) {
        self.ps[p].idle.store(1, Release);
        idle.ps.push(p);
        self.wake.p_idle();
    }

    fn pop_idle_p(&self, idle: &mut Idle) -> Option<usize> {
        let p = idle.ps.pop()?;
        self.ps[p].idle.store(0, Release);
        self.wake.p_busy();
        Some(p)
    }

    fn pop_m(&self, idle: &mut Idle) -> Option<(usize, bool)> {
        if let Some(m) = idle.ms.pop() {
            return Some((m, false));
        }
        let keeper = idle.keeper.take()?;
        self.keeper_until.store(NEVER, Relaxed);
        Some((keeper, true))
    }

    pub(super) fn acquire(&self, m: usize) -> bool {
        let found = self.pop_idle_p(&mut self.idle());
        if found.is_some() {
            self.ms[m].p.set(found);
        }
        found.is_some()
    }

    pub(super) fn release(&self, m: usize) {
        let Some(p) = self.ms[m].p.replace(None) else { return };
        self.push_idle_p(&mut self.idle(), p);
    }

    /// Whether the spawner may make the last M.
    fn may_make_m(&self, idle: &Idle) -> bool {
        let others = self.ms.len() - 1;
        !idle.made
            && match self.limit {
                Limit::Reached => false,
                Limit::Above => true,
                Limit::UnlessParked => {
                    self.cut != Cut::AllParked && self.parked.load(Relaxed) == others
                }
            }
    }

    /// Finds an M for `p`, or queues it for one.
    fn place(&self, idle: &mut Idle, p: usize, spinning: bool) -> Placed {
        if let Some((m, was_keeper)) = self.pop_m(idle) {
            return Placed::With(m, was_keeper);
        }
        if self.may_make_m(idle) {
            idle.pending.push((p, spinning));
            return Placed::Pending;
        }
        while let Popped::Next(gp) | Popped::Ring(gp) = self.ps[p].runq.pop(false) {
            self.global.push(gp);
        }
        self.push_idle_p(idle, p);
        idle.look_again |= self.cut != Cut::LookAgain;
        Placed::Idle
    }

    fn deliver(&self, placed: Placed, p: usize, spinning: bool) {
        match placed {
            Placed::With(m, was_keeper) => {
                self.ms[m].spinning.set(spinning);
                self.ms[m].p.set(Some(p));
                self.ms[m].note.wake();
                if was_keeper && !spinning {
                    self.wakep();
                }
            }
            Placed::Pending => self.ring(),
            Placed::Idle => self.after_idle(),
        }
    }

    /// A P went idle although its giver does not sleep: looks as a leaver does.
    fn after_idle(&self) {
        if self.cut != Cut::LeaverFence {
            self.wake.before_recheck();
        }
        let timer = self.timers
            && self.cut != Cut::HandOffTimers
            && self.first_due() < self.keeper_until.load(Relaxed);
        if self.cut != Cut::Recheck && (timer || self.any_work()) {
            self.wakep();
        }
    }

    /// The caller has counted a spinner.
    pub(in super::super) fn start_spinner(&self) {
        let mut idle = self.idle();
        let Some(p) = self.pop_idle_p(&mut idle) else {
            self.give_count_back(idle);
            return;
        };
        match self.place(&mut idle, p, true) {
            Placed::Idle => self.give_count_back(idle),
            placed => {
                drop(idle);
                self.deliver(placed, p, true);
            }
        }
    }

    fn give_count_back(&self, idle: MutexGuard<'_, Idle>) {
        if self.cut == Cut::CountUnderLock {
            drop(idle);
            self.wake.stop_spinning();
        } else {
            self.wake.stop_spinning();
            drop(idle);
        }
    }

    fn hand_off(&self, p: usize) {
        let mut idle = self.idle();
        let timers = self.next_due(&self.ps[p]) != NEVER;
        let busy = !self.ps[p].runq.is_empty() || self.global.len() != 0 || timers;
        if busy {
            let placed = self.place(&mut idle, p, false);
            drop(idle);
            self.deliver(placed, p, false);
        } else {
            self.push_idle_p(&mut idle, p);
            drop(idle);
            self.after_idle();
        }
    }

    /// False if there is nothing left to wait for.
    pub(super) fn sleep(&self, m: usize, next: u64) -> bool {
        let mut idle = self.idle();
        if idle.finished {
            return false;
        }
        if let Some((p, spinning)) = idle.pending.pop() {
            drop(idle);
            self.ms[m].spinning.set(spinning);
            self.ms[m].p.set(Some(p));
            return true;
        }
        if std::mem::take(&mut idle.look_again)
            && let Some(p) = self.pop_idle_p(&mut idle)
        {
            drop(idle);
            self.ms[m].p.set(Some(p));
            return true;
        }
        let keeps = self.timers && next < self.keeper_until.load(Relaxed);
        if keeps {
            let former = idle.keeper.replace(m);
            idle.ms.extend(former);
            self.keeper_until.store(next, Relaxed);
        } else {
            idle.ms.push(m);
        }
        drop(idle);
        if keeps && next <= NOW {
            // Its deadline comes, but other threads get a chance first: a keeper
            // may come back here as long as somebody else counts as a spinner.
            loom::thread::yield_now();
            let mut idle = self.idle();
            if idle.keeper == Some(m) {
                idle.keeper = None;
                self.keeper_until.store(NEVER, Relaxed);
                if let Some(p) = self.pop_idle_p(&mut idle) {
                    drop(idle);
                    self.ms[m].p.set(Some(p));
                    return true;
                }
                idle.ms.push(m);
            }
        }
        self.ms[m].note.sleep();
        self.ms[m].p.get().is_some()
    }

    // sched/bound.rs

    /// The goroutine on `m` parks together with its thread, until somebody gives
    /// that a P.
    pub(in super::super) fn park_bound(&self, m: usize) {
        let p = self.ms[m].p.replace(None).expect("a P to hand off");
        self.parked.fetch_add(1, Relaxed);
        // The commit: from here on it may be readied.
        self.gate.wake();
        self.hand_off(p);
        self.ms[m].note.sleep();
        self.parked.fetch_sub(1, Relaxed);
    }

    /// The same, for good.
    pub(in super::super) fn park_bound_for_ever(&self, m: usize) {
        let p = self.ms[m].p.replace(None).expect("a P to hand off");
        self.hand_off(p);
    }

    /// `m` has dequeued the goroutine parked on `owner`.
    pub(in super::super) fn hand_p_to(&self, owner: usize, m: usize) {
        let p = self.ms[m].p.replace(None).expect("a goroutine without a P");
        self.ms[owner].p.set(Some(p));
        self.ms[owner].note.wake();
    }

    // m/spawner.rs

    pub(super) fn ring(&self) {
        if self.limit != Limit::Reached {
            self.bell.fetch_add(1, Release);
            futex_wake(&raw const self.bell);
        }
    }

    /// The spawner, which becomes the last M.
    pub(in super::super) fn spawner(&self) {
        loop {
            let bell = self.bell.load(Acquire);
            if self.claim_start() {
                return self.schedule(self.ms.len() - 1);
            }
            futex_wait(&self.bell, bell, None);
        }
    }

    fn claim_start(&self) -> bool {
        let mut idle = self.idle();
        let claimed = !idle.pending.is_empty() && self.may_make_m(&idle);
        idle.made |= claimed;
        claimed || idle.finished
    }
}
