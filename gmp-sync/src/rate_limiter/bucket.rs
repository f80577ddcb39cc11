//! The arithmetic of a token bucket; the time is passed in.
//!
//! All of the state is one point in time: when the bucket is full again, if nothing more is
//! taken. A token taken moves it one interval into the future, from now if it is past. So
//! the tokens there are, or the debt, need not be brought up to date, and everything is an
//! addition of integers: no error of rounding adds up to a token too many.

/// A point in time, or a span of it, in 2^-40 ns: intervals of any rate that makes sense are
/// precise to 1 in 10^9 or better, and 2^64 ns leave 24 bits to add in.
pub(super) type Time = u128;

const FRACTION: u32 = 40;
/// A full bucket takes no longer to fill than this, 2 million millennia.
const LONGEST: Time = 1 << 126;

/// `ns` nanoseconds.
pub(super) fn from_ns(ns: u128) -> Time {
    ns.min(u64::MAX.into()) << FRACTION
}

/// The first nanosecond that does not come before `time`.
pub(super) fn to_ns(time: Time) -> u128 {
    (time >> FRACTION) + Time::from(time & ((1 << FRACTION) - 1) != 0)
}

/// See the module's description.
#[derive(Debug)]
pub(super) struct Bucket {
    /// From one token to the next; 0: no limit.
    interval: Time,
    /// How long an empty bucket takes to fill.
    depth: Time,
    full_at: Time,
}

/// Tokens that were taken, and are there from `at` on.
#[derive(Debug)]
pub(super) struct Reserved {
    pub(super) at: Time,
    cost: Time,
    /// The bucket's `full_at` right after.
    full_at: Time,
}

impl Bucket {
    /// A full one. `per_second` is above zero, `burst` too.
    pub(super) fn new(per_second: f64, burst: usize) -> Bucket {
        let burst = burst as Time;
        let interval = interval(per_second).min(LONGEST / burst);
        Bucket { interval, depth: interval * burst, full_at: 0 }
    }

    /// Takes `n` tokens if they are there.
    pub(super) fn take(&mut self, n: usize, now: Time) -> bool {
        self.reserve(n, now, now).is_some()
    }

    /// Takes `n` tokens that will be there by `latest`, which may be in the future.
    pub(super) fn reserve(&mut self, n: usize, now: Time, latest: Time) -> Option<Reserved> {
        if self.interval == 0 {
            return Some(Reserved { at: now, cost: 0, full_at: self.full_at });
        }
        let cost = self.interval.saturating_mul(n as Time);
        let full_at = self.full_at.max(now).saturating_add(cost);
        let at = full_at.saturating_sub(self.depth);
        if at > latest.max(now) {
            return None;
        }
        self.full_at = full_at;
        Some(Reserved { at, cost, full_at })
    }

    /// How many tokens are missing from a full one.
    pub(super) fn missing(&self, now: Time) -> f64 {
        let span = self.full_at.saturating_sub(now);
        if span == 0 { 0.0 } else { span as f64 / self.interval as f64 }
    }

    /// Gives back what was not used. Whoever reserved later was told when his tokens are there
    /// on the premise that these are used, so then they are lost.
    pub(super) fn give_back(&mut self, reserved: &Reserved) {
        if self.full_at == reserved.full_at {
            self.full_at -= reserved.cost.min(self.full_at);
        }
    }
}

/// From one token to the next, rounded up.
fn interval(per_second: f64) -> Time {
    const SECOND: Time = 1_000_000_000 << FRACTION;
    if per_second.fract() == 0.0 && per_second < SECOND as f64 {
        return SECOND.div_ceil(per_second as Time);
    }
    let quotient = SECOND as f64 / per_second;
    // The quotient may have been rounded down.
    if quotient == 0.0 { 0 } else { quotient.next_up().ceil() as Time }
}

#[cfg(test)]
mod tests;
