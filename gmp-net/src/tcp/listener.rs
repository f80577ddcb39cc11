//! Sockets that wait for TCP connections.

use std::io;
use std::net::{self, SocketAddr, ToSocketAddrs};

use crate::TcpStream;
use crate::accept::sealed::Accept;
use crate::socket::{Socket, methods};

/// A TCP socket that waits for connections; [`std::net::TcpListener`], except that whoever
/// waits parks if he is a goroutine.
///
/// [`close`](Self::close) and [`shutdown`](Self::shutdown) end a waiting
/// [`accept`](Self::accept), and [`set_deadline`](Self::set_deadline) limits it.
///
/// ```
/// use gmp_net::{TcpListener, TcpStream};
/// use std::io::{Read, Write};
///
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// # rt.block_on_goroutine(|| -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let address = listener.local_addr()?;
/// gmp_core::spawn(move || {
///     for stream in listener.incoming() {
///         let mut stream = stream.unwrap();
///         gmp_core::spawn(move || stream.write_all(b"hello")); // a goroutine for each
///     }
/// });
/// let mut text = String::new();
/// TcpStream::connect(address)?.read_to_string(&mut text)?;
/// assert_eq!(text, "hello");
/// # Ok(())
/// # }).unwrap();
/// ```
pub struct TcpListener {
    socket: Socket<net::TcpListener>,
}

/// As much as the kernel allows (`net.core.somaxconn`), in place of std's 128.
const BACKLOG: i32 = 4096;

impl TcpListener {
    /// Makes a listener that is bound to `addr`; port 0 asks the kernel for a free one. As in
    /// std, `SO_REUSEADDR` is set, and of several addresses the first that works is taken. Up to
    /// 4096 connections wait to be accepted, if `net.core.somaxconn` allows it.
    ///
    /// # Errors
    /// Those of the last address: in use, not of this machine, not allowed; and those of
    /// looking up a name.
    ///
    /// ```
    /// let listener = gmp_net::TcpListener::bind("127.0.0.1:0")?;
    /// println!("listening on {}", listener.local_addr()?);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn bind<A: ToSocketAddrs>(addr: A) -> io::Result<TcpListener> {
        let listener = gmp_core::blocking(|| net::TcpListener::bind(addr))?;
        rustix::net::listen(&listener, BACKLOG)?;
        listener.set_nonblocking(true)?;
        Ok(TcpListener::of(listener))
    }

    /// Waits for a connection, and returns it with the address it comes from. Connections that
    /// were aborted meanwhile are passed over.
    ///
    /// # Errors
    /// The listener was closed or shut down, its deadline has passed, it is non-blocking and
    /// there is no connection, the process has too many open files.
    ///
    /// ```
    /// use gmp_net::{TcpListener, TcpStream};
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0")?;
    /// let client = TcpStream::connect(listener.local_addr()?)?;
    /// let (_stream, address) = listener.accept()?;
    /// assert_eq!(address, client.local_addr()?);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (fd, address) = self.socket.accept_from()?;
        let stream = TcpStream::of(fd.into());
        let address = match address {
            Some(address) => address.try_into()?,
            None => stream.peer_addr()?,
        };
        Ok((stream, address))
    }
}

impl Accept for TcpListener {
    type Stream = TcpStream;

    fn next_stream(&self) -> io::Result<TcpStream> {
        Ok(TcpStream::of(self.socket.accept()?.into()))
    }
}

methods! {
    TcpListener: net::TcpListener = r#"let handle = gmp_net::TcpListener::bind("127.0.0.1:0")?;"#;
    handle ip_addr modes accept_deadline listener;
    /// For how many hops the packets of accepted connections live (`IP_TTL`).
    ttl / set_ttl: u32 = "64"
}
