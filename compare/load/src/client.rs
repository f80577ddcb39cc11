//! Clients on one thread: each sends the next request when it has the answer.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::socket::{setsockopt, sockopt};

use crate::Outcome;
use crate::histogram::Histogram;
use crate::work::Work;

/// A connection on which nothing is answered for so long is given up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
/// Longer than any answer.
const BUFFER: usize = 16 * 1024;
const EVENTS: usize = 256;

/// One connection.
#[derive(Debug)]
pub(crate) struct Client {
    stream: TcpStream,
    /// How many requests it has sent; each is another one of the work's.
    turn: usize,
    sent: Instant,
    /// The beginning of an answer, where one came in pieces.
    part: Vec<u8>,
    /// As [`Work::check`] has it.
    length: usize,
    waits: bool,
}

impl Client {
    /// Connects to 127.0.0.1:`port`; `first` is its first turn.
    pub(crate) fn connect(port: u16, first: usize) -> Outcome<Self> {
        let failed = |error: io::Error| format!("cannot connect: {error}");
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        // Ended at once, so that thousands of them leave nothing behind in the kernel.
        let at_once = nix::libc::linger { l_onoff: 1, l_linger: 0 };
        setsockopt(&stream, sockopt::Linger, &at_once).map_err(|error| failed(error.into()))?;
        let sent = Instant::now();
        Ok(Self { stream, turn: first, sent, part: Vec::new(), length: 0, waits: false })
    }

    /// Sends a request; for a connection that blocks, and on which [`Self::finish`] follows.
    pub(crate) fn begin(&mut self, work: &Work) -> Outcome {
        self.send(work, Instant::now()).map_err(|error| error.to_string())
    }

    /// Waits for the answer.
    pub(crate) fn finish(&mut self, work: &Work, buffer: &mut [u8]) -> Outcome {
        self.stream.set_read_timeout(Some(PATIENCE)).map_err(|error| error.to_string())?;
        while !self.receive(work, buffer)? {}
        Ok(())
    }

    fn send(&mut self, work: &Work, now: Instant) -> io::Result<()> {
        self.turn += 1;
        self.sent = now;
        self.waits = true;
        let request = work.request(self.turn);
        // It is smaller than any socket's buffer, and that is empty.
        match self.stream.write(request)? {
            all if all == request.len() => Ok(()),
            some => Err(io::Error::other(format!("{some} of {} bytes sent", request.len()))),
        }
    }

    /// Reads once: whether the answer is there.
    fn receive(&mut self, work: &Work, buffer: &mut [u8]) -> Outcome<bool> {
        let read = match self.stream.read(buffer) {
            Ok(0) => return Err("the server has closed the connection".to_owned()),
            Ok(read) => &buffer[..read],
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(false),
            Err(error) => return Err(error.to_string()),
        };
        let whole = if self.part.is_empty() {
            let whole = work.check(self.turn, read, &mut self.length)?;
            if !whole {
                self.part.extend_from_slice(read);
            }
            whole
        } else {
            self.part.extend_from_slice(read);
            work.check(self.turn, &self.part, &mut self.length)?
        };
        if whole {
            self.part.clear();
            self.waits = false;
        }
        Ok(whole)
    }
}

/// What a thread's clients have seen.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) times: Histogram,
    /// When the last answer came.
    pub(crate) last: Instant,
    pub(crate) errors: u64,
    pub(crate) first_error: Option<String>,
}

impl Seen {
    pub(crate) fn merge(&mut self, other: Self) {
        self.times.merge(&other.times);
        self.last = self.last.max(other.last);
        self.errors += other.errors;
        self.first_error = self.first_error.take().or(other.first_error);
    }

    fn error(&mut self, count: usize, what: String) {
        self.errors += count as u64;
        self.first_error.get_or_insert(what);
    }
}

/// Keeps `clients` busy from `start` for `time`, then waits for the last answers. A client
/// that meets an error is out of it.
pub(crate) fn drive(
    clients: &mut [Client],
    work: &Work,
    start: Instant,
    time: Duration,
) -> Outcome<Seen> {
    let failed = |what: &str, error: io::Error| format!("{what}: {error}");
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)
        .map_err(|error| failed("epoll_create", error.into()))?;
    let mut seen = Seen { times: Histogram::new(), last: start, errors: 0, first_error: None };
    for (index, client) in clients.iter_mut().enumerate() {
        client.stream.set_nonblocking(true).map_err(|error| failed("fcntl", error))?;
        let event = EpollEvent::new(EpollFlags::EPOLLIN, index as u64);
        epoll.add(&client.stream, event).map_err(|error| failed("epoll_ctl", error.into()))?;
    }
    let mut waiting = 0;
    for client in clients.iter_mut() {
        match client.send(work, Instant::now()) {
            Ok(()) => waiting += 1,
            Err(error) => seen.error(1, error.to_string()),
        }
    }
    let end = start + time;
    let mut events = [EpollEvent::empty(); EVENTS];
    let mut buffer = vec![0; BUFFER];
    let patience = EpollTimeout::try_from(PATIENCE).unwrap_or(EpollTimeout::NONE);
    while waiting > 0 {
        let count = match epoll.wait(&mut events, patience) {
            Ok(0) => {
                seen.error(waiting, format!("no answer for {} s", PATIENCE.as_secs()));
                break;
            }
            Ok(count) => count,
            Err(nix::errno::Errno::EINTR) => continue,
            Err(error) => return Err(failed("epoll_wait", error.into())),
        };
        for event in &events[..count] {
            let client = &mut clients[event.data() as usize];
            let answered = match client.receive(work, &mut buffer) {
                Ok(false) => continue,
                answered => answered.map(|_| Instant::now()),
            };
            waiting -= 1;
            let next = answered.and_then(|now| {
                seen.times.add((now - client.sent).as_nanos() as u64);
                seen.last = now;
                if now >= end {
                    return Ok(());
                }
                client.send(work, now).map_err(|error| error.to_string())?;
                waiting += 1;
                Ok(())
            });
            if let Err(what) = next {
                seen.error(1, what);
                // Level-triggered: its end would be told again and again.
                let _ = epoll.delete(&client.stream);
            }
        }
    }
    Ok(seen)
}
