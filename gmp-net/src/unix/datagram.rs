//! Datagrams over Unix sockets.

use std::io;
use std::os::unix::net;
use std::path::Path;

use gmp_core::rt::Dir;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use super::SocketAddr;
use crate::socket::{Socket, Turn, methods};

/// A Unix socket for datagrams; [`std::os::unix::net::UnixDatagram`], except that whoever waits
/// parks if he is a goroutine.
///
/// It may be used from several sides at once, and its waiting calls are ended, as with a
/// [`UdpSocket`](crate::UdpSocket).
///
/// Who sends to an address ([`send_to`](Self::send_to)) whose owner has enough to read already
/// looks every few milliseconds whether that has changed: the kernel tells only connected
/// senders ([`send`](Self::send)).
///
/// ```
/// use gmp_net::UnixDatagram;
///
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// # rt.block_on_goroutine(|| -> std::io::Result<()> {
/// let (near, far) = UnixDatagram::pair()?;
/// gmp_core::spawn(move || far.send(b"hello"));
/// let mut buf = [0; 100];
/// assert_eq!(near.recv(&mut buf)?, 5); // parks
/// # Ok(())
/// # }).unwrap();
/// ```
pub struct UnixDatagram {
    socket: Socket<net::UnixDatagram>,
}

impl UnixDatagram {
    /// Makes a socket, and a name for it in the file system at `path`.
    ///
    /// # Errors
    /// `path` exists, may not be made, or has more than 107 bytes.
    ///
    /// ```
    /// let path = std::env::temp_dir().join(format!("gmp-doc-dgram-{}", std::process::id()));
    /// let socket = gmp_net::UnixDatagram::bind(&path)?;
    /// std::fs::remove_file(path)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn bind<P: AsRef<Path>>(path: P) -> io::Result<UnixDatagram> {
        UnixDatagram::made(|| net::UnixDatagram::bind(path))
    }

    /// Makes a socket with this address, which may be an abstract name.
    ///
    /// # Errors
    /// The address is in use, or may not be made.
    ///
    /// ```
    /// use gmp_net::{UnixDatagram, unix::SocketAddr};
    /// use std::os::linux::net::SocketAddrExt;
    ///
    /// let name = format!("gmp-doc-dgram-{}", std::process::id());
    /// let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(name)?)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn bind_addr(socket_addr: &SocketAddr) -> io::Result<UnixDatagram> {
        UnixDatagram::made(|| net::UnixDatagram::bind_addr(socket_addr))
    }

    /// Makes a socket without an address.
    ///
    /// # Errors
    /// The process has too many open files.
    ///
    /// ```
    /// assert!(gmp_net::UnixDatagram::unbound()?.local_addr()?.is_unnamed());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn unbound() -> io::Result<UnixDatagram> {
        UnixDatagram::made(net::UnixDatagram::unbound)
    }

    /// File systems may block.
    fn made(make: impl FnOnce() -> io::Result<net::UnixDatagram>) -> io::Result<UnixDatagram> {
        let socket = gmp_core::blocking(make)?;
        socket.set_nonblocking(true)?;
        Ok(UnixDatagram::of(socket))
    }

    /// Makes two sockets that are connected to each other.
    ///
    /// # Errors
    /// The process has too many open files.
    ///
    /// ```
    /// let (near, far) = gmp_net::UnixDatagram::pair()?;
    /// near.send(b"hello")?;
    /// assert_eq!(far.recv(&mut [0; 100])?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn pair() -> io::Result<(UnixDatagram, UnixDatagram)> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let (a, b) = socketpair(AddressFamily::UNIX, SocketType::DGRAM, flags, None)?;
        Ok((UnixDatagram::of(a.into()), UnixDatagram::of(b.into())))
    }

    /// Sets where [`send`](Self::send) sends to: the socket at `path`. What comes from elsewhere is
    /// not received any more.
    ///
    /// # Errors
    /// There is no such socket, or it may not be used.
    ///
    /// ```
    /// let path = std::env::temp_dir().join(format!("gmp-doc-dgram-c-{}", std::process::id()));
    /// let server = gmp_net::UnixDatagram::bind(&path)?;
    /// let client = gmp_net::UnixDatagram::unbound()?;
    /// client.connect(&path)?;
    /// client.send(b"hello")?;
    /// std::fs::remove_file(path)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn connect<P: AsRef<Path>>(&self, path: P) -> io::Result<()> {
        self.socket.quick(|inner| gmp_core::blocking(|| inner.connect(path)))
    }

    /// As [`connect`](Self::connect), to an address, which may be an abstract name.
    ///
    /// # Errors
    /// There is no such socket, or it may not be used.
    ///
    /// ```
    /// use gmp_net::{UnixDatagram, unix::SocketAddr};
    /// use std::os::linux::net::SocketAddrExt;
    ///
    /// let name = format!("gmp-doc-dgram-a-{}", std::process::id());
    /// let address = SocketAddr::from_abstract_name(name)?;
    /// let server = UnixDatagram::bind_addr(&address)?;
    /// UnixDatagram::unbound()?.connect_addr(&address)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn connect_addr(&self, socket_addr: &SocketAddr) -> io::Result<()> {
        self.socket.quick(|inner| gmp_core::blocking(|| inner.connect_addr(socket_addr)))
    }

    /// Sends one datagram to the socket at `path`. Returns how many bytes it has.
    ///
    /// # Errors
    /// There is no such socket, or it may not be used; the datagram is too long; the socket was
    /// closed, its deadline has passed, its timeout is over, it is non-blocking and the other one
    /// has enough to read.
    ///
    /// ```
    /// let path = std::env::temp_dir().join(format!("gmp-doc-dgram-s-{}", std::process::id()));
    /// let server = gmp_net::UnixDatagram::bind(&path)?;
    /// assert_eq!(gmp_net::UnixDatagram::unbound()?.send_to(b"hello", &path)?, 5);
    /// std::fs::remove_file(path)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn send_to<P: AsRef<Path>>(&self, buf: &[u8], path: P) -> io::Result<usize> {
        let path = path.as_ref();
        self.send_out(|inner| inner.send_to(buf, path))
    }

    /// As [`send_to`](Self::send_to), to an address, which may be an abstract name.
    ///
    /// # Errors
    /// Those of [`send_to`](Self::send_to).
    ///
    /// ```
    /// use gmp_net::{UnixDatagram, unix::SocketAddr};
    /// use std::os::linux::net::SocketAddrExt;
    ///
    /// let name = format!("gmp-doc-dgram-t-{}", std::process::id());
    /// let address = SocketAddr::from_abstract_name(name)?;
    /// let server = UnixDatagram::bind_addr(&address)?;
    /// UnixDatagram::unbound()?.send_to_addr(b"hello", &address)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn send_to_addr(&self, buf: &[u8], socket_addr: &SocketAddr) -> io::Result<usize> {
        self.send_out(|inner| inner.send_to_addr(buf, socket_addr))
    }

    fn send_out(
        &self,
        send: impl FnMut(&net::UnixDatagram) -> io::Result<usize>,
    ) -> io::Result<usize> {
        // Room in somebody else's queue is an event for those only who are connected to him.
        Turn::begin(&self.socket, Dir::Write)?.probing().attempt(send, |_| false)
    }

    /// Sends one datagram to the address this is connected to.
    ///
    /// # Errors
    /// As for [`send_to`](Self::send_to); it is not connected.
    ///
    /// ```
    /// let (near, far) = gmp_net::UnixDatagram::pair()?;
    /// assert_eq!(near.send(b"hello")?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.socket.message(Dir::Write, |inner| inner.send(buf))
    }

    /// Waits for one datagram; returns how many bytes of it are in `buf`. What `buf` has no room
    /// for is lost.
    ///
    /// # Errors
    /// The socket was closed, its deadline has passed, its timeout is over, it is non-blocking
    /// and there is none.
    ///
    /// ```
    /// let (near, far) = gmp_net::UnixDatagram::pair()?;
    /// near.send(b"hello")?;
    /// assert_eq!(far.recv(&mut [0; 3])?, 3);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.socket.message(Dir::Read, |inner| inner.recv(buf))
    }

    /// As [`recv`](Self::recv), with the address it comes from.
    ///
    /// # Errors
    /// Those of [`recv`](Self::recv).
    ///
    /// ```
    /// let (near, far) = gmp_net::UnixDatagram::pair()?;
    /// near.send(b"hello")?;
    /// let (len, from) = far.recv_from(&mut [0; 100])?;
    /// assert!(len == 5 && from.is_unnamed());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.socket.message(Dir::Read, |inner| inner.recv_from(buf))
    }
}

methods! {
    UnixDatagram: net::UnixDatagram = "let (handle, far) = gmp_net::UnixDatagram::pair()?;";
    handle unix_addr unix_peer shutdown modes timeouts deadlines
}
