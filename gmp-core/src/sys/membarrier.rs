//! The expensive half of the claim handshake: a barrier on every other thread.
//!
//! The cheap half (an M entering the runtime) is a plain store and a plain
//! load; `expedited` makes them ordered as seen from here. Where the kernel has
//! no membarrier, nobody is ever claimed and Ms stop when they enter by
//! themselves (`sched/README.md`, "Claim").
#![expect(unsafe_code, reason = "system calls")]

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

const PRIVATE_EXPEDITED: i32 = 1 << 3;
const REGISTER_PRIVATE_EXPEDITED: i32 = 1 << 4;

static AVAILABLE: AtomicBool = AtomicBool::new(false);

fn membarrier(command: i32) -> bool {
    // SAFETY: the two commands used take no pointers.
    unsafe { libc::syscall(libc::SYS_membarrier, command, 0_u32, 0_i32) == 0 }
}

/// Registers the process; `allow = false` acts as a kernel that refuses.
pub(crate) fn register(allow: bool) {
    AVAILABLE.store(allow && membarrier(REGISTER_PRIVATE_EXPEDITED), Relaxed);
}

/// Whether `expedited` can do anything.
pub(crate) fn available() -> bool {
    AVAILABLE.load(Relaxed)
}

/// Runs a full barrier on every running thread of the process; false if the
/// kernel cannot (then nothing may be concluded).
pub(crate) fn expedited() -> bool {
    AVAILABLE.load(Relaxed) && membarrier(PRIVATE_EXPEDITED)
}
