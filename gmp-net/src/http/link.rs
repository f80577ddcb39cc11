//! Connections: what the server keeps of each, so that it can wake, count and cut them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gmp_core::rt::{Dir, PollDesc};
use gmp_sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::TcpStream;

/// One connection.
pub(super) struct Link {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
}

impl Link {
    pub(super) fn desc(&self) -> &PollDesc {
        self.stream.socket.desc()
    }

    /// Makes whoever drives it look around: his next poll of the descriptor, and the one that is
    /// pending, end with `Deadline`. He takes the deadline away again and looks why.
    pub(super) fn nudge(&self) {
        self.desc().set_deadline(Dir::Read, 1);
        self.desc().set_deadline(Dir::Write, 1);
    }
}

/// What a server's handles share about its connections.
#[derive(Default)]
pub(super) struct Links {
    /// Set under the lock; a look needs none.
    stopping: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    next: u64,
    open: HashMap<u64, Arc<Link>>,
    /// The time to drain is over: nobody waits for what still runs.
    cut: bool,
    /// Somebody waits for one to go.
    is_full: bool,
}

impl Links {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the server is to end: no new connections, no new requests.
    #[inline]
    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Takes a connection in; None if the server is ending.
    pub(super) fn add(self: &Arc<Self>, link: &Arc<Link>) -> Option<Listed> {
        let mut state = self.state();
        if self.is_stopping() {
            return None;
        }
        let key = state.next;
        state.next += 1;
        state.open.insert(key, Arc::clone(link));
        Some(Listed { links: Arc::clone(self), key })
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.state().open.len()
    }

    /// From now on the server ends: tells all connections.
    pub(super) fn stop(&self) {
        let state = self.state();
        self.stopping.store(true, Ordering::Release);
        let open: Vec<Arc<Link>> = state.open.values().cloned().collect();
        drop(state);
        self.changed.notify_all();
        // Each looks at the flag after it was nudged.
        open.iter().for_each(|link| link.nudge());
    }

    /// Waits until all are gone, at most for `timeout`; whether they are.
    pub(super) fn drain(&self, timeout: Duration) -> bool {
        let state = self.state();
        let (state, _) = self
            .changed
            .wait_timeout_while(state, timeout, |state| !state.open.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        state.open.is_empty()
    }

    /// Ends those that are left, whatever they do.
    pub(super) fn cut(&self) {
        let mut state = self.state();
        state.cut = true;
        let open: Vec<Arc<Link>> = state.open.values().cloned().collect();
        drop(state);
        self.changed.notify_all();
        for link in open {
            // Who drives it is told; if it was closed before, there is nothing to do.
            let _ = link.stream.close();
        }
    }

    /// Waits until there are fewer than `most`, or the server is to end.
    pub(super) fn wait_for_room(&self, most: usize) {
        if most == usize::MAX {
            return;
        }
        let state = self.state();
        let wait = |state: &mut State| {
            state.is_full = state.open.len() >= most && !self.is_stopping();
            state.is_full
        };
        drop(self.changed.wait_while(state, wait).unwrap_or_else(PoisonError::into_inner));
    }

    /// Waits until all are gone, or cut.
    pub(super) fn wait_for_end(&self) {
        let state = self.state();
        let wait = |state: &mut State| !state.open.is_empty() && !state.cut;
        drop(self.changed.wait_while(state, wait).unwrap_or_else(PoisonError::into_inner));
    }

    /// Sleeps, unless the server is to end.
    pub(super) fn pause(&self, time: Duration) {
        let state = self.state();
        drop(self.changed.wait_timeout_while(state, time, |_| !self.is_stopping()));
    }
}

/// A connection's entry; it goes with this.
pub(super) struct Listed {
    links: Arc<Links>,
    key: u64,
}

impl Drop for Listed {
    fn drop(&mut self) {
        let mut state = self.links.state();
        let link = state.open.remove(&self.key);
        let is_waited_for = state.open.is_empty() || state.is_full;
        drop(state);
        if is_waited_for {
            self.links.changed.notify_all();
        }
        // Closes the socket, if nobody else has it: not with the lock held.
        drop(link);
    }
}
