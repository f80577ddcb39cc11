//! Contexts in what takes them: `timeout`, `Group`, `RateLimiter`. Go's counterparts are code
//! that every program writes anew, and errgroup.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use gmp::chan::bounded;
use gmp::context::{ContextError, background, current};
use gmp::go;
use gmp::sync::{Group, RateLimiter};
use gmp::time::{timeout, timeout_with};

use crate::rules::{join, panic_text};
use crate::support::until;
use crate::{FOREVER, SHORT, assert_ended};

const EXCEEDED: ContextError = ContextError::DeadlineExceeded;

/// It returns when the time is up, not sooner, and whether or not the body listens.
pub(crate) fn timeouts() {
    assert_eq!(timeout(FOREVER, || 42), Ok(42));
    assert!(
        timeout(Duration::MAX, || current().deadline().is_none_or(|due| due > Instant::now()))
            .unwrap()
    );
    // A body that listens is told, below its own contexts too.
    let (tell, told) = bounded(1);
    let start = Instant::now();
    let late = timeout(10 * SHORT, move || {
        let (below, _cancel) = current().with_timeout(FOREVER);
        let _ = below.done().recv();
        tell.send(below.err()).unwrap();
    });
    assert_eq!(late.map_err(|elapsed| elapsed.err()), Err(EXCEEDED));
    assert!(start.elapsed() >= 10 * SHORT, "early");
    assert_eq!(told.recv(), Ok(Some(EXCEEDED)));
    // One that does not listen goes on; what it holds goes when it ends.
    let ((hold, held), value) = (bounded::<()>(0), Arc::new(()));
    let captured = Arc::clone(&value);
    let late = timeout(SHORT, move || {
        let _ = held.recv();
        drop(captured);
    });
    assert!(late.is_err() && Arc::strong_count(&value) == 2);
    hold.close();
    until(|| Arc::strong_count(&value) == 1);
    // No time: not even begun.
    let begun = Arc::new(AtomicBool::new(false));
    let begins = Arc::clone(&begun);
    assert!(timeout(Duration::ZERO, move || begins.store(true, SeqCst)).is_err());
    assert!(!begun.load(SeqCst) && Arc::strong_count(&begun) == 1);
}

/// Nested ones, contexts that are cancelled, and what a body leaves behind.
pub(crate) fn timeouts_nest() {
    let (ctx, cancel) = background().with_value(7_u32).with_cancel();
    let inner = |ctx: &gmp::context::Context| {
        let outer = ctx.deadline().unwrap();
        timeout(FOREVER, move || {
            // The earlier deadline counts.
            assert_eq!(current().deadline(), Some(outer));
            *current().value::<u32>().unwrap()
        })
    };
    assert_eq!(timeout_with(&ctx, FOREVER / 2, inner), Ok(Ok(7)));
    let goes_on = ctx.clone();
    let (tell, told) = bounded(1);
    let caller = go!(move || timeout_with(&goes_on, FOREVER, move |ctx| {
        tell.send(()).unwrap();
        let _ = ctx.done().recv();
    }));
    told.recv().unwrap();
    cancel();
    let ended = join(caller).map_err(|elapsed| elapsed.err());
    assert_eq!(ended, Err(ContextError::Canceled));
    let late = timeout_with(&ctx, FOREVER, |_| unreachable!("it is cancelled"));
    assert_eq!(
        late.map_err(|elapsed: gmp::time::Elapsed| elapsed.err()),
        Err::<(), _>(ContextError::Canceled)
    );
    let left = timeout(FOREVER, current).unwrap();
    assert_ended(&[&left], ContextError::Canceled);
    assert!(current().err().is_none() && current().deadline().is_none());
}

/// A panic comes to the caller, an exit is his own, in time; later they are nobody's.
pub(crate) fn timeouts_and_panics() {
    assert_eq!(panic_text(|| timeout(FOREVER, || panic!("{} too many", 1))), "1 too many");
    let exits = go!(|| timeout(FOREVER, || gmp::goexit()));
    assert!(exits.join().is_err_and(|payload| payload.is::<gmp::Goexit>()));
    let (hold, held) = bounded::<()>(0);
    let late = timeout(SHORT, move || {
        let _ = held.recv();
        panic!("as the rule wants");
    });
    assert!(late.is_err());
    hold.close();
    // A result at the very moment, or the time: one of the two, and nothing twice.
    let (mut values, drops) = (0, crate::support::Drops::new());
    for n in 0..300_u64 {
        let value = drops.value();
        let wait = Duration::from_micros(n % 60);
        values += usize::from(timeout(wait, move || value).is_ok());
    }
    until(|| drops.count() == 300);
    println!("{values} in time");
}

/// The first error wins, tells the others, and is what `wait` gives.
pub(crate) fn groups() {
    for round in 0..50 {
        let (group, ctx) = Group::with_context(&background().with_value(3_u8));
        for n in 0..10 {
            group.go(move || match n == round % 10 {
                true => Err(n),
                // They find the context by themselves.
                false => {
                    assert_eq!(current().value::<u8>().as_deref(), Some(&3));
                    let _ = current().done().recv();
                    Ok(())
                }
            });
        }
        assert_eq!(group.wait(), Err(round % 10));
        assert_ended(&[&ctx], ContextError::Canceled);
    }
    // Without an error the context ends with `wait`.
    let (group, ctx) = Group::<()>::with_context(&background());
    let sum = Arc::new(AtomicUsize::new(0));
    for n in 1..=100 {
        let sum = Arc::clone(&sum);
        group.go(move || Ok(sum.fetch_add(n, SeqCst)));
    }
    assert!(group.wait().is_ok() && sum.load(SeqCst) == 5_050);
    assert_ended(&[&ctx], ContextError::Canceled);
    // A parent that ends stops all.
    let (parent, cancel) = background().with_cancel();
    let (group, _ctx) = Group::with_context(&parent);
    for _ in 0..10 {
        group.go(|| {
            let _ = current().done().recv();
            Err::<(), _>(current().err())
        });
    }
    cancel();
    assert_eq!(group.wait(), Err(Some(ContextError::Canceled)));
}

/// Never more than the limit; a panic comes to who waits, when all have ended.
pub(crate) fn groups_limits_and_panics() {
    const LIMIT: usize = 3;
    let group = Group::<()>::new();
    group.set_limit(LIMIT);
    let (active, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    for _ in 0..200 {
        let (active, most) = (Arc::clone(&active), Arc::clone(&most));
        group.go(move || {
            most.fetch_max(active.fetch_add(1, SeqCst) + 1, SeqCst);
            gmp::gosched();
            active.fetch_sub(1, SeqCst);
            Ok(())
        });
    }
    group.wait().unwrap();
    assert!((1..=LIMIT).contains(&most.load(SeqCst)), "{most:?}");
    let ended = Arc::new(AtomicUsize::new(0));
    let (group, ctx) = Group::<&str>::with_context(&background());
    let (counter, told) = (Arc::clone(&ended), ctx.clone());
    group.go(move || {
        let _ = told.done().recv();
        counter.fetch_add(1, SeqCst);
        Err::<(), _>("stopped")
    });
    group.go(|| -> Result<(), &str> { panic!("as the rule wants") });
    let failed = catch_unwind(AssertUnwindSafe(|| group.wait()));
    assert!(failed.is_err() && ended.load(SeqCst) == 1);
    assert_ended(&[&ctx], ContextError::Canceled);
}

/// A wait for a token ends with its context, and takes no token then.
pub(crate) fn limiters() {
    let limiter = Arc::new(RateLimiter::new(0.001, 1));
    assert_eq!(limiter.wait_ctx(&background()), Ok(()));
    let (ctx, cancel) = background().with_cancel();
    let waits = |_| {
        let (limiter, ctx) = (Arc::clone(&limiter), ctx.clone());
        go!(move || limiter.wait_ctx(&ctx))
    };
    let waiters: Vec<_> = (0..5).map(waits).collect();
    until(|| ctx.done().waiting_receivers() == 5);
    cancel();
    assert!(waiters.into_iter().all(|waiter| join(waiter) == Err(ContextError::Canceled)));
    assert_eq!(limiter.wait_ctx(&ctx), Err(ContextError::Canceled));
    // A deadline before the token would be there: told at once, or when it has come.
    let (timed, _cancel) = background().with_timeout(20 * SHORT);
    assert_eq!(limiter.wait_ctx(&timed), Err(EXCEEDED));
    let fast = RateLimiter::new(1_000.0, 1);
    let start = Instant::now();
    (0..21).for_each(|_| fast.wait_ctx(&background()).unwrap());
    assert!(start.elapsed() >= 20 * SHORT, "{:?}", start.elapsed());
}
