//! What /proc says about a thread: whether it runs, or waits in the kernel.
//!
//! `/proc/self/task/TID/syscall` says "running", or in which call it waits; where the
//! kernel does not offer it, `stat` has a letter for the state. Neither allocates.
#![expect(unsafe_code, reason = "system calls")]

use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// What a thread does at this moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    /// On a CPU, or waiting for one.
    Running,
    /// In the kernel, until something happens.
    Blocked,
}

/// Which file answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    Syscall,
    Stat,
    /// /proc is not there, or not ours.
    None,
}

static SOURCE: AtomicU8 = AtomicU8::new(Source::None as u8);

/// Finds out which file answers for the calling thread; `allow = false` acts as if
/// there were none.
pub(crate) fn probe(allow: bool) {
    let tid = super::thread::own_tid();
    // (A thread that reads its own `syscall` file is in a system call, and is told so.)
    let answers = |&source: &Source| {
        let state = File::open(tid, source).and_then(|file| file.state(source));
        if source == Source::Stat { state == Some(State::Running) } else { state.is_some() }
    };
    let source =
        [Source::Syscall, Source::Stat].into_iter().find(|source| allow && answers(source));
    SOURCE.store(source.unwrap_or(Source::None) as u8, Relaxed);
}

/// The file that answers.
pub(crate) fn source() -> Source {
    match SOURCE.load(Relaxed) {
        s if s == Source::Syscall as u8 => Source::Syscall,
        s if s == Source::Stat as u8 => Source::Stat,
        _ => Source::None,
    }
}

/// One thread's file, open.
pub(crate) struct File(i32);

impl File {
    /// None if the thread is gone, or there are no file descriptors left.
    pub(crate) fn open(tid: u32, source: Source) -> Option<File> {
        let name = match source {
            Source::Syscall => "syscall",
            Source::Stat => "stat",
            Source::None => return None,
        };
        let mut path = Path { bytes: [0; 48], len: 0 };
        write!(path, "/proc/self/task/{tid}/{name}\0").ok()?;
        // SAFETY: `path` ends with a zero.
        let fd =
            unsafe { libc::open(path.bytes.as_ptr().cast(), libc::O_RDONLY | libc::O_CLOEXEC) };
        (fd >= 0).then_some(File(fd))
    }

    /// What it says now; None if the thread is gone.
    pub(crate) fn state(&self, source: Source) -> Option<State> {
        let mut bytes = [0_u8; 64];
        // SAFETY: `bytes` has room for as much as is asked for.
        let n = unsafe { libc::pread(self.0, bytes.as_mut_ptr().cast(), bytes.len(), 0) };
        let text = bytes.get(..usize::try_from(n).ok()?)?;
        match source {
            Source::Syscall => parse_syscall(text),
            Source::Stat => parse_stat(text),
            Source::None => None,
        }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: opened by us, closed once.
        unsafe { libc::close(self.0) };
    }
}

fn parse_syscall(text: &[u8]) -> Option<State> {
    Some(if *text.first()? == b'r' { State::Running } else { State::Blocked })
}

/// The letter behind the thread's name, which is in brackets and may hold brackets.
fn parse_stat(text: &[u8]) -> Option<State> {
    let end = text.iter().rposition(|&byte| byte == b')')?;
    Some(if *text.get(end + 2)? == b'R' { State::Running } else { State::Blocked })
}

struct Path {
    bytes: [u8; 48],
    len: usize,
}

impl Write for Path {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.get_mut(self.len..self.len + text.len()).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len += text.len();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;
    use std::sync::mpsc::channel;
    use std::thread;

    #[test]
    fn the_two_texts_are_understood() {
        assert_eq!(parse_syscall(b"running\n"), Some(State::Running));
        assert_eq!(parse_syscall(b"0 0x3 0x7ffd 0x10\n"), Some(State::Blocked));
        assert_eq!(parse_syscall(b"-1 0x7ffd 0x10\n"), Some(State::Blocked));
        assert_eq!(parse_syscall(b""), None);
        assert_eq!(parse_stat(b"12 (a) R) R 1 2"), Some(State::Running));
        assert_eq!(parse_stat(b"12 (R) S 1 2"), Some(State::Blocked));
        assert_eq!(parse_stat(b"12"), None);
    }

    #[test]
    fn a_thread_that_waits_is_told_from_one_that_runs() {
        let (stop, stopped) = channel::<()>();
        let (tell, told) = channel();
        let done = Arc::new(AtomicBool::new(false));
        let waiter = {
            let tell = tell.clone();
            thread::spawn(move || {
                tell.send(crate::sys::thread::own_tid()).unwrap();
                let _ = stopped.recv();
            })
        };
        let waiting = told.recv().unwrap();
        let spinner = {
            let done = Arc::clone(&done);
            thread::spawn(move || {
                tell.send(crate::sys::thread::own_tid()).unwrap();
                while !done.load(Relaxed) {
                    std::hint::spin_loop();
                }
            })
        };
        let running = told.recv().unwrap();
        for source in [Source::Syscall, Source::Stat] {
            let both = File::open(waiting, source).zip(File::open(running, source));
            let Some((waiting, running)) = both else {
                println!("skipped: no {source:?} on this system");
                continue;
            };
            while waiting.state(source) != Some(State::Blocked) {
                thread::yield_now();
            }
            while running.state(source) != Some(State::Running) {
                thread::yield_now();
            }
        }
        done.store(true, Relaxed);
        drop(stop);
        waiter.join().unwrap();
        spinner.join().unwrap();
    }

    #[test]
    fn where_proc_is_there_it_answers() {
        probe(false);
        assert_eq!(source(), Source::None);
        probe(true);
        let there = std::path::Path::new("/proc/self/task").exists();
        assert_eq!(source() != Source::None, there);
    }
}
