//! `timeout`: results in time, and what becomes of bodies that come too late.

use std::io;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use gmp_chan::bounded;
use gmp_sync::context::{Context, ContextError, background, current};
use gmp_sync::time::{timeout, timeout_with};

use crate::common::{Drops, crowd, message, on_both, until};

const FOREVER: Duration = Duration::from_secs(1_000_000);
const SHORT: Duration = Duration::from_millis(3);

const CANCELED: ContextError = ContextError::Canceled;
const EXCEEDED: ContextError = ContextError::DeadlineExceeded;

/// Works until it is told to stop.
fn listen(ctx: &Context) {
    let _ = ctx.done().recv();
}

#[test]
fn in_time() {
    on_both(|| {
        let text = String::from("moved in");
        assert_eq!(timeout(FOREVER, move || text + " and out").as_deref(), Ok("moved in and out"));
        assert_eq!(timeout(Duration::MAX, || gmp_core::current().is_some()), Ok(true));
        let me = gmp_core::current().map(|me| me.id());
        assert_ne!(timeout(FOREVER, || gmp_core::current().map(|me| me.id())), Ok(me));
    });
}

#[test]
fn too_late() {
    on_both(|| {
        let start = Instant::now();
        let (release, wait) = bounded::<()>(0);
        let drops = Drops::default();
        let token = drops.token();
        // Does not listen.
        let late = timeout(SHORT, move || {
            let _ = wait.recv();
            token
        });
        assert_eq!(late.expect_err("it is late").err(), EXCEEDED);
        assert!(start.elapsed() >= SHORT);
        assert_eq!(drops.count(), 0, "nobody can stop it");
        release.send(()).expect("it goes on");
        until(|| drops.count() == 1);
    });
}

/// Whoever returns because it was told to is late: the answer does not depend on who is
/// quicker then.
#[test]
fn who_listens_is_late_too() {
    on_both(|| {
        for _ in 0..50 {
            let late = timeout(SHORT / 10, || {
                let _ = current().done().recv();
                current().err()
            });
            assert!(late.is_err());
        }
    });
}

#[test]
fn no_time_at_all() {
    on_both(|| {
        let drops = Drops::default();
        let token = drops.token();
        let late = timeout::<_, ()>(Duration::ZERO, move || {
            drop(token);
            unreachable!()
        });
        assert_eq!(late.expect_err("no time").err(), EXCEEDED);
        assert_eq!(drops.count(), 1);
        let (ctx, cancel) = background().with_cancel();
        cancel();
        let late = timeout_with::<_, ()>(&ctx, FOREVER, |_| unreachable!());
        assert_eq!(late.expect_err("no time").err(), CANCELED);
    });
}

/// The context of the caller is done first: there is nothing left to wait for.
#[test]
fn the_callers_context_ends() {
    on_both(|| {
        let (ctx, cancel) = background().with_cancel();
        let (entered, enter) = bounded(0);
        let canceler = gmp_core::spawn(move || {
            enter.recv().expect("it is entered");
            cancel();
        });
        let (release, wait) = bounded::<()>(0);
        let late = ctx.enter(|| {
            timeout(FOREVER, move || {
                entered.send(()).expect("it waits");
                let _ = wait.recv();
            })
        });
        assert_eq!(late.expect_err("it was cancelled").err(), CANCELED);
        canceler.join().expect("no panic");
        drop(release);
        // Its deadline is the earlier one.
        let (ctx, _cancel) = background().with_timeout(SHORT);
        let late = timeout_with(&ctx, FOREVER, listen);
        assert_eq!(late.expect_err("late").err(), EXCEEDED);
    });
}

#[test]
fn the_bodys_context() {
    on_both(|| {
        let outer = background().with_value(7_u32);
        let before = Instant::now();
        let seen = timeout_with(&outer, FOREVER, |ctx: &Context| {
            assert_eq!(current().value::<u32>().as_deref(), Some(&7));
            assert_eq!(current().deadline(), ctx.deadline());
            ctx.clone()
        });
        let ctx = seen.expect("in time");
        assert!(ctx.deadline().expect("it has one") >= before + FOREVER);
        // What the body has left behind is told that it has ended.
        assert_eq!(ctx.err(), Some(CANCELED));
        assert_eq!(
            ctx.cause().expect("it is done").to_string(),
            "the work that the context was made for has ended"
        );
        assert!(current().deadline().is_none());
    });
}

/// The inner one's time is up; the outer one goes on. And the other way round.
#[test]
fn nested() {
    on_both(|| {
        let inner = timeout(FOREVER, || {
            let inner = timeout(SHORT, || listen(&current()));
            assert!(current().err().is_none());
            inner
        });
        assert!(inner.expect("the outer one is in time").is_err());

        let (tell, told) = bounded(1);
        let outer = timeout(SHORT, move || {
            let inner = timeout(FOREVER, || listen(&current()));
            tell.send(inner.expect_err("with the outer one").err()).expect("the test waits");
        });
        assert_eq!(outer.expect_err("late").err(), EXCEEDED);
        assert_eq!(told.recv(), Ok(EXCEEDED));

        // An outer body that ends leaves an inner one behind: that one has not ended, though
        // its context was cancelled by somebody's end.
        let (tell, told) = bounded(1);
        let outer = timeout(FOREVER, move || {
            let ctx = current();
            drop(gmp_core::spawn(move || {
                let inner = timeout_with(&ctx, FOREVER, listen);
                tell.send(inner.expect_err("with the outer one").err()).expect("the test waits");
            }));
        });
        assert_eq!((outer.is_ok(), told.recv()), (true, Ok(CANCELED)));
    });
}

#[test]
fn a_panic_is_the_callers() {
    on_both(|| {
        #[derive(Debug, PartialEq)]
        struct Payload(u8);
        let panics = || timeout(FOREVER, || std::panic::panic_any(Payload(3)));
        let payload = catch_unwind(AssertUnwindSafe(panics)).expect_err("it panics");
        assert_eq!(payload.downcast_ref(), Some(&Payload(3)));
        // Too late, it is nobody's.
        let (tell, told) = bounded::<()>(0);
        let late = timeout::<_, ()>(SHORT, move || {
            let _tell = tell;
            let _ = current().done().recv();
            panic!("as the test wants")
        });
        assert!(late.is_err());
        assert!(told.recv().is_err());
    });
}

#[test]
fn an_exit_is_the_callers() {
    let _watchdog = crate::common::watchdog();
    crate::common::start();
    for swallow in [false, true] {
        let exits = move || {
            timeout(FOREVER, move || {
                if swallow {
                    // Dropped, the payload would go on with the exit.
                    let _swallowed = ManuallyDrop::new(catch_unwind(|| gmp_core::goexit()));
                } else {
                    gmp_core::goexit();
                }
            })
        };
        let ended = gmp_core::spawn(move || {
            let _ = exits();
            unreachable!();
        });
        let payload = ended.join().expect_err("it exits");
        assert!(payload.is::<gmp_core::Goexit>());
        assert!(message(exits).contains("goexit"));
    }
}

#[test]
fn errors() {
    on_both(|| {
        let elapsed = timeout(Duration::ZERO, || ()).expect_err("no time");
        assert_eq!(elapsed.to_string(), "the time is up");
        assert_eq!(io::Error::from(elapsed).kind(), io::ErrorKind::TimedOut);
        let (ctx, cancel) = background().with_cancel();
        cancel();
        let elapsed = timeout_with(&ctx, FOREVER, |_| ()).expect_err("cancelled");
        assert_eq!(elapsed.to_string(), "cancelled before the time was up");
        assert_eq!(io::Error::from(elapsed).kind(), io::ErrorKind::Other);
    });
}

/// A body that nobody waits for is told to stop.
#[test]
fn who_unwinds_leaves_word() {
    on_both(|| {
        let (tell, told) = bounded::<()>(0);
        let started = Arc::new(AtomicBool::new(false));
        let (seen, begun) = (Arc::clone(&started), bounded::<()>(0));
        let body = move || {
            let _tell = tell;
            seen.store(true, Ordering::SeqCst);
            drop(begun.0);
            let _ = current().done().recv();
        };
        // The outer one returns on time and ends its context, with everything below.
        let outer = timeout(SHORT, move || timeout(FOREVER, body).is_ok());
        assert!(outer.is_err());
        let _ = begun.1.recv();
        assert!(told.recv().is_err());
        assert!(started.load(Ordering::SeqCst));
    });
}

#[test]
fn many_at_once() {
    let _watchdog = crate::common::watchdog();
    crowd(200, 4, |n| {
        for round in 0..5 {
            let wait = SHORT / 3 * (n as u32 % 4);
            let start = Instant::now();
            let ended = timeout(SHORT, move || {
                let _ = current().done().recv_timeout(wait);
                round
            });
            match ended {
                Ok(value) => assert_eq!(value, round),
                Err(_) => assert!(start.elapsed() >= SHORT),
            }
        }
    });
}
