//! A pipe in memory, for both directions.

use std::fmt;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Instant;

use super::lane::{Lane, Side};

/// One end of a connection in memory: Go's `net.Pipe`. What is written to one end is read from
/// the other.
///
/// Nothing is buffered: a write returns when readers have taken what it says (64 KiB at most,
/// [`write_all`](Write::write_all) goes on), and a read takes from one write only. So each side
/// sees what the other one does, step by step, which is what tests of protocols need. For a
/// connection with a buffer there is [`UnixStream::pair`](crate::UnixStream::pair).
///
/// An end may be used from several goroutines and threads at once, through a reference. When
/// one end is closed or dropped the other reads the end, and writes fail with
/// [`BrokenPipe`](io::ErrorKind::BrokenPipe).
///
/// ```
/// use gmp_net::Pipe;
/// use std::io::{Read, Write};
///
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// # rt.block_on_goroutine(|| -> std::io::Result<()> {
/// let (mut near, mut far) = Pipe::new();
/// gmp_core::spawn(move || far.write_all(b"hello"));
/// let mut text = String::new();
/// near.read_to_string(&mut text)?; // parks
/// assert_eq!(text, "hello");
/// # Ok(())
/// # }).unwrap();
/// ```
pub struct Pipe {
    incoming: Arc<Lane>,
    outgoing: Arc<Lane>,
}

impl Pipe {
    /// Makes both ends.
    ///
    /// ```
    /// let (near, far) = gmp_net::Pipe::new();
    /// drop(far);
    /// assert_eq!(std::io::read_to_string(near)?, "");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn new() -> (Pipe, Pipe) {
        let [there, back] = [(); 2].map(|()| Arc::new(Lane::default()));
        let near = Pipe { incoming: Arc::clone(&back), outgoing: Arc::clone(&there) };
        (near, Pipe { incoming: there, outgoing: back })
    }

    /// Closes this end, for both directions. Calls that wait are ended, on both ends.
    ///
    /// # Errors
    /// None: an end may be closed again.
    ///
    /// ```
    /// use std::io::Read;
    ///
    /// let (mut near, _far) = gmp_net::Pipe::new();
    /// near.close()?;
    /// assert_eq!(near.read(&mut [0]).unwrap_err().kind(), std::io::ErrorKind::BrokenPipe);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn close(&self) -> io::Result<()> {
        self.incoming.close(Side::Reader);
        self.outgoing.close(Side::Writer);
        Ok(())
    }

    /// The moment from which on reading as well as writing fail; `None` for never. As with
    /// sockets: see [`TcpStream::set_deadline`](crate::TcpStream::set_deadline).
    ///
    /// # Errors
    /// This end or the other one was closed.
    ///
    /// ```
    /// use std::io::Write;
    /// use std::time::Instant;
    ///
    /// let (mut near, _far) = gmp_net::Pipe::new();
    /// near.set_deadline(Some(Instant::now()))?;
    /// assert_eq!(near.write(b"x").unwrap_err().kind(), std::io::ErrorKind::TimedOut);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn set_deadline(&self, deadline: Option<Instant>) -> io::Result<()> {
        self.set_read_deadline(deadline)?;
        self.set_write_deadline(deadline)
    }

    /// The moment from which on reading fails; `None` for never.
    ///
    /// # Errors
    /// This end or the other one was closed.
    ///
    /// ```
    /// use std::io::Read;
    /// use std::time::Instant;
    ///
    /// let (mut near, _far) = gmp_net::Pipe::new();
    /// near.set_read_deadline(Some(Instant::now()))?;
    /// assert_eq!(near.read(&mut [0]).unwrap_err().kind(), std::io::ErrorKind::TimedOut);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn set_read_deadline(&self, deadline: Option<Instant>) -> io::Result<()> {
        self.incoming.set_deadline(Side::Reader, deadline)
    }

    /// The moment from which on writing fails; `None` for never.
    ///
    /// # Errors
    /// This end or the other one was closed.
    ///
    /// ```
    /// use std::io::Write;
    /// use std::time::Instant;
    ///
    /// let (mut near, _far) = gmp_net::Pipe::new();
    /// near.set_write_deadline(Some(Instant::now()))?;
    /// assert_eq!(near.write(b"x").unwrap_err().kind(), std::io::ErrorKind::TimedOut);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn set_write_deadline(&self, deadline: Option<Instant>) -> io::Result<()> {
        self.outgoing.set_deadline(Side::Writer, deadline)
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.incoming.close(Side::Reader);
        self.outgoing.close(Side::Writer);
    }
}

impl fmt::Debug for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipe").finish_non_exhaustive()
    }
}

impl Read for Pipe {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.incoming.read(buf)
    }
}

impl Read for &Pipe {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.incoming.read(buf)
    }
}

impl Write for Pipe {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.outgoing.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Write for &Pipe {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.outgoing.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
