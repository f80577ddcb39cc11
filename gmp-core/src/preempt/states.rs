//! Whether a thread runs or is blocked, as cheaply as can be told.
//!
//! A look at a file of /proc costs 0.3 to 0.7 us while it is open, and five times as
//! much to open it: the files of the threads looked at most are kept open, a fixed
//! number of them. Without /proc, or without a free descriptor, the thread's CPU clock
//! tells: it ran if the clock went on since the last look.

use crate::m::M;
use crate::sys::procfs::{self, File, State};
use crate::sys::thread;
use std::sync::atomic::Ordering::Relaxed;

/// Files kept open.
const OPEN: usize = 32;

pub(super) struct States {
    files: [Option<(u32, File)>; OPEN],
}

impl States {
    pub(super) const fn new() -> States {
        States { files: [const { None }; OPEN] }
    }

    /// What the thread of `mp` does. `clock`: its CPU time at the last look; 0 before
    /// the first, which without /proc cannot tell.
    pub(super) fn of(&mut self, mp: &M, clock: &mut u64) -> Option<State> {
        let tid = mp.tid.load(Relaxed);
        if let Some(state) = self.by_file(mp.id, tid) {
            return Some(state);
        }
        let before = std::mem::replace(clock, thread::cpu_ns(tid).unwrap_or(0));
        if before == 0 {
            return None;
        }
        Some(if before == *clock { State::Blocked } else { State::Running })
    }

    fn by_file(&mut self, id: u32, tid: u32) -> Option<State> {
        let source = procfs::source();
        let place = &mut self.files[id as usize % OPEN];
        if place.as_ref().is_none_or(|(of, _)| *of != tid) {
            *place = File::open(tid, source).map(|file| (tid, file));
        }
        let state = place.as_ref().and_then(|(_, file)| file.state(source));
        if state.is_none() {
            *place = None;
        }
        state
    }
}
