//! sysmon: the thread that watches the others. It has no P, runs no goroutine, and
//! neither allocates nor takes a lock that user code can hold: a goroutine may have
//! been stopped while it held one, and only sysmon can help it on.

use super::detached::DetachedMs;
use super::pace::{self, Pace};
use super::states::States;
use super::watch::Looker;
use crate::netpoll::sweep::Sweep;
use crate::p::{P, Rng, status};
use crate::prim::AtomicU32;
use crate::sched::{SCHED, idle, ready};
use crate::{debug, netpoll, sys};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// Rung by `ring`; sysmon sleeps on it.
static BELL: AtomicU32 = AtomicU32::new(0);
/// It does not look soon: who is about to block, or waits for a P, may ring.
static DROWSY: AtomicBool = AtomicBool::new(false);
/// It sleeps until a P is taken off the idle list. Under the idle lock.
static RESTING: AtomicBool = AtomicBool::new(false);

/// The shortest sleep.
const LEAST: u64 = 20_000;
/// What it asks of the kernel's scheduler: the least there is.
const SLICE: u64 = 100_000;
/// Bytes of its stack.
const STACK: usize = 256 << 10;
/// How long events lie unseen in the poller while all Ps are busy, in nanoseconds. Go's.
const UNSEEN: u64 = 10_000_000;
/// How long, about, while a P is idle: until the one who left the poller to run what had come
/// looks again, or somebody else is sent there.
const UNATTENDED: u64 = 1_000_000;

/// Starts the thread; an error if the system has no threads.
pub(crate) fn start() -> std::io::Result<()> {
    std::thread::Builder::new().name("gmp-sysmon".into()).stack_size(STACK).spawn(|| run())?;
    Ok(())
}

/// If it would not look soon: makes it.
#[inline(always)]
pub(crate) fn ring_if_drowsy() {
    if DROWSY.load(Relaxed) {
        ring();
    }
}

/// Makes it look soon.
#[cold]
fn ring() {
    DROWSY.store(false, Relaxed);
    BELL.fetch_add(1, Release);
    sys::futex_wake(&BELL);
}

/// A P is taken off the idle list, by the caller, who holds the idle lock.
#[inline(always)]
pub(crate) fn wake_if_resting() {
    if RESTING.load(Relaxed) {
        RESTING.store(false, Relaxed);
        // At most once in a hundred milliseconds, so the system call under the lock
        // does not matter.
        ring();
    }
}

fn run() -> ! {
    sys::set_exact_timers();
    sys::thread::ask_for_short_slices(SLICE);
    let mut sysmon = Sysmon {
        looker: Looker { states: States::new(), pace: Pace::new(), detached: DetachedMs::new() },
        rung: false,
        looks: (0, 0),
        sweep: Sweep::new(),
        random: debug::get().random_claims.map(Rng::new),
    };
    loop {
        let bell = BELL.load(Acquire);
        let until = sysmon.round();
        sys::futex_wait(&BELL, bell, until);
        sysmon.rung = BELL.load(Relaxed) != bell;
    }
}

struct Sysmon {
    looker: Looker,
    /// Somebody rang since the last round.
    rung: bool,
    /// How often anybody had looked at the poller, and since when it has been as often.
    looks: (u32, u64),
    sweep: Sweep,
    /// For the stress of ownership: Ps are taken away without any reason.
    random: Option<Rng>,
}

impl Sysmon {
    /// Looks at everything it is time for; returns until when to sleep, None for until
    /// the bell rings.
    fn round(&mut self) -> Option<u64> {
        let now = sys::monotonic_ns();
        let sweep = self.sweep.step(now);
        if SCHED.wake.idle_ps() == SCHED.procs() {
            let pace = &mut self.looker.pace;
            if pace.may_rest() && idle::may_rest(|| RESTING.store(true, Relaxed)) {
                return (sweep != u64::MAX).then_some(sweep);
            }
            // One who comes out of the poller is to be stood in for soon.
            let most = if netpoll::is_wanted() { UNATTENDED } else { pace::MOST };
            let next = sweep.min(now + pace.idle().min(most));
            DROWSY.store(pace.is_drowsy(now, next), Relaxed);
            return Some(next);
        }
        if self.rung {
            self.looker.pace.rung(now);
        }
        idle::rescue_pending();
        let mut next = sweep.min(self.stand_in(now));
        for p in SCHED.live_ps() {
            if let Some(random) = &self.random
                && p.status.load(Relaxed) == status::RUNNING
                && random.next() & 3 == 0
            {
                take_without_reason(&mut self.looker, p, now);
            }
            next = next.min(self.looker.look(p, now, self.rung));
        }
        let Looker { states, detached, pace } = &mut self.looker;
        let idle = SCHED.wake.idle_ps() != 0;
        next = next.min(now + if idle { pace.idle() } else { pace::MOST });
        next = next.min(detached.look(states, now));
        if self.random.is_some() {
            next = now;
        }
        let next = next.max(now + LEAST);
        DROWSY.store(pace.is_drowsy(now, next), Relaxed);
        Some(next)
    }
}

impl Sysmon {
    /// What the M in the poller would do if it were there: it leaves to run what has come, and
    /// most often comes back before anybody misses it. If a P is idle and nobody has looked
    /// for a while, or a timer is due: somebody is sent there. If all Ps are busy sysmon looks
    /// itself, after a longer while. Until when to sleep at most.
    fn stand_in(&mut self, now: u64) -> u64 {
        let idle = SCHED.wake.idle_ps() != 0;
        let due = if idle { idle::first_unminded() } else { u64::MAX };
        let looks = netpoll::looks();
        if self.looks.0 != looks || !netpoll::is_unattended() {
            self.looks = (looks, now);
        }
        let limit = if idle { UNATTENDED } else { UNSEEN };
        let miss = self.looks.1 + limit;
        if idle && now >= miss.min(due) {
            // It finds nothing to run, and goes to the poller.
            ready::wakep();
        } else if now >= miss {
            netpoll::look_outside();
        }
        let again = if netpoll::is_wanted() { now + limit } else { u64::MAX };
        if due > now { again.min(due) } else { again }
    }
}

fn take_without_reason(looker: &mut Looker, p: &'static P, now: u64) {
    if let Some(mp) = p.m.load(Acquire) {
        looker.take(p, mp, now);
    }
}
