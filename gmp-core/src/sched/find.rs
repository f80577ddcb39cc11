//! What an M runs next: the scheduler's policy, in the order of its own text.

use super::steal::{self, Stolen};
use super::{SCHED, idle, maxprocs, ready, sleep, solo};
use crate::g::G;
use crate::m::M;
use crate::netpoll;
use crate::p::{P, urged};
use crate::queue::Popped;
use crate::sys;
use std::sync::atomic::Ordering::Relaxed;

/// The global queue is looked at first once in this many time slices, so that
/// goroutines that keep each other busy locally cannot starve it.
const FAIRNESS_TICKS: u32 = 61;
/// The default GOMAXPROCS is looked at again at most once in this many.
const REFRESH_TICKS: u32 = 8192;

/// Finds a goroutine for `mp`, sleeping as long as there is none. The flag says
/// that it inherits the running time slice. On return `mp` has a P; None if its
/// thread is to end.
#[inline(always)]
pub(crate) fn find_runnable(mp: &'static M) -> Option<(&'static G, bool)> {
    if let Some(p) = mp.p_seen()
        && !SCHED.stopping.load(Relaxed)
    {
        let tick = p.tick.load(Relaxed);
        if p.timers.next_due() == u64::MAX
            && !tick.is_multiple_of(FAIRNESS_TICKS)
            && p.urged.load(Relaxed) == urged::NO
            && let Some(found) = pop_own(p)
        {
            // The hot case, kept small enough to inline.
            return Some(found);
        }
    }
    find_slow(mp)
}

/// A queued goroutine, as a reference.
#[inline(always)]
fn found(gp: *mut G) -> &'static G {
    debug_assert!(!gp.is_null());
    // SAFETY: the queues hold live goroutines, each once, and this M has
    // dequeued it.
    #[expect(unsafe_code, reason = "queued goroutines are alive")]
    unsafe {
        &*gp
    }
}

/// The next of this P's own queue.
#[inline(always)]
fn pop_own(p: &'static P) -> Option<(&'static G, bool)> {
    match p.runq.pop(solo()) {
        Popped::Next(gp) => Some((found(gp), true)),
        Popped::Ring(gp) => Some((found(gp), false)),
        Popped::Nothing => None,
    }
}

/// Whether to stand back the next time only: a timer is due, and was not let go first
/// last time.
fn after_timers(p: &'static P) -> bool {
    let urged = p.urged.load(Relaxed);
    let due = p.timers.next_due();
    let later = urged & urged::LATER == 0 && due != u64::MAX && due <= sys::monotonic_ns();
    if later {
        p.urged.store(urged | urged::LATER, Relaxed);
    }
    later
}

/// sysmon has seen that others wait for longer than they should. A chain of goroutines
/// that hand each other the slice goes to the global queue's tail, and that queue,
/// or else the ring, has the next turn.
#[cold]
fn stand_back(p: &'static P) -> Option<&'static G> {
    let gp = SCHED.global.pop();
    p.counts.visits.add(1);
    if p.urged.swap(urged::NO, Relaxed) & urged::CHAINED != 0 {
        let next = p.runq.take_next(solo());
        if !next.is_null() {
            SCHED.global.push(next);
        }
    }
    (!gp.is_null()).then(|| found(gp))
}

#[inline(never)]
fn find_slow(mp: &'static M) -> Option<(&'static G, bool)> {
    loop {
        if !mp.has_p() {
            if mp.retiring.load(Relaxed) {
                return None;
            }
            // It lost its P or gave it away; whoever has it minds its timers.
            sleep::sleep(mp, u64::MAX);
            continue;
        }
        if SCHED.stopping.load(Relaxed) {
            SCHED.stop_spinning(mp);
            idle::release(mp);
            continue;
        }
        let p = mp.p();
        if p.urged.load(Relaxed) != urged::NO
            && !after_timers(p)
            && let Some(gp) = stand_back(p)
        {
            return Some((gp, false));
        }
        if let Some(found) = find_on(mp, p) {
            return Some(found);
        }
        if mp.spinning.get() || SCHED.wake.try_spin(SCHED.procs()) {
            mp.spinning.set(true);
            match steal::steal(mp) {
                Stolen::Goroutine(gp) => return Some((found(gp), false)),
                Stolen::Timers => continue,
                Stolen::Nothing => {}
            }
        }
        give_up(mp);
    }
}

/// This P's timers, queue and share of the global queue; then what the poller has.
fn find_on(mp: &'static M, p: &'static P) -> Option<(&'static G, bool)> {
    let fired = if p.timers.next_due() == u64::MAX { 0 } else { p.timers.run_due_on(mp) };
    let tick = p.tick.load(Relaxed);
    // What a timer made ready inherits the tick, so the global queue's turn is only later.
    if tick.is_multiple_of(FAIRNESS_TICKS) && fired == 0 {
        if tick.is_multiple_of(REFRESH_TICKS) {
            maxprocs::maybe_refresh();
        }
        if netpoll::is_unattended()
            && let Some(gp) = netpoll::look_between(mp)
        {
            // A P whose ring is never empty would leave what comes to sysmon.
            ready::push_next(mp, gp);
        }
        p.counts.visits.add(1);
        let gp = SCHED.global.pop();
        if !gp.is_null() {
            return Some((found(gp), false));
        }
        // The tick goes on, whoever is next: one who is ready again at every look would have
        // this turn for ever.
        p.next_slice();
    }
    if let Some(found) = pop_own(p) {
        return Some(found);
    }
    let gp = ready::take_global_batch(mp);
    if !gp.is_null() {
        return Some((found(gp), false));
    }
    if !netpoll::is_unattended() {
        return None;
    }
    let gp = steal::relieve(mp);
    if !gp.is_null() {
        return Some((found(gp), false));
    }
    netpoll::look_on(mp).map(|gp| (gp, false))
}

/// Nothing anywhere: the leaver's side of README.md, "No wake-up is lost".
/// On return `mp` has a P again, and reason to look, or is to end.
#[cold]
fn give_up(mp: &'static M) {
    maxprocs::maybe_refresh();
    // (L1) the P goes idle, (L2) this M no longer counts as looking,
    idle::release(mp);
    SCHED.stop_spinning(mp);
    // (L3) fence, (L4) look once more.
    SCHED.wake.before_recheck();
    if SCHED.any_work() && idle::acquire(mp) {
        mp.spinning.set(true);
        SCHED.wake.start_spinning();
        return;
    }
    if mp.has_p() {
        return;
    }
    crate::g::exit::check_main_gone();
    let next = SCHED.live_ps().map(|p| p.timers.next_due()).min().unwrap_or(u64::MAX);
    sleep::sleep(mp, next);
}
