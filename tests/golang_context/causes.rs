//! Errors and causes.

use gmp::context::{Context, ContextError, background, todo};
use gmp::{go, gosched};
use std::time::Duration;

use crate::rules::join;
use crate::{FOREVER, SHORT, assert_ended, cause, cause_text};

const CANCELED: Option<ContextError> = Some(ContextError::Canceled);
const EXCEEDED: Option<ContextError> = Some(ContextError::DeadlineExceeded);

/// What is done to a context, the error and the cause that it has then.
type Row = (&'static str, fn() -> Context, Option<ContextError>, Option<&'static str>);

fn parent_cause_before_child() -> Context {
    let (parent, cancel_parent) = background().with_cancel_cause();
    let (child, cancel_child) = parent.with_cancel_cause();
    cancel_parent(Some(cause("parent")));
    cancel_child(Some(cause("child")));
    child
}

fn parent_cause_after_child() -> Context {
    let (parent, cancel_parent) = background().with_cancel_cause();
    let (child, cancel_child) = parent.with_cancel_cause();
    cancel_child(Some(cause("child")));
    cancel_parent(Some(cause("parent")));
    child
}

fn parent_cause_before_nil() -> Context {
    let (parent, cancel_parent) = background().with_cancel_cause();
    let (child, cancel_child) = parent.with_cancel();
    cancel_parent(Some(cause("parent")));
    cancel_child();
    child
}

fn parent_cause_after_nil() -> Context {
    let (parent, cancel_parent) = background().with_cancel_cause();
    let (child, cancel_child) = parent.with_cancel();
    cancel_child();
    cancel_parent(Some(cause("parent")));
    child
}

fn child_cause_after_nil() -> Context {
    let (parent, cancel_parent) = background().with_cancel();
    let (child, cancel_child) = parent.with_cancel_cause();
    cancel_parent();
    cancel_child(Some(cause("child")));
    child
}

fn child_cause_before_nil() -> Context {
    let (parent, cancel_parent) = background().with_cancel();
    let (child, cancel_child) = parent.with_cancel_cause();
    cancel_child(Some(cause("child")));
    cancel_parent();
    child
}

fn cancelled_with(name: Option<&'static str>) -> Context {
    let (ctx, cancel) = background().with_cancel_cause();
    cancel(name.map(cause));
    ctx
}

fn timeout_cause(time: Duration) -> Context {
    let (ctx, cancel) = background().with_timeout_cause(time, cause("too slow"));
    cancel();
    ctx
}

fn timeout_cause_stacked(time: Duration) -> Context {
    let (parent, cancel) = background().with_cancel_cause();
    let (child, _cancel) = parent.with_timeout_cause(time, cause("too slow"));
    cancel(Some(cause("finished early")));
    child
}

fn timeout(time: Duration) -> Context {
    let (ctx, cancel) = background().with_timeout(time);
    cancel();
    ctx
}

fn without_cancel_cancelled() -> Context {
    let (parent, cancel) = background().with_cancel_cause();
    let free = parent.without_cancel();
    cancel(Some(cause("finished early")));
    free
}

fn without_cancel_late() -> Context {
    cancelled_with(Some("finished early")).without_cancel()
}

fn without_cancel_timeout() -> Context {
    timeout_cause(Duration::ZERO).without_cancel()
}

/// The child of a parent that times out has the parent's cause.
fn child_of_a_timeout() -> Context {
    let (parent, _cancel) = background().with_timeout_cause(Duration::ZERO, cause("too slow"));
    parent.with_cancel_cause().0
}

const ROWS: &[Row] = &[
    ("background", background, None, None),
    ("todo", todo, None, None),
    ("cancel", || cancelled(&background()), CANCELED, Some("context canceled")),
    ("cancel cause", || cancelled_with(Some("parent")), CANCELED, Some("parent")),
    ("cancel cause nil", || cancelled_with(None), CANCELED, Some("context canceled")),
    ("parent cause before child", parent_cause_before_child, CANCELED, Some("parent")),
    ("parent cause after child", parent_cause_after_child, CANCELED, Some("child")),
    ("parent cause before nil", parent_cause_before_nil, CANCELED, Some("parent")),
    ("parent cause after nil", parent_cause_after_nil, CANCELED, Some("context canceled")),
    ("child cause after nil", child_cause_after_nil, CANCELED, Some("context canceled")),
    ("child cause before nil", child_cause_before_nil, CANCELED, Some("child")),
    ("timeout", || timeout(Duration::ZERO), EXCEEDED, Some("context deadline exceeded")),
    ("timeout cancelled", || timeout(FOREVER), CANCELED, Some("context canceled")),
    ("timeout cause", || timeout_cause(Duration::ZERO), EXCEEDED, Some("too slow")),
    ("timeout cause cancelled", || timeout_cause(FOREVER), CANCELED, Some("context canceled")),
    ("stacked", || timeout_cause_stacked(Duration::ZERO), EXCEEDED, Some("too slow")),
    ("stacked cancelled", || timeout_cause_stacked(FOREVER), CANCELED, Some("finished early")),
    ("child of a timeout", child_of_a_timeout, EXCEEDED, Some("too slow")),
    (
        "cancelled under a value",
        || cancelled(&background().with_value(1)),
        CANCELED,
        Some("context canceled"),
    ),
    ("without cancel", || background().without_cancel(), None, None),
    ("without cancel cancelled", without_cancel_cancelled, None, None),
    ("without cancel late", without_cancel_late, None, None),
    ("without cancel timeout", without_cancel_timeout, None, None),
];

fn cancelled(parent: &Context) -> Context {
    let (ctx, cancel) = parent.with_cancel();
    cancel();
    ctx
}

/// TestCause.
pub(crate) fn table() {
    for (name, make, err, cause) in ROWS {
        let ctx = make();
        assert_eq!(ctx.err(), *err, "{name}");
        assert_eq!(cause_text(&ctx).as_deref(), *cause, "{name}");
        // And for whoever looks through a value, or comes too late.
        let below = ctx.with_value(name.len());
        assert_eq!((below.err(), cause_text(&below).as_deref()), (*err, *cause), "{name}");
        let (late, _cancel) = ctx.with_cancel();
        assert_eq!((late.err(), cause_text(&late).as_deref()), (*err, *cause), "{name}");
    }
}

/// Of many that cancel at once one is first: all see his cause from then on, in the context
/// and below it, and the error that goes with it.
pub(crate) fn first_cause_wins() {
    const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
    for round in 0..100 {
        let (ctx, cancel) = background().with_timeout_cause(SHORT, cause("too slow"));
        let (ctx, cancel_cause) = ctx.with_cancel_cause();
        let (child, _cancel) = ctx.with_cancel();
        let handles: Vec<_> = NAMES
            .iter()
            .map(|name| {
                let (ctx, child) = (ctx.clone(), child.clone());
                let cancel_cause = cancel_cause.clone();
                go!(move || {
                    if round % 2 == 0 {
                        cancel_cause(Some(cause(name)));
                    }
                    let _ = child.done().recv();
                    (cause_text(&ctx), cause_text(&child), ctx.err(), child.err())
                })
            })
            .collect();
        let _ = ctx.done().recv();
        let (name, err) = (cause_text(&ctx).expect("it is done"), ctx.err());
        assert_eq!(name == "too slow", err == EXCEEDED, "{name}, {err:?}");
        assert!(name == "too slow" || NAMES.contains(&name.as_str()), "{name}");
        cancel_cause(Some(cause("late")));
        cancel();
        for handle in handles {
            let seen = join(handle);
            assert_eq!(seen, (Some(name.clone()), Some(name.clone()), err, err));
        }
        assert_eq!(cause_text(&ctx), Some(name));
    }
}

/// TestCauseRace, some times.
pub(crate) fn cause_race() {
    for _ in 0..50 {
        let (ctx, cancel) = background().with_cancel_cause();
        go!(move || cancel(Some(cause("race"))));
        while ctx.cause().is_none() {
            gosched();
        }
        assert_eq!(cause_text(&ctx).as_deref(), Some("race"));
        assert_eq!(ctx.err(), CANCELED);
    }
}

/// TestWithCancelSimultaneouslyCanceledParent.
pub(crate) fn parent_cancelled_meanwhile() {
    for _ in 0..100 {
        let (parent, cancel) = background().with_cancel_cause();
        go!(move || cancel(Some(cause("Because!"))));
        let (child, _cancel) = parent.with_cancel();
        assert_eq!(child.done().recv_ok(), (None, false));
        assert_ended(&[&child], ContextError::Canceled);
        assert_eq!(cause_text(&child).as_deref(), Some("Because!"));
    }
}
