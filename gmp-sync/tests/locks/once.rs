//! `Once`: one call, seen by all; what happens if it is left.

use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::common::{crowd, message, on_both, start, until, watchdog};
use gmp_sync::Once;

const POISONED: &str = "Once instance has previously been poisoned";

fn leave(once: &Once) {
    let left = catch_unwind(|| once.call_once(|| resume_unwind(Box::new(5_u8))));
    assert_eq!(*left.unwrap_err().downcast::<u8>().unwrap(), 5);
}

#[test]
fn called_once_by_a_crowd() {
    static ONCE: [Once; 200] = [const { Once::new() }; 200];
    let _watchdog = watchdog();
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    crowd(8, 4, move |_| {
        for (n, once) in ONCE.iter().enumerate() {
            once.call_once(|| {
                gmp_core::gosched();
                count.fetch_add(1, Ordering::Relaxed);
            });
            assert!(count.load(Ordering::Relaxed) > n);
            assert!(once.is_completed());
        }
    });
    assert_eq!(calls.load(Ordering::Relaxed), ONCE.len());
    assert!(ONCE.iter().all(|once| once.waiting() == 0));
}

#[test]
fn others_wait_until_the_first_call_is_done() {
    let _watchdog = watchdog();
    start();
    let once = Arc::new(Once::new());
    let flag = || Arc::new(AtomicBool::new(false));
    let (running, go_on, done) = (flag(), flag(), flag());
    let first = {
        let (once, done) = (Arc::clone(&once), Arc::clone(&done));
        let (running, go_on) = (Arc::clone(&running), Arc::clone(&go_on));
        gmp_core::spawn(move || {
            once.call_once(|| {
                running.store(true, Ordering::SeqCst);
                until(|| go_on.load(Ordering::SeqCst));
                // It parks, too.
                gmp_core::time::sleep(Duration::from_millis(1));
                done.store(true, Ordering::Relaxed);
            });
        })
    };
    until(|| running.load(Ordering::SeqCst));
    let others: Vec<_> = (0..6)
        .map(|n| {
            let (once, done) = (Arc::clone(&once), Arc::clone(&done));
            let body = move || {
                match n % 3 {
                    0 => once.wait(),
                    1 => once.wait_force(),
                    _ => once.call_once(|| unreachable!()),
                }
                assert!(done.load(Ordering::Relaxed));
            };
            if n < 3 { Ok(gmp_core::spawn(body)) } else { Err(thread::spawn(body)) }
        })
        .collect();
    until(|| once.waiting() == 6);
    assert!(!once.is_completed());
    go_on.store(true, Ordering::SeqCst);
    for other in others {
        match other {
            Ok(goroutine) => goroutine.join().unwrap(),
            Err(thread) => thread.join().unwrap(),
        }
    }
    first.join().unwrap();
}

#[test]
fn waiting_begins_before_the_call() {
    on_both(|| {
        let once = Arc::new(Once::new());
        let waiters = [false, true].map(|force| {
            let once = Arc::clone(&once);
            gmp_core::spawn(move || if force { once.wait_force() } else { once.wait() })
        });
        until(|| once.waiting() == 2);
        assert!(!once.is_completed());
        once.call_once_force(|state| assert!(!state.is_poisoned()));
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
        once.wait();
        once.wait_force();
    });
}

#[test]
fn a_call_that_is_left_poisons() {
    on_both(|| {
        let once = Once::new();
        leave(&once);
        assert!(!once.is_completed());
        assert_eq!(message(|| once.call_once(|| unreachable!())), POISONED);
        assert_eq!(message(|| once.wait()), POISONED);
        // Left once more.
        let left = catch_unwind(|| {
            once.call_once_force(|state| {
                assert!(state.is_poisoned());
                assert_eq!(format!("{state:?}"), "OnceState { poisoned: true }");
                resume_unwind(Box::new(()));
            });
        });
        assert!(left.is_err());
        assert_eq!(message(|| once.call_once(|| unreachable!())), POISONED);
        once.call_once_force(|state| assert!(state.is_poisoned()));
        assert!(once.is_completed());
        once.call_once(|| unreachable!());
        once.call_once_force(|_| unreachable!());
        once.wait();
    });
}

/// Who waits when the call is left panics, or goes on waiting, or calls in its place.
#[test]
fn all_who_wait_are_told() {
    on_both(|| {
        let once = Arc::new(Once::new());
        let ran = Arc::new(AtomicUsize::new(0));
        let leave_it = Arc::new(AtomicBool::new(false));
        let running = Arc::new(AtomicBool::new(false));
        let first = {
            let (once, leave_it, running) =
                (Arc::clone(&once), Arc::clone(&leave_it), Arc::clone(&running));
            gmp_core::spawn(move || {
                once.call_once(|| {
                    running.store(true, Ordering::SeqCst);
                    until(|| leave_it.load(Ordering::SeqCst));
                    resume_unwind(Box::new(()));
                });
            })
        };
        until(|| running.load(Ordering::SeqCst));
        let spawn = |wait: fn(&Once, &AtomicUsize)| {
            let (waits, ran) = (Arc::clone(&once), Arc::clone(&ran));
            let before = once.waiting();
            let handle = gmp_core::spawn(move || wait(&waits, &ran));
            until(|| once.waiting() > before);
            handle
        };
        let told = [
            spawn(|once, _| assert_eq!(message(|| once.wait()), POISONED)),
            spawn(|once, _| assert_eq!(message(|| once.call_once(|| ())), POISONED)),
        ];
        let patient = spawn(|once, ran| {
            once.wait_force();
            assert_eq!(ran.load(Ordering::Relaxed), 1);
        });
        leave_it.store(true, Ordering::SeqCst);
        assert!(first.join().is_err());
        told.into_iter().for_each(|handle| handle.join().unwrap());
        until(|| once.waiting() == 1);
        once.call_once_force(|state| {
            assert!(state.is_poisoned());
            ran.fetch_add(1, Ordering::Relaxed);
        });
        patient.join().unwrap();
    });
}

#[test]
fn goexit_leaves_it_like_a_panic() {
    let _watchdog = watchdog();
    start();
    let once = Arc::new(Once::new());
    let other = Arc::clone(&once);
    let exiting = gmp_core::spawn(move || other.call_once(|| gmp_core::goexit()));
    assert!(exiting.join().is_err());
    assert!(!once.is_completed());
    assert_eq!(message(|| once.call_once(|| ())), POISONED);
}

/// The call is done, though its goroutine unwinds at its next step.
#[test]
fn a_swallowed_goexit_completes() {
    let _watchdog = watchdog();
    start();
    let once = Arc::new(Once::new());
    let waiter = {
        let once = Arc::clone(&once);
        gmp_core::spawn(move || once.wait())
    };
    until(|| once.waiting() == 1);
    let swallowing = {
        let once = Arc::clone(&once);
        gmp_core::spawn(move || {
            // Dropped, the payload would go on exiting.
            once.call_once(|| {
                let _payload = ManuallyDrop::new(catch_unwind(|| gmp_core::goexit()));
            });
        })
    };
    waiter.join().unwrap();
    assert!(once.is_completed());
    drop(swallowing.join());
}

#[test]
fn one_within_another() {
    let (outer, inner) = (Once::new(), Once::new());
    let mut calls = 0;
    outer.call_once(|| inner.call_once(|| calls += 1));
    inner.call_once(|| unreachable!());
    assert_eq!(calls, 1);
}

#[test]
fn as_std() {
    fn shared<T: Send + Sync + UnwindSafe + RefUnwindSafe>() {}
    shared::<Once>();
    assert_eq!(format!("{:?}", Once::new()), format!("{:?}", std::sync::Once::new()));
    // The panic of the function is the caller's.
    let once = Once::new();
    let left = catch_unwind(AssertUnwindSafe(|| once.call_once(|| panic!("within"))));
    assert_eq!(crate::common::text(&*left.unwrap_err()), "within");
}
