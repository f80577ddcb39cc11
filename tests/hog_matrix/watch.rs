//! The watchdog: ends the process when one goroutine makes no progress for too long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// One goroutine, and what it has done.
pub(crate) struct Watched {
    pub(crate) name: String,
    pub(crate) units: AtomicU64,
    pub(crate) ended: AtomicBool,
    /// How long a unit may take.
    pub(crate) bound: Duration,
}

/// The list of all, and whether they are to go on.
pub(crate) struct All {
    pub(crate) stop: AtomicBool,
    pub(crate) watched: Vec<Watched>,
}

/// Time is counted in the watchdog's own wake-ups: a machine that lets nobody run does not let
/// the watchdog run either.
const TICK: Duration = Duration::from_millis(10);

impl All {
    /// Watches until all have ended.
    pub(crate) fn watch(self: &Arc<All>) -> JoinHandle<()> {
        let all = Arc::clone(self);
        thread::spawn(move || all.watch_them())
    }

    fn watch_them(&self) {
        let mut seen: Vec<(u64, u32)> = vec![(0, 0); self.watched.len()];
        while self.watched.iter().any(|watched| !watched.ended.load(Relaxed)) {
            thread::sleep(TICK);
            for (watched, (units, still)) in self.watched.iter().zip(&mut seen) {
                let now = watched.units.load(Relaxed);
                *still = if now == *units { *still + 1 } else { 0 };
                *units = now;
                if !watched.ended.load(Relaxed) && TICK * *still > watched.bound {
                    self.fail(watched);
                }
            }
        }
    }

    fn fail(&self, culprit: &Watched) -> ! {
        eprintln!("no progress of {} for {:?}\n{self}", culprit.name, culprit.bound);
        // The numbers take locks of what may hang.
        thread::spawn(|| eprintln!("{:#?}", gmp::stats()));
        thread::sleep(Duration::from_secs(1));
        std::process::abort()
    }
}

impl std::fmt::Display for All {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let line = |Watched { name, units, ended, .. }: &Watched| {
            let ended = if ended.load(Relaxed) { " (ended)" } else { "" };
            format!("{name}: {}{ended}", units.load(Relaxed))
        };
        f.write_str(&self.watched.iter().map(line).collect::<Vec<_>>().join(", "))
    }
}
