//! Pipes of the operating system.

use std::io;
use std::process::Stdio;

use rustix::pipe::{PipeFlags, pipe_with};

use crate::socket::{Socket, methods};

/// Makes a pipe; [`std::io::pipe`], except that whoever waits parks if he is a goroutine.
///
/// # Errors
/// The process has too many open files.
///
/// ```
/// use std::io::{Read, Write};
///
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// # rt.block_on_goroutine(|| -> std::io::Result<()> {
/// let (mut reader, mut writer) = gmp_net::pipe()?;
/// gmp_core::spawn(move || writer.write_all(b"hello")); // the end of it closes the writer
/// let mut text = String::new();
/// reader.read_to_string(&mut text)?; // parks
/// assert_eq!(text, "hello");
/// # Ok(())
/// # }).unwrap();
/// ```
pub fn pipe() -> io::Result<(PipeReader, PipeWriter)> {
    let (reader, writer) = pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC)?;
    Ok((PipeReader::of(reader.into()), PipeWriter::of(writer.into())))
}

/// The end of a [`pipe`] that is read from; [`std::io::PipeReader`], except that whoever waits
/// parks if he is a goroutine. What a child process writes is read through one as well: convert
/// its [`ChildStdout`](std::process::ChildStdout), by way of
/// [`OwnedFd`](std::os::fd::OwnedFd).
///
/// ```
/// use gmp_net::PipeReader;
/// use std::os::fd::OwnedFd;
/// use std::process::{Command, Stdio};
///
/// let mut child = Command::new("echo").arg("hello").stdout(Stdio::piped()).spawn()?;
/// let out = PipeReader::from(OwnedFd::from(child.stdout.take().unwrap()));
/// assert_eq!(std::io::read_to_string(out)?, "hello\n");
/// child.wait()?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct PipeReader {
    socket: Socket<io::PipeReader>,
}

/// The end of a [`pipe`] that is written to; [`std::io::PipeWriter`], except that whoever waits
/// parks if he is a goroutine.
///
/// ```
/// use std::io::Write;
///
/// let (reader, mut writer) = gmp_net::pipe()?;
/// writer.write_all(b"hello")?;
/// drop(writer);
/// assert_eq!(std::io::read_to_string(reader)?, "hello");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct PipeWriter {
    socket: Socket<io::PipeWriter>,
}

methods! {
    PipeReader: io::PipeReader = "let (handle, writer) = gmp_net::pipe()?;";
    handle reader read_deadline
}

methods! {
    PipeWriter: io::PipeWriter = "let (reader, handle) = gmp_net::pipe()?;";
    handle writer write_deadline
}

/// For a child process: it becomes blocking in the kernel again.
impl From<PipeReader> for Stdio {
    fn from(reader: PipeReader) -> Stdio {
        io::PipeReader::from(reader).into()
    }
}

/// For a child process: it becomes blocking in the kernel again.
impl From<PipeWriter> for Stdio {
    fn from(writer: PipeWriter) -> Stdio {
        io::PipeWriter::from(writer).into()
    }
}
