//! `once_func` and `once_value`: one call, one result, one panic.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::common::{Drops, crowd, message, on_both, text, watchdog};
use gmp_sync::{once_func, once_value};

/// A function, and how often it was called.
fn counted<T>(result: impl Fn() -> T) -> (impl Fn() -> T, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let counted = move || {
        count.fetch_add(1, Ordering::SeqCst);
        result()
    };
    (counted, calls)
}

#[test]
fn a_function_runs_once() {
    on_both(|| {
        let (f, calls) = counted(|| ());
        let f = once_func(f);
        assert_eq!(calls.load(Ordering::SeqCst), 0);
        let clone = f.clone();
        (0..10).for_each(|_| f());
        clone();
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_value_is_made_once() {
    on_both(|| {
        let (f, calls) = counted(|| vec![1, 2]);
        let f = once_value(f);
        for _ in 0..10 {
            assert_eq!(f(), [1, 2]);
        }
        // Go's OnceValues.
        let both = once_value(|| (1, "one"));
        assert_eq!((both(), both()), ((1, "one"), (1, "one")));
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_crowd_calls_once() {
    let _watchdog = watchdog();
    for _ in 0..100 {
        let (f, calls) = counted(|| {
            gmp_core::gosched();
            String::from("made")
        });
        let f = once_value(f);
        crowd(8, 3, move |_| assert_eq!(f(), "made"));
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }
}

/// The first call has the original payload, the others the same message; each is a panic of
/// its own.
#[test]
fn a_panic_comes_again() {
    on_both(|| {
        let (f, calls) = counted(|| panic!("no {} today", "value"));
        let f = once_func(f);
        for _ in 0..3 {
            assert_eq!(message(&f), "no value today");
        }
        assert_eq!(calls.load(Ordering::SeqCst), 1);

        let (f, calls) = counted(|| -> u8 { panic!("a literal") });
        let f = once_value(f);
        for _ in 0..3 {
            let payload = catch_unwind(AssertUnwindSafe(&f)).expect_err("it panics");
            assert_eq!(payload.downcast_ref::<&str>(), Some(&"a literal"));
        }
        let elsewhere = thread::spawn(f).join().expect_err("it panics there, too");
        assert_eq!(text(&*elsewhere), "a literal");
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    });
}

/// A payload that is no text goes to the first caller; the others are told that there was one.
#[test]
fn a_panic_without_a_text() {
    on_both(|| {
        let (f, calls) = counted(|| panic_any(7_u64));
        let f = once_func(f);
        let payload = catch_unwind(AssertUnwindSafe(&f)).expect_err("it panics");
        assert_eq!(payload.downcast_ref::<u64>(), Some(&7));
        for _ in 0..2 {
            assert!(message(&f).ends_with("a panic without a text"));
        }
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn goexit_does_not_call_again() {
    on_both(|| {
        let (f, calls) = counted::<()>(|| gmp_core::goexit());
        let f = once_func(f);
        let first = f.clone();
        let first = gmp_core::spawn(first);
        assert!(first.join().expect_err("it exits").is::<gmp_core::Goexit>());
        assert!(message(&f).contains("goexit"));
        let other = f.clone();
        let other = gmp_core::spawn(other).join().expect_err("it panics");
        assert!(text(&*other).contains("goexit"));
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    });
}

/// Who waits while the function panics or exits panics as well.
#[test]
fn waiting_for_a_panic() {
    on_both(|| {
        let (f, calls) = counted::<()>(|| {
            (0..20).for_each(|_| gmp_core::gosched());
            panic!("no value today")
        });
        let f = once_func(f);
        let others = [(); 8].map(|()| gmp_core::spawn(f.clone()));
        for other in others {
            assert_eq!(text(&*other.join().expect_err("it panics")), "no value today");
        }
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn the_function_is_dropped_when_it_has_run() {
    on_both(|| {
        let drops = Drops::default();
        let (token, value) = (drops.token(), drops.token());
        let value = Arc::new(value);
        let f = once_value(move || {
            let _token = &token;
            value.clone()
        });
        assert_eq!(drops.count(), 0);
        drop(f());
        assert_eq!(drops.count(), 1, "the token, not the value");
        drop(f);
        assert_eq!((drops.count(), drops.alive()), (2, 0));

        let drops = Drops::default();
        let token = drops.token();
        let f = once_func(move || {
            let _token = &token;
            panic!("with a token");
        });
        assert_eq!(message(&f), "with a token");
        assert_eq!(drops.count(), 1);
        assert_eq!(message(&f), "with a token");
        let token = drops.token();
        drop(once_func(move || drop(token)));
        assert_eq!((drops.count(), drops.alive()), (2, 0));
    });
}

/// The function goes as far as what it is made of.
#[test]
fn bounds() {
    fn shared<T: Send + Sync + Clone + 'static>(_: &T) {}
    // A function that is not `Sync`, a value that is.
    let cell = std::cell::Cell::new(1);
    let f = once_value(move || cell.get());
    shared(&f);
    let local = std::rc::Rc::new(2);
    let g = once_value(move || *local);
    assert_eq!((f(), g()), (1, 2));
    let mut list = vec![1];
    let borrows = once_func(|| list.push(2));
    borrows();
    borrows();
    drop(borrows);
    assert_eq!(list, [1, 2]);
}
