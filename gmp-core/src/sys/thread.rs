//! What the runtime asks of Linux about single threads: their numbers, signals for
//! them, the CPU time they used.
#![expect(unsafe_code, reason = "system calls")]

use std::mem::MaybeUninit;
use std::ptr::null_mut;

/// The kernel's number of the calling thread.
pub(crate) fn own_tid() -> u32 {
    // SAFETY: no arguments.
    unsafe { libc::syscall(libc::SYS_gettid) as u32 }
}

/// Sends `signal` to the thread `tid` of this process. A thread that has ended is none
/// of ours any more, and nothing happens.
pub(crate) fn send_signal(tid: u32, signal: i32) {
    // SAFETY: takes three numbers.
    unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), tid, signal) };
}

/// Lets `signal` reach the calling thread: it inherits what its maker had blocked.
pub(crate) fn unblock(signal: i32) {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: `set` is initialised by sigemptyset before it is used.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), signal);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, set.as_ptr(), null_mut());
    }
}

/// Asks for short turns on a CPU, and to have them soon, for the calling thread: since
/// Linux 6.12 one with a short slice interrupts one with a long slice when it wakes. A
/// refusal, or an older kernel, costs some milliseconds of lateness on busy CPUs.
pub(crate) fn ask_for_short_slices(ns: u64) {
    /// The first version of the kernel's `sched_attr`.
    #[repr(C)]
    #[derive(Default)]
    struct Attr {
        size: u32,
        policy: u32,
        flags: u64,
        nice: i32,
        priority: u32,
        /// For ordinary threads: the slice.
        runtime: u64,
        deadline: u64,
        period: u64,
    }
    let size = size_of::<Attr>() as u32;
    let mut attr = Attr { size, ..Attr::default() };
    // SAFETY: `attr` has room for what its size says; the two calls write and read it.
    unsafe {
        // What the thread has, nice value included, stays.
        if libc::syscall(libc::SYS_sched_getattr, 0, &mut attr, size, 0) == 0 {
            attr.runtime = ns;
            libc::syscall(libc::SYS_sched_setattr, 0, &attr, 0);
        }
    }
}

/// Nanoseconds of CPU time that the thread `tid` of this process has used; None if
/// there is no such thread.
pub(crate) fn cpu_ns(tid: u32) -> Option<u64> {
    // A clock of one thread, by its number (the kernel's CPUCLOCK_PERTHREAD_MASK and
    // CPUCLOCK_SCHED): what pthread_getcpuclockid computes.
    let clock = (!(tid as i32) << 3) | 6;
    let mut ts = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `ts` is a valid place for the answer.
    let failed = unsafe { libc::clock_gettime(clock, &mut ts) } != 0;
    (!failed).then_some(ts.tv_sec as u64 * 1_000_000_000 + ts.tv_nsec as u64)
}
