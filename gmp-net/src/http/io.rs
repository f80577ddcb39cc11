//! A connection as hyper reads and writes it, with the limits of time.
//!
//! Who has to wait notes since when. One timer per connection is set to the first moment at
//! which a wait may be too long; it is not moved when a wait ends, only found to have come too
//! early: so requests that follow each other on a connection cost a look at the clock each, and
//! no timer. It nudges the connection: the pending poll ends with `Deadline`, which is looked
//! into here. A server that is ending nudges in the same way.

use std::future::poll_fn;
use std::io::{self, IoSlice, Write as _};
use std::mem::MaybeUninit;
use std::net::TcpStream;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use gmp_core::rt::{Dir, Fail, Stop, now_ns};
use gmp_sync::Pool;
use gmp_sync::time::{Timer, after_func};
use hyper::rt::{Read, ReadBufCursor, Write};
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};

use super::link::Link;
use crate::socket::stopped;

/// How long a read may wait: what is expected now, and since when.
pub(super) trait Pace {
    /// The moment at which a wait since `since` may be too long; `u64::MAX` for never.
    fn limit(&self, since: u64) -> u64;
    /// Whether a wait since `since` is too long at `now`. Noted, if it is.
    fn is_over(&self, since: u64, now: u64) -> bool;
    /// Bytes have come.
    fn came(&self);
    /// Whether large pieces may come now.
    fn expects_much(&self) -> bool;
    /// Whether the read is to find the end of the stream, since nothing more is wanted.
    fn ends(&self) -> bool;
}

/// What a client begins HTTP/2 with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Read at once while a head is expected: on the stack, and without zeroing it.
const SMALL: usize = 2 << 10;
/// Written at once after copying it together.
const TOGETHER: usize = 512;
/// Read at once while a body is expected.
const LARGE: usize = 64 << 10;
/// When to ask again who was not over when his time had come, in nanoseconds.
const AGAIN: u64 = 1_000_000_000;

/// Memory for large reads, shared by all connections: it is filled and emptied within one poll.
static LARGE_BUFFERS: LazyLock<Pool<Box<[MaybeUninit<u8>]>>> =
    LazyLock::new(|| Pool::new(|| Box::new_uninit_slice(LARGE)));

/// What is still to be found out at the beginning of a connection.
enum Opening {
    /// A preface that is cut in two must not look like a bad request: the beginning of one is
    /// kept until the rest has come.
    Kept(BytesMut),
    /// Given back by who could not do anything with it.
    Returned(Bytes),
    Over,
}

pub(super) struct Io<'a, P> {
    link: &'a Arc<Link>,
    pace: &'a P,
    write_timeout: u64,
    opening: Opening,
    /// Since when a read has waited, and a write; 0 if it does not.
    read_since: u64,
    write_since: u64,
    alarm: Alarm,
}

impl<'a, P: Pace> Io<'a, P> {
    pub(super) fn new(link: &'a Arc<Link>, pace: &'a P, write_timeout: u64) -> Io<'a, P> {
        Io {
            link,
            pace,
            write_timeout,
            opening: Opening::Over,
            read_since: 0,
            write_since: 0,
            alarm: Alarm { timer: None, at: u64::MAX },
        }
    }

    /// Does not show a part of an HTTP/2 preface.
    pub(super) fn expecting_preface(self) -> Io<'a, P> {
        Io { opening: Opening::Kept(BytesMut::new()), ..self }
    }

    /// Begins with `bytes`, which have been read before.
    pub(super) fn beginning_with(self, bytes: Bytes) -> Io<'a, P> {
        // Giving none of them would look like the end.
        let opening = if bytes.is_empty() { Opening::Over } else { Opening::Returned(bytes) };
        Io { opening, ..self }
    }

    /// Reads and forgets what comes until the other side has closed, or until it is over:
    /// closing with unread bytes would throw away what was written last.
    pub(super) fn discard(mut self) {
        let mut most = 256 << 10;
        let _ = gmp_core::block_on(poll_fn(|cx| {
            loop {
                let mut memory = [MaybeUninit::uninit(); SMALL];
                match ready!(self.poll_bytes(cx, &mut memory, |_| ())) {
                    Ok(n) if 0 < n && n < most => most -= n,
                    done => return Poll::Ready(done),
                }
            }
        }));
    }

    /// Reads into `memory`, and gives `take` what has come. The number of bytes; 0 at the end.
    fn poll_bytes(
        &mut self,
        cx: &mut Context<'_>,
        memory: &mut [MaybeUninit<u8>],
        take: impl FnOnce(&[u8]),
    ) -> Poll<io::Result<usize>> {
        let (link, len) = (self.link, memory.len());
        let (desc, fd) = (link.desc(), link.stream.socket.fd());
        let mut ends = false;
        loop {
            match desc.poll(fd, Dir::Read, cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Pending => {
                    let now = now_ns();
                    if self.read_since == 0 {
                        self.read_since = now;
                    }
                    self.alarm.set(link, self.pace.limit(self.read_since), now);
                    return Poll::Pending;
                }
                Poll::Ready(Err(Fail::Stop(Stop::Deadline))) => {
                    desc.set_deadline(Dir::Read, u64::MAX);
                    let now = now_ns();
                    // A head may be late even if its last piece has come just now.
                    let since = if self.read_since == 0 { now } else { self.read_since };
                    if self.pace.is_over(since, now) {
                        return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                    }
                    // What is there is not turned away.
                    ends = self.pace.ends();
                    if !ends {
                        continue;
                    }
                }
                Poll::Ready(Err(fail)) => return Poll::Ready(Err(failed(fail))),
            }
            match recv(fd, &mut *memory, RecvFlags::empty()) {
                Err(Errno::AGAIN) if ends => return Poll::Ready(Ok(0)),
                Err(Errno::AGAIN) => {}
                Err(Errno::INTR) => desc.more(Dir::Read),
                Err(error) => {
                    desc.more(Dir::Read);
                    return Poll::Ready(Err(error.into()));
                }
                Ok(((bytes, _), _)) => {
                    let n = bytes.len();
                    if n == 0 || n == len || !desc.is_drained(Dir::Read) {
                        desc.more(Dir::Read);
                    }
                    self.read_since = 0;
                    if n > 0 {
                        self.pace.came();
                    }
                    take(bytes);
                    return Poll::Ready(Ok(n));
                }
            }
        }
    }

    /// Attempts to write `len` bytes until it need not wait, or has waited for too long.
    fn poll_attempt(
        &mut self,
        cx: &mut Context<'_>,
        len: usize,
        attempt: impl Fn(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        let link = self.link;
        let (desc, fd) = (link.desc(), link.stream.socket.fd());
        loop {
            match desc.poll(fd, Dir::Write, cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Pending => {
                    let now = now_ns();
                    if self.write_since == 0 {
                        self.write_since = now;
                    }
                    let limit = self.write_since.saturating_add(self.write_timeout);
                    self.alarm.set(link, limit, now);
                    return Poll::Pending;
                }
                Poll::Ready(Err(Fail::Stop(Stop::Deadline))) => {
                    desc.set_deadline(Dir::Write, u64::MAX);
                    let limit = self.write_since.saturating_add(self.write_timeout);
                    if self.write_since != 0 && now_ns() >= limit {
                        return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                    }
                    continue;
                }
                Poll::Ready(Err(fail)) => return Poll::Ready(Err(failed(fail))),
            }
            match attempt(link.stream.socket.inner()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => desc.more(Dir::Write),
                done => {
                    if !done.as_ref().is_ok_and(|&n| 0 < n && n < len) {
                        desc.more(Dir::Write);
                    }
                    self.write_since = 0;
                    return Poll::Ready(done);
                }
            }
        }
    }

    /// One read of at most `memory`, for hyper.
    fn poll_into(
        &mut self,
        cx: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
        memory: &mut [MaybeUninit<u8>],
    ) -> Poll<io::Result<()>> {
        let room = cursor.remaining().min(memory.len());
        match &mut self.opening {
            Opening::Over => {
                let take = |bytes: &[u8]| cursor.put_slice(bytes);
                return self.poll_bytes(cx, &mut memory[..room], take).map_ok(|_| ());
            }
            Opening::Returned(bytes) => {
                let given = bytes.split_to(bytes.len().min(cursor.remaining()));
                cursor.put_slice(&given);
                if bytes.is_empty() {
                    self.opening = Opening::Over;
                }
            }
            Opening::Kept(kept) => {
                let mut kept = std::mem::take(kept);
                loop {
                    let room = room.min(cursor.remaining() - kept.len());
                    let take = |bytes: &[u8]| kept.extend_from_slice(bytes);
                    let done = self.poll_bytes(cx, &mut memory[..room], take);
                    match done {
                        Poll::Ready(Ok(n)) if n > 0 && is_part_of_preface(&kept) => {}
                        Poll::Ready(Ok(_)) => break,
                        _ => {
                            self.opening = Opening::Kept(kept);
                            return done.map_ok(|_| ());
                        }
                    }
                }
                cursor.put_slice(&kept);
                self.opening = Opening::Over;
            }
        }
        Poll::Ready(Ok(()))
    }
}

fn is_part_of_preface(bytes: &[u8]) -> bool {
    bytes.len() < PREFACE.len() && PREFACE.starts_with(bytes)
}

fn failed(fail: Fail) -> io::Error {
    match fail {
        Fail::Stop(stop) => stopped::<TcpStream>(stop),
        Fail::Io(error) => error,
    }
}

impl<P: Pace> Read for Io<'_, P> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.pace.expects_much() && cursor.remaining() > SMALL {
            let mut memory = LARGE_BUFFERS.get();
            let done = this.poll_into(cx, cursor, &mut memory);
            LARGE_BUFFERS.put(memory);
            done
        } else {
            this.poll_into(cx, cursor, &mut [MaybeUninit::uninit(); SMALL])
        }
    }
}

impl<P: Pace> Write for Io<'_, P> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().poll_attempt(cx, buf.len(), |mut stream| stream.write(buf))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Dropping the socket does it, for both directions at once.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let len = bufs.iter().map(|buf| buf.len()).sum();
        if let [one] = bufs {
            return this.poll_attempt(cx, len, |mut stream| stream.write(one));
        }
        if len > TOGETHER {
            return this.poll_attempt(cx, len, |mut stream| stream.write_vectored(bufs));
        }
        // A head and a short body: copying them takes less than it takes the kernel to look at
        // a list.
        let mut memory = [0; TOGETHER];
        let mut end = 0;
        for buf in bufs {
            memory[end..end + buf.len()].copy_from_slice(buf);
            end += buf.len();
        }
        this.poll_attempt(cx, len, |mut stream| stream.write(&memory[..end]))
    }
}

/// The one timer of a connection.
struct Alarm {
    /// Made when first needed.
    timer: Option<Timer>,
    /// When it rings; in the past if it has.
    at: u64,
}

impl Alarm {
    /// Rings at `when` or before.
    #[inline]
    fn set(&mut self, link: &Arc<Link>, when: u64, now: u64) {
        if when < self.at || self.at <= now {
            self.move_to(link, when, now);
        }
    }

    #[cold]
    fn move_to(&mut self, link: &Arc<Link>, when: u64, now: u64) {
        if when == u64::MAX {
            self.at = u64::MAX;
            return;
        }
        // Who is not over although his time has come wants to be asked again.
        let wait =
            Duration::from_nanos(when.checked_sub(now).filter(|&ns| ns > 0).unwrap_or(AGAIN));
        self.at = now.saturating_add(wait.as_nanos() as u64);
        match &self.timer {
            Some(timer) => {
                timer.reset(wait);
            }
            None => {
                let link = Arc::clone(link);
                self.timer = Some(after_func(wait, move || link.nudge()));
            }
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some(timer) = &self.timer {
            timer.stop();
        }
    }
}
