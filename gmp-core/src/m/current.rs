//! Which M this thread is, and through it which goroutine runs here.
//!
//! The one thread-local the runtime reads. A compiler may keep the address of a
//! `thread_local!` in a register across a call that parks, and then the code
//! reads the variable of the thread it came from (invariant I2). So on x86_64 the
//! variable is declared and read in assembly, which the compiler neither caches
//! nor moves across a switch: two loads. Elsewhere a function that is never
//! inlined reads a `thread_local!` and returns its value.
#![expect(unsafe_code, reason = "a thread-local in assembly")]

use super::M;
use crate::g::G;
use std::sync::atomic::Ordering::Relaxed;

#[cfg(target_arch = "x86_64")]
std::arch::global_asm!(
    ".pushsection .tbss.gmp_core_current_m, \"awT\", @nobits",
    ".p2align 3",
    ".globl gmp_core_current_m",
    ".type gmp_core_current_m, @object",
    ".size gmp_core_current_m, 8",
    "gmp_core_current_m:",
    ".zero 8",
    ".popsection",
);

/// The calling thread's M; null on a thread that is none.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn current_ptr() -> *const M {
    let mp: *const M;
    // SAFETY: reads this thread's copy of the variable declared above. Not
    // `pure`: after a switch it must be read again.
    unsafe {
        std::arch::asm!(
            "mov {mp}, qword ptr [rip + gmp_core_current_m@GOTTPOFF]",
            "mov {mp}, qword ptr fs:[{mp}]",
            mp = out(reg) mp,
            options(nostack, preserves_flags, readonly),
        );
    }
    mp
}

/// Makes `mp` the calling thread's M, or the thread a plain one.
#[cfg(target_arch = "x86_64")]
pub(crate) fn set(mp: Option<&'static M>) {
    let mp = mp.map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: writes this thread's copy of the variable declared above.
    unsafe {
        std::arch::asm!(
            "mov {at}, qword ptr [rip + gmp_core_current_m@GOTTPOFF]",
            "mov qword ptr fs:[{at}], {mp}",
            at = out(reg) _,
            mp = in(reg) mp,
            options(nostack, preserves_flags),
        );
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod portable {
    use crate::m::M;
    use std::cell::Cell;
    use std::ptr::null;

    thread_local! {
        static CURRENT: Cell<*const M> = const { Cell::new(null()) };
    }

    #[inline(never)]
    pub(crate) fn current_ptr() -> *const M {
        CURRENT.get()
    }

    #[inline(never)]
    pub(crate) fn set(mp: Option<&'static M>) {
        CURRENT.set(mp.map_or(null(), std::ptr::from_ref));
    }
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use portable::{current_ptr, set};

/// The M the calling goroutine runs on; None on a plain thread. Not for an M's
/// own stack.
#[inline(always)]
pub(crate) fn current() -> Option<&'static M> {
    // SAFETY: null or an M, and Ms are never freed.
    unsafe { current_ptr().as_ref() }
}

/// The goroutine this code runs on; None on a plain thread and on an M's own
/// stack.
#[inline(always)]
pub(crate) fn current_g() -> Option<&'static G> {
    current()?.curg.load(Relaxed)
}
