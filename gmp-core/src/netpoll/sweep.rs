//! Goroutines that have waited for long give back the stack they do not use: README.md, "Long
//! waits".

use super::desc::{Desc, Dir};
use super::{count, poller, records};
use crate::g::G;
use crate::prim::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

/// Nanoseconds of an epoch; who has waited for more than one whole epoch has waited for long.
const PERIOD: u64 = 1_000_000_000;
/// Records looked at in one go, and nanoseconds until the next ones.
const PIECE: u32 = 4096;
const PAUSE: u64 = 1_000_000;

/// Written by sysmon alone, and paired with nothing: one that is read late makes a wait look
/// older than it is by an epoch at most.
static EPOCH: AtomicU32 = AtomicU32::new(0);

/// The present epoch.
#[inline(always)]
pub(super) fn epoch() -> u32 {
    EPOCH.load(Relaxed)
}

/// What sysmon remembers between two looks.
pub(crate) struct Sweep {
    at: u64,
    /// The next record.
    next: u32,
    /// Somebody waits who has not waited for long yet.
    young: bool,
}

impl Sweep {
    pub(crate) const fn new() -> Sweep {
        Sweep { at: 0, next: 0, young: false }
    }

    /// Does what it is time for; returns when to come again, u64::MAX for when something has
    /// happened.
    pub(crate) fn step(&mut self, now: u64) -> u64 {
        if !count::any() {
            return u64::MAX;
        }
        if now < self.at {
            // Somebody may have begun to wait.
            return self.at;
        }
        if self.next == 0 {
            EPOCH.store(epoch().wrapping_add(1), Relaxed);
            self.young = false;
        }
        let end = self.next + PIECE;
        let ended = poller::ready_outside(|ready| self.look_until(end, ready));
        (self.next, self.at) = if ended { (0, now + PERIOD) } else { (end, now + PAUSE) };
        if self.young || !ended { self.at } else { u64::MAX }
    }

    /// Whether there are no more records.
    fn look_until(&mut self, end: u32, ready: &mut dyn FnMut(&'static G)) -> bool {
        for index in self.next..end {
            let Some(desc) = records::get(index) else { return true };
            for dir in Dir::BOTH {
                self.look(desc, dir, ready);
            }
        }
        false
    }

    fn look(&mut self, desc: &'static Desc, dir: Dir, ready: &mut dyn FnMut(&'static G)) {
        let half = desc.half(dir);
        if !half.waits_idly() {
            return;
        }
        if epoch().wrapping_sub(half.since()) < 2 {
            self.young = true;
            return;
        }
        half.set_swept();
        // It looks around, finds nothing, and waits again; on the way there it gives up what
        // lies below.
        poller::wake(desc, dir, desc.interrupt(dir), &mut |gp| {
            gp.trims.set(true);
            ready(gp);
        });
    }
}
