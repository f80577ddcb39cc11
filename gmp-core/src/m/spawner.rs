//! The spawner: the one thread that makes threads and does the runtime's
//! housekeeping.
//!
//! Making a thread allocates and takes locks of the C library, which no thread
//! may do inside the scheduler (I3). So whoever needs an M and finds none queues
//! the P as pending and rings here. The same thread gives back the memory of
//! excess stacks and re-reads the default GOMAXPROCS when asked. It sleeps
//! otherwise, without a deadline.

use super::{M, thread};
use crate::g::ahead::Ahead;
use crate::g::pool;
use crate::prim::{AtomicRef, AtomicU32};
use crate::sched::{idle, maxprocs};
use crate::sys;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// Rung by `ring`; the spawner sleeps on it.
static BELL: AtomicU32 = AtomicU32::new(0);
static NEXT_ID: AtomicU32 = AtomicU32::new(0);
static WARNED: AtomicBool = AtomicBool::new(false);

/// How long to wait before trying again when the system refuses a thread.
const RETRY_NS: u64 = 10_000_000;

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

/// Adds `mp` to the list of all Ms. Called by the M itself, once; allocates.
pub(crate) fn register(mp: &'static M) {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let next = ALL.load(Relaxed);
    ALL.store(Some(Box::leak(Box::new(Node { mp, next }))), Release);
}

/// All Ms that run.
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
    let mut burst = Ahead::default();
    let mut retry = false;
    loop {
        let bell = BELL.load(Acquire);
        retry = make_threads() || (retry && idle::starts_wanted());
        maxprocs::refresh_if_asked();
        let more = burst.step();
        let now = sys::monotonic_ns();
        if pool::trim_wanted() {
            match next_trim {
                Some(when) if when <= now => {
                    pool::trim();
                    next_trim = pool::trim_wanted().then_some(now + pool::TRIM_PERIOD);
                }
                Some(_) => {}
                None => next_trim = Some(now + pool::TRIM_PERIOD),
            }
        }
        let retry_at = retry.then_some(now + RETRY_NS);
        let deadline = [next_trim, retry_at].into_iter().flatten().min();
        if !more {
            sys::futex_wait(&BELL, bell, deadline);
        }
    }
}

/// Makes the threads that pending Ps wait for; true if the system refused one.
fn make_threads() -> bool {
    let wanted = idle::claim_starts();
    for done in 0..wanted {
        if let Err(error) = thread::start(NEXT_ID.fetch_add(1, Relaxed)) {
            for _ in done..wanted {
                idle::started(false);
            }
            if !WARNED.swap(true, Relaxed) {
                eprintln!(
                    "gmp: cannot make another thread ({error}); goroutines wait for the {} there \
                     are. Check ulimit -u and the pids limit of the container.",
                    crate::sched::SCHED.idle.threads()
                );
            }
            return true;
        }
    }
    false
}
