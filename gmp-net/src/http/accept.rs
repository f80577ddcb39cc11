//! Accepting connections: one at a time, a goroutine for each, and what is done when the system
//! has no more to give.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rustix::io::Errno;

use super::answers::{Answers, Shared};
use super::config::{Config, Protocol};
use super::link::{Link, Listed};
use super::{http1, http2};
use crate::TcpListener;

/// Accepts until the server is stopped.
pub(super) fn run<A: Answers>(listener: &TcpListener, shared: &Arc<Shared<A>>) -> io::Result<()> {
    let mut shortage = Shortage::new();
    loop {
        shared.links.wait_for_room(shared.config.max_connections);
        if shared.links.is_stopping() {
            return Ok(());
        }
        match listener.accept() {
            Ok((stream, peer)) => {
                if shared.config.nodelay {
                    // Only makes it slower if it fails.
                    let _ = stream.set_nodelay(true);
                }
                match start(shared, Link { stream, peer }) {
                    Ok(()) => shortage.is_over(),
                    Err(error) => shortage.wait(&error, shared),
                }
            }
            Err(_) if shared.links.is_stopping() => return Ok(()),
            Err(error) if is_final(&error) => return Err(error),
            Err(error) => shortage.wait(&error, shared),
        }
    }
}

/// Whether accepting will never succeed again.
fn is_final(error: &io::Error) -> bool {
    let never = [Errno::BADF, Errno::INVAL, Errno::NOTSOCK, Errno::OPNOTSUPP, Errno::FAULT];
    error.kind() == io::ErrorKind::NotConnected
        || Errno::from_io_error(error).is_some_and(|error| never.contains(&error))
}

fn start<A: Answers>(shared: &Arc<Shared<A>>, link: Link) -> io::Result<()> {
    let link = Arc::new(link);
    // Counted from now on: whoever stops the server waits for it.
    let Some(listed) = shared.links.add(&link) else { return Ok(()) };
    let shared = Arc::clone(shared);
    gmp_core::Builder::new().spawn(move || serve(&shared, &link, listed)).map(drop)
}

/// A connection, on its own goroutine.
fn serve<A: Answers>(shared: &Arc<Shared<A>>, link: &Arc<Link>, listed: Listed) {
    let begun = match shared.config.protocol {
        Protocol::Http2 => Some(Bytes::new()),
        Protocol::Http1 | Protocol::Either => http1::serve(shared, link),
    };
    if let Some(begun) = begun {
        http2::serve(shared, link, begun);
    }
    drop(listed);
}

/// What the system is short of: descriptors, mostly, which come back when connections end.
struct Shortage {
    pause: Duration,
    told: Option<Instant>,
    untold: u64,
}

const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// It is not told more often than this.
const BETWEEN: Duration = Duration::from_secs(10);

impl Shortage {
    fn new() -> Shortage {
        Shortage { pause: FIRST_PAUSE, told: None, untold: 0 }
    }

    #[inline]
    fn is_over(&mut self) {
        self.pause = FIRST_PAUSE;
    }

    /// Tells, once in a while, and waits, longer each time.
    #[cold]
    fn wait<A>(&mut self, error: &io::Error, shared: &Shared<A>) {
        if self.told.is_none_or(|told| told.elapsed() >= BETWEEN) {
            self.told = Some(Instant::now());
            tell(&shared.config, error, self.untold);
            self.untold = 0;
        } else {
            self.untold += 1;
        }
        shared.links.pause(self.pause);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }
}

fn tell(config: &Config, error: &io::Error, untold: u64) {
    match &config.error_log {
        Some(hook) => hook(error),
        None => eprintln!(
            "gmp: http server: cannot accept connections for now: {error} (and {untold} times \
             since this was said last)"
        ),
    }
}
