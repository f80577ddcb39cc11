//! Contexts that end by themselves.

use std::error::Error;
use std::time::{Duration, Instant};

use gmp::context::{Context, ContextError, background};

use crate::support::Drops;
use crate::{FOREVER, SHORT, assert_ended, assert_open, cause, cause_text, is_done};

const EXCEEDED: ContextError = ContextError::DeadlineExceeded;

/// Waits for the end of a context, which is not before its deadline.
#[track_caller]
fn expires(ctx: &Context) {
    assert_eq!(ctx.done().recv_ok(), (None, false));
    let deadline = ctx.deadline().expect("it has one");
    assert!(Instant::now() >= deadline, "early");
    assert_ended(&[ctx], EXCEEDED);
    assert_eq!(cause_text(ctx).as_deref(), Some("context deadline exceeded"));
}

/// TestDeadline: soon, below an earlier one, in the past, and now.
pub(crate) fn deadline() {
    let soon = || Instant::now() + SHORT;
    let due = soon();
    let (ctx, _cancel) = background().with_deadline(due);
    assert_eq!(ctx.deadline(), Some(due));
    expires(&ctx);
    let (parent, _cancel) = background().with_deadline(soon());
    let (child, _cancel) = parent.with_deadline(Instant::now() + FOREVER);
    assert_eq!(child.deadline(), parent.deadline());
    expires(&child);
    for past in [Instant::now() - SHORT, Instant::now()] {
        let (ctx, _cancel) = background().with_deadline(past);
        assert_ended(&[&ctx], EXCEEDED);
        expires(&ctx);
    }
}

/// TestTimeout.
pub(crate) fn timeout() {
    let start = Instant::now();
    let (ctx, _cancel) = background().with_timeout(20 * SHORT);
    assert!(ctx.deadline().is_some_and(|due| due >= start + 20 * SHORT));
    assert!(start.elapsed() >= 20 * SHORT || !is_done(&ctx), "early");
    expires(&ctx);
    let (parent, _cancel) = background().with_timeout(SHORT);
    let (child, _cancel) = parent.with_value(1_u8).with_timeout(FOREVER);
    expires(&child);
    let (ctx, _cancel) = background().with_timeout(Duration::ZERO);
    assert_ended(&[&ctx], EXCEEDED);
}

/// TestCanceledTimeout.
pub(crate) fn cancelled_timeout() {
    let (parent, _cancel) = background().with_timeout(FOREVER);
    let (child, cancel) = parent.with_timeout(FOREVER);
    cancel();
    assert_ended(&[&child], ContextError::Canceled);
    assert_open(&[&parent]);
}

/// Of two deadlines the earlier one counts, with its cause, wherever it stands.
pub(crate) fn earlier_deadline_wins() {
    let (near, far) = (Instant::now() + 20 * SHORT, Instant::now() + FOREVER);
    let (parent, _cancel) = background().with_deadline_cause(near, cause("near"));
    let (child, _cancel) = parent.with_deadline_cause(far, cause("far"));
    assert_eq!((parent.deadline(), child.deadline()), (Some(near), Some(near)));
    let (other, _cancel) = background().with_deadline_cause(far, cause("far"));
    let (early, _cancel) = other.with_deadline_cause(near, cause("near"));
    assert_eq!((other.deadline(), early.deadline()), (Some(far), Some(near)));
    // Those that have none of their own show that of their parents.
    let (below, _cancel) = early.with_value(1_u8).with_cancel();
    assert_eq!(below.deadline(), Some(near));
    for ctx in [&parent, &child, &early, &below] {
        let _ = ctx.done().recv();
        assert!(Instant::now() >= near, "early");
        assert_ended(&[ctx], EXCEEDED);
        assert_eq!(cause_text(ctx).as_deref(), Some("near"));
    }
    assert_open(&[&other]);
}

/// TestDeadlineExceededSupportsTimeout, the texts, and the type as Rust programs use it.
pub(crate) fn kinds_of_errors() {
    let errors = [ContextError::Canceled, EXCEEDED];
    let texts = ["context canceled", "context deadline exceeded"];
    for (error, text) in errors.into_iter().zip(texts) {
        assert_eq!(error.to_string(), text);
        let boxed: Box<dyn Error + Send + Sync> = error.into();
        assert_eq!(boxed.downcast_ref::<ContextError>(), Some(&error));
    }
    assert_ne!(errors[0], errors[1]);
    // The cause of a context that has no other is its error, also as a type.
    let (ctx, cancel) = background().with_cancel();
    cancel();
    let own = ctx.cause().expect("it is done");
    assert_eq!(own.downcast_ref::<ContextError>(), Some(&ContextError::Canceled));
}

/// A context that is cancelled or dropped leaves no timer behind that holds it.
pub(crate) fn cancel_stops_the_timer() {
    let drops = Drops::new();
    for n in 0..1_000 {
        let held = background().with_value(drops.value());
        let (ctx, cancel) = held.with_timeout(if n % 4 == 0 { SHORT } else { FOREVER });
        if n % 2 == 0 {
            cancel();
        }
        drop((held, ctx, cancel));
    }
    // Those that were due in the meantime may still be under way.
    assert!(crate::support::within(Duration::from_secs(20), || drops.count() == 1_000));
}

/// No duration is too long, no instant too far away.
pub(crate) fn extremes() {
    let (endless, cancel) = background().with_timeout(Duration::MAX);
    let (child, _cancel) = endless.with_timeout(20 * SHORT);
    assert_open(&[&endless]);
    expires(&child);
    assert_open(&[&endless]);
    cancel();
    assert_ended(&[&endless], ContextError::Canceled);
    let (ctx, _cancel) = background().with_timeout(Duration::from_nanos(1));
    expires(&ctx);
}
