//! sysmon's look at one P: whether its time slice is over, or its thread blocked.
//! README.md, "When sysmon looks", argues the times.

use super::blocking::section;
use super::detached::DetachedMs;
use super::handler::Ticket;
use super::pace::Pace;
use super::signal;
use super::states::States;
use crate::debug;
use crate::m::M;
use crate::p::{P, status, urged};
use crate::sched::world::MyTurn;
use crate::sched::{SCHED, claim, idle, successor};
use crate::sys::{self, procfs::State};
use std::cell::Cell;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

/// Nanoseconds that a call in `blocking` may take before it counts as blocked.
const HINT: u64 = 20_000;
/// Nanoseconds after a signal before the next one, if it had no effect.
const AGAIN: u64 = 1_000_000;

/// What sysmon remembers of a P; touched by sysmon only.
#[derive(Default)]
pub(crate) struct Watch {
    /// The run seen last: how many goroutines the P was switched to. None if it was not
    /// in use.
    run: Cell<Option<u64>>,
    /// When that run began, as far as is known.
    since: Cell<u64>,
    /// The last look.
    seen_at: Cell<u64>,
    /// When to look again.
    look_at: Cell<u64>,
    /// The last look found the thread blocked.
    blocked: Cell<bool>,
    /// When it was signalled, 0 if not.
    signalled: Cell<u64>,
    /// For `States`.
    clock: Cell<u64>,
    slice: Standing,
    visits: Standing,
}

/// A number of the P's, and since when it has been the same, over several runs.
#[derive(Default)]
struct Standing {
    number: Cell<u64>,
    since: Cell<u64>,
    /// The run in which it began.
    run: Cell<u64>,
}

impl Standing {
    /// Whether it has been `number` for `ns`, in more than one run: as far as was seen.
    fn for_long(&self, number: u64, run: u64, ns: u64, now: u64) -> bool {
        if self.number.replace(number) != number {
            self.restart(run, now);
        }
        now - self.since.get() >= ns && run != self.run.get()
    }

    fn restart(&self, run: u64, now: u64) {
        self.since.set(now);
        self.run.set(run);
    }
}

impl Watch {
    fn begin(&self, run: u64, since: u64) {
        self.run.set(Some(run));
        self.since.set(since);
        self.blocked.set(false);
        self.signalled.set(0);
        self.clock.set(0);
    }
}

/// What looking at Ps takes along.
pub(super) struct Looker {
    pub(super) states: States,
    pub(super) pace: Pace,
    pub(super) detached: DetachedMs,
}

impl Looker {
    /// Looks at `p`, if it is time, or if somebody `rung` who may be blocked now;
    /// returns when to look again.
    pub(super) fn look(&mut self, p: &'static P, now: u64, rung: bool) -> u64 {
        let watch = &p.watch;
        let run = p.counts.switches.get();
        let status = p.status.load(Relaxed);
        if status != status::RUNNING {
            watch.run.set(None);
            watch.signalled.set(0);
            watch.seen_at.set(now);
            // One that waits for a thread will have one soon.
            return if status == status::PENDING { now + self.pace.first() } else { u64::MAX };
        }
        urge(p, run, now);
        let seen_at = watch.seen_at.replace(now);
        let new = watch.run.get() != Some(run);
        if new {
            self.pace.saw_run();
            // With our last signal, or else after the last look; not long ago, if we were
            // late ourselves.
            let began = seen_at.max(watch.signalled.get());
            watch.begin(run, began.max(now - debug::get().slice_ns / 2));
        }
        if new || rung || now >= watch.look_at.get() {
            let next = match p.m.load(Acquire) {
                Some(mp) if !mp.handshake.in_scheduler() => self.examine(p, mp, now),
                // On its way to work, or looking for some.
                _ => now + self.pace.first(),
            };
            watch.look_at.set(next);
        }
        watch.look_at.get()
    }

    /// `mp` was seen in user code with `p`.
    fn examine(&mut self, p: &'static P, mp: &'static M, now: u64) -> u64 {
        let watch = &p.watch;
        let age = now - watch.since.get();
        match see_section(mp) {
            section::SEEN => return self.retake(p, mp, now, age),
            section::OPEN if self.pace.minds_hints() => return now + HINT,
            _ => {}
        }
        let mut clock = watch.clock.get();
        let state = self.states.of(mp, &mut clock);
        watch.clock.set(clock);
        match state {
            Some(State::Blocked) if watch.blocked.get() => return self.retake(p, mp, now, age),
            Some(State::Blocked) => {
                watch.blocked.set(true);
                return now + self.pace.confirm();
            }
            None => return now + self.pace.confirm(),
            Some(State::Running) => {}
        }
        watch.blocked.set(false);
        let slice = debug::get().slice_ns;
        if age >= slice {
            return self.end_slice(p, mp, now);
        }
        now + self.pace.next(age).min(slice - age)
    }

    /// `mp` computes and its slice is over: tells it, if anybody waits.
    fn end_slice(&mut self, p: &'static P, mp: &'static M, now: u64) -> u64 {
        let last = p.watch.signalled.get();
        if last != 0 && now < last + AGAIN {
            return last + AGAIN;
        }
        // If a P is idle, or somebody looks for work, that one comes for who waits.
        if !signal::on() || somebody_comes() || !somebody_waits(p) {
            return now + self.pace.next(now - p.watch.since.get());
        }
        if !successor::exists() {
            successor::want();
            return now + AGAIN;
        }
        let Some(run) = p.watch.run.get() else { return now };
        signal::send(mp, Ticket::of(p, run));
        // It may have come from the global queue, and what waits beside it has a slice.
        p.watch.visits.restart(run, now);
        p.watch.signalled.set(now);
        now + self.pace.first().min(debug::get().slice_ns)
    }

    /// `mp` is blocked in the kernel: takes its P, if that is of use to anybody.
    fn retake(&mut self, p: &'static P, mp: &'static M, now: u64, age: u64) -> u64 {
        let slice = debug::get().slice_ns;
        // Whoever becomes ready finds an idle P, if there is one; then this one is
        // kept for a thread that may come back soon.
        if somebody_comes() && !somebody_waits(p) && age < slice {
            return now + self.pace.next(age).min(slice - age);
        }
        if self.take(p, mp, now) {
            self.pace.took();
        }
        now + self.pace.confirm()
    }

    /// Takes `p` from `mp`, with a successor reserved; false if it was not to be had.
    pub(super) fn take(&mut self, p: &'static P, mp: &'static M, now: u64) -> bool {
        // Who stops the world collects it now.
        let Some(_turn) = MyTurn::try_take() else { return false };
        let successor = successor::reserve(p);
        let needed = somebody_waits(p) || p.timers.next_due() != u64::MAX;
        // (At the thread limit none will come: then the P goes idle, and what waits on it
        // to the global queue, for the threads there are.)
        if successor.is_none() && needed && !successor::limited() {
            return false;
        }
        if !claim::claim(mp, p) {
            successor.into_iter().for_each(successor::Successor::give_back);
            return false;
        }
        idle::hand_to(p, successor);
        self.detached.add(mp, now);
        true
    }
}

/// Asks `p` to stand back if its goroutines keep others waiting although none of them
/// computes for long: they hand the same slice to each other, or their turns are so many
/// that the global queue is not looked at.
fn urge(p: &P, run: u64, now: u64) {
    let ns = debug::get().slice_ns;
    let Watch { slice, visits, .. } = &p.watch;
    let chained = slice.for_long(p.tick.load(Relaxed).into(), run, ns, now);
    let aside = visits.for_long(p.counts.visits.get(), run, ns, now);
    let waiting = SCHED.global.len();
    let chained = chained && p.runq.len() + waiting > 1;
    if chained || (aside && waiting > 0) {
        p.urged.store(if chained { urged::CHAINED } else { urged::ASIDE }, Relaxed);
        slice.restart(run, now);
        visits.restart(run, now);
    }
}

/// Whether `mp` is in `blocking`, and in a section that was seen before; if not, it is now.
fn see_section(mp: &M) -> u32 {
    let see = mp.blocking.compare_exchange(section::OPEN, section::SEEN, Relaxed, Relaxed);
    see.unwrap_or_else(|is| is)
}

/// Whether a P is idle, or an M looks for work.
fn somebody_comes() -> bool {
    SCHED.wake.idle_ps() != 0 || SCHED.wake.spinning() != 0
}

/// Whether anybody waits for `p`.
pub(super) fn somebody_waits(p: &P) -> bool {
    let due = p.timers.next_due();
    p.has_work() || SCHED.global.len() != 0 || (due != u64::MAX && due <= sys::monotonic_ns())
}
