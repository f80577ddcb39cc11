//! The std types that sockets are made of.

use std::fmt::Debug;
use std::os::fd::{AsFd, OwnedFd};
use std::{io, net, os::unix};

/// A std type that owns a descriptor.
pub(crate) trait Inner: AsFd + From<OwnedFd> + Into<OwnedFd> + Debug {
    /// Whether a read that fills only a part of the buffer has taken all there was. Not so
    /// where the kernel keeps messages apart: descriptors that are sent over a Unix socket end
    /// a read, and so does each packet of a pipe in packet mode.
    const SHORT_READ_DRAINS: bool = false;
    /// What is said of it after it was closed.
    const CLOSED: &str = "use of closed network connection";
}

impl Inner for net::TcpStream {
    const SHORT_READ_DRAINS: bool = true;
}
impl Inner for net::TcpListener {}
impl Inner for net::UdpSocket {}
impl Inner for unix::net::UnixStream {}
impl Inner for unix::net::UnixListener {}
impl Inner for unix::net::UnixDatagram {}
impl Inner for io::PipeReader {
    const CLOSED: &str = "file already closed";
}
impl Inner for io::PipeWriter {
    const CLOSED: &str = "file already closed";
}
