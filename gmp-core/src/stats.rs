//! Counters and gauges of the whole runtime.

use crate::g::pool;
use crate::m::spawner;
use crate::rt::Critical;
use crate::sched::{SCHED, idle, threads};
use std::fmt;
use std::sync::atomic::Ordering::Relaxed;

/// A snapshot of the scheduler. Gauges are read one after the other while
/// goroutines run, so they need not add up; counters only grow.
///
/// ```
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// let stats = gmp_core::stats();
/// assert_eq!(stats.local_queues.len(), stats.gomaxprocs);
/// println!("{stats}");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// The number of Ps.
    pub gomaxprocs: usize,
    /// Ps without work.
    pub idle_procs: usize,
    /// Threads that run goroutines or wait to (Ms).
    pub threads: usize,
    /// Of these, asleep without work.
    pub idle_threads: usize,
    /// Of these, looking for work.
    pub spinning_threads: usize,
    /// Of these, blocked together with their goroutine: in a system call, waiting for
    /// their turn after their slice was taken away, or parked while they are pinned
    /// or locked. All others are `gomaxprocs` at most, and idle ones.
    pub blocked_threads: usize,
    /// Goroutines that have not ended.
    pub goroutines: usize,
    /// Of these, running now.
    pub running: usize,
    /// Of these, waiting for a P.
    pub runnable: usize,
    /// Of these, waiting for something else: sleepers, and those in system calls.
    pub waiting: usize,
    /// Length of the global queue.
    pub global_queue: usize,
    /// Length of each P's own queue, `run_next` included.
    pub local_queues: Vec<usize>,
    /// Goroutines ever started.
    pub spawned: u64,
    /// Times a goroutine was switched to.
    pub switches: u64,
    /// Goroutines taken from another P.
    pub steals: u64,
    /// Goroutines stolen by each P, in the order of `local_queues`.
    pub steals_by_proc: Vec<u64>,
    /// Times half a full local queue moved to the global queue.
    pub global_overflows: u64,
    /// Times a P was handed from one thread to another.
    pub handoffs: u64,
    /// Time slices taken away from goroutines that did not yield.
    pub preemptions: u64,
    /// Threads ever made.
    pub threads_created: u64,
    /// Bytes of stack reserved by goroutines that have not ended or not been
    /// joined; memory is used page by page within them.
    pub stack_bytes_in_use: u64,
}

/// A snapshot of the runtime's counters; all zero before it is started. Takes a
/// few microseconds.
///
/// ```
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// rt.block_on_goroutine(|| assert!(gmp_core::stats().goroutines >= 1));
/// ```
pub fn stats() -> Stats {
    let procs = SCHED.procs() as usize;
    // Both vectors are made before anything is looked at: no allocation while
    // this thread holds a lock of the runtime.
    let mut local_queues = Vec::with_capacity(procs);
    let mut steals_by_proc = Vec::with_capacity(procs);
    for p in SCHED.live_ps() {
        local_queues.push(p.runq.len());
        steals_by_proc.push(p.counts.steals.get());
    }
    let critical = Critical::enter();
    let idle_threads = idle::idle_threads() as usize;
    let free = SCHED.ps.iter().map(|p| p.free.len()).sum();
    let stack_bytes_in_use = pool::bytes_in_use(free);
    drop(critical);
    let total =
        |count: fn(&crate::p::Counts) -> u64| SCHED.ps.iter().map(|p| count(&p.counts)).sum();
    let (mut running, mut blocked) = (0, 0);
    for mp in spawner::all_ms() {
        let has_goroutine = !mp.curg.is_none();
        let parked = mp.parked_bound.load(Relaxed);
        // In the kernel, its P with somebody else.
        let detached = has_goroutine && !parked && mp.handshake.is_lost();
        blocked += usize::from(parked || detached);
        running += usize::from(has_goroutine && !parked && !detached);
    }
    let goroutines = goroutines();
    let global_queue = SCHED.global.len();
    let runnable = global_queue + local_queues.iter().sum::<usize>();
    Stats {
        gomaxprocs: procs,
        idle_procs: SCHED.wake.idle_ps() as usize,
        threads: num_threads(),
        idle_threads,
        spinning_threads: SCHED.wake.spinning() as usize,
        blocked_threads: blocked,
        goroutines,
        running,
        runnable,
        waiting: goroutines.saturating_sub(running + runnable),
        global_queue,
        local_queues,
        spawned: total(|c| c.spawned.get()) + SCHED.spawned_outside.load(Relaxed),
        switches: total(|c| c.switches.get()),
        steals: steals_by_proc.iter().sum(),
        steals_by_proc,
        global_overflows: total(|c| c.overflows.get()),
        handoffs: SCHED.handoffs.load(Relaxed),
        preemptions: SCHED.preemptions.load(Relaxed),
        threads_created: threads::created(),
        stack_bytes_in_use,
    }
}

/// Goroutines that have not ended.
pub(crate) fn goroutines() -> usize {
    // Exits first: a goroutine counted as ended was counted as started before.
    let exited: u64 = SCHED.ps.iter().map(|p| p.counts.exited.get()).sum();
    let spawned: u64 = SCHED.ps.iter().map(|p| p.counts.spawned.get()).sum::<u64>()
        + SCHED.spawned_outside.load(Relaxed);
    spawned.saturating_sub(exited) as usize
}

/// The number of goroutines that have not ended; 1 in a program that started
/// none besides main.
///
/// ```
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// rt.block_on_goroutine(|| assert!(gmp_core::num_goroutine() >= 1));
/// ```
pub fn num_goroutine() -> usize {
    goroutines()
}

/// The number of threads that run goroutines or wait to.
///
/// ```
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// rt.block_on_goroutine(|| assert!(gmp_core::num_threads() >= 1));
/// ```
pub fn num_threads() -> usize {
    threads::count() as usize
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "procs {} ({} idle), threads {} ({} idle, {} spinning, {} blocked, {} created)",
            self.gomaxprocs,
            self.idle_procs,
            self.threads,
            self.idle_threads,
            self.spinning_threads,
            self.blocked_threads,
            self.threads_created,
        )?;
        writeln!(
            f,
            "goroutines {} ({} running, {} runnable, {} waiting), {} started, {} bytes of stack",
            self.goroutines,
            self.running,
            self.runnable,
            self.waiting,
            self.spawned,
            self.stack_bytes_in_use,
        )?;
        write!(
            f,
            "queues: global {}, local {:?}; switches {}, steals {}, overflows {}, hand-offs {}, \
             preemptions {}",
            self.global_queue,
            self.local_queues,
            self.switches,
            self.steals,
            self.global_overflows,
            self.handoffs,
            self.preemptions,
        )
    }
}
