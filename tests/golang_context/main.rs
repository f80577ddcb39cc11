//! Go's rules for contexts, under GOMAXPROCS 1, 2 and 4.
//!
//! Each group of rules is a program of its own, because GOMAXPROCS belongs to the whole
//! process. What Go's own tests check is checked with their counts.
//!
//! Left out, since there is nothing to port:
//! - `TestCustomContextGoroutines`, `TestCustomContextPropagation`, `TestCustomContextCause`,
//!   the custom rows of `TestCause`, `otherContext`: there is one type of context here, and
//!   nobody else can make one.
//! - `TestWithValueChecksKey`, `TestInvalidDerivedFail`: keys are types, and there is no nil.
//! - `TestAllocs`: not a promise.
//! - The numbers of children in `XTestCancelRemoves`: here they are seen by what the children
//!   held, and by the memory in use.

mod after_func;
mod carried;
mod causes;
mod deadlines;
#[path = "../golang_sync/rules.rs"]
#[macro_use]
mod rules;
#[path = "../support/mod.rs"]
mod support;
mod together;
mod tree;
mod values;

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gmp::context::{Cause, Context, ContextError};

rules! {
    tree:
        background_
        with_cancel
        parent_finishes_child
        child_finishes_first
        cancelled_children_leave
        dropped_children_leave
        parents_do_not_grow
        dropping_a_cancel_function_does_nothing
        with_cancel_of_a_cancelled_parent
        deep_and_wide;
    values:
        lookup
        without_cancel
        texts;
    deadlines:
        deadline
        timeout
        cancelled_timeout
        earlier_deadline_wins
        kinds_of_errors
        cancel_stops_the_timer
        extremes;
    causes:
        table
        first_cause_wins
        cause_race
        parent_cancelled_meanwhile;
    together:
        simultaneous_cancels
        interlocked_cancels
        err_means_done
        layers_cancel
        layers_timeout
        select_and_threads
        children_come_and_go;
    after_func:
        called_after_cancel
        called_after_timeout
        called_immediately
        not_called_after_stop
        called_asynchronously
        once_whoever_is_first
        stop_lets_go;
    carried:
        timeouts
        timeouts_nest
        timeouts_and_panics
        groups
        groups_limits_and_panics
        limiters;
}

/// What a program gives as a cause.
#[derive(Debug)]
struct Named(&'static str);

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Named {}

fn cause(name: &'static str) -> Cause {
    Arc::new(Named(name))
}

/// Longer than any test.
const FOREVER: Duration = Duration::from_secs(1_000_000);
/// Short enough to be waited for.
const SHORT: Duration = Duration::from_millis(1);

fn is_done(ctx: &Context) -> bool {
    let done = gmp::select! {
        (_, ok) = <-ctx.done() => {
            assert!(!ok, "a value came from done()");
            true
        }
        default => false,
    };
    assert!(done || ctx.err().is_none(), "an error, and not done");
    done
}

#[track_caller]
fn assert_open(contexts: &[&Context]) {
    for (n, ctx) in contexts.iter().enumerate() {
        assert!(!is_done(ctx) && ctx.err().is_none() && ctx.cause().is_none(), "{n}: {ctx:?}");
    }
}

#[track_caller]
fn assert_ended(contexts: &[&Context], error: ContextError) {
    for (n, ctx) in contexts.iter().enumerate() {
        assert!(is_done(ctx) && ctx.err() == Some(error), "{n}: {ctx:?}");
    }
}

/// The text of a context's cause.
fn cause_text(ctx: &Context) -> Option<String> {
    ctx.cause().map(|cause| cause.to_string())
}
