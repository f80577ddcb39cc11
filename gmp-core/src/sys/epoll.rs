//! What the poller asks of Linux: epoll, and the eventfd that interrupts it.
#![expect(unsafe_code, reason = "system calls")]

use super::keep_errno;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr::null;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

/// Events taken by one call.
pub(crate) const EVENTS: usize = 128;
const NS_PER_MS: u64 = 1_000_000;
const NS_PER_S: u64 = 1_000_000_000;

/// An event: what the descriptor was registered with, and what happened.
#[derive(Clone, Copy)]
pub(crate) struct Event {
    pub(crate) tag: u64,
    flags: u32,
}

impl Event {
    pub(crate) fn is_readable(self) -> bool {
        self.has(libc::EPOLLIN | libc::EPOLLRDHUP | libc::EPOLLPRI) || self.has_ended()
    }

    pub(crate) fn is_writable(self) -> bool {
        self.has(libc::EPOLLOUT) || self.has_ended()
    }

    /// There is something to be told besides bytes.
    pub(crate) fn is_special(self) -> bool {
        self.has(libc::EPOLLRDHUP | libc::EPOLLPRI) || self.has_ended()
    }

    fn has_ended(self) -> bool {
        self.has(libc::EPOLLHUP | libc::EPOLLERR)
    }

    fn has(self, flags: i32) -> bool {
        self.flags & flags as u32 != 0
    }
}

/// Room for what one call takes.
pub(crate) struct Events {
    list: [MaybeUninit<libc::epoll_event>; EVENTS],
    len: usize,
}

impl Events {
    pub(crate) fn new() -> Events {
        Events { list: [const { MaybeUninit::uninit() }; EVENTS], len: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Event> {
        self.list[..self.len].iter().map(|event| {
            // SAFETY: the kernel has filled the first `len`.
            let event = unsafe { event.assume_init_read() };
            Event { tag: event.u64, flags: event.events }
        })
    }
}

/// A new epoll instance.
pub(crate) fn new() -> io::Result<OwnedFd> {
    // SAFETY: takes a number; what it returns is ours.
    unsafe {
        let fd = libc::epoll_create1(libc::EPOLL_CLOEXEC);
        if fd < 0 { Err(io::Error::last_os_error()) } else { Ok(OwnedFd::from_raw_fd(fd)) }
    }
}

/// A new eventfd, with nothing in it.
pub(crate) fn new_bell() -> io::Result<OwnedFd> {
    // SAFETY: as above.
    unsafe {
        let fd = libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK);
        if fd < 0 { Err(io::Error::last_os_error()) } else { Ok(OwnedFd::from_raw_fd(fd)) }
    }
}

/// Makes `bell` readable.
pub(crate) fn ring(bell: RawFd) {
    let one = 1_u64;
    keep_errno(|| {
        // SAFETY: `one` is readable. It fails only if the bell rings already.
        unsafe { libc::write(bell, (&raw const one).cast(), size_of::<u64>()) };
    });
}

/// Makes `bell` silent.
pub(crate) fn silence(bell: RawFd) {
    let mut count = 0_u64;
    keep_errno(|| {
        // SAFETY: `count` is writable.
        unsafe { libc::read(bell, (&raw mut count).cast(), size_of::<u64>()) };
    });
}

/// How `fd` is watched.
#[derive(Clone, Copy)]
pub(crate) enum Watch {
    /// Changes are told once, whatever they are.
    Edges,
    /// As long as it is readable.
    Readable,
}

/// Has `fd` watched; one that is watched already stays so.
pub(crate) fn add(epoll: RawFd, fd: RawFd, tag: u64, watch: Watch) -> io::Result<()> {
    let flags = match watch {
        Watch::Edges => {
            libc::EPOLLIN | libc::EPOLLOUT | libc::EPOLLRDHUP | libc::EPOLLPRI | libc::EPOLLET
        }
        Watch::Readable => libc::EPOLLIN,
    };
    let mut event = libc::epoll_event { events: flags as u32, u64: tag };
    // SAFETY: `event` is valid; wrong descriptors are errors.
    if unsafe { libc::epoll_ctl(epoll, libc::EPOLL_CTL_ADD, fd, &raw mut event) } == 0 {
        return Ok(());
    }
    let error = io::Error::last_os_error();
    if error.raw_os_error() == Some(libc::EEXIST) { Ok(()) } else { Err(error) }
}

/// Ends the watch.
pub(crate) fn remove(epoll: RawFd, fd: RawFd) {
    // Before Linux 2.6.9 null was not allowed.
    // SAFETY: wrong descriptors are errors, and nothing is left to be done then.
    keep_errno(|| unsafe {
        libc::epoll_ctl(epoll, libc::EPOLL_CTL_DEL, fd, std::ptr::null_mut());
    });
}

/// Waits for events, and takes `most` of them, or as many as there is room for: not at all if `timeout` is zero nanoseconds, for ever if it is None. May
/// return too soon.
pub(crate) fn wait(epoll: RawFd, events: &mut Events, most: usize, timeout: Option<u64>) {
    /// The kernel has `epoll_pwait2`, as far as is known.
    static EXACT: AtomicBool = AtomicBool::new(true);
    let list: *mut libc::epoll_event = events.list.as_mut_ptr().cast();
    let most = most.min(EVENTS);
    let len = keep_errno(|| {
        if let Some(ns) = timeout.filter(|&ns| ns != 0 && EXACT.load(Relaxed)) {
            let ts = libc::timespec {
                tv_sec: (ns / NS_PER_S).min(i64::MAX as u64) as i64,
                tv_nsec: (ns % NS_PER_S) as i64,
            };
            let mask = null::<libc::sigset_t>();
            // SAFETY: `list` has room for `most`, `ts` is valid, no mask is set.
            let len = unsafe {
                libc::syscall(libc::SYS_epoll_pwait2, epoll, list, most, &raw const ts, mask, 0)
            };
            // SAFETY: errno's location is valid.
            if len >= 0 || unsafe { *libc::__errno_location() } != libc::ENOSYS {
                return len as i32;
            }
            EXACT.store(false, Relaxed);
        }
        // Rounded up: whoever waits for a time shall not look in vain.
        let ms = timeout.map_or(-1, |ns| ns.div_ceil(NS_PER_MS).min(i32::MAX as u64) as i32);
        // SAFETY: `list` has room for `most`.
        unsafe { libc::epoll_wait(epoll, list, most as i32, ms) }
    });
    // Negative: a signal came.
    events.len = usize::try_from(len).unwrap_or(0);
}

/// Waits until `fd` is readable, without a limit.
pub(crate) fn wait_readable(fd: RawFd) {
    let mut poll = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    // SAFETY: `poll` is one entry.
    unsafe { libc::poll(&raw mut poll, 1, -1) };
}

/// Gives up what `fd` stands for and puts a file that says nothing in its place, so that its
/// number stays taken.
pub(crate) fn bury(fd: BorrowedFd<'_>) {
    // SAFETY: `dup3` gives up what `fd` stood for as `close` does, and the number stays a
    // valid descriptor for whoever has borrowed it; the pipe's ends are closed once.
    unsafe {
        let mut ends = [-1; 2];
        if libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC | libc::O_NONBLOCK) != 0 {
            // Out of descriptors: then it is ended, as far as that goes.
            libc::shutdown(fd.as_raw_fd(), libc::SHUT_RDWR);
            return;
        }
        libc::dup3(ends[0], fd.as_raw_fd(), libc::O_CLOEXEC);
        libc::close(ends[0]);
        libc::close(ends[1]);
    }
}
