//! `gmp-timers`: the thread that minds the timers of plain threads. See README.md,
//! "Outside of the runtime".
#![expect(unsafe_code, reason = "makes the calls that timers ask for")]

use super::Timers;
use super::doze::Doze;
use super::node::Start;
use crate::g::spawn;
use crate::prim::AtomicU8;
use crate::sched::SCHED;
use crate::{runtime, sys};
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Duration;

static TIMERS: Timers = Timers::outside();
static DOZE: Doze = Doze::new();

/// Whether the thread is there.
static THREAD: AtomicU8 = AtomicU8::new(NOT_NEEDED);
const NOT_NEEDED: u8 = 0;
const WANTED: u8 = 1;
const MADE: u8 = 2;

/// Bytes of its stack.
const STACK: usize = 256 << 10;
/// When to try again to start what could not be started, in nanoseconds.
const RETRY: u64 = 500_000;
/// With so many goroutines in the global queue no more are started.
const CROWD: usize = 1024;
/// The same for the thread itself: at first, and at most.
const PATIENCE: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(500));

/// The heap of plain threads.
#[inline(always)]
pub(super) fn timers() -> &'static Timers {
    &TIMERS
}

/// A plain thread, in a section, has armed a timer for `due`, earlier than all others.
pub(super) fn have_minded(due: u64) {
    if THREAD.load(Relaxed) != MADE {
        // The caller itself comes to `leaving`, if nobody else does first.
        let _ = THREAD.compare_exchange(NOT_NEEDED, WANTED, Relaxed, Relaxed);
    }
    DOZE.ring_for(due);
}

/// A plain thread ends its section, or has released its locks to park.
#[inline(always)]
pub(crate) fn leaving() {
    if THREAD.load(Relaxed) == WANTED {
        make_thread();
    }
}

#[cold]
#[inline(never)]
fn make_thread() {
    if THREAD.compare_exchange(WANTED, MADE, Relaxed, Relaxed).is_err() {
        return;
    }
    let mut patience = PATIENCE.0;
    loop {
        let builder = thread::Builder::new().name("gmp-timers".into()).stack_size(STACK);
        match builder.spawn(run) {
            Ok(_) => return,
            Err(error) if patience == PATIENCE.0 => tell_of_refusal(&error),
            Err(_) => {}
        }
        thread::sleep(patience);
        patience = (patience * 2).min(PATIENCE.1);
    }
}

fn tell_of_refusal(error: &std::io::Error) {
    let mut line = sys::Line::new();
    line.push(format_args!(
        "gmp: the system refuses the thread for timers ({error}); they wait for it. Check ulimit \
         -u and the pids limit of the container.\n"
    ));
    line.write();
}

fn run() {
    sys::set_exact_timers();
    // What could not be started.
    let mut left = Vec::new();
    loop {
        left.retain(|&start| !begin(start));
        let begin_or_keep = |start| {
            if !begin(start) {
                left.push(start);
            }
        };
        let all = TIMERS.run_due_outside(begin_or_keep, is_crowd);
        let now = sys::monotonic_ns();
        let retry = if all && left.is_empty() { u64::MAX } else { now.saturating_add(RETRY) };
        // What stays in the heap is due already.
        let next = || if all { TIMERS.next_due().min(retry) } else { retry };
        DOZE.sleep(next, |when| when <= sys::monotonic_ns());
    }
}

/// Whether so many goroutines are queued that no more are to be started.
fn is_crowd() -> bool {
    runtime::is_started() && SCHED.global.len() >= CROWD
}

/// Starts a goroutine if a runtime runs, else a thread; false if there is none to be had.
fn begin(start: Start) -> bool {
    if runtime::is_started() {
        return spawn::start_outside(start);
    }
    let body = move || {
        // All of it, or the compiler takes the pointer alone along.
        let start = start;
        // SAFETY: the timer that asked for it vouches for the call.
        unsafe { (start.run)(start.arg) };
    };
    thread::Builder::new().name("gmp-timer".into()).spawn(body).is_ok()
}
