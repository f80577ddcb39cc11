//! Attempts of async code: at once, or pending with the task's waker left behind.

use std::io::{self, IoSlice};
use std::task::{Context, Poll, ready};

use gmp_core::rt::{Dir, Fail};

use super::stream::{AsyncStream, Stream};
use crate::socket::stopped;

/// Bytes read in one piece where the caller's memory is not initialised: read here and copied
/// there, which costs less than to fill his with zeros first. As much as hyper has room for.
#[cfg(any(feature = "hyper", feature = "tokio"))]
const PIECE: usize = 8 << 10;

impl<S: Stream> AsyncStream<S> {
    /// Calls `attempt` when it is worth trying. `short` says of a result that there is no more
    /// at present.
    fn poll_attempt<T>(
        &self,
        dir: Dir,
        context: &mut Context<'_>,
        mut attempt: impl FnMut(&S) -> io::Result<T>,
        short: impl Fn(&T) -> bool,
    ) -> Poll<io::Result<T>> {
        let desc = self.get_ref().desc();
        loop {
            if let Err(fail) = ready!(desc.poll(self.get_ref().as_fd(), dir, context)) {
                return Poll::Ready(Err(match fail {
                    Fail::Stop(stop) => stopped::<std::net::TcpStream>(stop),
                    Fail::Io(error) => error,
                }));
            }
            match attempt(self.get_ref()) {
                // What was ready is used up: the next look leaves the waker.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => desc.more(dir),
                done => {
                    if !(done.as_ref().is_ok_and(&short) && desc.is_drained(dir)) {
                        desc.more(dir);
                    }
                    return Poll::Ready(done);
                }
            }
        }
    }

    #[cfg(any(feature = "tokio", feature = "futures"))]
    pub(super) fn poll_read_into(
        &self,
        context: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let len = buf.len();
        if len == 0 {
            return Poll::Ready(Ok(0));
        }
        let attempt = |stream: &S| Ok(rustix::io::read(stream.as_fd(), &mut *buf)?);
        self.poll_attempt(Dir::Read, context, attempt, |&n| is_short_read::<S>(n, len))
    }

    /// Reads up to `len` bytes, a `PIECE` at most, and gives them to `take`. How many came.
    #[cfg(any(feature = "hyper", feature = "tokio"))]
    pub(super) fn poll_read_piece(
        &self,
        context: &mut Context<'_>,
        len: usize,
        take: impl FnOnce(&[u8]),
    ) -> Poll<io::Result<usize>> {
        let mut piece = [std::mem::MaybeUninit::<u8>::uninit(); PIECE];
        let piece = &mut piece[..len.min(PIECE)];
        let len = piece.len();
        if len == 0 {
            return Poll::Ready(Ok(0));
        }
        let mut take = Some(take);
        let attempt = |stream: &S| {
            let (bytes, _) = rustix::io::read(stream.as_fd(), &mut *piece)?;
            if let Some(take) = take.take() {
                take(bytes);
            }
            Ok(bytes.len())
        };
        self.poll_attempt(Dir::Read, context, attempt, |&n| is_short_read::<S>(n, len))
    }

    pub(super) fn poll_write_from(
        &self,
        context: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let short = |&n: &usize| 0 < n && n < buf.len();
        self.poll_attempt(Dir::Write, context, |stream| stream.write(buf), short)
    }

    pub(super) fn poll_write_from_all(
        &self,
        context: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [buf] = bufs {
            // The kernel has less to look at.
            return self.poll_write_from(context, buf);
        }
        let len = bufs.iter().map(|buf| buf.len()).sum();
        let short = |&n: &usize| 0 < n && n < len;
        self.poll_attempt(Dir::Write, context, |stream| stream.write_vectored(bufs), short)
    }

    /// Ends the writing side. That it has ended already, by the other side's doing, is fine.
    pub(super) fn end_writing(&self) -> io::Result<()> {
        match self.get_ref().end_writing() {
            Err(error)
                if error.kind() == io::ErrorKind::NotConnected
                    && !self.get_ref().desc().is_closed() =>
            {
                Ok(())
            }
            done => done,
        }
    }
}

fn is_short_read<S: Stream>(n: usize, len: usize) -> bool {
    S::SHORT_READ_DRAINS && 0 < n && n < len
}
