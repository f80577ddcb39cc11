//! What the runtime asks of Linux, and the only place that asks.
//!
//! Contract of the functions here: none of them allocates, takes a lock that
//! user code can hold, or changes errno semantics; all may be called with
//! `insched` set, except those in `cpus` and `cgroup`, which read files and
//! allocate.
#![expect(unsafe_code, reason = "system calls")]

pub(crate) mod action;
pub(crate) mod cgroup;
pub(crate) mod cpus;
pub(crate) mod epoll;
mod line;
pub(crate) mod membarrier;
pub(crate) mod procfs;
pub(crate) mod thread;

pub(crate) use line::Line;

use std::ptr::{null, null_mut};
use std::sync::atomic::AtomicU32;

/// Bytes in a page of memory; the stack layout assumes it (checked at start).
pub(crate) const PAGE: usize = 4096;

const NS_PER_S: u64 = 1_000_000_000;

/// Nanoseconds of CLOCK_MONOTONIC, the runtime's only clock.
#[inline]
pub(crate) fn monotonic_ns() -> u64 {
    let mut ts = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `ts` is a valid place for the answer.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut ts) };
    ts.tv_sec as u64 * NS_PER_S + ts.tv_nsec as u64
}

/// Sleeps while `*word == expected`, until woken or until `deadline`
/// (CLOCK_MONOTONIC nanoseconds). May return early; errno is kept.
pub(crate) fn futex_wait(word: &AtomicU32, expected: u32, deadline: Option<u64>) {
    let ts = deadline.map(|ns| libc::timespec {
        tv_sec: (ns / NS_PER_S).min(i64::MAX as u64) as i64,
        tv_nsec: (ns % NS_PER_S) as i64,
    });
    let timeout = ts.as_ref().map_or(null(), |ts| ts as *const libc::timespec);
    keep_errno(|| {
        // SAFETY: `word` outlives the call; FUTEX_WAIT_BITSET takes an absolute
        // CLOCK_MONOTONIC time or null.
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                word.as_ptr(),
                libc::FUTEX_WAIT_BITSET | libc::FUTEX_PRIVATE_FLAG,
                expected,
                timeout,
                null::<u32>(),
                u32::MAX,
            )
        };
    });
}

/// Wakes one thread that sleeps on `word`. Only the address is used.
pub(crate) fn futex_wake(word: *const AtomicU32) {
    keep_errno(|| {
        // SAFETY: FUTEX_WAKE does not read the word; a stale address at worst
        // wakes somebody who re-checks his own word.
        unsafe {
            libc::syscall(libc::SYS_futex, word, libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, 1_u32)
        };
    });
}

/// Runs `f` and restores this thread's errno. The location is looked up afresh:
/// the caller may be a goroutine that has changed threads since last time.
#[inline(never)]
pub(crate) fn keep_errno<R>(f: impl FnOnce() -> R) -> R {
    // SAFETY: errno's location is valid for this thread, and `f` does not
    // switch goroutines.
    unsafe {
        let saved = *libc::__errno_location();
        let result = f();
        *libc::__errno_location() = saved;
        result
    }
}

/// Offers the rest of this thread's time slice to the kernel.
pub(crate) fn thread_yield() {
    // SAFETY: no arguments.
    unsafe { libc::sched_yield() };
}

/// Sleeps this thread; used only while waiting for a lock holder that the
/// kernel keeps off its CPU, and while stopping the world.
pub(crate) fn nap_ns(ns: u64) {
    let ts = libc::timespec { tv_sec: 0, tv_nsec: ns as i64 };
    keep_errno(|| {
        // SAFETY: `ts` is valid; an early return only shortens the nap.
        unsafe { libc::nanosleep(&ts, null_mut()) };
    });
}

/// Maps `len` bytes of fresh zero pages; None when the system refuses.
pub(crate) fn map(len: usize) -> Option<*mut u8> {
    map_with(null_mut(), len, libc::PROT_READ | libc::PROT_WRITE, 0)
}

/// Reserves `len` bytes of address space without any memory behind it.
pub(crate) fn reserve(len: usize) -> Option<*mut u8> {
    map_with(null_mut(), len, libc::PROT_NONE, libc::MAP_NORESERVE)
}

/// Makes `len` reserved bytes at `at` usable, uncommitted until touched.
///
/// # Safety
/// `[at, at + len)` lies in a range from `reserve` and nothing in it is in use.
pub(crate) unsafe fn commit_reserved(at: *mut u8, len: usize) -> bool {
    let flags = libc::MAP_FIXED | libc::MAP_NORESERVE | libc::MAP_STACK;
    let done = map_with(at, len, libc::PROT_READ | libc::PROT_WRITE, flags).is_some();
    if done {
        // Huge pages would make each parked goroutine cost 2 MiB. Refusal means
        // that the kernel has none.
        // SAFETY: the range was just mapped.
        unsafe { libc::madvise(at.cast(), len, libc::MADV_NOHUGEPAGE) };
    }
    done
}

fn map_with(at: *mut u8, len: usize, prot: i32, flags: i32) -> Option<*mut u8> {
    let flags = flags | libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: an anonymous mapping; MAP_FIXED is passed only by commit_reserved,
    // whose caller owns the range.
    let ptr = unsafe { libc::mmap(at.cast(), len, prot, flags, -1, 0) };
    (ptr != libc::MAP_FAILED).then_some(ptr.cast())
}

/// Unmaps what `map` returned.
///
/// # Safety
/// `[ptr, ptr + len)` is a mapping of ours and is not used again.
pub(crate) unsafe fn unmap(ptr: *mut u8, len: usize) {
    // SAFETY: the caller's promise.
    unsafe { libc::munmap(ptr.cast(), len) };
}

/// Gives the memory of a range back to the system; it reads as zeros afterwards.
///
/// # Safety
/// Nothing in `[ptr, ptr + len)` is in use.
pub(crate) unsafe fn discard(ptr: *mut u8, len: usize) {
    // SAFETY: the caller's promise; the range is an anonymous private mapping.
    unsafe { libc::madvise(ptr.cast(), len, libc::MADV_DONTNEED) };
}

/// Asks the system to put memory behind a range now, keeping what is there. A
/// refusal costs a fault later, nothing else.
pub(crate) fn populate(ptr: *mut u8, len: usize) {
    // SAFETY: the range is mapped; its contents do not change.
    unsafe { libc::madvise(ptr.cast(), len, libc::MADV_POPULATE_WRITE) };
}

/// Asks for wake-ups as exact as the kernel can give them to this thread (the
/// default slack is 50 us). Refusal costs accuracy only.
pub(crate) fn set_exact_timers() {
    // SAFETY: PR_SET_TIMERSLACK takes one number.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1_u64, 0_u64, 0_u64, 0_u64) };
}

/// Writes `text` to standard error without locks or allocation.
pub(crate) fn write_stderr(text: &[u8]) {
    // SAFETY: `text` is readable for its length. A short or failed write has
    // nowhere to be reported.
    unsafe { libc::write(2, text.as_ptr().cast(), text.len()) };
}

/// The system's page size.
pub(crate) fn page_size() -> usize {
    // SAFETY: no pointers involved.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
}

/// Ends the process at once, without destructors or exit handlers.
pub(crate) fn exit_now(code: i32) -> ! {
    // SAFETY: does not return; nothing has to be consistent afterwards.
    unsafe { libc::_exit(code) }
}
