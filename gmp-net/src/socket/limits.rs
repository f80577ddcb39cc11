//! What belongs to an open socket rather than to a handle: timeouts, whether the user wants to
//! wait at all, whether it was shut down. Clones share it, as std's share the kernel's.

use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{
    AtomicBool, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use gmp_core::rt::{Dir, now_ns};
use rustix::fs::{OFlags, fcntl_getfl};
use rustix::net::sockopt::{self, Timeout};

/// Most sockets never get any: memory for them comes with the first.
#[derive(Default)]
pub(crate) struct Limits(OnceLock<Arc<Values>>);

#[derive(Default)]
struct Values {
    /// Nanoseconds; 0 for none.
    read: AtomicU64,
    write: AtomicU64,
    nonblocking: AtomicBool,
    /// A listener that was shut down.
    over: AtomicBool,
}

impl Values {
    fn timeout(&self, dir: Dir) -> &AtomicU64 {
        match dir {
            Dir::Read => &self.read,
            Dir::Write => &self.write,
        }
    }
}

const TIMEOUTS: [(Dir, Timeout); 2] = [(Dir::Read, Timeout::Recv), (Dir::Write, Timeout::Send)];

impl Limits {
    /// Those the kernel has.
    pub(super) fn of(fd: BorrowedFd<'_>) -> Limits {
        let limits = Limits::default();
        if fcntl_getfl(fd).is_ok_and(|flags| flags.contains(OFlags::NONBLOCK)) {
            limits.set_nonblocking(true);
        }
        for (dir, which) in TIMEOUTS {
            // A pipe has none, and says so.
            if let Ok(Some(timeout)) = sockopt::socket_timeout(fd, which) {
                limits.values().timeout(dir).store(nanoseconds(timeout), Relaxed);
            }
        }
        limits
    }

    /// Tells the kernel, who knows of those it had before.
    pub(super) fn store_in(&self, fd: BorrowedFd<'_>) {
        if self.0.get().is_some() {
            for (dir, which) in TIMEOUTS {
                // As in `of`.
                let _ = sockopt::set_socket_timeout(fd, which, self.timeout(dir));
            }
        }
    }

    pub(super) fn share(&self) -> Limits {
        Limits(OnceLock::from(Arc::clone(self.values())))
    }

    fn values(&self) -> &Arc<Values> {
        self.0.get_or_init(Arc::default)
    }

    #[inline]
    pub(crate) fn is_nonblocking(&self) -> bool {
        self.0.get().is_some_and(|values| values.nonblocking.load(Relaxed))
    }

    pub(super) fn set_nonblocking(&self, nonblocking: bool) {
        if nonblocking != self.is_nonblocking() {
            self.values().nonblocking.store(nonblocking, Relaxed);
        }
    }

    /// Whether the listener was shut down. The kernel does not tell those of them who accept
    /// without waiting, if it is a Unix socket.
    pub(crate) fn is_over(&self) -> bool {
        self.0.get().is_some_and(|values| values.over.load(Acquire))
    }

    pub(crate) fn set_over(&self) {
        self.values().over.store(true, Release);
    }

    pub(super) fn timeout(&self, dir: Dir) -> Option<Duration> {
        match self.0.get()?.timeout(dir).load(Relaxed) {
            0 => None,
            ns => Some(Duration::from_nanos(ns)),
        }
    }

    pub(super) fn set_timeout(&self, dir: Dir, timeout: Option<Duration>) -> io::Result<()> {
        if timeout == Some(Duration::ZERO) {
            return Err(no_time());
        }
        self.values().timeout(dir).store(timeout.map_or(0, nanoseconds), Relaxed);
        Ok(())
    }

    /// When a call in direction `dir` that begins to wait now gives up, on the runtime's
    /// clock.
    pub(crate) fn until(&self, dir: Dir) -> u64 {
        match self.0.get().map(|values| values.timeout(dir).load(Relaxed)) {
            None | Some(0) => u64::MAX,
            Some(ns) => now_ns().saturating_add(ns),
        }
    }
}

fn nanoseconds(timeout: Duration) -> u64 {
    u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX)
}

/// What std says to a timeout of zero.
pub(crate) fn no_time() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "cannot set a 0 duration timeout")
}
