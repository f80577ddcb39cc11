//! One direction of a pipe in memory.
//!
//! A writer lays down a piece of what he has, and waits until readers have taken all of it;
//! then the next writer may. Readers take from the piece that lies there. Closing and
//! deadlines wake all who wait, and all of them look at everything again.

use std::io;
use std::sync::PoisonError;
use std::time::Instant;

use gmp_sync::{Condvar, Mutex, MutexGuard};

/// What is laid down at once, at most: the memory one direction may take.
const PIECE: usize = 64 << 10;

#[derive(Default)]
pub(super) struct Lane {
    state: Mutex<State>,
    readers: Condvar,
    writers: Condvar,
}

#[derive(Default)]
struct State {
    piece: Vec<u8>,
    taken: usize,
    /// A writer waits for his piece to be taken.
    busy: bool,
    reader: End,
    writer: End,
}

impl State {
    fn rest(&self) -> &[u8] {
        &self.piece[self.taken..]
    }
}

/// One side, as far as this direction goes.
#[derive(Clone, Copy, Default)]
struct End {
    closed: bool,
    deadline: Option<Instant>,
}

impl End {
    fn check_deadline(self) -> io::Result<()> {
        match self.deadline {
            Some(deadline) if deadline <= Instant::now() => {
                Err(io::Error::new(io::ErrorKind::TimedOut, "i/o timeout"))
            }
            _ => Ok(()),
        }
    }
}

/// Which of the two.
#[derive(Clone, Copy)]
pub(super) enum Side {
    Reader,
    Writer,
}

impl Lane {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn close(&self, side: Side) {
        end(&mut self.lock(), side).closed = true;
        self.wake_all();
    }

    pub(super) fn set_deadline(&self, side: Side, deadline: Option<Instant>) -> io::Result<()> {
        let mut state = self.lock();
        if state.reader.closed || state.writer.closed {
            return Err(closed());
        }
        end(&mut state, side).deadline = deadline;
        drop(state);
        self.wake_all();
        Ok(())
    }

    fn wake_all(&self) {
        self.readers.notify_all();
        self.writers.notify_all();
    }

    pub(super) fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        let mut state = self.lock();
        loop {
            if state.reader.closed {
                return Err(closed());
            }
            if buf.is_empty() || state.writer.closed {
                return Ok(0);
            }
            state.reader.check_deadline()?;
            let rest = state.rest();
            if !rest.is_empty() {
                let n = rest.len().min(buf.len());
                buf[..n].copy_from_slice(&rest[..n]);
                state.taken += n;
                if state.rest().is_empty() {
                    self.writers.notify_all();
                }
                return Ok(n);
            }
            let deadline = state.reader.deadline;
            state = wait(&self.readers, state, deadline);
        }
    }

    /// Returns when readers have taken what it says, one piece at most.
    pub(super) fn write(&self, buf: &[u8]) -> io::Result<usize> {
        let (mut state, turn) = self.wait_as_writer(self.lock(), |state| !state.busy);
        turn?;
        if buf.is_empty() {
            return Ok(0);
        }
        state.busy = true;
        state.taken = 0;
        state.piece.extend_from_slice(&buf[..buf.len().min(PIECE)]);
        self.readers.notify_all();
        let (mut state, all) = self.wait_as_writer(state, |state| state.rest().is_empty());
        let taken = state.taken;
        // What was not taken of it nobody shall find.
        state.piece.clear();
        state.taken = 0;
        state.busy = false;
        self.writers.notify_all();
        if taken == 0 { all.map(|()| 0) } else { Ok(taken) }
    }

    /// Waits for `done`, the end of the pipe or that of the writer's time.
    fn wait_as_writer<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        done: impl Fn(&State) -> bool,
    ) -> (MutexGuard<'a, State>, io::Result<()>) {
        loop {
            if state.writer.closed || state.reader.closed {
                return (state, Err(closed()));
            }
            if let Err(error) = state.writer.check_deadline() {
                return (state, Err(error));
            }
            if done(&state) {
                return (state, Ok(()));
            }
            let deadline = state.writer.deadline;
            state = wait(&self.writers, state, deadline);
        }
    }
}

fn end(state: &mut State, side: Side) -> &mut End {
    match side {
        Side::Reader => &mut state.reader,
        Side::Writer => &mut state.writer,
    }
}

fn wait<'a>(
    condvar: &Condvar,
    state: MutexGuard<'a, State>,
    deadline: Option<Instant>,
) -> MutexGuard<'a, State> {
    match deadline {
        None => condvar.wait(state).unwrap_or_else(PoisonError::into_inner),
        Some(deadline) => {
            let left = deadline.saturating_duration_since(Instant::now());
            condvar.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
        }
    }
}

/// Kind and text are those of Go's `io.ErrClosedPipe`.
fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "read/write on closed pipe")
}
