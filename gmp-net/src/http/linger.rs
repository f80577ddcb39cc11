//! Closing so that the client gets what was written last: a socket that is closed with unread
//! bytes in it is reset, and the response may be lost on its way.

use std::sync::Arc;

use gmp_core::rt::now_ns;

use super::io::{Io, Pace};
use super::link::Link;

/// As long as the client may take to stop sending, in nanoseconds: longer than a round trip.
const TIME: u64 = 500_000_000;

/// Until when, whatever comes meanwhile.
struct Lingering(u64);

impl Pace for Lingering {
    fn limit(&self, _: u64) -> u64 {
        self.0
    }

    fn is_over(&self, _: u64, now: u64) -> bool {
        now >= self.0
    }

    fn came(&self) {}

    fn expects_much(&self) -> bool {
        false
    }

    fn ends(&self) -> bool {
        false
    }
}

/// Waits for the client to close, reading what still comes; not for long.
pub(super) fn linger(link: &Arc<Link>) {
    Io::new(link, &Lingering(now_ns().saturating_add(TIME)), u64::MAX).discard();
}
