//! A scheduler in miniature: the real queues, counters and notes, and around
//! them the steps of `sched/find.rs`, `sched/idle.rs`, `sched/ready.rs` and
//! `timer/mod.rs` in their order, each function under its own name.
//!
//! What runs is decided by the test. Time stands still: a deadline up to `NOW`
//! has come, a later one never comes by itself.

#[path = "mini_idle.rs"]
mod idle;

use super::super::WakeState;
use crate::m::note::Note;
use crate::prim::checked::Checked;
use crate::prim::{AtomicU32, AtomicU64, AtomicUsize, full_fence};
use crate::queue::{Batch, GlobalQueue, LocalQueue, Popped};
use loom::sync::{Mutex, MutexGuard};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

pub(super) const NOW: u64 = 10;
pub(super) const NEVER: u64 = u64::MAX;

/// A step of the protocol that a test leaves out, to see it missed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cut {
    Nothing,
    /// (L4) of the leaver.
    Recheck,
    /// (L3) of the leaver.
    LeaverFence,
    /// The fence in `must_wake`.
    SubmitterFence,
    /// A spinner that finds work lets another M take the search over.
    Chain,
    /// Who takes a batch without spinning tells of the rest of it.
    BatchWake,
    /// Who steals without being a spinner tells of the rest of what it has taken.
    RelieveWake,
    /// A spinner's count is given back under the lock under which no P was
    /// found for it.
    CountUnderLock,
    /// At the thread limit, an M on its way to sleep learns that a P with
    /// something to look for went idle for want of an M.
    LookAgain,
    /// At the thread limit, one more M is made if all are parked.
    AllParked,
    /// (T2): the timer is published before the keeper's deadline is read.
    TimerFence,
    /// A P that is handed off to nobody makes somebody look at the timers, as a
    /// leaver does.
    HandOffTimers,
}

pub(super) struct P {
    pub(super) runq: LocalQueue<u8>,
    idle: AtomicU32,
    next: AtomicU64,
    timers: Mutex<Vec<(u64, usize)>>,
}

struct M {
    note: Note,
    p: Checked<Option<usize>>,
    spinning: Checked<bool>,
}

#[derive(Default)]
struct Idle {
    ms: Vec<usize>,
    keeper: Option<usize>,
    ps: Vec<usize>,
    /// With the flag of those whose M will count as a spinner.
    pending: Vec<(usize, bool)>,
    /// A P went idle for want of an M.
    look_again: bool,
    /// The spawner has made the last M.
    made: bool,
    finished: bool,
}

/// Whether there can be more Ms than those that run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Limit {
    /// No.
    Reached,
    /// The spawner makes the last M as soon as a P is pending.
    Above,
    /// The spawner makes it only if the others are parked with their goroutines.
    UnlessParked,
}

/// What a goroutine does when it is run, on M number `m`.
type Body = fn(sched: &Sched, m: usize, gp: usize);

pub(super) struct Sched {
    cut: Cut,
    pub(super) wake: WakeState,
    pub(super) global: GlobalQueue<u8>,
    pub(super) ps: Vec<P>,
    ms: Vec<M>,
    idle: Mutex<Idle>,
    keeper_until: AtomicU64,
    /// Whether the model looks at timers at all.
    timers: bool,
    /// Whether Ms look at each other's rings before they give up: somebody waits for a
    /// descriptor.
    relieves: bool,
    limit: Limit,
    bell: AtomicU32,
    /// Ms parked with their goroutine.
    parked: AtomicUsize,
    left: AtomicUsize,
    body: Body,
    /// For a goroutine that keeps its thread until another one has run.
    pub(super) gate: Note,
}

/// What a model starts with.
#[derive(Clone, Copy)]
pub(super) struct Setup {
    pub(super) cut: Cut,
    pub(super) ps: usize,
    pub(super) ms: usize,
    pub(super) limit: Limit,
    pub(super) timers: bool,
    pub(super) relieves: bool,
    /// So many Ps begin with the M of their number; the others are idle, and
    /// the other Ms begin without one.
    pub(super) busy: usize,
    /// Somebody has counted a spinner already.
    pub(super) counted: bool,
    /// Goroutines to run until the model ends.
    pub(super) goroutines: usize,
    pub(super) body: Body,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup {
            cut: Cut::Nothing,
            ps: 1,
            ms: 1,
            limit: Limit::Reached,
            timers: false,
            relieves: false,
            busy: 1,
            counted: false,
            goroutines: 1,
            body: |_, _, _| (),
        }
    }
}

/// A goroutine, as the queues see it.
pub(super) fn ptr(gp: usize) -> *mut u8 {
    std::ptr::without_provenance_mut(gp + 1)
}

fn number(gp: *mut u8) -> Option<usize> {
    gp.addr().checked_sub(1)
}

enum Stolen {
    Nothing,
    Goroutine(usize),
    Timers,
}

impl Sched {
    pub(super) fn new(setup: &Setup) -> Sched {
        let wake = WakeState::new();
        if setup.counted {
            wake.start_spinning();
        }
        let idle: Vec<usize> = (setup.busy..setup.ps).collect();
        let p = |i| P {
            runq: LocalQueue::new(),
            idle: AtomicU32::new(u32::from(idle.contains(&i))),
            next: AtomicU64::new(NEVER),
            timers: Mutex::default(),
        };
        let m = |i| M {
            note: Note::new(),
            p: Checked::new((i < setup.busy).then_some(i)),
            spinning: Checked::new(false),
        };
        idle.iter().for_each(|_| wake.p_idle());
        Sched {
            cut: setup.cut,
            wake,
            global: GlobalQueue::new(),
            ps: (0..setup.ps).map(p).collect(),
            ms: (0..setup.ms).map(m).collect(),
            idle: Mutex::new(Idle { ps: idle.clone(), ..Idle::default() }),
            keeper_until: AtomicU64::new(NEVER),
            timers: setup.timers,
            relieves: setup.relieves,
            limit: setup.limit,
            bell: AtomicU32::new(0),
            parked: AtomicUsize::new(0),
            left: AtomicUsize::new(setup.goroutines),
            body: setup.body,
            gate: Note::new(),
        }
    }

    fn procs(&self) -> usize {
        self.ps.len()
    }

    fn p(&self, m: usize) -> &P {
        &self.ps[self.ms[m].p.get().expect("an M without a P asked for it")]
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap()
    }

    // sched/switch.rs

    /// The life of M number `m`, until all goroutines have run.
    pub(super) fn schedule(&self, m: usize) {
        while let Some(gp) = self.find_runnable(m) {
            if self.ms[m].spinning.get() {
                self.found_work_spinning(m);
            }
            self.run(m, gp);
        }
    }

    fn run(&self, m: usize, gp: usize) {
        (self.body)(self, m, gp);
        if self.left.fetch_sub(1, AcqRel) == 1 {
            self.finish();
        }
    }

    /// All goroutines have run: the Ms that sleep get up to end.
    fn finish(&self) {
        let mut idle = self.idle();
        idle.finished = true;
        let keeper = idle.keeper.take();
        let sleeping: Vec<usize> = idle.ms.drain(..).chain(keeper).collect();
        drop(idle);
        sleeping.into_iter().for_each(|m| self.ms[m].note.wake());
        self.ring();
    }

    /// All threads of the model have ended: do the counters add up?
    pub(super) fn check_end(&self) {
        let idle = self.idle();
        let promised = idle.pending.iter().filter(|pending| pending.1).count();
        assert_eq!(self.wake.spinning() as usize, promised, "the spinners do not add up");
        assert_eq!(self.wake.idle_ps() as usize, idle.ps.len(), "the idle Ps do not add up");
        let held = self.ms.iter().filter(|m| m.p.get().is_some()).count();
        assert_eq!(held + idle.ps.len() + idle.pending.len(), self.procs(), "a P was lost");
    }

    // sched/find.rs

    /// None when all goroutines have run.
    fn find_runnable(&self, m: usize) -> Option<usize> {
        loop {
            if self.ms[m].p.get().is_none() && !self.sleep(m, NEVER) {
                return None;
            }
            if let Some(gp) = self.find_on(m) {
                return Some(gp);
            }
            let spinning = self.ms[m].spinning.get();
            if spinning || self.wake.try_spin(self.procs() as u32) {
                self.ms[m].spinning.set(true);
                match self.steal(m) {
                    Stolen::Goroutine(gp) => return Some(gp),
                    Stolen::Timers => continue,
                    Stolen::Nothing => {}
                }
            }
            if !self.give_up(m) {
                return None;
            }
        }
    }

    fn find_on(&self, m: usize) -> Option<usize> {
        let p = self.p(m);
        if self.timers && p.next.load(Relaxed) != NEVER {
            self.run_due_on(p, m);
        }
        match p.runq.pop(self.procs() == 1) {
            Popped::Next(gp) | Popped::Ring(gp) => return number(gp),
            Popped::Nothing => {}
        }
        let gp = self.take_global_batch(m);
        if gp.is_none() && self.relieves { self.relieve(m) } else { gp }
    }

    /// The turn of M number `m`, which the system then puts aside for good.
    pub(super) fn one_turn(&self, m: usize) {
        if let Popped::Next(gp) | Popped::Ring(gp) = self.p(m).runq.pop(false) {
            self.run(m, number(gp).expect("a queue gave nobody"));
        }
    }

    fn give_up(&self, m: usize) -> bool {
        self.release(m);
        self.stop_spinning(m);
        if self.cut != Cut::LeaverFence {
            self.wake.before_recheck();
        }
        if self.cut != Cut::Recheck && self.any_work() && self.acquire(m) {
            self.ms[m].spinning.set(true);
            self.wake.start_spinning();
            return true;
        }
        self.sleep(m, self.first_due())
    }

    fn any_work(&self) -> bool {
        self.global.len() != 0 || self.ps.iter().any(|p| !p.runq.is_empty())
    }

    fn stop_spinning(&self, m: usize) -> bool {
        self.ms[m].spinning.replace(false) && self.wake.stop_spinning()
    }

    // sched/steal.rs, one pass: the last

    fn steal(&self, m: usize) -> Stolen {
        let own = self.ms[m].p.get();
        for (id, victim) in self.ps.iter().enumerate() {
            if Some(id) == own {
                continue;
            }
            if self.next_due(victim) <= NOW && self.run_due_on(victim, m) > 0 {
                return Stolen::Timers;
            }
            if victim.idle.load(Relaxed) != 0 {
                continue;
            }
            let (gp, _) = victim.runq.steal_into(&self.p(m).runq);
            if let Some(gp) = number(gp) {
                return Stolen::Goroutine(gp);
            }
            if let Some(gp) = number(victim.runq.steal_next()) {
                return Stolen::Goroutine(gp);
            }
        }
        Stolen::Nothing
    }

    fn relieve(&self, m: usize) -> Option<usize> {
        let own = &self.p(m).runq;
        for victim in self.ps.iter().filter(|victim| !std::ptr::eq(&raw const victim.runq, own)) {
            if victim.idle.load(Relaxed) != 0 {
                continue;
            }
            let (gp, _) = victim.runq.steal_into(own);
            if let Some(gp) = number(gp) {
                let more = !self.ms[m].spinning.get() && !own.is_empty_for_owner();
                if more && self.cut != Cut::RelieveWake {
                    self.wakep();
                }
                return Some(gp);
            }
        }
        None
    }

    // sched/ready.rs

    /// From a goroutine on `m`: `gp` runs next there, or sooner elsewhere.
    pub(super) fn ready(&self, m: usize, gp: usize) {
        self.p(m).runq.push_next(ptr(gp), self.procs() == 1, &self.global);
        if self.procs() != 1 {
            self.wakep();
        }
    }

    /// From a thread without a P.
    pub(super) fn ready_outside(&self, gp: usize) {
        self.global.push(ptr(gp));
        self.wakep();
    }

    pub(super) fn wakep(&self) {
        let must = if self.cut == Cut::SubmitterFence {
            self.wake.idle_ps.load(Relaxed) != 0
                && self.wake.spinning.load(Relaxed) == 0
                && self.wake.spinning.compare_exchange(0, 1, AcqRel, Relaxed).is_ok()
        } else {
            self.wake.must_wake()
        };
        if must {
            self.start_spinner();
        }
    }

    fn found_work_spinning(&self, m: usize) {
        if self.stop_spinning(m) && self.cut != Cut::Chain {
            self.wakep();
        }
    }

    fn take_global_batch(&self, m: usize) -> Option<usize> {
        let mut batch = Batch::new();
        self.global.pop_batch(self.procs(), &mut batch);
        let (&first, rest) = batch.as_slice().split_first()?;
        for &gp in rest {
            self.p(m).runq.push(gp, &self.global);
        }
        if !rest.is_empty() && !self.ms[m].spinning.get() && self.cut != Cut::BatchWake {
            self.wakep();
        }
        number(first)
    }

    // timer/mod.rs

    fn next_due(&self, p: &P) -> u64 {
        if self.timers { p.next.load(Relaxed) } else { NEVER }
    }

    fn first_due(&self) -> u64 {
        self.ps.iter().map(|p| self.next_due(p)).min().unwrap_or(NEVER)
    }

    /// Before the model begins: a timer on P number `p`.
    pub(super) fn put_timer(&self, p: usize, when: u64, gp: usize) {
        let mut timers = self.ps[p].timers.lock().unwrap();
        timers.push((when, gp));
        publish_next(&self.ps[p], &timers);
    }

    /// M number `m` begins as the keeper.
    pub(super) fn keep_first(&self, m: usize, until: u64) {
        if self.sleep(m, until) {
            self.schedule(m);
        }
    }

    /// A goroutine on `m` adds a timer that readies `gp`.
    pub(super) fn insert_timer(&self, m: usize, when: u64, gp: usize) {
        let p = self.p(m);
        let mut timers = p.timers.lock().unwrap();
        timers.push((when, gp));
        publish_next(p, &timers);
        let due = p.next.load(Relaxed);
        drop(timers);
        if self.procs() == 1 {
            return;
        }
        if self.cut != Cut::TimerFence {
            full_fence();
        }
        if due < self.keeper_until.load(Relaxed) {
            self.wakep();
        }
    }

    fn run_due_on(&self, p: &P, m: usize) -> usize {
        if p.next.load(Relaxed) > NOW {
            return 0;
        }
        let mut timers = p.timers.lock().unwrap();
        let due: Vec<usize> = timers.extract_if(.., |timer| timer.0 <= NOW).map(|t| t.1).collect();
        publish_next(p, &timers);
        drop(timers);
        for (i, &gp) in due.iter().enumerate() {
            let runq = &self.p(m).runq;
            if i == 0 {
                runq.push_next(ptr(gp), self.procs() == 1, &self.global);
            } else {
                runq.push(ptr(gp), &self.global);
            }
        }
        if !due.is_empty() && self.procs() != 1 {
            self.wakep();
        }
        due.len()
    }
}

fn publish_next(p: &P, timers: &[(u64, usize)]) {
    let next = timers.iter().map(|timer| timer.0).min().unwrap_or(NEVER);
    p.next.store(next, Release);
}
