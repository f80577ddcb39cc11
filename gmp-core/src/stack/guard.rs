//! Guard pages at the bottom of each stack, by either of two ways.
#![expect(unsafe_code, reason = "system calls on the reservation")]

use super::StackError;
use crate::sys;
use std::sync::atomic::{AtomicI32, AtomicU8, AtomicUsize, Ordering::Relaxed};

/// How guards are made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// Guard markers if the kernel has them, else protection.
    Auto = 0,
    /// `MADV_GUARD_INSTALL`, Linux 6.13 and later.
    Markers = 1,
    /// `mprotect`, two mappings a stack.
    Protect = 2,
}

static MODE: AtomicU8 = AtomicU8::new(Mode::Auto as u8);
/// Protected guards in existence, and how many there may be.
static PROTECTED: AtomicUsize = AtomicUsize::new(0);
static PROTECTED_MAX: AtomicUsize = AtomicUsize::new(0);
/// A descriptor of this process, for guarding many stacks in one call; -1 if
/// the kernel has none.
static SELF_FD: AtomicI32 = AtomicI32::new(-1);

/// From linux/mman.h; not in every libc yet.
const MADV_GUARD_INSTALL: i32 = 102;
/// Mappings left to the rest of the program.
const SPARE_MAPPINGS: usize = 4096;
const DEFAULT_MAX_MAP_COUNT: usize = 65_530;

/// Forces one way, or lets the kernel decide. Reads `vm.max_map_count`, so that
/// nothing has to be read later, inside the scheduler.
pub(crate) fn set_mode(mode: Mode) {
    MODE.store(mode as u8, Relaxed);
    let max = std::fs::read_to_string("/proc/sys/vm/max_map_count")
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(DEFAULT_MAX_MAP_COUNT);
    PROTECTED_MAX.store(max.saturating_sub(SPARE_MAPPINGS) / 2, Relaxed);
    // SAFETY: no pointers; the descriptor is close-on-exec.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, libc::getpid(), 0) };
    SELF_FD.store(fd as i32, Relaxed);
}

fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// Makes `[low, low + len)` fault on any access.
pub(crate) fn install(low: *mut u8, len: usize) -> Result<(), StackError> {
    let mode = MODE.load(Relaxed);
    if mode != Mode::Protect as u8 {
        // SAFETY: the range is the bottom of a slot that is not in use.
        if unsafe { libc::madvise(low.cast(), len, MADV_GUARD_INSTALL) } == 0 {
            return Ok(());
        }
        let errno = errno();
        if errno != libc::EINVAL || mode == Mode::Markers as u8 {
            return Err(StackError::NotGuarded { errno });
        }
        // An older kernel: never ask again.
        MODE.store(Mode::Protect as u8, Relaxed);
    }
    protect(low, len)
}

fn protect(low: *mut u8, len: usize) -> Result<(), StackError> {
    let used = PROTECTED.fetch_add(1, Relaxed);
    if used < PROTECTED_MAX.load(Relaxed) {
        // SAFETY: the range is the bottom of a slot that is not in use.
        if unsafe { libc::mprotect(low.cast(), len, libc::PROT_NONE) } == 0 {
            return Ok(());
        }
    }
    PROTECTED.fetch_sub(1, Relaxed);
    Err(StackError::NoMappings { used })
}

/// Ranges per call of `install_many` and `populate_many`.
pub(crate) const MANY: usize = 64;

/// Makes guards of `len` bytes at `low`, `low + stride`, ..., `count` (at most
/// `MANY`) of them, in one system call: a third of the cost of one by one. Doing
/// it twice does no harm. False if only `install` can do it.
pub(crate) fn install_many(low: usize, len: usize, stride: usize, count: usize) -> bool {
    // SAFETY: the ranges are the bottoms of slots, where no frame ever is; a guard
    // installed again changes nothing.
    MODE.load(Relaxed) != Mode::Protect as u8
        && unsafe { advise_many(low, len, stride, count, MADV_GUARD_INSTALL) }
}

/// Asks for the memory of `count` pages (at most `MANY`) at `page`, `page + stride`, ...; what
/// is in them stays. False if they have to be asked for one by one.
pub(crate) fn populate_many(page: usize, stride: usize, count: usize) -> bool {
    // SAFETY: the ranges are mapped; their contents do not change.
    unsafe { advise_many(page, sys::PAGE, stride, count, libc::MADV_POPULATE_WRITE) }
}

/// # Safety
/// The advice does no harm to the ranges.
unsafe fn advise_many(at: usize, len: usize, stride: usize, count: usize, advice: i32) -> bool {
    let fd = SELF_FD.load(Relaxed);
    if fd < 0 {
        return false;
    }
    let mut ranges = [libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 0 }; MANY];
    for (i, range) in ranges[..count].iter_mut().enumerate() {
        *range = libc::iovec { iov_base: (at + i * stride) as *mut _, iov_len: len };
    }
    // SAFETY: the caller's promise.
    let done = unsafe {
        libc::syscall(libc::SYS_process_madvise, fd, ranges.as_ptr(), count, advice, 0_u32)
    };
    done == (len * count) as i64
}
