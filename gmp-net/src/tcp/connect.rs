//! Making TCP connections: the kernel is asked, and says later that it is done.

use std::io;
use std::net::{self, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gmp_core::rt::Dir;
use gmp_sync::context::{Context, ContextError};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, socket_with};

use crate::TcpStream;
use crate::resolve::each_addr;
use crate::socket::{Socket, no_time};

impl TcpStream {
    /// Connects to `addr`. If that is several addresses they are tried in turn, until one
    /// answers. A name is looked up by a thread that gives its P away meanwhile.
    ///
    /// # Errors
    /// Those of the last address tried, and those of looking up a name.
    ///
    /// ```
    /// use gmp_net::{TcpListener, TcpStream};
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0")?;
    /// let port = listener.local_addr()?.port();
    /// let stream = TcpStream::connect(("localhost", port))?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn connect<A: ToSocketAddrs>(addr: A) -> io::Result<TcpStream> {
        each_addr(addr, |addr| Attempt::begin(&addr)?.finish())
    }

    /// Connects to `addr`, within `timeout`.
    ///
    /// # Errors
    /// [`TimedOut`](io::ErrorKind::TimedOut) if it takes longer, `InvalidInput` if `timeout` is
    /// zero, and those of connecting.
    ///
    /// ```
    /// use gmp_net::{TcpListener, TcpStream};
    /// use std::time::Duration;
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0")?;
    /// let address = listener.local_addr()?;
    /// let stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn connect_timeout(addr: &SocketAddr, timeout: Duration) -> io::Result<TcpStream> {
        if timeout.is_zero() {
            return Err(no_time());
        }
        // What lies beyond the clock is no limit.
        let deadline = Instant::now().checked_add(timeout);
        let attempt = Attempt::begin(addr)?;
        attempt.0.set_deadline(&[Dir::Write], deadline)?;
        attempt.finish()
    }

    /// Connects to `addr`, unless `ctx` ends before. Once it has connected, the end of `ctx` is
    /// nothing to the stream. Looking up a name is not cut short.
    ///
    /// # Errors
    /// [`TimedOut`](io::ErrorKind::TimedOut) if the deadline of `ctx` has passed,
    /// [`Other`](io::ErrorKind::Other) if it was cancelled, with the [`ContextError`] inside; and
    /// those of connecting.
    ///
    /// ```
    /// use gmp_net::{TcpListener, TcpStream};
    /// use gmp_sync::context;
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0")?;
    /// let (ctx, cancel) = context::background().with_cancel();
    /// let stream = TcpStream::connect_ctx(&ctx, listener.local_addr()?)?;
    /// cancel();
    /// assert!(TcpStream::connect_ctx(&ctx, listener.local_addr()?).is_err());
    /// assert!(stream.peer_addr().is_ok());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn connect_ctx<A: ToSocketAddrs>(ctx: &Context, addr: A) -> io::Result<TcpStream> {
        each_addr(addr, |addr| {
            if let Some(error) = ctx.err() {
                return Err(error.into());
            }
            let attempt = Arc::new(Attempt::begin(&addr)?);
            let interrupted = Arc::clone(&attempt);
            let after = ctx.after_func(move || interrupted.interrupt());
            let connected = attempt.wait();
            if !after.stop()
                && let Some(error) = ctx.err()
            {
                return Err(error.into());
            }
            connected?;
            // The function was dropped with its handle.
            let attempt = Arc::into_inner(attempt).ok_or(ContextError::Canceled)?;
            Ok(attempt.into_stream())
        })
    }
}

/// A connection that the kernel is about to make. Its write deadline is that of connecting.
struct Attempt(Socket<net::TcpStream>);

impl Attempt {
    fn begin(addr: &SocketAddr) -> io::Result<Attempt> {
        let family = if addr.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let fd = socket_with(family, SocketType::STREAM, flags, None)?;
        match connect(&fd, addr) {
            Ok(()) | Err(Errno::INPROGRESS | Errno::INTR) => Ok(Attempt(Socket::new(fd.into()))),
            Err(error) => Err(error.into()),
        }
    }

    fn finish(self) -> io::Result<TcpStream> {
        self.wait()?;
        Ok(self.into_stream())
    }

    fn into_stream(self) -> TcpStream {
        self.0.desc().set_deadline(Dir::Write, u64::MAX);
        TcpStream { socket: self.0 }
    }

    /// Makes `wait` fail, now or later.
    fn interrupt(&self) {
        self.0.desc().set_deadline(Dir::Write, 0);
    }

    fn wait(&self) -> io::Result<()> {
        self.0.message(Dir::Write, |stream| {
            // Known of a connection only, not of an attempt. On the loopback that is now.
            let Err(unknown) = stream.peer_addr() else { return Ok(()) };
            if unknown.kind() != io::ErrorKind::NotConnected {
                return Err(unknown);
            }
            Err(stream.take_error()?.unwrap_or_else(|| Errno::AGAIN.into()))
        })
    }
}
