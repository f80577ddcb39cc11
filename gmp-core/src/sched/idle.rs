//! Ps and Ms without work, and how they come together again.
//!
//! One spin lock over the lists: idle Ps, idle Ms (`m/idle.rs`), and pending
//! Ps, which wait for a thread to be made. The lock is taken when somebody goes
//! idle or is woken, never while goroutines hand work to each other on busy Ps.

use super::sleep::{self, after_idle};
use super::successor::{self, Successor};
use super::{SCHED, ready, threads};
use crate::g::G;
use crate::m::{Duties, IdleMs, M, spawner};
use crate::p::{P, status};
use crate::preempt::sysmon;
use crate::prim::{AtomicU64, Locked};
use crate::queue::Popped;
use std::ptr::eq;
use std::sync::atomic::Ordering::Relaxed;

pub(crate) struct Idle {
    pub(super) lists: Locked<Lists>,
    /// When the keeper wakes by itself; u64::MAX without a keeper. Written
    /// under the lock.
    keeper_until: AtomicU64,
}

pub(super) struct Lists {
    pub(super) ms: IdleMs,
    ps: Option<&'static P>,
    pending: Option<&'static P>,
    /// The last of them, if there are any.
    last_pending: Option<&'static P>,
    pub(super) pending_len: u32,
    /// Ms that are off the list, but may come back.
    reserved: u32,
    /// For want of threads a P went idle although there may be work: the next M
    /// that goes to sleep takes it and looks, since it may have looked last
    /// before the work was there.
    look_again: bool,
}

impl Idle {
    pub(crate) const fn new() -> Idle {
        Idle {
            lists: Locked::new(Lists {
                ms: IdleMs::new(),
                ps: None,
                pending: None,
                last_pending: None,
                pending_len: 0,
                reserved: 0,
                look_again: false,
            }),
            keeper_until: AtomicU64::new(u64::MAX),
        }
    }

    /// When the keeper wakes by itself.
    pub(crate) fn keeper_until(&self) -> u64 {
        self.keeper_until.load(Relaxed)
    }
}

impl Lists {
    fn push_idle_p(&mut self, p: &'static P) {
        debug_assert!(p.runq.is_empty(), "a P with work went idle");
        p.set_status(status::IDLE);
        p.link.set(self.ps);
        self.ps = Some(p);
        SCHED.wake.p_idle();
    }

    pub(super) fn pop_idle_p(&mut self) -> Option<&'static P> {
        let p = self.ps?;
        self.ps = p.link.get();
        p.set_status(status::RUNNING);
        SCHED.wake.p_busy();
        sysmon::wake_if_resting();
        Some(p)
    }

    fn push_pending(&mut self, p: &'static P, spinning: bool) {
        p.set_status(status::PENDING);
        p.pending_spinning.set(spinning);
        p.link.set(None);
        // In turn: where threads end all the time the last one would have every new one.
        match self.last_pending.replace(p) {
            Some(last) if self.pending.is_some() => last.link.set(Some(p)),
            _ => self.pending = Some(p),
        }
        self.pending_len += 1;
    }

    fn pop_pending(&mut self) -> Option<&'static P> {
        let p = self.pending?;
        self.pending = p.link.get();
        self.pending_len -= 1;
        p.set_status(status::RUNNING);
        Some(p)
    }

    /// A P for an M that was about to sleep, and whether it has to look for work as
    /// a spinner: one that waits for a thread, or one that somebody must look on.
    pub(super) fn pop_wanting(&mut self) -> Option<(&'static P, bool)> {
        if let Some(p) = self.pop_pending() {
            return Some((p, p.pending_spinning.get()));
        }
        if std::mem::take(&mut self.look_again) {
            return self.pop_idle_p().map(|p| (p, false));
        }
        None
    }

    pub(super) fn pop_m(&mut self) -> Option<(&'static M, Duties)> {
        let popped = self.ms.pop();
        if let Some((_, Duties { keeper: true, .. })) = popped {
            SCHED.idle.keeper_until.store(u64::MAX, Relaxed);
        }
        popped
    }

    /// `mp` is the keeper, and wakes at `until`.
    pub(super) fn set_keeper(&mut self, mp: &'static M, until: u64) {
        self.ms.set_keeper(mp);
        SCHED.idle.keeper_until.store(until, Relaxed);
    }

    /// `mp`, still without work, is the keeper no longer; false if it was not.
    pub(super) fn resign_keeper(&mut self, mp: &'static M) -> bool {
        let was = self.ms.resign(mp);
        if was {
            SCHED.idle.keeper_until.store(u64::MAX, Relaxed);
        }
        was
    }

    /// Idle Ms, those included that are reserved and may come back.
    pub(super) fn spare_ms(&self) -> u32 {
        self.ms.len() + self.reserved
    }

    /// Takes an idle M that may not be needed in the end.
    pub(super) fn reserve_m(&mut self) -> Option<(&'static M, Duties)> {
        let popped = self.pop_m()?;
        self.reserved += 1;
        Some(popped)
    }

    /// Finds an M for `p`: an idle one, or that of a bound goroutine that waits for
    /// its turn; otherwise queues it for one that will be made. At the thread
    /// limit `p` goes idle and its goroutines to the global queue, where the
    /// threads there are find them; unless all of those are parked with a bound
    /// goroutine: then one more thread is made.
    fn place(&mut self, p: &'static P, spinning: bool) -> Placed {
        if let Some((mp, duties)) = self.pop_m() {
            threads::mind_spares(self.spare_ms());
            p.set_status(status::RUNNING);
            return Placed::With(mp, duties);
        }
        if let Some(gp) = successor::any_bound() {
            p.set_status(status::RUNNING);
            return Placed::Bound(gp);
        }
        if threads::may_start(self.pending_len) || threads::all_parked() {
            self.push_pending(p, spinning);
            return Placed::Pending;
        }
        threads::limit_reached();
        while let Popped::Next(gp) | Popped::Ring(gp) = p.runq.pop(false) {
            SCHED.global.push(gp);
        }
        self.push_idle_p(p);
        self.look_again = true;
        Placed::Idle
    }
}

/// Where a P goes that needs an M.
enum Placed {
    /// To this sleeping M, off the list by now, which had these duties.
    With(&'static M, Duties),
    /// To the M of this goroutine, off the global queue by now.
    Bound(&'static G),
    /// On the pending list: the spawner must be rung.
    Pending,
    /// To the idle list, for want of threads.
    Idle,
}

/// With the lock released: carries out what `place` decided for `p`.
fn deliver(placed: &Placed, p: &'static P, spinning: bool) {
    match *placed {
        Placed::With(mp, duties) => give(mp, duties, p, spinning),
        Placed::Bound(gp) => {
            successor::resume(gp, p);
            if spinning {
                SCHED.wake.stop_spinning();
            }
            // It goes on without looking at the queues.
            ready::wakep();
        }
        Placed::Pending => spawner::ring(),
        Placed::Idle => after_idle(),
    }
}

/// Wakes `mp`, off the idle list, with `p`.
fn give(mp: &'static M, duties: Duties, p: &'static P, spinning: bool) {
    mp.spinning.set(spinning);
    mp.set_p(p);
    sleep::wake(mp, duties);
    if duties.any() && !spinning {
        // Somebody else has to mind the timers of idle Ps, or to poll. (A spinner wakes the
        // next one itself.)
        ready::wakep();
    }
}

/// Wakes `mp`, which was reserved, with `p`.
pub(super) fn give_reserved(mp: &'static M, duties: Duties, p: &'static P) {
    SCHED.idle.lists.with(|lists| {
        lists.reserved -= 1;
        threads::mind_spares(lists.spare_ms());
    });
    give(mp, duties, p, false);
}

/// `mp`, which was reserved, is not needed after all; unless it was missed meanwhile.
pub(super) fn give_back(mp: &'static M, duties: Duties) {
    let wanted = SCHED.idle.lists.with(|lists| {
        lists.reserved -= 1;
        let wanted = lists.pop_wanting();
        if wanted.is_none() {
            lists.ms.put_back(mp);
        }
        wanted
    });
    match wanted {
        Some((p, spinning)) => give(mp, duties, p, spinning),
        None if duties.any() => after_idle(),
        None => {}
    }
}

/// `mp`, which has no P, takes one that is idle, or that waits for a thread to be
/// made, if there is one.
pub(crate) fn acquire(mp: &'static M) -> bool {
    let found = SCHED.idle.lists.with(|lists| {
        if let Some(p) = lists.pop_idle_p() {
            return Some((p, false));
        }
        lists.pop_pending().map(|p| (p, p.pending_spinning.get()))
    });
    let Some((p, spinner)) = found else { return false };
    mp.set_p(p);
    if spinner && SCHED.wake.stop_spinning() {
        // The thread that was to look for work does not come.
        ready::wakep();
    }
    true
}

/// `mp` has nothing to run: its P goes to the idle list, or to whoever stops
/// the world.
pub(crate) fn release(mp: &'static M) {
    let Some(p) = mp.drop_p() else { return };
    SCHED.idle.lists.with(|lists| {
        if SCHED.stopping.load(Relaxed) {
            p.set_status(status::STOPPED);
        } else {
            lists.push_idle_p(p);
        }
    });
}

/// A submitter counted a spinner: an idle P and an idle M (or a new one) become
/// it; otherwise the count is taken back.
pub(crate) fn start_spinner() {
    let started = SCHED.idle.lists.with(|lists| {
        let placed = lists.pop_idle_p().map(|p| (lists.place(p, true), p));
        if let None | Some((Placed::Idle, _)) = placed {
            // Under the lock: until the count is taken back submitters rely on
            // us, so no P may go idle, and its M look for the last time, meanwhile.
            SCHED.wake.stop_spinning();
            return None;
        }
        placed
    });
    if let Some((placed, p)) = started {
        deliver(&placed, p, true);
    }
}

/// Whether somebody has to look after `p`, or may go idle.
fn is_busy(p: &P) -> bool {
    p.has_work() || SCHED.global.len() != 0 || p.timers.next_due() != u64::MAX
}

/// The caller took `p` from its M: `successor` goes on with it, if there is anything
/// to go on with.
pub(crate) fn hand_to(p: &'static P, successor: Option<Successor>) {
    let Some(successor) = successor else { return hand_off(p) };
    // A bound goroutine is what there is to go on with.
    let idle = !successor.is_bound()
        && SCHED.idle.lists.with(|lists| {
            let idle = !is_busy(p);
            if idle {
                lists.push_idle_p(p);
            }
            idle
        });
    if idle {
        successor.give_back();
        after_idle();
    } else {
        successor.give(p);
    }
}

/// The caller gives up `p`, which may have work: another M takes it, at once or
/// when the spawner has made one; without work it goes idle.
pub(crate) fn hand_off(p: &'static P) {
    enum Done {
        Stopped,
        Idle,
        Placed(Placed),
    }
    let done = SCHED.idle.lists.with(|lists| {
        if SCHED.stopping.load(Relaxed) {
            p.set_status(status::STOPPED);
            return Done::Stopped;
        }
        if is_busy(p) {
            return Done::Placed(lists.place(p, false));
        }
        lists.push_idle_p(p);
        Done::Idle
    });
    match done {
        Done::Stopped => {}
        Done::Placed(placed) => {
            SCHED.handoffs.fetch_add(1, Relaxed);
            deliver(&placed, p, false);
        }
        Done::Idle => after_idle(),
    }
}

/// The earliest timer, if no keeper wakes for it; else u64::MAX.
pub(crate) fn first_unminded() -> u64 {
    let next = SCHED.live_ps().map(|p| p.timers.next_due()).min().unwrap_or(u64::MAX);
    if next < SCHED.idle.keeper_until() { next } else { u64::MAX }
}

/// Idle Ms now, for `Stats`.
pub(crate) fn idle_threads() -> u32 {
    SCHED.idle.lists.with(|lists| lists.ms.len())
}

/// Whether sysmon may rest until a P is taken off the idle list: it is told by
/// `resting`, set here under the lock under which that happens.
pub(crate) fn may_rest(resting: impl FnOnce()) -> bool {
    SCHED.idle.lists.with(|lists| {
        let rests = lists.pending_len == 0
            && !SCHED.stopping.load(Relaxed)
            && SCHED.wake.idle_ps() == SCHED.procs();
        if rests {
            resting();
        }
        rests
    })
}

/// If Ps wait for threads that are not made, and a bound goroutine for a P: brings
/// them together. The spawner may be waiting for a lock which that goroutine holds.
pub(crate) fn rescue_pending() {
    loop {
        if SCHED.global.bound_len() == 0 {
            return;
        }
        let found = SCHED.idle.lists.with(|lists| {
            lists.pending?;
            let gp = successor::any_bound()?;
            lists.pop_pending().map(|p| (gp, p))
        });
        let Some((gp, p)) = found else { return };
        deliver(&Placed::Bound(gp), p, p.pending_spinning.get());
    }
}

/// Begins a stop: nobody gets a P from here on, and all Ps that no M holds are
/// the caller's.
pub(crate) fn begin_stop() {
    SCHED.idle.lists.with(|lists| {
        SCHED.stopping.store(true, Relaxed);
        while let Some(p) = lists.pop_idle_p() {
            p.set_status(status::STOPPED);
        }
        while let Some(p) = lists.pop_pending() {
            if p.pending_spinning.get() {
                SCHED.wake.stop_spinning();
            }
            p.set_status(status::STOPPED);
        }
    });
}

/// Ends a stop: all live Ps but `own` go back into use.
pub(crate) fn end_stop(own: Option<&'static P>) {
    SCHED.idle.lists.with(|_| SCHED.stopping.store(false, Relaxed));
    for p in SCHED.live_ps() {
        if own.is_some_and(|own| eq(own, p)) {
            continue;
        }
        let placed = SCHED.idle.lists.with(|lists| {
            if p.has_work() || p.timers.next_due() != u64::MAX {
                return Some(lists.place(p, false));
            }
            lists.push_idle_p(p);
            None
        });
        if let Some(placed) = placed {
            deliver(&placed, p, false);
        }
    }
    ready::wakep();
}
