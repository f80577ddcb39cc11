//! `blocking`: a hint to sysmon.

use super::sysmon;
use crate::m::{self, M};
use crate::sched::enter;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{Ordering::SeqCst, compiler_fence};

/// Runs `f`, which may block its thread, and lets other goroutines have the P at once
/// if it does.
///
/// Nothing has to be marked like this: a goroutine that blocks in a system call, a C
/// function or a std lock loses its P by itself, after some 200 us. With this hint it
/// is about 20 us; and `f` may compute for as long as it likes, besides the goroutines
/// that have a P. If `f` is short it costs one or two nanoseconds, and the P is kept.
/// Nested calls, panics and parking inside of `f` are all right. On a plain thread it just
/// runs `f`.
///
/// ```
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// rt.block_on_goroutine(|| {
///     let text = gmp_core::blocking(|| std::fs::read_to_string("/proc/self/status"));
///     assert!(text.unwrap().contains("Threads:"));
/// });
/// ```
#[inline]
pub fn blocking<F, R>(f: F) -> R
where
    F: FnOnce() -> R,
{
    let Some(mp) = m::current() else { return f() };
    if mp.blocking.load(Relaxed) != section::NONE {
        // A section in a section: the outer one goes on.
        return f();
    }
    mp.blocking.store(section::OPEN, Relaxed);
    sysmon::ring_if_drowsy();
    let _end = End;
    f()
}

/// Values of `M::blocking`. Branches on them are predicted: a short call waits for no
/// load.
pub(crate) mod section {
    /// The goroutine is in no section.
    pub(crate) const NONE: u32 = 0;
    /// It is in one.
    pub(crate) const OPEN: u32 = 1;
    /// It is in one that sysmon has seen before: not in the next one of many short ones.
    pub(crate) const SEEN: u32 = 2;
}

/// Ends the section, by a return or by a panic.
struct End;

impl Drop for End {
    #[inline]
    fn drop(&mut self) {
        // `f` may have parked: the M is looked up again (I2).
        let Some(mp) = m::current() else { return };
        mp.blocking.store(section::NONE, Relaxed);
        compiler_fence(SeqCst);
        if mp.handshake.is_disputed() {
            come_back(mp);
        }
    }
}

/// The P was taken away meanwhile: gets one, or queues up for one.
#[cold]
#[inline(never)]
fn come_back(mp: &'static M) {
    enter::leave(enter::enter(mp));
}
