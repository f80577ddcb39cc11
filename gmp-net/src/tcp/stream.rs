//! TCP connections.

use std::io;
use std::net;
use std::os::linux::net::TcpStreamExt;

use gmp_core::rt::Dir;

use crate::socket::{Socket, methods};

/// A TCP connection; [`std::net::TcpStream`], except that whoever waits parks if he is a
/// goroutine.
///
/// It may be read and written by several goroutines and threads at once, through a reference:
/// one of them at a time in each direction, the others in the order in which they came.
/// [`write_all`](std::io::Write::write_all) is one turn: what several write does not mix.
///
/// Calls that wait are ended by [`shutdown`](Self::shutdown), [`close`](Self::close), a
/// deadline ([`set_deadline`](Self::set_deadline)) or a timeout
/// ([`set_read_timeout`](Self::set_read_timeout)). Dropping it closes it.
///
/// A read that finds data is one system call.
///
/// ```
/// use gmp_net::{TcpListener, TcpStream};
/// use std::io::{Read, Write};
///
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// # rt.block_on_goroutine(|| -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let address = listener.local_addr()?;
/// let client = gmp_core::spawn(move || -> std::io::Result<u8> {
///     let mut stream = TcpStream::connect(address)?;
///     stream.write_all(&[41])?;
///     let mut answer = [0];
///     stream.read_exact(&mut answer)?; // parks
///     Ok(answer[0])
/// });
/// let (mut stream, _) = listener.accept()?;
/// let mut question = [0];
/// stream.read_exact(&mut question)?;
/// stream.write_all(&[question[0] + 1])?;
/// assert_eq!(client.join().unwrap()?, 42);
/// # Ok(())
/// # }).unwrap();
/// ```
pub struct TcpStream {
    pub(crate) socket: Socket<net::TcpStream>,
}

impl TcpStream {
    /// Reads as [`read`](std::io::Read::read) does, and leaves what was read where it is.
    ///
    /// # Errors
    /// Those of reading.
    ///
    /// ```
    /// use gmp_net::{TcpListener, TcpStream};
    /// use std::io::{Read, Write};
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0")?;
    /// let mut client = TcpStream::connect(listener.local_addr()?)?;
    /// let (mut server, _) = listener.accept()?;
    /// client.write_all(b"x")?;
    /// let mut buf = [0; 10];
    /// assert_eq!(server.peek(&mut buf)?, 1);
    /// assert_eq!(server.read(&mut buf)?, 1);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.socket.message(Dir::Read, |inner| inner.peek(buf))
    }
}

methods! {
    TcpStream: net::TcpStream = r#"# let listener = gmp_net::TcpListener::bind("127.0.0.1:0")?;
let handle = gmp_net::TcpStream::connect(listener.local_addr()?)?;"#;
    handle ip_addr ip_peer shutdown reader writer modes timeouts deadlines;
    /// Whether small writes are sent at once, instead of being collected until the other side
    /// has acknowledged what was sent before (`TCP_NODELAY`, Nagle's algorithm).
    nodelay / set_nodelay: bool = "true"
    /// For how many hops packets live (`IP_TTL`).
    ttl / set_ttl: u32 = "64"
    /// Whether what comes is acknowledged at once (`TCP_QUICKACK`); the kernel changes its mind
    /// now and then.
    quickack / set_quickack: bool = "true"
}
