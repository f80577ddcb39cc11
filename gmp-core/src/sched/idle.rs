//! Ps and Ms without work, and how they come together again.
//!
//! One spin lock over the lists: idle Ps, idle Ms (`m/idle.rs`), and pending
//! Ps, which wait for a thread to be made. The lock is taken when somebody goes
//! idle or is woken, never while goroutines hand work to each other on busy Ps.

use super::{SCHED, ready};
use crate::m::{IdleMs, M, spawner};
use crate::p::{P, status};
use crate::prim::{AtomicU32, AtomicU64, Locked};
use crate::queue::Popped;
use std::ptr::eq;
use std::sync::atomic::Ordering::Relaxed;

pub(crate) struct Idle {
    lists: Locked<Lists>,
    /// When the keeper wakes by itself; u64::MAX without a keeper. Written
    /// under the lock.
    keeper_until: AtomicU64,
    /// Ms that exist or are being made. Written under the lock.
    threads: AtomicU32,
    max_threads: AtomicU32,
    threads_created: AtomicU64,
}

struct Lists {
    ms: IdleMs,
    ps: Option<&'static P>,
    pending: Option<&'static P>,
    pending_len: u32,
    /// Threads the spawner is making.
    starting: u32,
    /// For want of threads a P went idle although there may be work: the next M
    /// that goes to sleep takes it and looks, since it may have looked last
    /// before the work was there.
    look_again: bool,
}

/// Go's default for the number of threads.
const DEFAULT_MAX_THREADS: u32 = 10_000;

impl Idle {
    pub(crate) const fn new() -> Idle {
        Idle {
            lists: Locked::new(Lists {
                ms: IdleMs::new(),
                ps: None,
                pending: None,
                pending_len: 0,
                starting: 0,
                look_again: false,
            }),
            keeper_until: AtomicU64::new(u64::MAX),
            threads: AtomicU32::new(0),
            max_threads: AtomicU32::new(DEFAULT_MAX_THREADS),
            threads_created: AtomicU64::new(0),
        }
    }

    pub(crate) fn threads(&self) -> u32 {
        self.threads.load(Relaxed)
    }

    pub(crate) fn threads_created(&self) -> u64 {
        self.threads_created.load(Relaxed)
    }

    pub(crate) fn max_threads(&self) -> &AtomicU32 {
        &self.max_threads
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

    fn pop_idle_p(&mut self) -> Option<&'static P> {
        let p = self.ps?;
        self.ps = p.link.get();
        p.set_status(status::RUNNING);
        SCHED.wake.p_busy();
        Some(p)
    }

    fn push_pending(&mut self, p: &'static P, spinning: bool) {
        p.set_status(status::PENDING);
        p.pending_spinning.set(spinning);
        p.link.set(self.pending);
        self.pending = Some(p);
        self.pending_len += 1;
    }

    fn pop_pending(&mut self) -> Option<&'static P> {
        let p = self.pending?;
        self.pending = p.link.get();
        self.pending_len -= 1;
        p.set_status(status::RUNNING);
        Some(p)
    }

    fn pop_m(&mut self) -> Option<(&'static M, bool)> {
        let popped = self.ms.pop();
        if let Some((_, true)) = popped {
            SCHED.idle.keeper_until.store(u64::MAX, Relaxed);
        }
        popped
    }

    /// Whether the limit allows another thread beyond those already promised.
    fn may_start_m(&self) -> bool {
        let promised = self.pending_len.saturating_sub(self.starting);
        SCHED.idle.threads() + promised < SCHED.idle.max_threads.load(Relaxed)
    }

    /// Finds an M for `p`, or queues it for one that will be made. At the thread
    /// limit `p` goes idle and its goroutines to the global queue, where the
    /// threads there are find them; unless all of those are parked with a bound
    /// goroutine: then one more thread is made.
    fn place(&mut self, p: &'static P, spinning: bool) -> Placed {
        if let Some((mp, was_keeper)) = self.pop_m() {
            p.set_status(status::RUNNING);
            return Placed::With(mp, was_keeper);
        }
        if self.may_start_m() || bound_ms() >= SCHED.idle.threads() {
            self.push_pending(p, spinning);
            return Placed::Pending;
        }
        while let Popped::Next(gp) | Popped::Ring(gp) = p.runq.pop(false) {
            SCHED.global.push(gp);
        }
        self.push_idle_p(p);
        self.look_again = true;
        Placed::Idle
    }
}

/// Ms that are parked with their goroutines.
fn bound_ms() -> u32 {
    spawner::all_ms().filter(|mp| mp.parked_bound.load(Relaxed)).count() as u32
}

/// Where a P goes that needs an M.
enum Placed {
    /// To this sleeping M, off the list by now; it was the keeper if true.
    With(&'static M, bool),
    /// On the pending list: the spawner must be rung.
    Pending,
    /// To the idle list, for want of threads.
    Idle,
}

/// With the lock released: carries out what `place` decided for `p`.
fn deliver(placed: &Placed, p: &'static P, spinning: bool) {
    match placed {
        &Placed::With(mp, was_keeper) => {
            mp.spinning.set(spinning);
            mp.set_p(p);
            mp.note.wake();
            if was_keeper && !spinning {
                // Somebody else has to mind the timers of idle Ps. (A spinner
                // wakes the next one itself.)
                ready::wakep();
            }
        }
        Placed::Pending => spawner::ring(),
        Placed::Idle => after_idle(),
    }
}

/// A P went idle although its giver does not sleep: looks as a leaver does.
fn after_idle() {
    SCHED.wake.before_recheck();
    let next = SCHED.live_ps().map(|p| p.timers.next_due()).min().unwrap_or(u64::MAX);
    if SCHED.any_work() || next < SCHED.idle.keeper_until() {
        ready::wakep();
    }
}

/// `mp`, which has no P, takes an idle one if there is one.
pub(crate) fn acquire(mp: &'static M) -> bool {
    let found = SCHED.idle.lists.with(Lists::pop_idle_p);
    if let Some(p) = found {
        mp.set_p(p);
    }
    found.is_some()
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
        let busy = p.has_work() || SCHED.global.len() != 0 || p.timers.next_due() != u64::MAX;
        if busy {
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

/// `mp`, which has no P, sleeps until it is given one. `next` is the earliest
/// timer it knows of: unless someone already minds one as early, it becomes the
/// keeper and wakes for it, taking an idle P.
pub(crate) fn sleep(mp: &'static M, next: u64) {
    enum Bed {
        Pending(&'static P),
        Keeper,
        Plain,
    }
    let idle = &*SCHED.idle;
    let bed = idle.lists.with(|lists| {
        if let Some(p) = lists.pop_pending() {
            return Bed::Pending(p);
        }
        if std::mem::take(&mut lists.look_again)
            && let Some(p) = lists.pop_idle_p()
        {
            p.pending_spinning.set(false);
            return Bed::Pending(p);
        }
        if next < idle.keeper_until() {
            lists.ms.set_keeper(mp);
            idle.keeper_until.store(next, Relaxed);
            Bed::Keeper
        } else {
            lists.ms.push(mp);
            Bed::Plain
        }
    });
    match bed {
        Bed::Pending(p) => {
            mp.spinning.set(p.pending_spinning.get());
            mp.set_p(p);
        }
        Bed::Plain => mp.note.sleep(),
        Bed::Keeper => sleep_as_keeper(mp, next),
    }
}

fn sleep_as_keeper(mp: &'static M, until: u64) {
    if mp.note.sleep_until(until) {
        return;
    }
    let idle = &*SCHED.idle;
    let taken = idle.lists.with(|lists| {
        if !lists.ms.resign(mp) {
            // Replaced by an earlier keeper, or given a P just now.
            return None;
        }
        idle.keeper_until.store(u64::MAX, Relaxed);
        let p = lists.pop_idle_p();
        if p.is_some() {
            // It looks for what is due, on whichever P.
            SCHED.wake.start_spinning();
            mp.spinning.set(true);
        } else {
            // All Ps are busy and run their own timers.
            lists.ms.push(mp);
        }
        p
    });
    match taken {
        Some(p) => mp.set_p(p),
        None => mp.note.sleep(),
    }
}

/// Spawner: how many threads to make now. Each counts as starting from here on.
pub(crate) fn claim_starts() -> u32 {
    let idle = &*SCHED.idle;
    let parked = bound_ms();
    idle.lists.with(|lists| {
        let mut claimed = 0;
        while lists.pending_len > lists.starting {
            let threads = idle.threads();
            // Beyond the limit only if every thread is parked with its goroutine:
            // then nobody is left to run those that could wake them.
            if threads >= idle.max_threads.load(Relaxed) && parked < threads {
                break;
            }
            idle.threads.store(threads + 1, Relaxed);
            lists.starting += 1;
            claimed += 1;
        }
        claimed
    })
}

/// A thread that was claimed runs (or, `made` false, could not be made).
pub(crate) fn started(made: bool) {
    let idle = &*SCHED.idle;
    idle.lists.with(|lists| {
        lists.starting -= 1;
        if made {
            idle.threads_created.store(idle.threads_created() + 1, Relaxed);
        } else {
            idle.threads.store(idle.threads() - 1, Relaxed);
        }
    });
}

/// Whether Ps wait for threads that nobody makes yet.
pub(crate) fn starts_wanted() -> bool {
    SCHED.idle.lists.with(|lists| lists.pending_len > lists.starting)
}

/// Idle Ms now, for `Stats`.
pub(crate) fn idle_threads() -> u32 {
    SCHED.idle.lists.with(|lists| lists.ms.len())
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
