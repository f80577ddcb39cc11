//! What the tests ask of the system that std has no safe word for.
#![expect(unsafe_code, reason = "system calls of the C library")]
#![allow(dead_code, unused_imports, reason = "each test binary uses its own part")]

use std::ffi::{CStr, c_int, c_void};
use std::io;
use std::mem::{self, MaybeUninit};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

pub(crate) use libc::{EBADF, ENOENT, ESRCH, SIGINT, SIGKILL, SIGPIPE, SIGTERM, SIGURG};

/// The kernel's id of the calling thread, asked afresh.
#[inline(never)]
pub(crate) fn tid() -> u32 {
    // SAFETY: it takes nothing and always succeeds.
    unsafe { libc::gettid() as u32 }
}

#[inline(never)]
pub(crate) fn errno() -> i32 {
    // SAFETY: the C library's own place for it, which lives as long as the thread.
    unsafe { *libc::__errno_location() }
}

#[inline(never)]
pub(crate) fn set_errno(value: i32) {
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = value }
}

/// Threads of this process that run goroutines, as the kernel sees them: by their names.
pub(crate) fn runtime_threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").expect("/proc is mounted");
    let is_one = |task: io::Result<std::fs::DirEntry>| {
        let name = std::fs::read_to_string(task.ok()?.path().join("comm")).ok()?;
        name.trim().strip_prefix("gmp-m")?.parse::<u32>().ok()
    };
    tasks.filter_map(is_one).count()
}

// --- signals ------------------------------------------------------------------------------

/// Calls of the handlers below.
static CALLS: AtomicUsize = AtomicUsize::new(0);
/// Calls with arguments that no signal has.
static WRONG: AtomicUsize = AtomicUsize::new(0);
/// What the last queued signal carried.
static CARRIED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn with_info(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    if signal != SIGURG || info.is_null() || context.is_null() {
        WRONG.fetch_add(1, SeqCst);
    } else {
        // SAFETY: a handler with SA_SIGINFO gets a pointer to the signal's own record, which
        // carries a sender and a value for all the signals of these tests.
        let (number, sender, value) =
            unsafe { ((*info).si_signo, (*info).si_pid(), (*info).si_value()) };
        // SAFETY: it takes nothing and always succeeds.
        let wrong = number != signal || sender != unsafe { libc::getpid() };
        WRONG.fetch_add(usize::from(wrong), SeqCst);
        // SAFETY: as above.
        if unsafe { (*info).si_code } == libc::SI_QUEUE {
            CARRIED.store(value.sival_ptr as usize, SeqCst);
        }
    }
    CALLS.fetch_add(1, SeqCst);
}

extern "C" fn plain(signal: c_int) {
    WRONG.fetch_add(usize::from(signal != SIGURG), SeqCst);
    CALLS.fetch_add(1, SeqCst);
}

pub(crate) fn handler_calls() -> usize {
    CALLS.load(SeqCst)
}

pub(crate) fn wrong_calls() -> usize {
    WRONG.load(SeqCst)
}

pub(crate) fn carried() -> usize {
    CARRIED.load(SeqCst)
}

/// Counts SIGURG from here on, with a handler of either shape.
pub(crate) fn count_urgent(info: bool) {
    if info {
        let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) = with_info;
        set_action(SIGURG, handler as libc::sighandler_t, libc::SA_SIGINFO);
    } else {
        let handler: extern "C" fn(c_int) = plain;
        set_action(SIGURG, handler as libc::sighandler_t, 0);
    }
}

pub(crate) fn ignore(signal: i32) {
    set_action(signal, libc::SIG_IGN, 0);
}

/// A shell that starts the tests in the background may have had it ignored.
pub(crate) fn do_not_ignore(signal: i32) {
    set_action(signal, libc::SIG_DFL, 0);
}

fn set_action(signal: i32, handler: libc::sighandler_t, flags: c_int) {
    // SAFETY: a record of integers, for which zeroes are a value.
    let mut action: libc::sigaction = unsafe { mem::zeroed() };
    action.sa_sigaction = handler;
    action.sa_flags = flags | libc::SA_RESTART;
    // SAFETY: the handler has the shape that the flags name, and only counts.
    let rc = unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) };
    assert_eq!(rc, 0, "sigaction: {}", io::Error::last_os_error());
}

pub(crate) fn is_ignored(signal: i32) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: nothing is set; the present action is written to where there is room for it.
    let rc = unsafe { libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) };
    assert_eq!(rc, 0, "sigaction: {}", io::Error::last_os_error());
    // SAFETY: zeroes at first, a whole record now.
    unsafe { action.assume_init() }.sa_sigaction == libc::SIG_IGN
}

/// Sends `signal` to the calling thread.
pub(crate) fn raise(signal: i32) {
    // SAFETY: any number may be passed.
    assert_eq!(unsafe { libc::raise(signal) }, 0);
}

/// Sends `signal` to this process, to whichever thread the kernel chooses.
pub(crate) fn kill_self(signal: i32) {
    // SAFETY: as above, and the process is our own.
    assert_eq!(unsafe { libc::kill(libc::getpid(), signal) }, 0);
}

/// The same, with a value for the handler.
pub(crate) fn queue_to_self(signal: i32, value: usize) {
    let value = libc::sigval { sival_ptr: ptr::without_provenance_mut(value) };
    // SAFETY: the value is not followed by anybody.
    assert_eq!(unsafe { libc::sigqueue(libc::getpid(), signal, value) }, 0);
}

/// Sends `signal` to one thread, which must not have been joined.
pub(crate) fn signal_thread(thread: libc::pthread_t, signal: i32) {
    // SAFETY: the caller's handle keeps the thread's record alive.
    assert_eq!(unsafe { libc::pthread_kill(thread, signal) }, 0);
}

/// Whether the calling thread takes `signal` from here on.
pub(crate) fn block_signal(signal: i32, block: bool) {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    let how = if block { libc::SIG_BLOCK } else { libc::SIG_UNBLOCK };
    // SAFETY: the set is filled before it is used.
    let rc = unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), signal);
        libc::pthread_sigmask(how, set.as_ptr(), ptr::null_mut())
    };
    assert_eq!(rc, 0);
}

// --- a thread's own state -----------------------------------------------------------------

/// Names the calling thread.
pub(crate) fn set_thread_name(name: &CStr) {
    // SAFETY: the kernel copies at most 16 bytes of a string that ends.
    assert_eq!(unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) }, 0);
}

/// Gives the calling thread a working directory of its own; false where that is forbidden.
pub(crate) fn own_working_directory() -> bool {
    // SAFETY: it changes what the thread shares, not memory.
    let rc = unsafe { libc::unshare(libc::CLONE_FS) };
    let refused = io::Error::last_os_error();
    assert!(rc == 0 || refused.raw_os_error() == Some(libc::EPERM), "unshare: {refused}");
    rc == 0
}

// --- limits -------------------------------------------------------------------------------

pub(crate) fn uid() -> u32 {
    // SAFETY: it takes nothing and always succeeds.
    unsafe { libc::getuid() }
}

/// Makes the process one of user `uid`, for good.
pub(crate) fn become_user(uid: u32) -> io::Result<()> {
    // SAFETY: integers; the C library does it for all threads.
    let rc = unsafe { libc::setgid(uid) | libc::setuid(uid) };
    if rc != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: integers. Makes /proc/self readable again, which the change above has closed.
    assert_eq!(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 1, 0, 0, 0) }, 0);
    Ok(())
}

/// Whether limits of threads do not hold for this process.
pub(crate) fn may_exceed_limits() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").expect("/proc is mounted");
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let capabilities = u64::from_str_radix(line.expect("they are listed").trim(), 16);
    // CAP_SYS_ADMIN and CAP_SYS_RESOURCE.
    capabilities.expect("a number") & (1 << 21 | 1 << 24) != 0
}

/// Limits the number of threads that this user may have.
pub(crate) fn limit_threads_of_user(n: u64) {
    let limit = libc::rlimit { rlim_cur: n, rlim_max: n };
    // SAFETY: the record lives through the call.
    let rc = unsafe { libc::setrlimit(libc::RLIMIT_NPROC, &raw const limit) };
    assert_eq!(rc, 0, "setrlimit: {}", io::Error::last_os_error());
}

/// CPUs that the calling thread may run on.
pub(crate) fn cpus() -> Vec<usize> {
    let mut set = MaybeUninit::<libc::cpu_set_t>::zeroed();
    // SAFETY: the kernel writes within the size that is given.
    let rc = unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), set.as_mut_ptr()) };
    assert_eq!(rc, 0, "sched_getaffinity: {}", io::Error::last_os_error());
    // SAFETY: zeroes at first, a whole set now.
    let set = unsafe { set.assume_init() };
    // SAFETY: the number is within the set.
    let allowed = |cpu: &usize| unsafe { libc::CPU_ISSET(*cpu, &set) };
    (0..libc::CPU_SETSIZE as usize).filter(allowed).collect()
}

/// Allows `thread` (0: the calling one) to run on `cpus` only.
pub(crate) fn allow_cpus(thread: u32, cpus: &[usize]) {
    // SAFETY: a set of bits, for which zeroes are a value.
    let mut set: libc::cpu_set_t = unsafe { mem::zeroed() };
    for &cpu in cpus {
        // SAFETY: the number is one that the kernel gave.
        unsafe { libc::CPU_SET(cpu, &mut set) };
    }
    let size = size_of::<libc::cpu_set_t>();
    // SAFETY: the set lives through the call.
    let rc = unsafe { libc::sched_setaffinity(thread as libc::pid_t, size, &raw const set) };
    // A thread may have ended since it was listed.
    let gone = || io::Error::last_os_error().raw_os_error() == Some(ESRCH);
    assert!(rc == 0 || gone(), "sched_setaffinity: {}", io::Error::last_os_error());
}
