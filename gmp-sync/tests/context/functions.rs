//! `after_func`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gmp_chan::bounded;
use gmp_sync::context::background;

use crate::common::{Drops, on_both};
use crate::{FOREVER, SHORT};

#[test]
fn on_a_goroutine_of_its_own_once() {
    on_both(|| {
        let (tell, told) = bounded(4);
        let me = || gmp_core::current().map(|me| me.id());
        let report = move || tell.send(me()).expect("the test waits");
        let (ctx, cancel) = background().with_cancel();
        let (timed, _cancel) = background().with_timeout(SHORT);
        let after = [
            ctx.after_func(report.clone()),
            ctx.with_value(1).after_func(report.clone()),
            timed.after_func(report.clone()),
        ];
        cancel();
        cancel();
        for _ in &after {
            let it = told.recv().expect("it is called");
            assert!(it.is_some() && it != me());
        }
        assert!(after.iter().all(|after| !after.stop()));
        // Done already.
        let late = timed.after_func(report);
        assert!(told.recv().expect("it is called").is_some());
        assert!(!late.stop());
        assert!(told.recv().is_err(), "and nothing else, ever");
    });
}

#[test]
fn stopped_it_is_dropped() {
    on_both(|| {
        let drops = Drops::default();
        let (ctx, cancel) = background().with_cancel();
        let token = drops.token();
        let after = ctx.after_func(move || panic!("called with {token:?}"));
        assert!(after.clone().stop());
        assert_eq!(drops.count(), 1);
        assert!(!after.stop());
        cancel();
        assert!(!after.stop());
        // Of a context that is never done.
        let token = drops.token();
        let after = background().after_func(move || drop(token));
        assert_eq!((after.stop(), after.stop(), drops.count()), (true, false, 2));
    });
}

/// Nobody can end the context any more, so nobody would ever call it.
#[test]
fn it_goes_with_its_context() {
    on_both(|| {
        let drops = Drops::default();
        let (parent, cancel) = background().with_cancel();
        let token = drops.token();
        let (child, cancel_child) = parent.with_timeout(FOREVER);
        let after = child.after_func(move || panic!("called with {token:?}"));
        drop((child, cancel_child));
        assert_eq!(drops.count(), 0, "the handle keeps the context");
        drop(after);
        assert_eq!(drops.count(), 1);
        cancel();
    });
}

/// A cancellation waits for nothing that it starts; the handle is not needed.
#[test]
fn nobody_waits_for_it() {
    on_both(|| {
        let (ctx, cancel) = background().with_cancel();
        let (go, wait) = bounded::<()>(0);
        let (tell, told) = bounded(1);
        drop(ctx.after_func(move || tell.send(wait.recv()).expect("the test waits")));
        cancel();
        assert!(told.try_recv().is_err());
        go.send(()).expect("it waits");
        assert_eq!(told.recv(), Ok(Ok(())));
    });
}

#[test]
fn thousands_at_once() {
    on_both(|| {
        let calls = Arc::new(AtomicUsize::new(0));
        let (ctx, cancel) = background().with_cancel();
        let after: Vec<_> = (0..2000)
            .map(|_| {
                let calls = Arc::clone(&calls);
                ctx.after_func(move || {
                    calls.fetch_add(1, Ordering::SeqCst);
                })
            })
            .collect();
        let stopped = after.iter().step_by(2).filter(|after| after.stop()).count();
        cancel();
        crate::common::until(|| Arc::strong_count(&calls) == 1);
        assert_eq!((stopped, calls.load(Ordering::SeqCst)), (1000, 1000));
    });
}
