//! Accepting connections: from a listener of any kind, one at a time or in a loop.

use std::fmt;
use std::io;
use std::iter::FusedIterator;
use std::os::fd::OwnedFd;

use gmp_core::rt::Dir;
use rustix::io::Errno;
use rustix::net::{Shutdown, SocketAddrAny, SocketFlags, accept_with, acceptfrom_with, shutdown};

use crate::TcpListener;
use crate::socket::{Inner, Socket};

const FLAGS: SocketFlags = SocketFlags::NONBLOCK.union(SocketFlags::CLOEXEC);

impl<S: Inner> Socket<S> {
    /// The next connection, non-blocking, in one system call.
    pub(crate) fn accept(&self) -> io::Result<OwnedFd> {
        self.next_connection(|listener| accept_with(listener, FLAGS))
    }

    /// With the address of the other side; None if that has none.
    pub(crate) fn accept_from(&self) -> io::Result<(OwnedFd, Option<SocketAddrAny>)> {
        self.next_connection(|listener| acceptfrom_with(listener, FLAGS))
    }

    fn next_connection<T>(&self, accept: impl Fn(&S) -> Result<T, Errno>) -> io::Result<T> {
        self.message(Dir::Read, |listener| {
            if self.limits().is_over() {
                return Err(Errno::INVAL.into());
            }
            loop {
                match accept(listener) {
                    // Gone before anybody has seen it.
                    Err(Errno::CONNABORTED) => {}
                    done => return Ok(done?),
                }
            }
        })
    }

    /// Ends all accepting, that of clones included.
    pub(crate) fn stop_accepting(&self) -> io::Result<()> {
        self.quick(|listener| {
            // Before it wakes them.
            self.limits().set_over();
            Ok(shutdown(listener, Shutdown::Both)?)
        })
    }
}

/// A listener of ours.
pub trait Listener: sealed::Accept {
    /// Whether one that answers `error` will never accept again.
    #[doc(hidden)]
    fn is_over(&self, error: &io::Error) -> bool;
}

pub(crate) mod sealed {
    /// What `Incoming` needs of a listener.
    pub trait Accept {
        /// What it accepts.
        type Stream;

        /// The next connection.
        fn next_stream(&self) -> std::io::Result<Self::Stream>;
    }
}

/// Whether a listener that answers `error` will never accept again: it was closed, or shut
/// down.
pub(crate) fn is_over<S: Inner>(socket: &Socket<S>, error: &io::Error) -> bool {
    socket.desc().is_closed() || error.raw_os_error() == Some(Errno::INVAL.raw_os_error())
}

/// The connections of a listener, one after the other; see [`TcpListener::incoming`] and
/// [`UnixListener::incoming`](crate::UnixListener::incoming).
///
/// It ends when the listener is closed or shut down. std's never does.
///
/// ```
/// use gmp_net::{TcpListener, TcpStream};
///
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let _client = TcpStream::connect(listener.local_addr()?)?;
/// for stream in listener.incoming() {
///     println!("from {}", stream?.peer_addr()?);
///     listener.shutdown()?; // no more of them
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "iterators are lazy and do nothing unless consumed"]
pub struct Incoming<'a, L = TcpListener> {
    listener: &'a L,
}

impl<'a, L> Incoming<'a, L> {
    pub(crate) fn of(listener: &'a L) -> Incoming<'a, L> {
        Incoming { listener }
    }
}

impl<L: Listener> Iterator for Incoming<'_, L> {
    type Item = io::Result<L::Stream>;

    fn next(&mut self) -> Option<io::Result<L::Stream>> {
        let next = self.listener.next_stream();
        next.map_or_else(
            |error| (!self.listener.is_over(&error)).then_some(Err(error)),
            |stream| Some(Ok(stream)),
        )
    }
}

impl<L: Listener> FusedIterator for Incoming<'_, L> {}

impl<L: fmt::Debug> fmt::Debug for Incoming<'_, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").field("listener", self.listener).finish()
    }
}

/// The part of a listener that is alike for all kinds.
macro_rules! listener {
    ($name:ident, $std:ty, $make:literal) => {
        impl $name {
            /// The connections, one after the other, until the listener is closed or shut down;
            /// as if [`accept`](Self::accept) was called in a loop.
            ///
            /// ```
            #[doc = $make]
            /// handle.shutdown()?;
            /// for stream in handle.incoming() {
            ///     println!("{:?}", stream?);
            /// }
            /// # Ok::<(), std::io::Error>(())
            /// ```
            pub fn incoming(&self) -> $crate::Incoming<'_, $name> {
                $crate::Incoming::of(self)
            }

            /// Ends accepting, for all handles: calls that wait, and later ones, fail with
            /// [`InvalidInput`](std::io::ErrorKind::InvalidInput). Nobody can connect any more.
            ///
            /// # Errors
            /// It was closed, or, with TCP, shut down before.
            ///
            /// ```
            #[doc = $make]
            /// handle.shutdown()?;
            /// assert!(handle.accept().is_err());
            /// # Ok::<(), std::io::Error>(())
            /// ```
            pub fn shutdown(&self) -> std::io::Result<()> {
                self.socket.stop_accepting()
            }
        }

        impl $crate::accept::Listener for $name {
            fn is_over(&self, error: &std::io::Error) -> bool {
                $crate::accept::is_over(&self.socket, error)
            }
        }

        impl<'a> IntoIterator for &'a $name {
            type Item = std::io::Result<<$name as $crate::accept::sealed::Accept>::Stream>;
            type IntoIter = $crate::Incoming<'a, $name>;

            fn into_iter(self) -> $crate::Incoming<'a, $name> {
                self.incoming()
            }
        }
    };
}

pub(crate) use listener;
