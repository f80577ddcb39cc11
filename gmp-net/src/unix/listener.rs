//! Unix sockets that wait for connections.

use std::io;
use std::os::unix::net;
use std::path::Path;

use super::{SocketAddr, UnixStream};
use crate::accept::sealed::Accept;
use crate::socket::{Socket, methods};

/// A Unix socket that waits for connections; [`std::os::unix::net::UnixListener`], except that
/// whoever waits parks if he is a goroutine.
///
/// [`close`](Self::close) and [`shutdown`](Self::shutdown) end a waiting
/// [`accept`](Self::accept), and [`set_deadline`](Self::set_deadline) limits it. The file in the
/// file system stays when the listener goes, as in std.
///
/// ```
/// use gmp_net::{UnixListener, UnixStream};
/// use std::io::{Read, Write};
///
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// # rt.block_on_goroutine(|| -> std::io::Result<()> {
/// let path = std::env::temp_dir().join(format!("gmp-doc-{}", std::process::id()));
/// let listener = UnixListener::bind(&path)?;
/// gmp_core::spawn(move || {
///     let (mut stream, _) = listener.accept().unwrap(); // parks
///     stream.write_all(b"hello").unwrap();
/// });
/// let mut text = String::new();
/// UnixStream::connect(&path)?.read_to_string(&mut text)?;
/// assert_eq!(text, "hello");
/// # std::fs::remove_file(path)
/// # }).unwrap();
/// ```
pub struct UnixListener {
    socket: Socket<net::UnixListener>,
}

impl UnixListener {
    /// Makes a listener, and a socket in the file system at `path`.
    ///
    /// # Errors
    /// `path` exists, may not be made, or has more than 107 bytes.
    ///
    /// ```
    /// let path = std::env::temp_dir().join(format!("gmp-doc-bind-{}", std::process::id()));
    /// let listener = gmp_net::UnixListener::bind(&path)?;
    /// std::fs::remove_file(path)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn bind<P: AsRef<Path>>(path: P) -> io::Result<UnixListener> {
        UnixListener::bound(|| net::UnixListener::bind(path))
    }

    /// Makes a listener with this address, which may be an abstract name.
    ///
    /// # Errors
    /// The address is in use, or may not be made.
    ///
    /// ```
    /// use gmp_net::{UnixListener, unix::SocketAddr};
    /// use std::os::linux::net::SocketAddrExt;
    ///
    /// let name = format!("gmp-doc-bind-{}", std::process::id());
    /// let listener = UnixListener::bind_addr(&SocketAddr::from_abstract_name(name)?)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn bind_addr(socket_addr: &SocketAddr) -> io::Result<UnixListener> {
        UnixListener::bound(|| net::UnixListener::bind_addr(socket_addr))
    }

    /// File systems may block.
    fn bound(bind: impl FnOnce() -> io::Result<net::UnixListener>) -> io::Result<UnixListener> {
        let listener = gmp_core::blocking(bind)?;
        listener.set_nonblocking(true)?;
        Ok(UnixListener::of(listener))
    }

    /// Waits for a connection, and returns it with the address of the other side, which most
    /// often has no name.
    ///
    /// # Errors
    /// The listener was closed or shut down, its deadline has passed, it is non-blocking and
    /// there is no connection, the process has too many open files.
    ///
    /// ```
    /// use gmp_net::{UnixListener, UnixStream, unix::SocketAddr};
    /// use std::os::linux::net::SocketAddrExt;
    ///
    /// let name = format!("gmp-doc-accept-{}", std::process::id());
    /// let address = SocketAddr::from_abstract_name(name)?;
    /// let listener = UnixListener::bind_addr(&address)?;
    /// let client = UnixStream::connect_addr(&address)?;
    /// let (_stream, from) = listener.accept()?;
    /// assert!(from.is_unnamed());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
        let stream = self.next_stream()?;
        let address = stream.peer_addr()?;
        Ok((stream, address))
    }
}

impl Accept for UnixListener {
    type Stream = UnixStream;

    fn next_stream(&self) -> io::Result<UnixStream> {
        Ok(UnixStream::of(self.socket.accept()?.into()))
    }
}

methods! {
    UnixListener: net::UnixListener = "# use std::os::linux::net::SocketAddrExt;
# let name = format!(\"gmp-doc-listener-{}-{:?}\", std::process::id(), std::time::Instant::now());
# let address = gmp_net::unix::SocketAddr::from_abstract_name(&name)?;
let handle = gmp_net::UnixListener::bind_addr(&address)?;";
    handle unix_addr modes accept_deadline listener
}
