//! Taking work from other Ps.

use super::{SCHED, ready};
use crate::g::G;
use crate::m::M;
use crate::p::{P, Rng, status};
use crate::sys;
use std::cell::Cell;
use std::ptr::{from_ref, null_mut};
use std::sync::atomic::Ordering::Relaxed;

/// Passes over all Ps before giving up; timers and `run_next` only in the last.
const PASSES: u32 = 4;
/// So many Ps are looked at before the poller, itself included.
const NEIGHBOURS: usize = 3;

pub(crate) enum Stolen {
    Nothing,
    Goroutine(*mut G),
    /// Timers fired: look at the own queue again.
    Timers,
}

/// Looks through all Ps for something to run on `mp`'s P, which has nothing.
pub(crate) fn steal(mp: &'static M) -> Stolen {
    let p = mp.p();
    for pass in 0..PASSES {
        let last = pass == PASSES - 1;
        for id in Order::new(SCHED.procs(), &p.rng) {
            if SCHED.stopping.load(Relaxed) {
                return Stolen::Nothing;
            }
            let victim = SCHED.ps.get(id as usize);
            if from_ref(victim) == from_ref(p) {
                continue;
            }
            if last && run_timers_of(mp, victim) {
                return Stolen::Timers;
            }
            if victim.status.load(Relaxed) == status::IDLE {
                continue;
            }
            let gp = steal_ring(p, victim);
            if !gp.is_null() {
                return Stolen::Goroutine(gp);
            }
            if last {
                let gp = steal_next(p, victim);
                if !gp.is_null() {
                    p.counts.steals.add(1);
                    return Stolen::Goroutine(gp);
                }
            }
        }
    }
    Stolen::Nothing
}

/// Half of `victim`'s ring, one of them to run now.
fn steal_ring(p: &'static P, victim: &'static P) -> *mut G {
    let (gp, taken) = victim.runq.steal_into(&p.runq);
    if taken > 0 {
        p.counts.steals.add(u64::from(taken));
        if SCHED.shuffle.load(Relaxed) {
            p.runq.rotate(false, p.rng.next() % taken, &SCHED.global);
        }
    }
    gp
}

/// What some other P has had no time for, for `mp`'s P, which has nothing but may find more in
/// the poller; null if there is none. It may be for long that the other has no time, since its
/// thread has lost its CPU to another program's; and who finds something in the poller every
/// time would never come to steal.
pub(crate) fn relieve(mp: &'static M) -> *mut G {
    let p = mp.p();
    for id in Order::new(SCHED.procs(), &p.rng).take(NEIGHBOURS) {
        let victim = SCHED.ps.get(id as usize);
        if from_ref(victim) == from_ref(p) || victim.status.load(Relaxed) == status::IDLE {
            continue;
        }
        let gp = steal_ring(p, victim);
        if !gp.is_null() {
            // As after a batch of the global queue: nobody saw the others on their way here.
            if !mp.spinning.get() && !p.runq.is_empty_for_owner() {
                ready::wakep();
            }
            return gp;
        }
    }
    null_mut()
}

fn run_timers_of(mp: &'static M, victim: &'static P) -> bool {
    let due = victim.timers.next_due();
    due != u64::MAX && due <= sys::monotonic_ns() && victim.timers.run_due_on(mp) > 0
}

fn steal_next(p: &'static P, victim: &'static P) -> *mut G {
    if victim.runq.is_empty() {
        return null_mut();
    }
    if victim.status.load(Relaxed) == status::RUNNING {
        // Both reads are hints, paired with nothing: one that is stale costs a theft too many, or
        // one more look. The theft itself is decided by the queue's own CAS.
        let switches = victim.counts.switches.get();
        sys::nap_ns(p.grace.ns());
        if victim.counts.switches.get() != switches {
            p.grace.partners();
            return null_mut();
        }
    }
    let gp = victim.runq.steal_next();
    if !gp.is_null() {
        p.grace.stolen_at(sys::monotonic_ns());
    }
    gp
}

/// How long a thief waits before it takes the goroutine that another P is about to run: who
/// is about to park keeps his partner on his own P. A P's own; touched by its owner only.
///
/// Two goroutines that are soon at each other's door again are best left together: each time
/// they are parted costs a thread's wake-up, and then they fight over one lock. One that
/// another one made ready and went on computing wants to run at once. Which it is shows in
/// whether the P went from one to another meanwhile, and in how soon there is something to
/// take again.
pub(crate) struct Grace {
    ns: Cell<u64>,
    last: Cell<u64>,
}

impl Grace {
    /// About 60 times what a channel operation takes.
    const LEAST: u64 = 3_000;
    /// What Go's 3 us come to, as Linux lets a sleep of theirs last 50 us longer.
    const MOST: u64 = 48_000;
    /// A theft so soon after the last one was one too many.
    const SOON: u64 = 2 * Self::MOST;

    pub(crate) const fn new() -> Grace {
        Grace { ns: Cell::new(Self::LEAST), last: Cell::new(0) }
    }

    fn ns(&self) -> u64 {
        self.ns.get()
    }

    /// The P that was to be robbed goes from one to another by itself.
    fn partners(&self) {
        self.ns.set((self.ns.get() * 2).min(Self::MOST));
    }

    fn stolen_at(&self, now: u64) {
        let soon = now.saturating_sub(self.last.replace(now)) < Self::SOON;
        let ns = if soon { self.ns.get() * 2 } else { self.ns.get() / 2 };
        self.ns.set(ns.clamp(Self::LEAST, Self::MOST));
    }
}

/// Visits 0..n once each: from a random start in random strides coprime to n.
pub(crate) struct Order {
    at: u32,
    stride: u32,
    left: u32,
    n: u32,
}

impl Order {
    fn new(n: u32, rng: &Rng) -> Order {
        let at = rng.next() % n;
        let mut stride = 1 + rng.next() % n;
        while gcd(stride, n) != 1 {
            stride = stride % n + 1;
        }
        Order { at, stride, left: n, n }
    }
}

impl Iterator for Order {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        let at = self.at;
        self.at =
            (u64::from(self.at) + u64::from(self.stride)).rem_euclid(u64::from(self.n)) as u32;
        Some(at)
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_start_visits_every_p_once() {
        let rng = Rng::new(7);
        for n in 1..=70 {
            for _ in 0..50 {
                let mut seen = vec![false; n as usize];
                for id in Order::new(n, &rng) {
                    assert!(!std::mem::replace(&mut seen[id as usize], true), "twice: {id} of {n}");
                }
                assert!(seen.iter().all(|&s| s), "not all of {n}");
            }
        }
    }

    #[test]
    fn grace_grows_for_partners_and_shrinks_for_others() {
        let grace = Grace::new();
        let mut now = 1_000_000_000;
        for expected in [3_000, 6_000, 12_000, 24_000, 48_000, 48_000] {
            grace.stolen_at(now);
            assert_eq!(grace.ns(), expected);
            now += Grace::SOON - 1;
        }
        now += 1;
        for expected in [24_000, 12_000, 6_000, 3_000, 3_000] {
            grace.stolen_at(now);
            assert_eq!(grace.ns(), expected);
            now += Grace::SOON;
        }
        for expected in [6_000, 12_000, 24_000, 48_000, 48_000] {
            grace.partners();
            assert_eq!(grace.ns(), expected);
        }
    }

    #[test]
    fn orders_differ() {
        let rng = Rng::new(7);
        let first: Vec<u32> = Order::new(16, &rng).collect();
        assert!((0..20).any(|_| Order::new(16, &rng).collect::<Vec<_>>() != first));
    }
}
