//! Connections of Unix sockets.

use std::io;
use std::os::unix::net;
use std::path::Path;

use rustix::io::{Errno, ioctl_fionbio};
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, socket_with, socketpair};

use super::{SocketAddr, address};
use crate::socket::{Socket, methods};

const FLAGS: SocketFlags = SocketFlags::NONBLOCK.union(SocketFlags::CLOEXEC);

/// A connection of Unix sockets; [`std::os::unix::net::UnixStream`], except that whoever waits
/// parks if he is a goroutine.
///
/// It may be used from several sides at once, and its waiting calls are ended, as with a
/// [`TcpStream`](crate::TcpStream).
///
/// ```
/// use gmp_net::UnixStream;
/// use std::io::{Read, Write};
///
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// # rt.block_on_goroutine(|| -> std::io::Result<()> {
/// let (mut near, mut far) = UnixStream::pair()?;
/// gmp_core::spawn(move || far.write_all(b"hello"));
/// let mut text = String::new();
/// near.read_to_string(&mut text)?; // parks
/// assert_eq!(text, "hello");
/// # Ok(())
/// # }).unwrap();
/// ```
pub struct UnixStream {
    pub(crate) socket: Socket<net::UnixStream>,
}

impl UnixStream {
    /// Connects to the socket in the file system at `path`. While too many connections wait there to
    /// be accepted this blocks the thread, which gives its P away; no deadline ends that.
    ///
    /// # Errors
    /// There is no such socket, nobody listens, it may not be used.
    ///
    /// ```
    /// use gmp_net::{UnixListener, UnixStream};
    ///
    /// let path = std::env::temp_dir().join(format!("gmp-doc-connect-{}", std::process::id()));
    /// let listener = UnixListener::bind(&path)?;
    /// let stream = UnixStream::connect(&path)?;
    /// std::fs::remove_file(path)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn connect<P: AsRef<Path>>(path: P) -> io::Result<UnixStream> {
        UnixStream::connect_addr(&SocketAddr::from_pathname(path)?)
    }

    /// Connects to a socket with this address, which may be an abstract name; see
    /// [`connect`](Self::connect).
    ///
    /// # Errors
    /// There is no such socket, nobody listens, it may not be used.
    ///
    /// ```
    /// use gmp_net::{UnixListener, UnixStream, unix::SocketAddr};
    /// use std::os::linux::net::SocketAddrExt;
    ///
    /// let name = format!("gmp-doc-connect-{}", std::process::id());
    /// let address = SocketAddr::from_abstract_name(name)?;
    /// let listener = UnixListener::bind_addr(&address)?;
    /// let stream = UnixStream::connect_addr(&address)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn connect_addr(socket_addr: &SocketAddr) -> io::Result<UnixStream> {
        let address = address::from_std(socket_addr)?;
        let fd = socket_with(AddressFamily::UNIX, SocketType::STREAM, FLAGS, None)?;
        gmp_core::blocking(|| match connect(&fd, &address) {
            // The other side's backlog is full. There is no event for when it is not.
            Err(Errno::AGAIN) => {
                ioctl_fionbio(&fd, false)?;
                while let Err(error) = connect(&fd, &address) {
                    if error != Errno::INTR {
                        return Err(error);
                    }
                }
                ioctl_fionbio(&fd, true)
            }
            done => done,
        })?;
        Ok(UnixStream::of(fd.into()))
    }

    /// Makes two streams that are connected to each other.
    ///
    /// # Errors
    /// The process has too many open files.
    ///
    /// ```
    /// let (near, far) = gmp_net::UnixStream::pair()?;
    /// assert!(near.peer_addr()?.is_unnamed());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn pair() -> io::Result<(UnixStream, UnixStream)> {
        let (a, b) = socketpair(AddressFamily::UNIX, SocketType::STREAM, FLAGS, None)?;
        Ok((UnixStream::of(a.into()), UnixStream::of(b.into())))
    }
}

methods! {
    UnixStream: net::UnixStream = "let (handle, far) = gmp_net::UnixStream::pair()?;";
    handle unix_addr unix_peer shutdown reader writer modes timeouts deadlines
}
