//! How Ps change hands in the models of `ticket.rs`: Ms are signalled, lose their Ps,
//! park with their goroutines and are given Ps again. Each function stands for the one of
//! its name in `preempt/` or `sched/` and has its steps in their order.

use super::{Cut, M, NONE, World, number, ptr};
use crate::m::handshake::{Entry, taken};
use crate::prim::{futex_wait, futex_wake};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

#[derive(Clone, Copy)]
pub(super) enum Successor {
    Idle(usize),
    Bound(usize),
}

/// For run `run` of P number `p`. Never 0.
fn ticket(p: usize, run: u64) -> u64 {
    1 << 63 | (p as u64) << 44 | run
}

/// For an M that has lost its P.
pub(in super::super) const COME_IN: u64 = 1 << 63;

impl World {
    // preempt/handler.rs

    /// sysmon tells M number `m` to end run `run` of its P number `p`.
    pub(in super::super) fn post(&self, m: usize, p: usize, run: u64) {
        self.post_ticket(m, ticket(p, run));
    }

    pub(in super::super) fn post_ticket(&self, m: usize, ticket: u64) {
        self.ms[m].ticket.store(ticket, Relaxed);
        // The kernel orders a signal's sender and its handler.
        self.ms[m].signal.store(true, Release);
    }

    pub(super) fn interrupt(&self, m: usize) {
        let M { handshake, ticket, curg, .. } = &self.ms[m];
        if self.cut != Cut::InScheduler && handshake.in_scheduler() {
            ticket.swap(0, Relaxed);
            return;
        }
        let ticket = ticket.swap(0, Relaxed);
        let gp = curg.get();
        if ticket == 0 || gp == NONE {
            return;
        }
        if !handshake.enter() && handshake.settle(taken::NO) == Entry::Lost {
            self.come_in(gp, m);
        } else {
            self.end_slice(gp, m, ticket);
        }
    }

    fn come_in(&self, gp: usize, m: usize) {
        self.ms[m].p.store(NONE, Relaxed);
        if self.acquire(m) {
            self.ms[m].handshake.leave();
        } else {
            self.requeue(gp, m);
        }
    }

    fn end_slice(&self, gp: usize, m: usize, asked: u64) {
        let p = self.p(m);
        self.use_p(p);
        let stale = ticket(p, self.ps[p].runs.load(Relaxed)) != asked;
        let somebody_waits = self.global.len() != 0;
        if stale && self.cut != Cut::RunNumber || !somebody_waits {
            return self.ms[m].handshake.leave();
        }
        if self.cut == Cut::ReserveFirst {
            return self.give_way_to_anybody(gp, m);
        }
        match self.reserve() {
            Some(successor) => self.give_way(gp, m, successor),
            None => {
                self.ring();
                self.ms[m].handshake.leave();
            }
        }
    }

    // sched/bound.rs

    fn give_way(&self, gp: usize, m: usize, successor: Successor) {
        assert_eq!(gp, 0, "a stale ticket ended another run");
        let p = if self.cut == Cut::DropFirst {
            self.queue(gp, m);
            self.drop_p(m)
        } else {
            let p = self.drop_p(m);
            self.queue(gp, m);
            p
        };
        self.give(successor, p);
        if matches!(successor, Successor::Bound(_)) && self.cut != Cut::WakeForBound {
            self.wakep();
        }
        self.ms[m].note.sleep();
        self.resume_here(gp, m);
    }

    /// As if a thread could be made at any time.
    fn give_way_to_anybody(&self, gp: usize, m: usize) {
        let p = self.drop_p(m);
        self.queue(gp, m);
        let mut idle = self.idle();
        let other = idle.ms.pop();
        if other.is_none() {
            idle.pending.push(p);
        }
        drop(idle);
        match other {
            Some(other) => self.give(Successor::Idle(other), p),
            None => self.ring(),
        }
        self.ms[m].note.sleep();
        self.resume_here(gp, m);
    }

    pub(super) fn requeue(&self, gp: usize, m: usize) {
        self.queue(gp, m);
        self.wakep();
        self.ms[m].note.sleep();
        self.resume_here(gp, m);
    }

    fn queue(&self, gp: usize, m: usize) {
        self.gs[gp].bound.store(m, Relaxed);
        self.global.push_bound(ptr(gp));
    }

    pub(super) fn resume_here(&self, gp: usize, m: usize) {
        self.gs[gp].bound.store(NONE, Relaxed);
        self.ms[m].curg.set(gp);
        self.next_run(m);
        self.ms[m].handshake.leave();
    }

    pub(super) fn hand_p_to(&self, gp: usize, m: usize) {
        let p = self.drop_p(m);
        self.give(Successor::Bound(gp), p);
    }

    // sched/successor.rs

    fn reserve(&self) -> Option<Successor> {
        if let Some(gp) = number(self.global.pop_if_bound()) {
            return Some(Successor::Bound(gp));
        }
        if let Some(m) = self.idle().ms.pop() {
            return Some(Successor::Idle(m));
        }
        number(self.global.take_bound()).map(Successor::Bound)
    }

    fn give(&self, successor: Successor, p: usize) {
        let m = match successor {
            Successor::Idle(m) => m,
            Successor::Bound(gp) => self.gs[gp].bound.load(Acquire),
        };
        self.set_p(m, p);
        self.ms[m].note.wake();
    }

    fn give_back(&self, successor: Successor) {
        match successor {
            Successor::Bound(gp) => {
                self.global.push_front_bound(ptr(gp));
                self.wakep();
            }
            Successor::Idle(m) => {
                let mut idle = self.idle();
                let looks = self.cut != Cut::GiveBackLooks && self.global.len() != 0;
                let p = if looks { idle.ps.pop() } else { None };
                if p.is_none() && !idle.finished {
                    idle.ms.push(m);
                    return;
                }
                drop(idle);
                p.into_iter().for_each(|p| self.set_p(m, p));
                self.ms[m].note.wake();
            }
        }
    }

    // preempt/watch.rs, sched/idle.rs

    /// sysmon takes P number `p` from M number `m`.
    pub(in super::super) fn take(&self, m: usize, p: usize) {
        let successor = self.reserve();
        if successor.is_none() && self.global.len() != 0 {
            return;
        }
        let M { handshake, p: seen, .. } = &self.ms[m];
        if !handshake.claim(|| seen.load(Relaxed) == p) {
            return successor.into_iter().for_each(|successor| self.give_back(successor));
        }
        self.use_p(p);
        let bound = matches!(successor, Some(Successor::Bound(_)));
        let mut idle = self.idle();
        if !bound && (successor.is_none() || self.global.len() == 0) {
            idle.ps.push(p);
            drop(idle);
            successor.into_iter().for_each(|successor| self.give_back(successor));
            return self.wakep();
        }
        drop(idle);
        successor.into_iter().for_each(|successor| self.give(successor, p));
    }

    pub(super) fn acquire(&self, m: usize) -> bool {
        let p = self.idle().ps.pop();
        p.into_iter().for_each(|p| self.set_p(m, p));
        p.is_some()
    }

    /// Unless there is work: the P goes idle.
    pub(super) fn release(&self, m: usize) {
        let mut idle = self.idle();
        if self.global.len() == 0 {
            let p = self.drop_p(m);
            idle.ps.push(p);
        }
    }

    /// False if all goroutines have ended.
    pub(super) fn sleep(&self, m: usize) -> bool {
        let mut idle = self.idle();
        if idle.finished {
            return false;
        }
        let wanting = idle.pending.pop();
        let wanting = wanting.or_else(|| if self.global.len() == 0 { None } else { idle.ps.pop() });
        if let Some(p) = wanting {
            drop(idle);
            self.set_p(m, p);
            return true;
        }
        idle.ms.push(m);
        drop(idle);
        self.ms[m].note.sleep();
        self.ms[m].p.load(Relaxed) != NONE
    }

    /// Something was queued: an idle M with an idle P looks for it.
    pub(super) fn wakep(&self) {
        let mut idle = self.idle();
        if self.global.len() == 0 || idle.ms.is_empty() {
            return;
        }
        if let (Some(p), Some(m)) = (idle.ps.pop(), idle.ms.last().copied()) {
            idle.ms.pop();
            drop(idle);
            self.give(Successor::Idle(m), p);
        }
    }

    // m/spawner.rs

    pub(super) fn ring(&self) {
        self.bell.fetch_add(1, Release);
        futex_wake(&raw const self.bell);
    }

    /// The spawner, until it has made the last M, which it becomes.
    pub(super) fn spawner(&self) {
        while self.bell.load(Acquire) == 0 {
            futex_wait(&self.bell, 0, None);
        }
        drop(self.malloc.lock().unwrap());
    }
}
