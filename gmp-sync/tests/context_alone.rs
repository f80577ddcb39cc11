//! Contexts in a program that starts no runtime.

mod common;

use std::thread;
use std::time::{Duration, Instant};

use gmp_chan::bounded;
use gmp_sync::context::{ContextError, background, current};

use common::watchdog;

const FOREVER: Duration = Duration::from_secs(1_000_000);
const SHORT: Duration = Duration::from_millis(3);

#[test]
fn cancelled() {
    let _watchdog = watchdog();
    let (ctx, cancel) = background().with_value(1_u32).with_cancel();
    let (child, _) = ctx.with_timeout(FOREVER);
    let waits = {
        let child = child.clone();
        thread::spawn(move || (child.done().recv().is_err(), child.err()))
    };
    cancel();
    assert_eq!(waits.join().unwrap(), (true, Some(ContextError::Canceled)));
    assert_eq!(child.value::<u32>().as_deref(), Some(&1));
    assert_eq!(child.enter(|| current().err()), child.err());
    assert_eq!(gmp_core::num_threads(), 0, "there is a runtime");
}

#[test]
fn expired() {
    let _watchdog = watchdog();
    let start = Instant::now();
    let (ctx, _cancel) = background().with_timeout(SHORT);
    assert!(ctx.done().recv().is_err());
    assert!(start.elapsed() >= SHORT);
    assert_eq!(ctx.err(), Some(ContextError::DeadlineExceeded));
    // Nobody waits for this one.
    let (ctx, _cancel) = background().with_timeout(SHORT);
    while ctx.err().is_none() {
        thread::yield_now();
    }
    assert_eq!(gmp_core::num_threads(), 0, "there is a runtime");
}

/// On threads of their own, for there are no goroutines.
#[test]
fn functions() {
    let _watchdog = watchdog();
    let (tell, told) = bounded(2);
    let report = move || tell.send(thread::current().id()).expect("the test waits");
    let (ctx, cancel) = background().with_cancel();
    let (timed, _cancel) = background().with_timeout(SHORT);
    let after = ctx.after_func(report.clone());
    timed.after_func(report.clone());
    assert!(ctx.after_func(|| panic!("called")).stop());
    cancel();
    assert!(!after.stop());
    let both = [told.recv().unwrap(), told.recv().unwrap()];
    assert!(!both.contains(&thread::current().id()));
    ctx.after_func(report);
    assert!(told.recv().is_ok());
    assert!(told.recv().is_err());
    assert_eq!(gmp_core::num_threads(), 0, "there is a runtime");
}
