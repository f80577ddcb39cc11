//! What the models of `ticket.rs` run in: Ms with what they run, and goroutines with
//! what they do.

#[path = "ticket_steps.rs"]
mod steps;

pub(super) use steps::COME_IN;

use crate::m::handshake::{Entry, Handshake, taken};
use crate::m::note::Note;
use crate::prim::checked::Checked;
use crate::prim::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, futex_wait, futex_wake};
use crate::queue::GlobalQueue;
use loom::sync::{Mutex, MutexGuard};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

/// No P, no M, no goroutine, where those are stored as numbers.
const NONE: usize = usize::MAX;

/// A step that a test leaves out or does too late, to see it missed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cut {
    Nothing,
    /// (T1): a signal in the scheduler has no effect.
    InScheduler,
    /// (T4): neither has one for a run that is over.
    RunNumber,
    /// (T5): the successor is reserved first.
    ReserveFirst,
    /// (T5): the P is let go before the goroutine is queued.
    DropFirst,
    /// (T5): while a bound successor was reserved nobody saw it in the queue.
    WakeForBound,
    /// Who gives a reserved M back looks whether it was missed.
    GiveBackLooks,
}

/// How an M begins.
#[derive(Clone, Copy)]
pub(super) enum Start {
    /// In user code: this goroutine, on the next P.
    Runs(usize),
    /// In the scheduler, with the next P.
    Searches,
    /// Parked with this goroutine; the model queues it.
    Parked(usize),
    /// On the idle list.
    Asleep,
    /// The spawner has still to make it.
    Unmade,
}

/// What a goroutine does when it runs, on M number `m`.
type Body = fn(world: &World, m: usize, gp: usize);

#[derive(Clone, Copy)]
pub(super) struct Setup {
    pub(super) cut: Cut,
    pub(super) ms: &'static [Start],
    pub(super) idle_ps: usize,
    pub(super) goroutines: usize,
    pub(super) body: Body,
}

pub(super) struct World {
    cut: Cut,
    starts: &'static [Start],
    ms: Vec<M>,
    ps: Vec<P>,
    gs: Vec<G>,
    pub(super) global: GlobalQueue<u8>,
    idle: Mutex<Idle>,
    left: AtomicUsize,
    body: Body,
    bell: AtomicU32,
    /// A lock of the scheduler's, and one of user code that the spawner needs, too.
    pub(super) lock: Mutex<()>,
    pub(super) malloc: Mutex<()>,
    /// For a goroutine that keeps its P until another one has run.
    pub(super) gate: Note,
}

struct M {
    handshake: Handshake,
    note: Note,
    p: AtomicUsize,
    /// Its own thread's.
    curg: Checked<usize>,
    ticket: AtomicU64,
    /// SIGURG is pending.
    signal: AtomicBool,
}

struct P {
    runs: AtomicU64,
    /// What belongs to a P: only its owner may touch it.
    uses: Checked<u32>,
}

struct G {
    /// The M it is parked with.
    bound: AtomicUsize,
    /// What belongs to a goroutine: how often it has ended.
    ended: Checked<u32>,
}

#[derive(Default)]
struct Idle {
    ms: Vec<usize>,
    ps: Vec<usize>,
    /// Ps that wait for the spawner's M.
    pending: Vec<usize>,
    finished: bool,
}

/// A goroutine, as the queue sees it.
pub(super) fn ptr(gp: usize) -> *mut u8 {
    std::ptr::without_provenance_mut(gp + 1)
}

fn number(gp: *mut u8) -> Option<usize> {
    gp.addr().checked_sub(1)
}

impl World {
    pub(super) fn new(setup: &Setup) -> World {
        let m = |_: &Start| M {
            handshake: Handshake::new(),
            note: Note::new(),
            p: AtomicUsize::new(NONE),
            curg: Checked::new(NONE),
            ticket: AtomicU64::new(0),
            signal: AtomicBool::new(false),
        };
        let has_p = |start: &&Start| matches!(start, Start::Runs(_) | Start::Searches);
        let in_use = setup.ms.iter().filter(has_p).count();
        let ps = in_use + setup.idle_ps;
        let p = |_| P { runs: AtomicU64::new(0), uses: Checked::new(0) };
        let g = |_| G { bound: AtomicUsize::new(NONE), ended: Checked::new(0) };
        let world = World {
            cut: setup.cut,
            starts: setup.ms,
            ms: setup.ms.iter().map(m).collect(),
            ps: (0..ps).map(p).collect(),
            gs: (0..setup.goroutines).map(g).collect(),
            global: GlobalQueue::new(),
            idle: Mutex::new(Idle { ps: (in_use..ps).collect(), ..Idle::default() }),
            left: AtomicUsize::new(setup.goroutines),
            body: setup.body,
            bell: AtomicU32::new(0),
            lock: Mutex::new(()),
            malloc: Mutex::new(()),
            gate: Note::new(),
        };
        let mut ps = 0..in_use;
        for (m, &start) in setup.ms.iter().enumerate() {
            match start {
                Start::Runs(gp) => {
                    world.set_p(m, ps.next().expect("a P"));
                    world.begin_run(m, gp);
                }
                Start::Searches => world.set_p(m, ps.next().expect("a P")),
                Start::Parked(gp) => world.gs[gp].bound.store(m, Relaxed),
                Start::Asleep => world.idle().ms.push(m),
                Start::Unmade => {}
            }
        }
        world
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap()
    }

    /// The owner of `p` works with it.
    fn use_p(&self, p: usize) {
        self.ps[p].uses.with(|uses| *uses += 1);
    }

    /// The P of M number `m`, which is in the scheduler and has one.
    fn p(&self, m: usize) -> usize {
        let p = self.ms[m].p.load(Relaxed);
        assert_ne!(p, NONE, "an M without a P asked for it");
        p
    }

    // m/mod.rs

    fn set_p(&self, m: usize, p: usize) {
        self.ms[m].p.store(p, Relaxed);
        self.ms[m].handshake.given(taken::NO);
    }

    fn drop_p(&self, m: usize) -> usize {
        let p = self.p(m);
        self.ms[m].p.store(NONE, Relaxed);
        self.ms[m].handshake.given_up();
        p
    }

    // The life of an M: m/thread.rs, sched/switch.rs, sched/find.rs

    /// M number `m`, from where it begins, until all goroutines have ended.
    pub(super) fn begin(&self, m: usize) {
        match self.starts[m] {
            Start::Runs(gp) => self.run_on(m, gp),
            Start::Searches => {}
            Start::Parked(gp) => {
                self.ms[m].note.sleep();
                self.resume_here(gp, m);
                self.run_on(m, gp);
            }
            Start::Asleep => self.ms[m].note.sleep(),
            Start::Unmade => self.spawner(),
        }
        self.schedule(m);
    }

    fn schedule(&self, m: usize) {
        while self.ms[m].p.load(Relaxed) != NONE || self.sleep(m) {
            let Some(gp) = number(self.global.pop()) else {
                self.release(m);
                continue;
            };
            if self.gs[gp].bound.load(Relaxed) != NONE {
                self.hand_p_to(gp, m);
                continue;
            }
            self.begin_run(m, gp);
            self.run_on(m, gp);
        }
    }

    fn begin_run(&self, m: usize, gp: usize) {
        self.next_run(m);
        self.ms[m].curg.set(gp);
        self.ms[m].handshake.leave();
    }

    fn next_run(&self, m: usize) {
        let p = self.p(m);
        self.use_p(p);
        let runs = &self.ps[p].runs;
        runs.store(runs.load(Relaxed) + 1, Relaxed);
    }

    /// From user code to the end of `gp`, when its M is in the scheduler again.
    fn run_on(&self, m: usize, gp: usize) {
        (self.body)(self, m, gp);
        self.gs[gp].ended.with(|ended| *ended += 1);
        self.enter(gp, m);
        self.ms[m].curg.set(NONE);
        if self.left.fetch_sub(1, AcqRel) == 1 {
            self.finish();
        }
    }

    fn finish(&self) {
        let mut idle = self.idle();
        idle.finished = true;
        let sleeping = std::mem::take(&mut idle.ms);
        drop(idle);
        sleeping.into_iter().for_each(|m| self.ms[m].note.wake());
        self.ring();
    }

    // What goroutines do

    /// A signal may arrive here.
    pub(super) fn point(&self, m: usize) {
        if self.ms[m].signal.swap(false, AcqRel) {
            self.interrupt(m);
        }
    }

    /// User code that would not run beside another of the same P.
    pub(super) fn compute(&self, m: usize) {
        self.use_p(self.ms[m].p.load(Relaxed));
    }

    /// A call into the runtime: `f` inside.
    pub(super) fn call(&self, m: usize, gp: usize, f: impl FnOnce()) {
        self.enter(gp, m);
        self.use_p(self.p(m));
        f();
        self.ms[m].handshake.leave();
    }

    /// From inside: queues `gp`.
    pub(super) fn ready(&self, gp: usize) {
        self.global.push(ptr(gp));
        self.wakep();
    }

    /// Whether a P is idle although something is queued, at this moment.
    pub(super) fn idle_beside_work(&self) -> bool {
        let idle = self.idle();
        !idle.ps.is_empty() && self.global.len() != 0
    }

    fn enter(&self, gp: usize, m: usize) {
        let handshake = &self.ms[m].handshake;
        if handshake.enter() {
            return;
        }
        while handshake.settle(taken::NO) == Entry::Lost {
            self.ms[m].p.store(NONE, Relaxed);
            if self.acquire(m) {
                return;
            }
            self.requeue(gp, m);
        }
    }

    // All threads of the model have ended.

    pub(super) fn check_end(&self) {
        for (gp, g) in self.gs.iter().enumerate() {
            assert_eq!(g.ended.get(), 1, "goroutine {gp} was lost");
        }
        assert_eq!((self.global.len(), self.global.bound_len()), (0, 0));
        let idle = self.idle();
        let held = self.ms.iter().map(|m| m.p.load(Relaxed)).filter(|&p| p != NONE);
        let mut owned: Vec<usize> = held.chain(idle.ps.iter().copied()).collect();
        owned.extend(&idle.pending);
        owned.sort_unstable();
        assert!(owned.iter().copied().eq(0..self.ps.len()), "Ps lost or owned twice: {owned:?}");
    }
}
