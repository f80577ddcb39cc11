//! One direction of a socket, for one caller: attempts, and waiting between them.

use std::io;
use std::time::Duration;

use super::{Inner, Socket, stopped, would_block};
use gmp_core::rt::{Dir, Fail, Op, Stop, now_ns};

/// While it lives, the direction is the caller's; others queue.
pub(crate) struct Turn<'a, S: Inner> {
    socket: &'a Socket<S>,
    op: Op<'a>,
    dir: Dir,
    probing: bool,
}

/// The pauses of somebody who is not told when to look again.
const FIRST_PAUSE: Duration = Duration::from_micros(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

impl<'a, S: Inner> Turn<'a, S> {
    /// Waits for the caller's turn. No deadline ends that: it ends the turns before.
    #[inline]
    pub(crate) fn begin(socket: &'a Socket<S>, dir: Dir) -> io::Result<Turn<'a, S>> {
        let op = socket.desc().begin(dir).map_err(stopped::<S>)?;
        Ok(Turn { socket, op, dir, probing: false })
    }

    /// As one for whom the kernel has no event when the attempt may succeed: it looks again
    /// and again, with growing pauses.
    pub(crate) fn probing(self) -> Turn<'a, S> {
        Turn { probing: true, ..self }
    }

    /// See [`Socket::run`].
    #[inline]
    pub(crate) fn attempt<T>(
        &self,
        mut attempt: impl FnMut(&S) -> io::Result<T>,
        short: impl Fn(&T) -> bool,
    ) -> io::Result<T> {
        let mut wait = None;
        loop {
            // Asked even by those who try anyhow: it says whether they may.
            let may_succeed = self.op.may_try().map_err(stopped::<S>)?;
            if may_succeed || self.always_tries() {
                match attempt(self.socket.inner()) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                        self.op.more(false);
                        continue;
                    }
                    done => {
                        self.op.more(done.as_ref().is_ok_and(&short));
                        return done;
                    }
                }
            }
            wait.get_or_insert_with(|| Wait::new(self)).once()?;
        }
    }

    /// Whoever does not wait, or is not told, does not hear of readiness.
    #[inline]
    fn always_tries(&self) -> bool {
        self.probing || self.socket.limits().is_nonblocking()
    }
}

/// The waiting of one call.
struct Wait<'a, 'b, S: Inner> {
    turn: &'b Turn<'a, S>,
    /// The end of the call's own timeout, on the runtime's clock.
    until: u64,
    pause: Duration,
}

impl<'a, 'b, S: Inner> Wait<'a, 'b, S> {
    #[cold]
    fn new(turn: &'b Turn<'a, S>) -> Self {
        let until = turn.socket.limits().until(turn.dir);
        Wait { turn, until, pause: FIRST_PAUSE }
    }

    /// Until it is worth looking again.
    #[cold]
    fn once(&mut self) -> io::Result<()> {
        let Turn { socket, op, probing, .. } = self.turn;
        if socket.limits().is_nonblocking() {
            return Err(would_block());
        }
        if !probing {
            return op.wait(socket.fd(), self.until).map_err(failed::<S>);
        }
        let next = now_ns().saturating_add(self.pause.as_nanos() as u64);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        loop {
            match op.wait(socket.fd(), next.min(self.until)) {
                // An event: of the attempt itself, which gave back the memory that it had
                // taken for the datagram. It says nothing of the other side.
                Ok(()) if now_ns() < next => op.may_try().map(drop).map_err(stopped::<S>)?,
                Err(Fail::Stop(Stop::Timeout)) if next < self.until => return Ok(()),
                done => return done.map_err(failed::<S>),
            }
        }
    }
}

#[cold]
fn failed<S: Inner>(fail: Fail) -> io::Error {
    match fail {
        Fail::Stop(stop) => stopped::<S>(stop),
        Fail::Io(error) => error,
    }
}
