//! Guard pages at the bottom of each stack, by either of two ways.
#![expect(unsafe_code, reason = "system calls on the reservation")]

use std::io;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering::Relaxed};

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
/// Protected guards in existence, and how many there may be (0: not read yet).
static PROTECTED: AtomicUsize = AtomicUsize::new(0);
static PROTECTED_MAX: AtomicUsize = AtomicUsize::new(0);

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
}

/// Makes `[low, low + len)` fault on any access.
pub(crate) fn install(low: *mut u8, len: usize) -> io::Result<()> {
    let mode = MODE.load(Relaxed);
    if mode != Mode::Protect as u8 {
        // SAFETY: the range is the bottom of a slot that is not in use.
        if unsafe { libc::madvise(low.cast(), len, MADV_GUARD_INSTALL) } == 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if error.raw_os_error() != Some(libc::EINVAL) || mode == Mode::Markers as u8 {
            return Err(io::Error::new(
                error.kind(),
                format!("cannot guard a goroutine stack with MADV_GUARD_INSTALL: {error}"),
            ));
        }
        // An older kernel: never ask again.
        MODE.store(Mode::Protect as u8, Relaxed);
    }
    protect(low, len)
}

fn protect(low: *mut u8, len: usize) -> io::Result<()> {
    let used = PROTECTED.fetch_add(1, Relaxed);
    if used >= PROTECTED_MAX.load(Relaxed) {
        PROTECTED.fetch_sub(1, Relaxed);
        return Err(too_many(used));
    }
    // SAFETY: the range is the bottom of a slot that is not in use.
    if unsafe { libc::mprotect(low.cast(), len, libc::PROT_NONE) } == 0 {
        return Ok(());
    }
    PROTECTED.fetch_sub(1, Relaxed);
    Err(too_many(used))
}

fn too_many(used: usize) -> io::Error {
    io::Error::new(
        io::ErrorKind::OutOfMemory,
        format!(
            "no more goroutine stacks: {used} are guarded with mprotect, which takes two memory \
             mappings each, and vm.max_map_count bounds those; raise vm.max_map_count \
             (sysctl -w vm.max_map_count=1000000) or use Linux 6.13 or later, which needs none"
        ),
    )
}
