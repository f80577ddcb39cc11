//! Ms that lost their Ps and have not come back: their goroutines are blocked in the
//! kernel, or were and compute now, without a P. One that computes while no P is idle
//! is more than GOMAXPROCS allow: it is told to come in.

use super::blocking::section;
use super::handler::Ticket;
use super::signal;
use super::states::States;
use crate::m::M;
use crate::sched::SCHED;
use crate::sys::procfs::State;
use std::cell::Cell;
use std::sync::atomic::Ordering::Relaxed;

/// Nanoseconds until the first look, and the longest time between two: a thread is
/// looked at again when it has been away half as long again.
const FIRST: u64 = 50_000;
const LAST: u64 = 100_000_000;
/// Ms looked at in one round: there may be thousands.
const MOST: usize = 16;

/// In each M; touched by sysmon only.
#[derive(Default)]
pub(crate) struct Detached {
    /// In the list, whatever it does now.
    listed: Cell<bool>,
    next: Cell<Option<&'static M>>,
    since: Cell<u64>,
    look_at: Cell<u64>,
    clock: Cell<u64>,
}

/// A queue that goes round.
pub(super) struct DetachedMs {
    first: Option<&'static M>,
    last: Option<&'static M>,
    len: usize,
}

impl DetachedMs {
    pub(super) const fn new() -> DetachedMs {
        DetachedMs { first: None, last: None, len: 0 }
    }

    /// The P of `mp` was taken away.
    pub(super) fn add(&mut self, mp: &'static M, now: u64) {
        mp.detached.since.set(now);
        mp.detached.look_at.set(now + FIRST);
        mp.detached.clock.set(0);
        if !mp.detached.listed.replace(true) {
            self.push(mp);
        }
    }

    fn push(&mut self, mp: &'static M) {
        mp.detached.next.set(None);
        match self.last.replace(mp) {
            Some(last) => last.detached.next.set(Some(mp)),
            None => self.first = Some(mp),
        }
        self.len += 1;
    }

    fn pop(&mut self) -> Option<&'static M> {
        let mp = self.first?;
        self.first = mp.detached.next.get();
        if self.first.is_none() {
            self.last = None;
        }
        self.len -= 1;
        Some(mp)
    }

    /// Looks at some of them; returns when to look again.
    pub(super) fn look(&mut self, states: &mut States, now: u64) -> u64 {
        // While a P is idle nobody is kept from running.
        if self.len == 0 || SCHED.wake.idle_ps() != 0 {
            return u64::MAX;
        }
        let rounds = self.len.min(MOST);
        // Those that are not reached this time have their turn soon.
        let mut next = if self.len > MOST { now + LAST / 100 } else { u64::MAX };
        for _ in 0..rounds {
            let Some(mp) = self.pop() else { break };
            if mp.handshake.in_scheduler() || !mp.handshake.is_lost() {
                mp.detached.listed.set(false);
                continue;
            }
            self.push(mp);
            if now >= mp.detached.look_at.get() {
                examine(mp, states, now);
            }
            next = next.min(mp.detached.look_at.get());
        }
        next
    }
}

fn examine(mp: &'static M, states: &mut States, now: u64) {
    let away = now - mp.detached.since.get();
    mp.detached.look_at.set(now + (away / 2).clamp(FIRST, LAST));
    let mut clock = mp.detached.clock.get();
    let state = states.of(mp, &mut clock);
    mp.detached.clock.set(clock);
    // In `blocking` it may compute besides the others: that is what it said.
    let in_section = mp.blocking.load(Relaxed) != section::NONE;
    if state == Some(State::Running) && !in_section && signal::on() {
        signal::send(mp, Ticket::COME_IN);
        mp.detached.look_at.set(now + FIRST);
    }
}
