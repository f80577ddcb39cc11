//! How many threads there may be: the limit, the spares, those that go.
//!
//! The numbers are changed under the idle lock, the decisions here are asked for by
//! `idle.rs` with that lock held, and carried out by the spawner (`m/spawner.rs`).

use super::SCHED;
use crate::m::{M, spawner};
use crate::prim::{AtomicBool, AtomicU32, AtomicU64};
use crate::{debug, sys};
use std::sync::atomic::Ordering::Relaxed;

/// Idle Ms kept ready, to go on with Ps that are taken away: then it is too late to
/// make one (`preempt/README.md`, "Successors"). The least of them; and the most, where
/// they were used up faster than new ones came.
const SPARES: (u32, u32) = (3, 32);
/// Nanoseconds without any spare that are too long.
const SLOW: u64 = 5_000_000;

/// Go's default for the number of threads.
const DEFAULT_MAX: u32 = 10_000;

pub(crate) struct Threads {
    /// Ms that exist or are being made. Written under the idle lock.
    count: AtomicU32,
    /// Of these, those that have not been idle yet, nor had a P. Under the idle lock.
    starting: AtomicU32,
    max: AtomicU32,
    created: AtomicU64,
    /// Go's rule at the limit: the process ends.
    exit: AtomicBool,
    /// How many spares to keep.
    spares: AtomicU32,
    /// When the spawner was told that spares are missing, if it has not answered: u64::MAX.
    asked_at: AtomicU64,
    /// A thread was wanted at the limit.
    limit_hit: AtomicBool,
    /// The fewest idle Ms since the last look. Under the idle lock.
    low_water: AtomicU32,
    /// The spawner was told that there may be too many.
    surplus_seen: AtomicBool,
}

static THREADS: Threads = Threads {
    count: AtomicU32::new(0),
    starting: AtomicU32::new(0),
    max: AtomicU32::new(DEFAULT_MAX),
    created: AtomicU64::new(0),
    exit: AtomicBool::new(false),
    spares: AtomicU32::new(SPARES.0),
    asked_at: AtomicU64::new(u64::MAX),
    limit_hit: AtomicBool::new(false),
    low_water: AtomicU32::new(0),
    surplus_seen: AtomicBool::new(false),
};

/// Ms that exist or are being made.
pub(crate) fn count() -> u32 {
    THREADS.count.load(Relaxed)
}

/// Threads ever made.
pub(crate) fn created() -> u64 {
    THREADS.created.load(Relaxed)
}

fn max() -> u32 {
    THREADS.max.load(Relaxed)
}

/// At start: the limit and what happens there.
pub(crate) fn set_rules(limit: Option<usize>, exit: bool) {
    if let Some(n) = limit {
        THREADS.max.store(saturate(n), Relaxed);
    }
    THREADS.exit.store(exit, Relaxed);
}

fn saturate(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Sets how many threads may run goroutines or wait to; returns the old limit
/// (10,000 at first). Takes effect at once and never ends a thread. At the limit
/// goroutines wait in their queues for the threads there are, and those that have a
/// thread (blocked in a system call, or preempted) finish first; a line on standard
/// error says so once. With `max_threads_exit` the process ends instead, as in Go:
/// also here, if there are more threads than `n` already.
///
/// # Panics
/// If `n` is 0.
///
/// ```
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// let old = gmp_core::set_max_threads(500);
/// assert_eq!(gmp_core::set_max_threads(old), 500);
/// ```
pub fn set_max_threads(n: usize) -> usize {
    assert!(n > 0, "set_max_threads(0): goroutines need at least one thread");
    let n = saturate(n);
    let old = THREADS.max.swap(n, Relaxed);
    if n < count() {
        exit_if_asked();
    }
    // Ps that wait for threads may get them now.
    spawner::ring();
    old as usize
}

/// Whether another thread may be made, besides those promised to `pending` Ps.
pub(super) fn may_start(pending: u32) -> bool {
    let promised = pending.saturating_sub(THREADS.starting.load(Relaxed));
    count() + promised < max()
}

/// Whether the limit is reached.
pub(super) fn at_limit() -> bool {
    count() >= max()
}

/// Whether every M is parked with its goroutine, and one more may be made for those
/// that could wake them: nobody else is left to run them.
pub(super) fn all_parked() -> bool {
    !THREADS.exit.load(Relaxed) && parked() >= count()
}

fn parked() -> u32 {
    spawner::all_ms().filter(|mp| mp.parked_bound.load(Relaxed)).count() as u32
}

/// A thread was wanted and may not be made.
pub(super) fn limit_reached() {
    exit_if_asked();
    if !THREADS.limit_hit.swap(true, Relaxed) {
        // It says so, outside the scheduler.
        spawner::ring();
    }
}

/// Go's "thread exhaustion", if that was chosen.
fn exit_if_asked() {
    if !THREADS.exit.load(Relaxed) {
        return;
    }
    let mut line = sys::Line::new();
    line.push(format_args!("runtime: program exceeds {}-thread limit\n", max()));
    line.push(format_args!("fatal error: thread exhaustion\n"));
    line.write();
    sys::exit_now(2);
}

/// The spawner: says once that the limit was reached.
pub(crate) fn tell_of_limit() {
    static TOLD: AtomicBool = AtomicBool::new(false);
    if !THREADS.limit_hit.load(Relaxed) || TOLD.swap(true, Relaxed) {
        return;
    }
    let mut line = sys::Line::new();
    line.push(format_args!(
        "gmp: all {} threads that may be made are in use; goroutines wait for one. Raise the \
         limit with set_max_threads or #[gmp::main(max_threads = ..)], or block in fewer \
         goroutines at a time.\n",
        max()
    ));
    line.write();
}

/// An idle M was given work, `idle` are left. Under the idle lock.
pub(super) fn mind_spares(idle: u32) {
    if idle < THREADS.low_water.load(Relaxed) {
        THREADS.low_water.store(idle, Relaxed);
    }
    if idle < spares() {
        ask_for_spares();
    }
}

fn spares() -> u32 {
    THREADS.spares.load(Relaxed)
}

/// Tells the spawner, once until it has answered. True if it was told just now.
fn ask_for_spares() -> bool {
    let asked = || {
        let now = sys::monotonic_ns();
        THREADS.asked_at.compare_exchange(u64::MAX, now, Relaxed, Relaxed).is_ok()
    };
    let told = !at_limit() && THREADS.asked_at.load(Relaxed) == u64::MAX && asked();
    if told {
        spawner::ring();
    }
    told
}

/// There was no idle M to be had. `helped`: a bound goroutine goes on instead. If it is
/// because the spawner cannot go on, for want of a
/// lock that some goroutine holds, say, more spares are kept in future.
pub(super) fn none_left(helped: bool) {
    if at_limit() {
        if !helped {
            limit_reached();
        }
        return;
    }
    if ask_for_spares() {
        return;
    }
    let asked_at = THREADS.asked_at.load(Relaxed);
    let now = sys::monotonic_ns();
    if asked_at != u64::MAX && now > asked_at + SLOW {
        THREADS.asked_at.store(now, Relaxed);
        THREADS.spares.store((spares() * 2).min(SPARES.1), Relaxed);
    }
}

/// An M went idle, `idle` are now. Under the idle lock.
pub(super) fn mind_surplus(idle: u32) {
    if idle > SPARES.0 + 1 && !THREADS.surplus_seen.swap(true, Relaxed) {
        spawner::ring();
    }
}

/// Spawner: how many threads to make now, for pending Ps and as spares. Each counts as
/// there from here on.
pub(crate) fn claim_starts() -> u32 {
    // Looks at every M, so only where it matters.
    let all_parked = at_limit() && all_parked();
    SCHED.idle.lists.with(|lists| {
        let wanted = lists.pending_len + spares().saturating_sub(lists.spare_ms());
        let mut claimed = 0;
        while THREADS.starting.load(Relaxed) < wanted {
            // Beyond the limit only for a P that nobody else will ever take.
            let needed = all_parked && THREADS.starting.load(Relaxed) < lists.pending_len;
            if count() >= max() && !needed {
                break;
            }
            add(&THREADS.count, 1);
            add(&THREADS.starting, 1);
            claimed += 1;
        }
        claimed
    })
}

fn add(number: &AtomicU32, n: u32) {
    number.store(number.load(Relaxed) + n, Relaxed);
}

fn subtract(number: &AtomicU32, n: u32) {
    number.store(number.load(Relaxed) - n, Relaxed);
}

/// A thread that was claimed runs and is about to go idle, or to be given a P. Under the
/// idle lock.
pub(super) fn arrived() {
    subtract(&THREADS.starting, 1);
    THREADS.created.store(created() + 1, Relaxed);
}

/// `n` threads that were claimed could not be made: the system refuses. The spawner tries
/// again by itself, and need not be told.
pub(crate) fn refused(n: u32) {
    SCHED.idle.lists.with(|_| {
        subtract(&THREADS.starting, n);
        subtract(&THREADS.count, n);
    });
    THREADS.asked_at.store(sys::monotonic_ns(), Relaxed);
}

/// The spawner has made what it claimed, or could not.
pub(crate) fn answered() {
    THREADS.asked_at.store(u64::MAX, Relaxed);
}

/// An M is about to end: it counts no longer.
pub(crate) fn one_less() {
    SCHED.idle.lists.with(|_| subtract(&THREADS.count, 1));
}

/// How long an M is idle before it may retire, in nanoseconds.
pub(crate) fn retire_period() -> u64 {
    debug::get().retire_ns
}

/// Whether the spawner has to look after surplus Ms.
pub(crate) fn surplus_seen() -> bool {
    THREADS.surplus_seen.load(Relaxed)
}

/// Spawner, once a period while `surplus_seen`: ends Ms that nobody needed since the
/// last call.
pub(crate) fn retire() {
    THREADS.spares.store((spares() - 1).max(SPARES.0), Relaxed);
    let kept = spares() + 1;
    loop {
        let gone = SCHED.idle.lists.with(|lists| {
            let surplus = THREADS.low_water.load(Relaxed).saturating_sub(kept);
            let mp = if surplus == 0 { None } else { lists.ms.pop_oldest() };
            if mp.is_some() {
                subtract(&THREADS.low_water, 1);
                subtract(&THREADS.count, 1);
            } else {
                THREADS.low_water.store(lists.ms.len(), Relaxed);
                // Again in a period, while there are more than the fewest that are kept.
                THREADS.surplus_seen.store(lists.ms.len() > SPARES.0 + 1, Relaxed);
            }
            mp
        });
        let Some(mp) = gone else { return };
        end(mp);
    }
}

/// `mp`, off every list, finds no P when it wakes, and ends. (Relaxed: the note's token
/// publishes it.)
fn end(mp: &'static M) {
    mp.retiring.store(true, Relaxed);
    mp.note.wake();
}
