//! Futures that end otherwise than by being ready.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;
use std::thread;

use gmp::{Goexit, block_on, go, goexit, spawn_future};

use crate::by_hand::Event;
use crate::support::{Drops, join_thread, until, watchdog};

/// A panic leaves `block_on`, the future is dropped, and the goroutine may go on.
#[gmp::test]
fn panics() {
    let _watchdog = watchdog();
    let run = || {
        for polls in [1, 2, 20] {
            let drops = Drops::new();
            let (value, mut n) = (drops.value(), 0);
            let caught = catch_unwind(AssertUnwindSafe(|| {
                block_on(poll_fn(move |context| {
                    let _value = &value;
                    n += 1;
                    assert!(n < polls, "poll {n} panics");
                    context.waker().wake_by_ref();
                    Poll::<()>::Pending
                }));
            }));
            let payload = caught.unwrap_err();
            assert_eq!(*payload.downcast::<String>().unwrap(), format!("poll {polls} panics"));
            assert_eq!(drops.count(), 1);
            let event = Event::new();
            let happens = Arc::clone(&event);
            thread::spawn(move || {
                until(|| happens.wakers() == 1);
                happens.happen();
            });
            block_on(event.wait());
        }
    };
    run();
    join_thread(thread::spawn(run));
}

/// A wake-up that comes after the panic finds nobody.
#[gmp::test]
fn woken_after_a_panic() {
    let _watchdog = watchdog();
    let event = Event::new();
    let waits = Arc::clone(&event);
    let handle = spawn_future(async move {
        let mut wait = std::pin::pin!(waits.wait());
        poll_fn(|context| {
            assert!(wait.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
        panic!("with a waker about");
    });
    assert_eq!(*handle.join().unwrap_err().downcast::<&str>().unwrap(), "with a waker about");
    assert_eq!(event.wakers(), 1);
    event.happen();
}

/// A panic in the middle of another: the goroutine waits while it is unwinding.
#[gmp::test]
fn waiting_in_a_destructor() {
    struct Waits(Arc<Event>);
    impl Drop for Waits {
        fn drop(&mut self) {
            assert!(thread::panicking());
            block_on(self.0.wait());
        }
    }
    let _watchdog = watchdog();
    let event = Event::new();
    let waits = Waits(Arc::clone(&event));
    let handle = go!(move || {
        let _waits = waits;
        panic!("unwinds");
    });
    until(|| event.wakers() == 1);
    assert!(!handle.is_finished());
    event.happen();
    assert!(handle.join().is_err());
    assert_eq!(event.polls(), 2);
}

/// `goexit` in a future ends the goroutine and drops the future.
#[gmp::test]
fn goexit_in_a_future() {
    let _watchdog = watchdog();
    let drops = Drops::new();
    let value = drops.value();
    let handle = spawn_future(async move {
        let _value = value;
        if true {
            goexit();
        }
    });
    assert!(handle.join().unwrap_err().is::<Goexit>());
    assert_eq!(drops.count(), 1);
}

/// The future is dropped when it is ready, before its goroutine goes on.
#[gmp::test]
fn the_future_is_dropped_first() {
    let drops = Drops::new();
    let value = drops.value();
    block_on(async move { drop(value) });
    assert_eq!(drops.count(), 1);
    let mut value = Some(drops.value());
    block_on(poll_fn(move |context| {
        let _value = &mut value;
        context.waker().wake_by_ref();
        Poll::Ready(())
    }));
    assert_eq!(drops.count(), 2);
}
