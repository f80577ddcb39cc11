//! What all sockets have in common: an operation is attempted, and if the kernel would block,
//! its caller parks until the descriptor is ready.
//!
//! Every descriptor is non-blocking in the kernel. Blocking, timeouts, deadlines and closing
//! are ours: `PollDesc` says who may try, and when.

mod handle;
mod inner;
mod limits;
mod options;
mod streams;
mod turn;
mod waiting;

pub(crate) use crate::accept::listener;
pub(crate) use handle::*;
pub(crate) use inner::Inner;
pub(crate) use limits::no_time;
pub(crate) use options::*;
pub(crate) use streams::*;
pub(crate) use turn::Turn;
pub(crate) use waiting::*;

use std::fmt;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::time::{Duration, Instant};

use gmp_core::rt::{Dir, PollDesc, Stop, instant_ns};
use limits::Limits;

/// A descriptor that parks: the std type, its place in the poller, and its timeouts.
pub(crate) struct Socket<S: Inner> {
    desc: PollDesc,
    /// None only while it is taken apart.
    inner: Option<S>,
    limits: Limits,
}

// A panic of an operation leaves nothing half done: the state is in atomics and the kernel.
impl<S: Inner> UnwindSafe for Socket<S> {}
impl<S: Inner> RefUnwindSafe for Socket<S> {}

impl<S: Inner> Socket<S> {
    /// Of a descriptor that is non-blocking, and has no timeouts in the kernel.
    pub(crate) fn new(inner: S) -> Socket<S> {
        Socket { desc: PollDesc::new(), inner: Some(inner), limits: Limits::default() }
    }

    /// Of one that comes from elsewhere. It keeps its mode and its timeouts.
    pub(crate) fn adopt(inner: S) -> Socket<S> {
        let limits = Limits::of(inner.as_fd());
        if !limits.is_nonblocking() {
            // A valid descriptor takes it. If one does not, it blocks its thread: that works,
            // too.
            let _ = rustix::io::ioctl_fionbio(&inner, true);
        }
        Socket { desc: PollDesc::new(), inner: Some(inner), limits }
    }

    /// For somebody else, who knows nothing of us: the kernel gets the mode and the timeouts.
    pub(crate) fn give_up(mut self) -> S {
        self.desc.forget(self.fd());
        if !self.limits.is_nonblocking() {
            // As in `adopt`.
            let _ = rustix::io::ioctl_fionbio(self.fd(), false);
        }
        self.limits.store_in(self.fd());
        match self.inner.take() {
            Some(inner) => inner,
            None => unreachable!("a socket is given up once"),
        }
    }

    /// The std type.
    #[inline]
    pub(crate) fn inner(&self) -> &S {
        match &self.inner {
            Some(inner) => inner,
            None => unreachable!("only a socket that is dropped is empty"),
        }
    }

    /// The descriptor.
    #[inline]
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.inner().as_fd()
    }

    /// Its place in the poller.
    #[inline]
    pub(crate) fn desc(&self) -> &PollDesc {
        &self.desc
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Calls `attempt`, in direction `dir` alone, until it does not say `WouldBlock`; parks in
    /// between. `short` says of a result that the kernel has no more at present.
    #[inline]
    pub(crate) fn run<T>(
        &self,
        dir: Dir,
        attempt: impl FnMut(&S) -> io::Result<T>,
        short: impl Fn(&T) -> bool,
    ) -> io::Result<T> {
        Turn::begin(self, dir)?.attempt(attempt, short)
    }

    /// A whole message: there may be more of them.
    #[inline]
    pub(crate) fn message<T>(
        &self,
        dir: Dir,
        attempt: impl FnMut(&S) -> io::Result<T>,
    ) -> io::Result<T> {
        self.run(dir, attempt, |_| false)
    }

    /// Something that does not wait: options, addresses. The descriptor is not closed
    /// meanwhile.
    pub(crate) fn quick<T>(&self, f: impl FnOnce(&S) -> io::Result<T>) -> io::Result<T> {
        let _hold = self.desc.hold().map_err(stopped::<S>)?;
        f(self.inner())
    }

    /// A second handle, with deadlines of its own; timeouts and mode are shared.
    pub(crate) fn try_clone(&self) -> io::Result<Socket<S>> {
        let fd = self.quick(|inner| inner.as_fd().try_clone_to_owned())?;
        let limits = self.limits.share();
        Ok(Socket { desc: PollDesc::new(), inner: Some(S::from(fd)), limits })
    }

    pub(crate) fn close(&self) -> io::Result<()> {
        self.desc.close(self.fd()).map_err(stopped::<S>)
    }

    pub(crate) fn set_deadline(&self, dirs: &[Dir], when: Option<Instant>) -> io::Result<()> {
        let _hold = self.desc.hold().map_err(stopped::<S>)?;
        let ns = when.map_or(u64::MAX, instant_ns);
        dirs.iter().for_each(|&dir| self.desc.set_deadline(dir, ns));
        Ok(())
    }

    pub(crate) fn set_timeout(&self, dir: Dir, timeout: Option<Duration>) -> io::Result<()> {
        let _hold = self.desc.hold().map_err(stopped::<S>)?;
        self.limits.set_timeout(dir, timeout)
    }

    pub(crate) fn timeout(&self, dir: Dir) -> io::Result<Option<Duration>> {
        self.quick(|_| Ok(self.limits.timeout(dir)))
    }

    pub(crate) fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        self.quick(|_| {
            self.limits.set_nonblocking(nonblocking);
            Ok(())
        })
    }
}

impl<S: Inner> Drop for Socket<S> {
    fn drop(&mut self) {
        if let Some(inner) = &self.inner {
            self.desc.forget(inner.as_fd());
        }
    }
}

impl<S: Inner> fmt::Debug for Socket<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner().fmt(f)
    }
}

impl<S: Inner> From<OwnedFd> for Socket<S> {
    fn from(fd: OwnedFd) -> Socket<S> {
        Socket::adopt(S::from(fd))
    }
}

impl<S: Inner> Socket<S>
where
    for<'a> &'a S: Read,
{
    #[inline]
    pub(crate) fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        let len = buf.len();
        self.read_up_to(len, |mut inner| inner.read(buf))
    }

    #[inline]
    pub(crate) fn read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let len = bufs.iter().map(|buf| buf.len()).sum();
        self.read_up_to(len, |mut inner| inner.read_vectored(bufs))
    }

    #[inline]
    fn read_up_to(
        &self,
        len: usize,
        attempt: impl FnMut(&S) -> io::Result<usize>,
    ) -> io::Result<usize> {
        if len == 0 {
            // Needs no data, so it waits for none.
            return self.quick(|_| Ok(0));
        }
        self.run(Dir::Read, attempt, |&n| S::SHORT_READ_DRAINS && 0 < n && n < len)
    }
}

impl<S: Inner> Socket<S>
where
    for<'a> &'a S: Write,
{
    #[inline]
    pub(crate) fn write(&self, buf: &[u8]) -> io::Result<usize> {
        let len = buf.len();
        self.run(Dir::Write, |mut inner| inner.write(buf), |&n| 0 < n && n < len)
    }

    #[inline]
    pub(crate) fn write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        let len = bufs.iter().map(|buf| buf.len()).sum();
        self.run(Dir::Write, |mut inner| inner.write_vectored(bufs), |&n| 0 < n && n < len)
    }

    /// In one turn: what others write meanwhile comes before it or after it.
    pub(crate) fn write_all(&self, mut buf: &[u8]) -> io::Result<()> {
        let turn = Turn::begin(self, Dir::Write)?;
        while !buf.is_empty() {
            let len = buf.len();
            match turn.attempt(|mut inner| inner.write(buf), |&n| 0 < n && n < len)? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                n => buf = &buf[n..],
            }
        }
        Ok(())
    }
}

/// What a call says that was stopped.
#[cold]
pub(crate) fn stopped<S: Inner>(stop: Stop) -> io::Error {
    match stop {
        Stop::Closed => io::Error::new(io::ErrorKind::NotConnected, S::CLOSED),
        Stop::Deadline => io::Error::new(io::ErrorKind::TimedOut, "i/o timeout"),
        // What the kernel says when SO_RCVTIMEO is over, and std's sockets with it.
        Stop::Timeout => would_block(),
    }
}

fn would_block() -> io::Error {
    rustix::io::Errno::AGAIN.into()
}
