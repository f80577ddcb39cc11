//! How often sysmon looks. Each time it wakes costs some ten microseconds, so a program
//! whose goroutines never block is looked at a few times a slice, and one whose
//! goroutines do more often. And how often `blocking` may wake it.

/// Nanoseconds from the beginning of a run to the first look at it: when the last look
/// took a P away, ...
const HOT: u64 = 30_000;
/// ... while threads block now and then, ...
const FIRST: u64 = 100_000;
/// ... and when none has for a while. Bounds how late the next one is noticed, and how
/// late it is seen that others wait.
const LAST: u64 = 5_000_000;
/// The longest sleep while goroutines run.
pub(super) const MOST: u64 = 10_000_000;
/// Runs that were looked at in vain before the second of these holds, and the third.
const PATIENCE: (u32, u32) = (4, 32);
/// Nanoseconds between two looks that must both find a thread blocked.
const CONFIRM: (u64, u64) = (20_000, 100_000);
/// While threads block, looks are no further apart than this.
const CLOSE: u64 = 1_000_000;
/// A sleep longer than this may be ended by `blocking`,
const LONG: u64 = 50_000;
/// but after it did so in vain not for so long; twice as long each time.
const QUIET: (u64, u64) = (1_000_000, 64_000_000);

pub(super) struct Pace {
    interval: u64,
    /// Runs looked at since the last P that was taken.
    vain: u32,
    /// Rounds since the last new run.
    still: u32,
    /// Until when `blocking` need not ring, and for how long that was last time.
    quiet_until: u64,
    quiet: u64,
}

impl Pace {
    pub(super) const fn new() -> Pace {
        Pace { interval: FIRST, vain: 0, still: 0, quiet_until: 0, quiet: 0 }
    }

    /// Nanoseconds until the first look at a new run.
    pub(super) fn first(&self) -> u64 {
        self.interval
    }

    /// Nanoseconds until the next look at a run of this age.
    pub(super) fn next(&self, age: u64) -> u64 {
        age.clamp(self.interval, self.interval.max(CLOSE))
    }

    /// Whether calls in `blocking` are looked at closely, as they are until that has
    /// been in vain for some time.
    pub(super) fn minds_hints(&self) -> bool {
        self.interval < CLOSE
    }

    /// A P was taken from a blocked thread.
    pub(super) fn took(&mut self) {
        self.interval = HOT;
        self.vain = 0;
        self.quiet = 0;
        self.quiet_until = 0;
    }

    /// Nanoseconds to the look that must find a thread blocked again.
    pub(super) fn confirm(&self) -> u64 {
        if self.interval == HOT { CONFIRM.0 } else { CONFIRM.1 }
    }

    /// Nanoseconds until the next look at Ps that are idle: they may be in use in a
    /// moment, and nobody tells. So it takes about as long as nothing has happened, and
    /// then what sysmon sleeps at most.
    pub(super) fn idle(&mut self) -> u64 {
        self.still += 1;
        (self.first() << self.still.min(16)).min(MOST)
    }

    /// Whether nothing has happened for long.
    pub(super) fn may_rest(&self) -> bool {
        self.still > 16
    }

    /// A P has begun a new run.
    pub(super) fn saw_run(&mut self) {
        self.still = 0;
        self.vain += 1;
        if self.vain > PATIENCE.1 {
            self.interval = (self.interval * 2).min(LAST);
        } else if self.vain > PATIENCE.0 {
            self.interval = self.interval.max(FIRST);
        }
    }

    /// Somebody rang.
    pub(super) fn rung(&mut self, now: u64) {
        self.interval = FIRST;
        self.vain = PATIENCE.1 / 2;
        self.quiet_until = now + self.quiet;
        self.quiet = (self.quiet * 2).clamp(QUIET.0, QUIET.1);
    }

    /// Whether somebody who is about to block, or cannot go on, should ring, if sysmon
    /// sleeps until `next`.
    pub(super) fn is_drowsy(&self, now: u64, next: u64) -> bool {
        next - now > LONG && now >= self.quiet_until
    }
}
