//! Wakes tasks that wait for the clock. Tasks may run on threads without a P and outside
//! of any runtime, so one thread of ours, started when first needed, does it for all.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::task::Waker;
use std::thread;
use std::time::Duration;

use crate::rt::now_ns;
use crate::wait::wake;

/// Whom to wake; nobody any more if the future is gone.
type Bell = Arc<Mutex<Option<Waker>>>;

/// One future's wish to be woken.
#[derive(Debug)]
pub(super) struct Alarm {
    set: Option<(u64, Bell)>,
}

impl Alarm {
    pub(super) const fn new() -> Alarm {
        Alarm { set: None }
    }

    /// Wakes `waker` at `due`, in nanoseconds of the runtime's clock, in place of what was
    /// wished before; never if that is `u64::MAX`.
    pub(super) fn set(&mut self, due: u64, waker: Waker) {
        if let Some((set_for, bell)) = &self.set
            && *set_for == due
        {
            // It may have rung just now; then there is nobody left to ring.
            let mut bell = bell.lock().unwrap_or_else(PoisonError::into_inner);
            if bell.is_some() {
                drop(bell.replace(waker));
                return;
            }
        }
        self.clear();
        if due != u64::MAX {
            let bell = Arc::new(Mutex::new(Some(waker)));
            self.set = Some((due, Arc::clone(&bell)));
            Clock::get().add(Entry { due, bell });
        }
    }

    fn clear(&mut self) {
        if let Some((_, bell)) = self.set.take() {
            drop(bell.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.clear();
    }
}

struct Entry {
    due: u64,
    bell: Bell,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        self.due == other.due
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Entry) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    /// The earliest is the greatest: std's heap gives that first.
    fn cmp(&self, other: &Entry) -> Ordering {
        other.due.cmp(&self.due)
    }
}

#[derive(Default)]
struct Clock {
    entries: Mutex<BinaryHeap<Entry>>,
    earlier: Condvar,
}

impl Clock {
    /// The one clock, its thread running.
    fn get() -> &'static Clock {
        static CLOCK: OnceLock<&'static Clock> = OnceLock::new();
        CLOCK.get_or_init(|| {
            let clock: &'static Clock = Box::leak(Box::default());
            thread::Builder::new()
                .name("gmp-clock".into())
                .spawn(|| clock.run())
                .expect("no thread to be had for the tasks that wait for the clock");
            clock
        })
    }

    fn add(&self, entry: Entry) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
        self.earlier.notify_one();
    }

    fn run(&self) -> ! {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let now = now_ns();
            if entries.peek().is_some_and(|first| first.due <= now) {
                let due = entries.pop();
                drop(entries);
                if let Some(entry) = due {
                    let waker = entry.bell.lock().unwrap_or_else(PoisonError::into_inner).take();
                    wake(waker);
                }
                entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            entries = match entries.peek().map(|first| Duration::from_nanos(first.due - now)) {
                Some(wait) => {
                    let waited = self.earlier.wait_timeout(entries, wait);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.earlier.wait(entries).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}
