//! What the user sees.

use std::fmt::Display;
use std::io::{self, BufWriter, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};

use crate::hash::Digest;

/// A bar on standard error; none if that is not a terminal.
pub(crate) fn progress() -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} files");
    ProgressBar::new(0).with_style(style.expect("the template is well-formed"))
}

// Where nobody reads, there is no reason to panic, as `println!` does.

pub(crate) fn help(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

pub(crate) fn problem(text: impl Display) {
    let _ = writeln!(io::stderr(), "checksum: {text}");
}

pub(crate) fn unreadable(path: &Path, error: &io::Error) {
    problem(format_args!("{}: {error}", path.display()));
}

/// Prints what `sha256sum` would.
pub(crate) fn print(files: &[(PathBuf, Digest)]) -> io::Result<()> {
    // The lock belongs to this thread: nothing below may park the goroutine.
    let mut out = BufWriter::new(io::stdout().lock());
    for (path, digest) in files {
        let (mark, name) = escaped(path.as_os_str().as_bytes());
        out.write_all(mark)?;
        for byte in digest {
            write!(out, "{byte:02x}")?;
        }
        out.write_all(b"  ")?;
        out.write_all(&name)?;
        out.write_all(b"\n")?;
    }
    out.flush()
}

/// The name on one line, and the mark of a line whose name had to be changed for
/// that.
fn escaped(name: &[u8]) -> (&'static [u8], Vec<u8>) {
    let mut escaped = Vec::with_capacity(name.len());
    for &byte in name {
        match byte {
            b'\\' => escaped.extend(b"\\\\"),
            b'\n' => escaped.extend(b"\\n"),
            b'\r' => escaped.extend(b"\\r"),
            _ => escaped.push(byte),
        }
    }
    let mark: &[u8] = if escaped.len() == name.len() { b"" } else { b"\\" };
    (mark, escaped)
}
