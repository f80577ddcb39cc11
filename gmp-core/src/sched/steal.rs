//! Taking work from other Ps.

use super::SCHED;
use crate::g::G;
use crate::m::M;
use crate::p::{P, Rng, status};
use crate::sys;
use std::ptr::from_ref;
use std::sync::atomic::Ordering::Relaxed;

/// Passes over all Ps before giving up; timers and `run_next` only in the last.
const PASSES: u32 = 4;
/// How long a thief waits before it takes the goroutine another P is about to
/// run: a producer that is about to park keeps its consumer on its own P. About
/// 60 times what a channel operation takes.
const RUN_NEXT_GRACE_NS: u64 = 3_000;

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
            let (gp, taken) = victim.runq.steal_into(&p.runq);
            if taken > 0 {
                p.counts.steals.add(u64::from(taken));
                if SCHED.shuffle.load(Relaxed) {
                    p.runq.rotate(false, p.rng.next() % taken, &SCHED.global);
                }
                return Stolen::Goroutine(gp);
            }
            if last {
                let gp = steal_next(victim);
                if !gp.is_null() {
                    p.counts.steals.add(1);
                    return Stolen::Goroutine(gp);
                }
            }
        }
    }
    Stolen::Nothing
}

fn run_timers_of(mp: &'static M, victim: &'static P) -> bool {
    let due = victim.timers.next_due();
    due != u64::MAX && due <= sys::monotonic_ns() && victim.timers.run_due_on(mp) > 0
}

fn steal_next(victim: &'static P) -> *mut G {
    if victim.runq.is_empty() {
        return std::ptr::null_mut();
    }
    if victim.status.load(Relaxed) == status::RUNNING {
        sys::nap_ns(RUN_NEXT_GRACE_NS);
    }
    victim.runq.steal_next()
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
    fn orders_differ() {
        let rng = Rng::new(7);
        let first: Vec<u32> = Order::new(16, &rng).collect();
        assert!((0..20).any(|_| Order::new(16, &rng).collect::<Vec<_>>() != first));
    }
}
