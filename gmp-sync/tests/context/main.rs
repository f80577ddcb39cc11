//! Contexts, on goroutines and on plain threads.

mod causes;
#[path = "../common/mod.rs"]
mod common;
mod current;
mod deadlines;
mod functions;
mod races;
mod tree;
mod wakers;

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gmp_sync::context::{Cause, Context, ContextError};

/// Longer than any test.
const FOREVER: Duration = Duration::from_secs(1_000_000);
/// Short enough to be waited for.
const SHORT: Duration = Duration::from_millis(2);

const CANCELED: ContextError = ContextError::Canceled;
const EXCEEDED: ContextError = ContextError::DeadlineExceeded;

/// A cause of the tests' own.
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

#[track_caller]
fn assert_open(ctx: &Context) {
    assert!(!ctx.done().is_closed() && ctx.done().try_recv().is_err());
    assert!(ctx.err().is_none() && ctx.cause().is_none(), "{ctx} is done");
}

#[track_caller]
fn assert_done(ctx: &Context, err: ContextError, cause: &str) {
    assert!(ctx.done().is_closed() && ctx.done().recv().is_err());
    assert_eq!(ctx.err(), Some(err), "{ctx}");
    assert_eq!(ctx.cause().expect("it is done").to_string(), cause, "{ctx}");
}
