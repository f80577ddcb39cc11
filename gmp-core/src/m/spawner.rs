//! The spawner: the one thread that makes threads and does the runtime's
//! housekeeping.
//!
//! Making a thread allocates and takes locks of the C library, which no thread
//! may do inside the scheduler (I3). So whoever needs an M and finds none queues
//! the P as pending and rings here. The same thread gives back the memory of
//! excess stacks and re-reads the default GOMAXPROCS when asked. It sleeps
//! otherwise, without a deadline.

use super::{M, thread};
use crate::debug;
use crate::g::ahead::Ahead;
use crate::g::pool;
use crate::prim::{AtomicRef, AtomicU32};
use crate::sched::{maxprocs, threads};
use crate::sys;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::{Mutex, PoisonError};

/// Rung by `ring`; the spawner sleeps on it.
static BELL: AtomicU32 = AtomicU32::new(0);
static NEXT_ID: AtomicU32 = AtomicU32::new(0);

/// How long to wait before trying again when the system refuses a thread: at first, and
/// at most, in nanoseconds.
const RETRY: (u64, u64) = (10_000_000, 1_000_000_000);

/// Every M ever made; read by anyone.
static ALL: AtomicRef<Node> = AtomicRef::none();

struct Node {
    mp: &'static M,
    next: Option<&'static Node>,
}

/// Asks the spawner to look for something to do. May be called anywhere.
pub(crate) fn ring() {
    BELL.fetch_add(1, Release);
    sys::futex_wake(&BELL);
}

/// Ms whose threads have ended: for the next threads.
static WITHOUT_THREAD: Mutex<Vec<&'static M>> = Mutex::new(Vec::new());

/// An M for a new thread. Called by the spawner alone: a new M becomes one of all Ms here.
fn take_m() -> &'static M {
    let used = WITHOUT_THREAD.lock().unwrap_or_else(PoisonError::into_inner).pop();
    used.unwrap_or_else(|| {
        let mp: &'static M = Box::leak(Box::new(M::new(NEXT_ID.fetch_add(1, Relaxed))));
        let next = ALL.load(Relaxed);
        // Release: whoever finds the node finds the M made.
        ALL.store(Some(Box::leak(Box::new(Node { mp, next }))), Release);
        mp
    })
}

/// The thread of `mp` is about to end. Called by that thread, outside the scheduler.
pub(crate) fn give_back(mp: &'static M) {
    mp.retiring.store(false, Relaxed);
    WITHOUT_THREAD.lock().unwrap_or_else(PoisonError::into_inner).push(mp);
}

/// All Ms there ever were.
pub(crate) fn all_ms() -> impl Iterator<Item = &'static M> {
    let mut at = ALL.load(Acquire);
    std::iter::from_fn(move || {
        let node = at?;
        at = node.next;
        Some(node.mp)
    })
}

/// Starts the spawner; an error if the system has no threads.
pub(crate) fn start() -> std::io::Result<()> {
    std::thread::Builder::new().name("gmp-spawner".into()).stack_size(256 << 10).spawn(run)?;
    Ok(())
}

fn run() {
    let mut next_trim = None;
    let mut next_retire = None;
    let mut burst = Ahead::default();
    let mut patience = RETRY.0;
    loop {
        let bell = BELL.load(Acquire);
        threads::tell_of_limit();
        let refused = make_threads();
        patience = if refused { (patience * 2).min(RETRY.1) } else { RETRY.0 };
        maxprocs::refresh_if_asked();
        pool::make_if_asked();
        let more = burst.step();
        let now = sys::monotonic_ns();
        now_and_then(&mut next_trim, now, pool::TRIM_PERIOD, pool::trim_wanted, pool::trim);
        let period = threads::retire_period();
        now_and_then(&mut next_retire, now, period, threads::surplus_seen, threads::retire);
        let retry_at = refused.then_some(now + patience);
        let deadline = [next_trim, next_retire, retry_at].into_iter().flatten().min();
        if !more {
            sys::futex_wait(&BELL, bell, deadline);
        }
    }
}

/// Does `work` once in `period` while it is `wanted`; `next` is when.
fn now_and_then(next: &mut Option<u64>, now: u64, period: u64, wanted: fn() -> bool, work: fn()) {
    if next.is_some_and(|when| when <= now) {
        work();
        *next = None;
    }
    if wanted() && next.is_none() {
        *next = Some(now + period);
    }
}

/// Makes the threads that pending Ps wait for, and spares; true if the system refused
/// one.
fn make_threads() -> bool {
    loop {
        let wanted = threads::claim_starts();
        threads::answered();
        if wanted == 0 {
            return false;
        }
        for done in 0..wanted {
            if let Err(error) = make_thread(wanted - done) {
                threads::refused(wanted - done);
                tell_of_refusal(&error);
                return true;
            }
        }
    }
}

/// `left`: how many are to be made, this one included.
fn make_thread(left: u32) -> std::io::Result<()> {
    let there = u64::from(threads::count() - left);
    if there >= debug::get().thread_supply {
        return Err(std::io::Error::other("as asked for by refusethreads"));
    }
    let mp = take_m();
    thread::start(mp).inspect_err(|_| give_back(mp))
}

/// Once. Not with eprintln: this thread must not wait for a lock that a goroutine
/// holds which waits for a thread.
fn tell_of_refusal(error: &std::io::Error) {
    static TOLD: AtomicBool = AtomicBool::new(false);
    if TOLD.swap(true, Relaxed) {
        return;
    }
    let mut line = sys::Line::new();
    line.push(format_args!(
        "gmp: the system refuses another thread ({error}); goroutines wait for the {} there are. \
         Check ulimit -u and the pids limit of the container.\n",
        threads::count()
    ));
    line.write();
}
