//! Network, for goroutines: std's sockets that park, and an HTTP server.
//!
//! Users depend on the crate `gmp`, which re-exports this one as `gmp::net` and
//! `gmp::http`.
//!
//! [`TcpStream`] and the others have the methods of the types of the same names in `std::net`
//! and `std::os::unix::net`. Whoever has to wait parks, if he is a goroutine: ten thousand
//! connections need no more threads than ten. On a plain thread the same calls block the
//! thread. Added are Go's deadlines (`set_deadline` and its kin), `close` for those who share a
//! socket, and an end to `accept`.
//!
//! An error says how a call was stopped: [`NotConnected`](std::io::ErrorKind::NotConnected)
//! (`use of closed network connection`) after closing, [`TimedOut`](std::io::ErrorKind::TimedOut)
//! (`i/o timeout`) by a deadline, [`WouldBlock`](std::io::ErrorKind::WouldBlock) by one of std's
//! timeouts.

#![forbid(unsafe_code)]

mod accept;
#[cfg(any(feature = "hyper", feature = "tokio", feature = "futures"))]
mod async_io;
#[cfg(feature = "http")]
pub mod http;
mod pipe;
mod resolve;
mod socket;
mod tcp;
mod udp;
pub mod unix;

pub use accept::{Incoming, Listener};
#[cfg(feature = "tokio")]
pub use async_io::in_tokio;
#[cfg(any(feature = "hyper", feature = "tokio", feature = "futures"))]
pub use async_io::{AsyncStream, Stream};
pub use pipe::{Pipe, PipeReader, PipeWriter, pipe};
pub use tcp::{TcpListener, TcpStream};
pub use udp::UdpSocket;
pub use unix::{UnixDatagram, UnixListener, UnixStream};

pub use std::net::{
    AddrParseError, IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, SocketAddrV4, SocketAddrV6,
    ToSocketAddrs,
};
