//! Deadlines: when they come, and what becomes of their timers.

use std::time::{Duration, Instant};

use gmp_sync::context::background;

use crate::common::{Drops, on_both};
use crate::{CANCELED, EXCEEDED, FOREVER, SHORT, assert_done, assert_open};

const TEXT: &str = "context deadline exceeded";

#[test]
fn never_early() {
    on_both(|| {
        for n in 1..20_u32 {
            let (start, wait) = (Instant::now(), SHORT * n / 10);
            let (ctx, _cancel) = background().with_timeout(wait);
            let (child, _child) = ctx.with_value(1).with_cancel();
            assert!(child.deadline().expect("its parent's") >= start + wait);
            assert!(child.done().recv().is_err());
            assert!(Instant::now() >= start + wait);
            assert_done(&ctx, EXCEEDED, TEXT);
            assert_done(&child, EXCEEDED, TEXT);
        }
    });
}

/// Nobody asks for `done`: the deadline comes all the same.
#[test]
fn without_a_channel() {
    on_both(|| {
        let (ctx, _cancel) = background().with_timeout(SHORT);
        crate::common::until(|| ctx.err().is_some());
        assert_done(&ctx, EXCEEDED, TEXT);
    });
}

#[test]
fn the_earlier_one_holds() {
    on_both(|| {
        let now = Instant::now();
        let (near, far) = (now + Duration::from_secs(1000), now + FOREVER);
        let (parent, _cancel) = background().with_deadline(near);
        assert_eq!(parent.with_deadline(far).0.deadline(), Some(near));
        assert_eq!(parent.with_value(1).deadline(), Some(near));
        assert_eq!(parent.without_cancel().deadline(), None);
        assert_eq!(parent.without_cancel().with_deadline(far).0.deadline(), Some(far));
        let (parent, _cancel) = background().with_deadline(far);
        assert_eq!(parent.with_deadline(near).0.deadline(), Some(near));
        assert_eq!(parent.with_timeout(Duration::MAX).0.deadline(), Some(far));
    });
}

#[test]
fn extremes() {
    on_both(|| {
        let (endless, cancel) = background().with_timeout(Duration::MAX);
        assert!(endless.deadline().is_none());
        assert_open(&endless);
        cancel();
        assert_done(&endless, CANCELED, "context canceled");
        let (late, _cancel) = background().with_timeout(Duration::from_secs(u64::MAX >> 34));
        assert_open(&late);
        let (expired, _cancel) = background().with_timeout(Duration::ZERO);
        assert_done(&expired, EXCEEDED, TEXT);
    });
}

/// What a timer would cancel is not kept by it, and nothing of it after a cancellation.
#[test]
fn timers_keep_nothing() {
    on_both(|| {
        let drops = Drops::default();
        for n in 0..200 {
            let held = background().with_value(drops.token());
            let (ctx, cancel) = held.with_timeout(FOREVER);
            if n % 2 == 0 {
                cancel();
            }
            drop((held, ctx, cancel));
            assert_eq!(drops.count(), n + 1);
        }
    });
}
