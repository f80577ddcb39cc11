//! A line of text for standard error, written without locks or allocation: usable in
//! signal handlers and inside the scheduler.

use super::write_stderr;
use std::fmt::{self, Write};

pub(crate) struct Line {
    bytes: [u8; 1024],
    len: usize,
}

impl Line {
    pub(crate) const fn new() -> Line {
        Line { bytes: [0; 1024], len: 0 }
    }

    /// Appends; what is too long is cut off.
    pub(crate) fn push(&mut self, text: fmt::Arguments<'_>) {
        let _ = self.write_fmt(text);
    }

    /// What was pushed, in one write.
    pub(crate) fn write(&self) {
        write_stderr(&self.bytes[..self.len]);
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.len() - self.len;
        let n = text.len().min(room);
        self.bytes[self.len..self.len + n].copy_from_slice(&text.as_bytes()[..n]);
        self.len += n;
        Ok(())
    }
}
