//! Who may wake a future, when, and how often it is polled for that.

use std::future::{pending, poll_fn, ready};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use gmp::chan::bounded;
use gmp::time::after_func;
use gmp::{block_on, go, spawn_future};

use crate::by_hand::Event;
use crate::support::{join_thread, until, watchdog};

#[gmp::test]
fn ready_at_once() {
    assert_eq!(block_on(ready(1)), 1);
    assert_eq!(block_on(async { "text".to_owned() + "s" }), "texts");
    // No Send is asked for, and no 'static.
    let (own, text) = (std::rc::Rc::new(1), String::from("borrowed"));
    assert_eq!(block_on(async { *own + text.len() }), 9);
}

/// Lets `event` happen from somewhere, once somebody waits.
type FromSomewhere = fn(Arc<Event>);

const PLACES: [(&str, FromSomewhere); 4] = [
    ("goroutine", |event| {
        go!(move || {
            until(|| event.wakers() == 1);
            event.happen();
        });
    }),
    ("thread", |event| {
        thread::spawn(move || {
            until(|| event.wakers() == 1);
            event.happen();
        });
    }),
    ("timer", |event| {
        after_func(Duration::from_millis(2), move || {
            until(|| event.wakers() == 1);
            event.happen();
        });
    }),
    ("another block_on", |event| {
        drop(spawn_future(async move {
            until(|| event.wakers() == 1);
            event.happen();
        }));
    }),
];

/// Two polls: one that has to wait, and one after the wake-up.
#[gmp::test]
fn woken_from_anywhere() {
    let _watchdog = watchdog();
    for (place, wake) in PLACES {
        for round in 0..50 {
            let event = Event::new();
            wake(Arc::clone(&event));
            block_on(event.wait());
            assert_eq!(event.polls(), 2, "{place}, round {round}");
        }
    }
}

/// A plain thread in a process that has a runtime.
#[gmp::test]
fn threads_are_woken_from_anywhere() {
    let _watchdog = watchdog();
    for (place, wake) in PLACES {
        let event = Event::new();
        wake(Arc::clone(&event));
        let waited = Arc::clone(&event);
        join_thread(thread::spawn(move || block_on(waited.wait())));
        assert_eq!(event.polls(), 2, "{place}");
    }
}

/// A wake-up that comes while the future is being polled is not lost: it is polled again.
#[gmp::test]
fn woken_during_the_poll() {
    let _watchdog = watchdog();
    let ways: [fn(&Waker); 4] = [
        Waker::wake_by_ref,
        |waker| {
            let waker = waker.clone();
            waker.wake();
        },
        |waker| {
            let waker = waker.clone();
            join_thread(thread::spawn(move || waker.wake()));
        },
        // By reference, on another thread.
        |waker| thread::scope(|s| _ = s.spawn(|| waker.wake_by_ref())),
    ];
    for wake in ways {
        for times in [1, 2, 100] {
            let mut polls = 0;
            block_on(poll_fn(|context| {
                polls += 1;
                if polls > times {
                    return Poll::Ready(());
                }
                wake(context.waker());
                Poll::Pending
            }));
            assert_eq!(polls, times + 1);
        }
    }
}

/// Wake-ups from before a poll count as one, and cost at most one poll more.
#[gmp::test]
fn wake_ups_are_not_counted() {
    let _watchdog = watchdog();
    let mut polls = 0;
    let event = Event::new();
    let happens = Arc::clone(&event);
    let mut wait = pin!(event.wait());
    block_on(poll_fn(|context| {
        polls += 1;
        if polls == 1 {
            (0..1000).for_each(|_| context.waker().wake_by_ref());
            return Poll::Pending;
        }
        if polls == 2 {
            let happens = Arc::clone(&happens);
            go!(move || {
                until(|| happens.wakers() == 1);
                happens.happen();
            });
        }
        wait.as_mut().poll(context)
    }));
    assert_eq!(polls, 3);
}

/// A waker that outlives its call wakes nobody: not the next call, not what the goroutine
/// waits for later.
#[gmp::test]
fn stale_wakers_are_harmless() {
    let _watchdog = watchdog();
    let mut kept = Vec::new();
    for _ in 0..10 {
        let mut polls = 0;
        block_on(poll_fn(|context| {
            polls += 1;
            kept.push(context.waker().clone());
            kept.iter().for_each(Waker::wake_by_ref);
            if polls == 2 { Poll::Ready(()) } else { Poll::Pending }
        }));
        let (event, stale) = (Event::new(), kept.clone());
        let happens = Arc::clone(&event);
        go!(move || {
            until(|| happens.wakers() == 1);
            stale.into_iter().for_each(Waker::wake);
            happens.happen();
        });
        block_on(event.wait());
        assert_eq!(event.polls(), 2);
        let (tx, rx) = bounded(0);
        let stale = kept.clone();
        go!(move || {
            stale.into_iter().for_each(Waker::wake);
            tx.send(1).unwrap();
        });
        assert_eq!(rx.recv(), Ok(1));
    }
    // Also on a thread, and after the goroutine has ended.
    let ended = go!(move || kept);
    let kept = ended.join().unwrap();
    join_thread(thread::spawn(move || kept.into_iter().for_each(Waker::wake)));
}

/// All the wakers of a call wake it, whichever of its polls they came from; and a future
/// that keeps one finds that it still will do.
#[gmp::test]
fn many_wakers() {
    const WAKERS: usize = 500;
    const ROUNDS: usize = 20;
    let _watchdog = watchdog();
    let (polls, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut kept: Option<Waker> = None;
    let mut round = 0;
    block_on(poll_fn(|context| {
        let polls_now = polls.fetch_add(1, SeqCst) + 1;
        if let Some(kept) = &kept {
            assert!(kept.will_wake(context.waker()));
        }
        if done.load(SeqCst) < round * WAKERS {
            // Woken by some of them; the others will.
            return Poll::Pending;
        }
        if round == ROUNDS {
            return Poll::Ready(());
        }
        round += 1;
        for n in 0..WAKERS {
            let (waker, done) = (context.waker().clone(), Arc::clone(&done));
            kept = Some(waker.clone());
            let polls = Arc::clone(&polls);
            let wake = move || {
                // Some at once, some when the poll is over.
                if n % 2 == 0 {
                    until(|| polls.load(SeqCst) >= polls_now);
                }
                done.fetch_add(1, SeqCst);
                if n % 3 == 0 { waker.wake_by_ref() } else { waker.wake() }
            };
            if n % 50 == 0 {
                thread::spawn(wake);
            } else {
                go!(wake());
            }
        }
        Poll::Pending
    }));
    assert!(polls.load(SeqCst) <= ROUNDS * WAKERS + 1);
}

/// Who was not woken is not polled.
#[gmp::test]
fn sleeps_until_woken() {
    let _watchdog = watchdog();
    let (event, stirred) = (Event::new(), Event::new());
    let waits = Arc::clone(&event);
    let handle = spawn_future(async move { waits.wait().await });
    until(|| event.wakers() == 1);
    let others = Arc::clone(&stirred);
    spawn_future(async move {
        others.wait().await;
    });
    until(|| stirred.wakers() == 1);
    for stirs in 1..=100 {
        stirred.stir();
        until(|| stirred.polls() == stirs + 1);
    }
    assert_eq!((event.polls(), handle.is_finished()), (1, false));
    event.happen();
    handle.join().unwrap();
    stirred.happen();
}

/// Each call has wakers of its own: the inner one's do not wake the outer future.
#[gmp::test]
fn nested() {
    let _watchdog = watchdog();
    let run = || {
        let (outer, inner) = (Event::new(), Event::new());
        let (happens_outside, happens_inside) = (Arc::clone(&outer), Arc::clone(&inner));
        let waits = Arc::clone(&inner);
        let mut outer_wait = pin!(outer.wait());
        let mut polls = 0;
        block_on(poll_fn(|context| {
            polls += 1;
            let polled = outer_wait.as_mut().poll(context);
            if polls == 1 {
                assert!(polled.is_pending());
                let (outside, inside) = (Arc::clone(&happens_outside), Arc::clone(&happens_inside));
                thread::spawn(move || {
                    until(|| inside.wakers() == 1);
                    inside.happen();
                    until(|| inside.polls() == 2);
                    outside.happen();
                });
                block_on(async { block_on(waits.wait()) });
            }
            polled
        }));
        assert_eq!((polls, inner.polls(), outer.polls()), (2, 2, 2));
    };
    run();
    join_thread(thread::spawn(run));
}

/// A future may wait as goroutines do, too: the waker reaches it all the same.
#[gmp::test]
fn futures_that_park() {
    let _watchdog = watchdog();
    let ((tx, rx), (back_tx, back)) = (bounded(0), bounded(0));
    go!(move || {
        for n in rx.iter() {
            back_tx.send(n + 1).unwrap();
        }
    });
    let event = Event::new();
    let happens = Arc::clone(&event);
    let mut wait = pin!(event.wait());
    let mut n = 0;
    block_on(poll_fn(|context| {
        let polled = wait.as_mut().poll(context);
        if n == 0 {
            // Woken while it is parked elsewhere.
            happens.happen();
        }
        tx.send(n).unwrap();
        assert_eq!(back.recv(), Ok(n + 1));
        gmp::time::sleep(Duration::from_micros(200));
        n += 1;
        polled
    }));
    assert_eq!((n, event.polls()), (2, 2));
}

/// Goroutines that stay on their threads wait there.
#[gmp::test]
fn pinned_and_locked() {
    let _watchdog = watchdog();
    let run = || {
        let before = thread::current().id();
        for (_, wake) in PLACES {
            let event = Event::new();
            wake(Arc::clone(&event));
            block_on(event.wait());
            assert_eq!(thread::current().id(), before);
        }
    };
    let pinned: Vec<_> = (0..4)
        .map(|_| gmp::Builder::new().pinned(true).spawn(run).unwrap())
        .chain((0..4).map(|_| {
            go!(move || {
                gmp::lock_os_thread();
                run();
                gmp::unlock_os_thread();
            })
        }))
        .collect();
    pinned.into_iter().for_each(|handle| handle.join().unwrap());
}

/// Waiting costs no thread: many more wait than there could be threads.
#[gmp::test]
fn ten_thousand_wait() {
    const MANY: usize = 10_000;
    let _watchdog = watchdog();
    let events: Vec<_> = (0..MANY).map(|_| Event::new()).collect();
    let handles: Vec<_> = events
        .iter()
        .map(|event| {
            let event = Arc::clone(event);
            spawn_future(async move { event.wait().await })
        })
        .collect();
    until(|| events.iter().all(|event| event.wakers() == 1));
    assert!(gmp::num_threads() < 200, "{} threads", gmp::num_threads());
    events.iter().for_each(|event| event.happen());
    handles.into_iter().for_each(|handle| handle.join().unwrap());
}

/// What never comes may be waited for: it keeps nobody else from anything.
#[gmp::test]
fn waiting_for_ever() {
    let _watchdog = watchdog();
    let began = Arc::new(AtomicBool::new(false));
    let begins = Arc::clone(&began);
    let handle = spawn_future(async move {
        begins.store(true, SeqCst);
        pending::<()>().await;
    });
    until(|| began.load(SeqCst));
    assert!(!handle.is_finished());
}
