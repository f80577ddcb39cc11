//! `AsyncStream`.

use std::io::{self, IoSlice, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd};

use gmp_core::rt::PollDesc;

use crate::socket::Inner;
use crate::{TcpStream, UnixStream};

/// A stream, for async code: [`TcpStream`] or [`UnixStream`] with the traits of hyper, tokio
/// or futures, by the features of these names.
///
/// Reads and writes do not wait but are pending, and wake the task when it is worth polling
/// again. Deadlines that were set count when it is polled, but wake nobody; std's timeouts and
/// `set_nonblocking` do not count. Shutting down (closing) ends the writing side.
///
/// One task reads, and one writes: who polls last is woken.
///
/// ```
/// use gmp_net::{AsyncStream, UnixStream};
/// use std::io::Read;
///
/// let (near, mut far) = UnixStream::pair()?;
/// let near = AsyncStream::from(near);
/// assert!(near.get_ref().peer_addr()?.is_unnamed());
/// drop(near.into_inner());
/// assert_eq!(far.read(&mut [0])?, 0);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct AsyncStream<S> {
    stream: S,
}

impl<S: Stream> AsyncStream<S> {
    /// The stream itself: for addresses, options, closing.
    ///
    /// To read or write through it while a task waits for the same direction is a
    /// mistake: one of the two may not be woken.
    ///
    /// ```
    /// let (near, _far) = gmp_net::UnixStream::pair()?;
    /// assert!(near.into_async().get_ref().local_addr()?.is_unnamed());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn get_ref(&self) -> &S {
        &self.stream
    }

    /// The stream, to be used by goroutines and threads again.
    ///
    /// ```
    /// let (near, _far) = gmp_net::UnixStream::pair()?;
    /// let near: gmp_net::UnixStream = near.into_async().into_inner();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn into_inner(self) -> S {
        self.stream
    }
}

impl<S: Stream> From<S> for AsyncStream<S> {
    fn from(stream: S) -> AsyncStream<S> {
        AsyncStream { stream }
    }
}

impl<S: AsFd> AsFd for AsyncStream<S> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// The streams there are: [`TcpStream`] and [`UnixStream`].
///
/// ```
/// use gmp_net::{AsyncStream, Stream, UnixStream};
///
/// fn wrap<S: Stream>(stream: S) -> AsyncStream<S> {
///     stream.into()
/// }
/// let (near, far) = UnixStream::pair()?;
/// let _both = (wrap(near), wrap(far));
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait Stream: Operations {}

/// What `AsyncStream` does with them, without waiting. Not for others to implement.
#[doc(hidden)]
pub trait Operations: AsFd + Unpin + Send + Sync + 'static {
    /// Whether a read that fills only a part of the buffer has taken all there was.
    const SHORT_READ_DRAINS: bool;

    fn desc(&self) -> &PollDesc;

    /// One system call; in the same way the others.
    fn write(&self, buf: &[u8]) -> io::Result<usize>;

    fn write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize>;

    fn end_writing(&self) -> io::Result<()>;
}

macro_rules! stream {
    ($name:ident: $std:ty = $make:literal) => {
        impl Stream for $name {}

        impl Operations for $name {
            const SHORT_READ_DRAINS: bool = <$std as Inner>::SHORT_READ_DRAINS;

            fn desc(&self) -> &PollDesc {
                self.socket.desc()
            }

            fn write(&self, buf: &[u8]) -> io::Result<usize> {
                self.socket.inner().write(buf)
            }

            fn write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
                self.socket.inner().write_vectored(bufs)
            }

            fn end_writing(&self) -> io::Result<()> {
                self.shutdown(Shutdown::Write)
            }
        }

        impl $name {
            /// Makes it one for async code.
            ///
            /// ```
            #[doc = $make]
            /// let stream: gmp_net::AsyncStream<_> = handle.into_async();
            /// # Ok::<(), std::io::Error>(())
            /// ```
            pub fn into_async(self) -> AsyncStream<$name> {
                AsyncStream { stream: self }
            }
        }

        impl From<AsyncStream<$name>> for $name {
            fn from(stream: AsyncStream<$name>) -> $name {
                stream.stream
            }
        }
    };
}

stream! {
    TcpStream: std::net::TcpStream =
        "let listener = gmp_net::TcpListener::bind(\"127.0.0.1:0\")?;\n\
         let handle = gmp_net::TcpStream::connect(listener.local_addr()?)?;"
}
stream! {
    UnixStream: std::os::unix::net::UnixStream =
        "let (handle, _far) = gmp_net::UnixStream::pair()?;"
}
