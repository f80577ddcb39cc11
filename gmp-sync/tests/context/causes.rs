//! Which error and which cause a context ends with.

use std::time::{Duration, Instant};

use gmp_sync::context::{Context, ContextError, background, todo};

use crate::common::on_both;
use crate::{CANCELED, EXCEEDED, FOREVER, SHORT, cause};

const ZERO: Duration = Duration::ZERO;

/// A name, how the context comes about, its error and its cause.
type Row = (&'static str, fn() -> Context, Option<ContextError>, Option<&'static str>);

/// The parent, then the child, is cancelled with a cause; or the other way round.
fn parent_and_child(parent_first: bool) -> (Context, Context) {
    let (parent, cancel_parent) = background().with_cancel_cause();
    let (child, cancel_child) = parent.with_cancel_cause();
    if parent_first {
        cancel_parent(Some(cause("parent")));
        cancel_child(Some(cause("child")));
    } else {
        cancel_child(Some(cause("child")));
        cancel_parent(Some(cause("parent")));
    }
    (parent, child)
}

/// A context with a deadline and a cause for it, which has expired or was cancelled.
fn timed(timeout: Duration, cancelled: bool) -> Context {
    let (ctx, cancel) = background().with_timeout_cause(timeout, cause("slow"));
    if cancelled {
        cancel();
    }
    ctx
}

const TABLE: &[Row] = &[
    ("background", background, None, None),
    ("todo", todo, None, None),
    ("open", || background().with_cancel().0, None, None),
    ("open with cause", || background().with_cancel_cause().0, None, None),
    (
        "cancelled",
        || {
            let (ctx, cancel) = background().with_cancel();
            cancel();
            ctx
        },
        Some(CANCELED),
        Some("context canceled"),
    ),
    (
        "cancelled with a cause",
        || {
            let (ctx, cancel) = background().with_cancel_cause();
            cancel(Some(cause("own")));
            ctx
        },
        Some(CANCELED),
        Some("own"),
    ),
    (
        "cancelled with no cause",
        || {
            let (ctx, cancel) = background().with_cancel_cause();
            cancel(None);
            cancel(Some(cause("late")));
            ctx
        },
        Some(CANCELED),
        Some("context canceled"),
    ),
    (
        "the first of two causes",
        || {
            let (ctx, cancel) = background().with_cancel_cause();
            cancel(Some(cause("first")));
            cancel(Some(cause("second")));
            ctx
        },
        Some(CANCELED),
        Some("first"),
    ),
    ("parent of both, parent first", || parent_and_child(true).0, Some(CANCELED), Some("parent")),
    ("child of both, parent first", || parent_and_child(true).1, Some(CANCELED), Some("parent")),
    ("parent of both, child first", || parent_and_child(false).0, Some(CANCELED), Some("parent")),
    ("child of both, child first", || parent_and_child(false).1, Some(CANCELED), Some("child")),
    (
        "plain child of a cause",
        || {
            let (parent, cancel) = background().with_cancel_cause();
            let (child, _) = parent.with_value(1).with_cancel();
            cancel(Some(cause("parent")));
            child
        },
        Some(CANCELED),
        Some("parent"),
    ),
    (
        "born in a cancelled parent",
        || {
            let (parent, cancel) = background().with_cancel_cause();
            cancel(Some(cause("parent")));
            let (child, cancel) = parent.with_cancel_cause();
            cancel(Some(cause("child")));
            child
        },
        Some(CANCELED),
        Some("parent"),
    ),
    (
        "with a timeout in a cancelled parent",
        || {
            let (parent, cancel) = background().with_cancel_cause();
            cancel(Some(cause("parent")));
            parent.with_timeout_cause(ZERO, cause("slow")).0
        },
        Some(CANCELED),
        Some("parent"),
    ),
    ("expired", || background().with_timeout(ZERO).0, Some(EXCEEDED), Some(DEADLINE)),
    ("expired with a cause", || timed(ZERO, false), Some(EXCEEDED), Some("slow")),
    ("expired, then cancelled", || timed(ZERO, true), Some(EXCEEDED), Some("slow")),
    ("cancelled in time", || timed(FOREVER, true), Some(CANCELED), Some("context canceled")),
    (
        "expired later",
        || {
            let (ctx, _cancel) = background().with_timeout_cause(SHORT, cause("slow"));
            let _ = ctx.done().recv();
            ctx
        },
        Some(EXCEEDED),
        Some("slow"),
    ),
    (
        "a deadline in the past",
        || {
            let past = Instant::now().checked_sub(SHORT).expect("the clock has run");
            background().with_deadline_cause(past, cause("past")).0
        },
        Some(EXCEEDED),
        Some("past"),
    ),
    (
        "behind the parent's deadline",
        || {
            let parent = timed(SHORT, false);
            let (child, _cancel) = parent.with_timeout_cause(FOREVER, cause("late"));
            let _ = child.done().recv();
            child
        },
        Some(EXCEEDED),
        Some("slow"),
    ),
    (
        "before the parent's deadline",
        || {
            let parent = timed(FOREVER, false);
            let (child, _cancel) = parent.with_timeout_cause(SHORT, cause("early"));
            let _ = child.done().recv();
            child
        },
        Some(EXCEEDED),
        Some("early"),
    ),
    ("child of expired", || timed(ZERO, false).with_cancel().0, Some(EXCEEDED), Some("slow")),
    ("free of expired", || timed(ZERO, false).without_cancel(), None, None),
    (
        "below what is free",
        || {
            let (child, cancel) = timed(ZERO, false).without_cancel().with_cancel_cause();
            cancel(Some(cause("own")));
            child
        },
        Some(CANCELED),
        Some("own"),
    ),
];

const DEADLINE: &str = "context deadline exceeded";

#[test]
fn table() {
    on_both(|| {
        for (name, make, err, cause) in TABLE {
            let ctx = make();
            let found = ctx.cause().map(|cause| cause.to_string());
            assert_eq!((ctx.err(), found.as_deref()), (*err, *cause), "{name}: {ctx}");
            assert_eq!(ctx.done().is_closed(), err.is_some(), "{name}: {ctx}");
        }
    });
}
