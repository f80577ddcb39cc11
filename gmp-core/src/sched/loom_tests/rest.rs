//! sysmon's rest (`preempt/sysmon.rs`, `idle::may_rest`): it sleeps for good when all
//! Ps are idle, and whoever takes a P off the idle list wakes it.

use crate::prim::checked::check;
use crate::prim::{AtomicBool, AtomicU32, Locked, futex_wait, futex_wake};
use crate::sched::wake::WakeState;
use loom::sync::Notify;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

const PS: u32 = 2;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Cut {
    Nothing,
    /// It says that it rests under the lock under which Ps are taken.
    UnderTheLock,
    /// The bell is read before the round in which it decides to rest.
    BellBefore,
    /// Who takes a P looks whether it rests.
    Waking,
}

struct World {
    cut: Cut,
    wake: WakeState,
    lists: Locked<u32>,
    bell: AtomicU32,
    resting: AtomicBool,
    /// sysmon has seen a P in use: what its taker keeps it for.
    seen: Notify,
}

impl World {
    fn new(cut: Cut) -> World {
        let wake = WakeState::new();
        (0..PS).for_each(|_| wake.p_idle());
        World {
            cut,
            wake,
            lists: Locked::new(PS),
            bell: AtomicU32::new(0),
            resting: AtomicBool::new(false),
            seen: Notify::new(),
        }
    }

    fn all_idle(&self) -> bool {
        self.wake.idle_ps() == PS
    }

    // preempt/sysmon.rs

    fn sysmon(&self) {
        loop {
            let bell = self.bell.load(Acquire);
            if !self.all_idle() {
                return self.seen.notify();
            }
            if self.may_rest() {
                let bell = if self.cut == Cut::BellBefore { self.bell.load(Acquire) } else { bell };
                futex_wait(&self.bell, bell, None);
            }
        }
    }

    fn may_rest(&self) -> bool {
        let look = || {
            let rests = self.all_idle();
            if rests {
                self.resting.store(true, Relaxed);
            }
            rests
        };
        if self.cut == Cut::UnderTheLock { look() } else { self.lists.with(|_| look()) }
    }

    fn wake_if_resting(&self) {
        if self.cut != Cut::Waking && self.resting.load(Relaxed) {
            self.resting.store(false, Relaxed);
            self.bell.fetch_add(1, Release);
            futex_wake(&raw const self.bell);
        }
    }

    // sched/idle.rs

    fn pop_idle_p(&self) {
        self.lists.with(|idle| {
            *idle -= 1;
            self.wake.p_busy();
            self.wake_if_resting();
        });
    }

    fn push_idle_p(&self) {
        self.lists.with(|idle| {
            *idle += 1;
            self.wake.p_idle();
        });
    }

    /// An M takes a P, and keeps it until sysmon has seen that.
    fn taker(&self) {
        self.pop_idle_p();
        self.seen.wait();
    }

    /// An M takes a P for a moment.
    fn passer(&self) {
        self.pop_idle_p();
        self.push_idle_p();
    }

    fn end(&self) {
        assert_eq!(self.wake.idle_ps(), PS - 1);
    }
}

fn rest(cut: Cut) {
    check(3, move || World::new(cut), [World::sysmon, World::taker], World::end);
}

#[test]
fn loom_rest_against_taker() {
    rest(Cut::Nothing);
}

/// The second M that takes a P finds sysmon awake, or on its way.
#[test]
fn loom_rest_against_two() {
    let threads = [World::sysmon, World::taker, World::passer];
    check(2, || World::new(Cut::Nothing), threads, World::end);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_rest_under_the_lock_is_needed() {
    rest(Cut::UnderTheLock);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_rest_bell_before_the_round_is_needed() {
    rest(Cut::BellBefore);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_rest_waking_is_needed() {
    rest(Cut::Waking);
}
