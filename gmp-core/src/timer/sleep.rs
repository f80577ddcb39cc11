//! `sleep`.

use super::{Item, Timers};
use crate::m::{self, Post};
use crate::rt::WaitReason;
use crate::sched::{enter, switch};
use crate::sys;
use std::time::Duration;

/// Puts the goroutine to sleep for at least `duration`; its thread goes on with
/// other goroutines. On a plain thread this is `std::thread::sleep`.
///
/// Never wakes early; how late depends on how soon a P is free: well below a
/// millisecond on an idle machine. Zero returns at once without yielding, a
/// duration beyond the clock's range sleeps for ever.
///
/// Costs about 100 ns plus a switch and allocates nothing; a sleeping goroutine
/// uses no thread.
///
/// ```
/// use std::time::{Duration, Instant};
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// rt.block_on_goroutine(|| {
///     let start = Instant::now();
///     gmp_core::time::sleep(Duration::from_millis(5));
///     assert!(start.elapsed() >= Duration::from_millis(5));
/// });
/// ```
pub fn sleep(duration: Duration) {
    if duration.is_zero() {
        return;
    }
    let Some(mp) = m::current() else {
        std::thread::sleep(duration);
        return;
    };
    let ns = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    let when = sys::monotonic_ns().saturating_add(ns);
    let mp = enter::enter_or_exit(mp);
    let gp = mp.curg();
    if when == u64::MAX {
        let nothing = std::ptr::null_mut();
        switch::park(gp, mp, WaitReason::Sleep, Post::Commit, |_| true, nothing);
        return;
    }
    let timers: &'static Timers = &mp.p().timers;
    let first = timers.insert_locked(when, Item::from_sleeper(gp));
    let unlock = if first { unlock::<true> } else { unlock::<false> };
    let arg = std::ptr::from_ref(timers).cast_mut().cast();
    switch::park(gp, mp, WaitReason::Sleep, Post::Commit, unlock, arg);
}

/// # Safety
/// `timers` is the one that `insert_locked` was called on, and `FIRST` its answer.
#[expect(unsafe_code, reason = "a commit takes a raw argument")]
unsafe fn unlock<const FIRST: bool>(timers: *mut ()) -> bool {
    // SAFETY: made from a reference that lives for ever.
    unsafe { &*timers.cast::<Timers>() }.unlock_inserted(FIRST);
    true
}
