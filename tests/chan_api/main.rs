//! Corners of the methods that are crossbeam's: timeouts, deadlines, the dynamic `Select`,
//! timers, and what all types can do. On goroutines and on plain threads.

mod dynamic;
#[path = "../support/mod.rs"]
mod support;
mod timeouts;
mod timers;
mod types;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

use support::{join_thread, watchdog};

const NOW: Duration = Duration::ZERO;
const SOON: Duration = Duration::from_millis(15);

/// Runs `test` on the caller's goroutine, then on a plain thread.
fn on_both(test: fn()) {
    let _watchdog = watchdog();
    test();
    join_thread(thread::spawn(test));
}

#[track_caller]
fn panic_text<R>(f: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(f)) else { panic!("it did not panic") };
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned()).expect("a text")
}
