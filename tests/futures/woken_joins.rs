//! Wakers that misbehave at a goroutine's end: it ends all the same, and nobody else is hurt.

use std::cell::Cell;
use std::future::IntoFuture;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::Waker;
use std::time::Duration;

use gmp::chan::bounded;
use gmp::{Builder, goexit, goroutine_local};

use crate::by_hand::{Told, poll_with};
use crate::support::{Drops, until, watchdog};

/// A goroutine with a name of its own waits until it is told to end, awaited with `waker`.
/// Its result arrives whatever the waker does, and the next goroutine finds all in order.
fn ends_with(waker: Waker, ended: impl Fn() -> bool) {
    let (tx, rx) = bounded::<()>(0);
    let named = Builder::new().name(String::from("with a waker"));
    let mut future = named.spawn(move || rx.recv().is_ok()).unwrap().into_future();
    assert!(poll_with(&mut future, &waker).is_none());
    drop(waker);
    tx.send(()).unwrap();
    // The result is there before the waker is woken, and its name is there while it is.
    let mut result = None;
    until(ended);
    while result.is_none() {
        result = poll_with(&mut future, Waker::noop());
    }
    assert!(result.unwrap().unwrap());
    for n in 0..20 {
        assert_eq!(gmp::spawn(move || n).join().unwrap(), n);
    }
}

/// Repeats, so that slots are used again.
const ROUNDS: usize = 50;

fn told(act: impl Fn() + Send + Sync + 'static) {
    let act = Arc::new(act);
    for _ in 0..ROUNDS {
        let acts = Arc::clone(&act);
        let told = Told::to(move || acts());
        let waker = Waker::from(Arc::clone(&told));
        ends_with(waker, || told.wakes() == 1);
        // Woken by value: what it holds is gone, also if it panicked.
        until(|| Arc::strong_count(&told) == 1);
    }
}

#[gmp::test]
fn panics() {
    let _watchdog = watchdog();
    told(|| std::panic::resume_unwind(Box::new("a waker")));
}

#[gmp::test]
fn panics_with_a_payload_that_panics() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            std::panic::resume_unwind(Box::new("its payload"));
        }
    }
    let _watchdog = watchdog();
    told(|| std::panic::resume_unwind(Box::new(Panics)));
}

#[gmp::test]
fn exits() {
    let _watchdog = watchdog();
    told(|| goexit());
}

/// It is called on the goroutine that ends, which still has its name.
#[gmp::test]
fn asks_who_it_is() {
    let _watchdog = watchdog();
    told(|| {
        let me = gmp::current().unwrap();
        for _ in 0..10 {
            assert_eq!(me.name(), Some("with a waker"));
            gmp::gosched();
        }
    });
}

/// The result can be had while the waker still runs.
#[gmp::test]
fn parks() {
    let _watchdog = watchdog();
    for _ in 0..ROUNDS {
        let (go_on, waits) = bounded::<()>(0);
        let (drops, over) = (Drops::new(), Arc::new(AtomicUsize::new(0)));
        let (value, counts) = (drops.value(), Arc::clone(&over));
        let waker = Told::to(move || {
            let _value = &value;
            waits.recv().unwrap();
            gmp::time::sleep(Duration::from_micros(50));
            let me = gmp::current().unwrap();
            assert_eq!(me.name(), Some("with a waker"));
            counts.fetch_add(1, SeqCst);
        });
        let told = Arc::clone(&waker);
        ends_with(Waker::from(waker), || told.wakes() == 1);
        assert_eq!(over.load(SeqCst), 0);
        go_on.send(()).unwrap();
        until(|| over.load(SeqCst) == 1);
        drop(told);
        until(|| drops.count() == 1);
    }
}

/// What it keeps in the goroutine is dropped at the end as everything else there.
#[gmp::test]
fn leaves_a_local() {
    goroutine_local! {
        static KEPT: Cell<Option<crate::support::Counted>> = const { Cell::new(None) };
    }
    let _watchdog = watchdog();
    let drops = Drops::new();
    let values = drops.clone();
    told(move || KEPT.with(|kept| kept.set(Some(values.value()))));
    until(|| drops.count() == ROUNDS);
}

/// A scope waits for the waker, too: it belongs to the goroutine's end.
#[gmp::test]
fn wakes_a_scopes_owner() {
    let _watchdog = watchdog();
    let woken = Arc::new(AtomicUsize::new(0));
    for _ in 0..ROUNDS {
        let (count, inner) = (Arc::clone(&woken), bounded::<()>(1));
        let told = Told::to(move || {
            gmp::gosched();
            count.fetch_add(1, SeqCst);
        });
        gmp::scope(|s| {
            s.spawn(|| {
                let rx = inner.1.clone();
                let mut future = gmp::spawn(move || rx.recv()).into_future();
                assert!(poll_with(&mut future, &Waker::from(Arc::clone(&told))).is_none());
                inner.0.send(()).unwrap();
                until(|| told.wakes() == 1);
            });
        });
    }
    until(|| woken.load(SeqCst) == ROUNDS);
}

/// A waker that is not needed any more, and panics when it is dropped: the poll unwinds, or
/// the drop of the future; what they had to do is done.
#[gmp::test]
fn panics_when_it_is_dropped() {
    struct Panics(Drops);
    impl Drop for Panics {
        fn drop(&mut self) {
            drop(self.0.value());
            std::panic::resume_unwind(Box::new("dropped"));
        }
    }
    let _watchdog = watchdog();
    for _ in 0..ROUNDS {
        let (drops, (tx, rx)) = (Drops::new(), bounded::<()>(0));
        let waker = || {
            let panics = Panics(drops.clone());
            Waker::from(Told::to(move || _ = &panics))
        };
        let mut future = gmp::spawn(move || rx.recv().is_ok()).into_future();
        assert!(poll_with(&mut future, &waker()).is_none());
        let quiet = Told::to(|| ());
        let polled = catch_unwind(AssertUnwindSafe(|| {
            poll_with(&mut future, &Waker::from(Arc::clone(&quiet)))
        }));
        assert!(polled.is_err());
        assert_eq!(drops.count(), 1);
        // The new one is in its place.
        tx.send(()).unwrap();
        until(|| quiet.wakes() == 1);
        assert!(poll_with(&mut future, Waker::noop()).unwrap().unwrap());

        let (tx, rx) = bounded::<()>(0);
        let value = drops.value();
        let body = move || (rx.recv().is_ok(), value);
        let mut future = gmp::spawn(body).into_future();
        assert!(poll_with(&mut future, &waker()).is_none());
        assert!(catch_unwind(AssertUnwindSafe(|| drop(future))).is_err());
        assert_eq!(drops.count(), 2);
        // Detached.
        tx.send(()).unwrap();
        until(|| drops.count() == 3);
    }
}
