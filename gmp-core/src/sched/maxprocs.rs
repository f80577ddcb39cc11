//! GOMAXPROCS: its default, and changing it while goroutines run.

use super::world::{self, MyTurn};
use super::{SCHED, enter};
use crate::debug;
use crate::g::{G, pool};
use crate::m::{self, M, spawner};
use crate::p::{AllPs, P, status};
use crate::prim::{AtomicBool, AtomicU64};
use crate::queue::{Popped, RING};
use crate::sys::cgroup::{self, Refresher, Switches};
use crate::sys::{self, cpus};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// The default follows affinity and cgroup quotas until the user sets a number.
static AUTO: AtomicBool = AtomicBool::new(false);
/// When the default was last looked at, in CLOCK_MONOTONIC nanoseconds.
static LOOKED: AtomicU64 = AtomicU64::new(0);
static ASKED: AtomicBool = AtomicBool::new(false);
static REFRESHER: Mutex<Option<Refresher>> = Mutex::new(None);

/// Nanoseconds between two looks at the default.
const PERIOD: u64 = 1_000_000_000;

/// The number of Ps to start with: `explicit`, else the environment, else the
/// default, which then keeps following the system.
pub(crate) fn initial(explicit: Option<usize>) -> usize {
    let value = std::env::var_os("GOMAXPROCS");
    let fixed = explicit.or_else(|| cgroup::env_gomaxprocs(value.as_deref()));
    AUTO.store(fixed.is_none() && debug::get().updates, Relaxed);
    fixed.unwrap_or_else(|| with_refresher(|refresher| refresher.current())).clamp(1, AllPs::MAX)
}

fn with_refresher<R>(f: impl FnOnce(&mut Refresher) -> R) -> R {
    let mut guard = REFRESHER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let refresher = guard.get_or_insert_with(|| {
        let settings = debug::get();
        let switches =
            Switches { container_limit: settings.container_limit, updates: settings.updates };
        Refresher::new(Path::new("/"), switches, cpus::affinity_now, now())
    });
    f(refresher)
}

fn now() -> Duration {
    Duration::from_nanos(sys::monotonic_ns())
}

/// The number of goroutines that can run at the same time; sets it to `n` if
/// `n` is not 0, and returns the former value.
///
/// Setting it stops the world for some tens of microseconds: Ps of goroutines in
/// user code are taken away, and those goroutines queue up when they next touch
/// the runtime if fewer Ps are left. Nothing queued, sleeping or running is lost.
/// Afterwards the number no longer follows the system's limits (until
/// `set_default_gomaxprocs`). At most 65,536.
///
/// The first value is `#[gmp::main(gomaxprocs = N)]` or the builder's, else the
/// environment variable `GOMAXPROCS` if it is a positive integer, else the CPUs
/// this process may use: affinity, and cgroup quotas (rounded up, at least 2).
///
/// # Panics
/// If no runtime has been started.
///
/// ```
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// let before = gmp_core::gomaxprocs(4);
/// assert_eq!(gmp_core::gomaxprocs(0), 4);
/// gmp_core::gomaxprocs(before);
/// ```
pub fn gomaxprocs(n: usize) -> usize {
    crate::runtime::require_started();
    if n == 0 {
        return SCHED.procs() as usize;
    }
    AUTO.store(false, Relaxed);
    resize(n)
}

/// Makes GOMAXPROCS the default again, computed now, and lets it follow the
/// system's limits from here on (looked at once a second while goroutines run).
///
/// # Panics
/// If no runtime has been started.
///
/// ```
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// gmp_core::gomaxprocs(1);
/// gmp_core::set_default_gomaxprocs();
/// assert!(gmp_core::gomaxprocs(0) >= 1);
/// ```
pub fn set_default_gomaxprocs() {
    crate::runtime::require_started();
    let n = with_refresher(|refresher| refresher.refresh(now()));
    AUTO.store(debug::get().updates, Relaxed);
    resize(n);
}

/// The number of CPUs this process could use when the runtime started.
///
/// ```
/// assert!(gmp_core::num_cpu() >= 1);
/// ```
pub fn num_cpu() -> usize {
    cpus::num_cpu()
}

/// Asks the spawner to look at the default if it is time. Cheap; called by the
/// scheduler now and then.
pub(crate) fn maybe_refresh() {
    if !AUTO.load(Relaxed) {
        return;
    }
    let now = sys::monotonic_ns();
    if now.saturating_sub(LOOKED.load(Relaxed)) < PERIOD {
        return;
    }
    LOOKED.store(now, Relaxed);
    ASKED.store(true, Relaxed);
    spawner::ring();
}

/// The spawner's side: re-reads the limits and applies a change.
pub(crate) fn refresh_if_asked() {
    if !ASKED.swap(false, Relaxed) {
        return;
    }
    let changed = with_refresher(|refresher| refresher.poll(now()));
    if let Some(n) = changed
        && AUTO.load(Relaxed)
    {
        resize(n);
    }
}

/// Makes the first Ps, before anything runs.
pub(crate) fn start(n: usize) {
    SCHED.ps.make(n, SCHED.seed.load(Relaxed));
    SCHED.procs.store(n as u32, Relaxed);
    for p in SCHED.live_ps() {
        p.set_status(status::STOPPED);
    }
    crate::sched::idle::end_stop(None);
}

fn resize(n: usize) -> usize {
    let n = n.clamp(1, AllPs::MAX);
    let turn = MyTurn::take();
    let old = SCHED.procs() as usize;
    if n == old {
        return old;
    }
    SCHED.ps.make(n, SCHED.seed.load(Relaxed));
    match m::current() {
        None => {
            world::stop(&turn, None);
            set_procs(old, n, None);
            world::start(&turn, None);
        }
        Some(mp) => {
            let mp = enter::enter(mp);
            world::stop(&turn, Some(mp));
            set_procs(old, n, Some(mp));
            world::start(&turn, Some(mp));
            enter::leave(mp);
        }
    }
    old
}

/// The world is stopped: every P is STOPPED, or `mp`'s.
fn set_procs(old: usize, n: usize, mp: Option<&'static M>) {
    let first = SCHED.ps.get(0);
    for id in (n..old).rev() {
        drain(SCHED.ps.get(id), first);
    }
    SCHED.procs.store(n as u32, Relaxed);
    for id in old..n {
        SCHED.ps.get(id).set_status(status::STOPPED);
    }
    if let Some(mp) = mp
        && mp.p().id as usize >= n
    {
        mp.drop_p();
        first.set_status(status::RUNNING);
        mp.set_p(first);
    }
}

/// `p` goes away: its goroutines to the head of the global queue, in their
/// order, its timers to `heir`, its free slots to the depot.
fn drain(p: &'static P, heir: &'static P) {
    let mut batch: [*mut G; RING + 1] = [std::ptr::null_mut(); RING + 1];
    let mut len = 0;
    // No thief runs: the world is stopped.
    while let Popped::Next(gp) | Popped::Ring(gp) = p.runq.pop(true) {
        batch[len] = gp;
        len += 1;
    }
    SCHED.global.push_front_batch(&batch[..len]);
    p.timers.move_to(&heir.timers);
    pool::flush(&p.free);
    p.set_status(status::DEAD);
}
