//! How late the machine wakes those who sleep. Many of the tests say that a wait is
//! over within some 50 milliseconds, which a machine busy with other work may break
//! whatever the channels do.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long the probe sleeps at a time.
const NAP: Duration = Duration::from_millis(5);

/// Above what wake-ups on a machine with time to spare are late by.
const LATE: Duration = Duration::from_millis(15);

/// The naps that were too long: when they ended, and by how much.
#[derive(Debug, Default)]
pub(super) struct Lateness {
    naps: Mutex<Vec<(Instant, Duration)>>,
    done: AtomicBool,
}

impl Lateness {
    /// Naps until [`stop`](Self::stop).
    pub(super) fn watch(&self) {
        while !self.done.load(Ordering::Relaxed) {
            let start = Instant::now();
            thread::sleep(NAP);
            let late = start.elapsed().saturating_sub(NAP);
            if late >= LATE {
                self.note(Instant::now(), late);
            }
        }
    }

    pub(super) fn stop(&self) {
        self.done.store(true, Ordering::Relaxed);
    }

    /// By how much the longest nap since `start` was too long, if it was.
    pub(super) fn since(&self, start: Instant) -> Option<Duration> {
        let naps = self.naps.lock().unwrap_or_else(PoisonError::into_inner);
        naps.iter().rev().take_while(|(end, _)| *end >= start).map(|(_, late)| *late).max()
    }

    fn note(&self, end: Instant, late: Duration) {
        self.naps.lock().unwrap_or_else(PoisonError::into_inner).push((end, late));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_naps_that_end_later_count() {
        let (lateness, start) = (Lateness::default(), Instant::now());
        let after = |ms| start + Duration::from_millis(ms);
        assert_eq!(lateness.since(start), None);
        for (end, late) in [(1, 90), (2, 30), (3, 20)] {
            lateness.note(after(end), Duration::from_millis(late));
        }
        assert_eq!(lateness.since(after(2)), Some(Duration::from_millis(30)));
        assert_eq!(lateness.since(after(4)), None);
    }
}
