//! Functions that run after the end of a context.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use gmp::chan::{bounded, unbounded};
use gmp::context::background;
use gmp::{go, gosched, select};

use crate::rules::{join, let_others_run};
use crate::support::{Drops, within};
use crate::{FOREVER, SHORT};

const PATIENCE: Duration = Duration::from_secs(30);

/// TestAfterFuncCalledAfterCancel.
pub(crate) fn called_after_cancel() {
    let (ctx, cancel) = background().with_cancel();
    let (tell, told) = unbounded();
    let after = ctx.after_func(move || tell.send(()).unwrap());
    select! {
        <-told => panic!("before the end"),
        after(SHORT) => {}
    }
    cancel();
    assert!(told.recv_timeout(PATIENCE).is_ok());
    assert!(!after.stop());
    // The function is gone: so is what it held, and nothing else comes.
    assert!(told.recv_timeout(PATIENCE).is_err() && told.is_closed());
}

/// TestAfterFuncCalledAfterTimeout.
pub(crate) fn called_after_timeout() {
    let (ctx, _cancel) = background().with_timeout(SHORT);
    let (tell, told) = bounded(1);
    let _after = ctx.after_func(move || tell.send(()).unwrap());
    assert!(told.recv_timeout(PATIENCE).is_ok());
}

/// TestAfterFuncCalledImmediately.
pub(crate) fn called_immediately() {
    let (ctx, cancel) = background().with_cancel();
    cancel();
    let (tell, told) = bounded(1);
    let after = ctx.with_value(1_u8).after_func(move || tell.send(()).unwrap());
    assert!(told.recv_timeout(PATIENCE).is_ok());
    assert!(!after.stop());
}

/// TestAfterFuncNotCalledAfterStop.
pub(crate) fn not_called_after_stop() {
    let (ctx, cancel) = background().with_cancel();
    let (tell, told) = bounded(1);
    let after = ctx.after_func(move || tell.send(()).unwrap());
    assert!(after.stop());
    cancel();
    let_others_run();
    assert!(told.try_recv().is_err());
    assert!(!after.stop(), "twice");
    // Never, then: the background has no end.
    let (tell, told) = bounded::<()>(1);
    let after = background().after_func(move || tell.send(()).unwrap());
    let_others_run();
    assert!(told.try_recv().is_err() && after.stop());
}

/// TestAfterFuncCalledAsynchronously, and on a goroutine of its own.
pub(crate) fn called_asynchronously() {
    let (ctx, cancel) = background().with_cancel();
    let (tell, told) = bounded(0);
    let _after = ctx.after_func(move || {
        tell.send(gmp::current().expect("a goroutine").id()).unwrap();
    });
    let (panics_tx, panics) = bounded::<()>(0);
    let _other = ctx.after_func(move || {
        let _closes = panics_tx;
        panic!("as the rule wants");
    });
    cancel();
    let id = told.recv().unwrap();
    assert_ne!(id, gmp::current().expect("a goroutine").id());
    assert!(panics.recv().is_err());
}

/// Cancels and stops race: either a stop says so and nothing runs, or it runs, once.
pub(crate) fn once_whoever_is_first() {
    let (mut runs, mut stops) = (0, 0);
    for round in 0..400 {
        let (ctx, cancel) = background().with_cancel();
        let calls = Arc::new(AtomicUsize::new(0));
        let (counter, (ended_tx, ended)) = (Arc::clone(&calls), bounded::<()>(0));
        let after = Arc::new(ctx.after_func(move || {
            let _ended = &ended_tx;
            counter.fetch_add(1, SeqCst);
        }));
        let cancels = [cancel.clone(), cancel].map(|cancel| {
            go!(move || {
                (0..round % 3).for_each(|_| gosched());
                cancel();
            })
        });
        let stopping = [Arc::clone(&after), after].map(|after| {
            go!(move || {
                (0..round % 5).for_each(|_| gosched());
                after.stop()
            })
        });
        cancels.into_iter().for_each(join);
        let stopped = stopping.map(join).into_iter().filter(|stopped| *stopped).count();
        // It has run, or it never will, when what it holds is dropped.
        assert!(ended.recv().is_err());
        assert_eq!(stopped + calls.load(SeqCst), 1, "{stopped} stops");
        stops += stopped;
        runs += calls.load(SeqCst);
    }
    println!("{runs} runs, {stops} stops");
}

/// What a function holds is dropped when it is stopped; dropping the handle does not stop it.
pub(crate) fn stop_lets_go() {
    let drops = Drops::new();
    let (ctx, cancel) = background().with_cancel();
    for n in 0..100 {
        let value = drops.value();
        let after = ctx.after_func(move || drop(value));
        assert!(after.stop());
        assert_eq!(drops.count(), n + 1, "somebody keeps what it held");
    }
    let (tell, told) = bounded(1);
    drop(ctx.after_func(move || tell.send(()).unwrap()));
    let (timed, _cancel) = ctx.with_timeout(FOREVER);
    let value = drops.value();
    drop(timed.after_func(move || drop(value)));
    cancel();
    assert!(told.recv_timeout(PATIENCE).is_ok());
    assert!(within(PATIENCE, || drops.count() == 101));
}
