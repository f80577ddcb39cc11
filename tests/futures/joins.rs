//! Handles that are awaited: who gets the result, and who is woken.

use std::future::{Future, IntoFuture, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, join_all, select};
use futures_util::stream::FuturesUnordered;
use gmp::chan::bounded;
use gmp::{Builder, Goexit, JoinHandle, block_on, go, goexit};
use tokio::runtime;

use crate::by_hand::{Told, poll_with};
use crate::support::{Counted, Drops, Random, join_thread, until, watchdog};

/// Waits for a future, on one executor or another.
type Executor = fn(Pin<Box<dyn Future<Output = ()> + Send>>);

const EXECUTORS: [(&str, Executor); 4] = [
    ("goroutine", |future| block_on(future)),
    ("thread", |future| join_thread(thread::spawn(|| block_on(future)))),
    ("tokio, one thread", |future| {
        join_thread(thread::spawn(|| {
            runtime::Builder::new_current_thread().build().unwrap().block_on(future);
        }));
    }),
    ("tokio, two threads", |future| {
        join_thread(thread::spawn(|| {
            let tokio = runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
            tokio.block_on(tokio.spawn(future)).unwrap();
        }));
    }),
];

/// Results of all kinds, from goroutines that have ended, end meanwhile, or wait.
#[gmp::test]
fn results() {
    let _watchdog = watchdog();
    for (name, execute) in EXECUTORS {
        execute(Box::pin(async move {
            for round in 0..100 {
                assert_eq!(go!(move || round).await.unwrap(), round, "{name}");
            }
            let ended = go!(|| 1);
            until(|| ended.is_finished());
            assert_eq!(ended.await.unwrap(), 1);
            let (tx, rx) = bounded(0);
            let waits = go!(move || rx.recv());
            let wakes = go!(move || tx.send(2));
            assert_eq!(waits.await.unwrap(), Ok(2));
            wakes.await.unwrap().unwrap();
            let large = [3_u8; 10_000];
            assert_eq!(go!(move || large).await.unwrap(), large);
            let payload = go!(move || assert!(name.is_empty(), "in {name}")).await.unwrap_err();
            assert_eq!(*payload.downcast::<String>().unwrap(), format!("in {name}"));
            assert!(
                go!(|| if true {
                    goexit()
                })
                .await
                .unwrap_err()
                .is::<Goexit>()
            );
            let named = Builder::new().name(format!("named {name}"));
            let named = named.spawn(|| gmp::current().unwrap().name().map(str::to_owned)).unwrap();
            assert_eq!(named.await.unwrap(), Some(format!("named {name}")));
        }));
    }
}

#[gmp::test]
fn many_at_once() {
    const MANY: usize = 1_000;
    let _watchdog = watchdog();
    for (name, execute) in EXECUTORS {
        execute(Box::pin(async move {
            let handles = (0..MANY).map(|n| go!(move || n).into_future());
            let all: Vec<_> = join_all(handles).await.into_iter().map(Result::unwrap).collect();
            assert_eq!(all, (0..MANY).collect::<Vec<_>>(), "{name}");

            let mut unordered: FuturesUnordered<_> =
                (0..MANY).map(|n| go!(move || n).into_future()).collect();
            let mut sum = 0;
            while let Some(n) = unordered.next().await {
                sum += n.unwrap();
            }
            assert_eq!(sum, MANY * (MANY - 1) / 2, "{name}");
        }));
    }
}

/// Who is not waited for any longer runs on; what it returns is dropped.
#[gmp::test]
fn dropping_detaches() {
    let _watchdog = watchdog();
    for (name, execute) in EXECUTORS {
        execute(Box::pin(async move {
            let drops = Drops::new();
            let ((quick_tx, quick), (slow_tx, slow)) = (bounded(0), bounded::<()>(0));
            let value = drops.value();
            let loser = go!(move || {
                _ = slow.recv();
                value
            });
            let winner = go!(move || quick.recv());
            go!(move || quick_tx.send(1).unwrap());
            match select(loser.into_future(), winner.into_future()).await {
                Either::Left(_) => panic!("{name}: it waits"),
                Either::Right((won, lost)) => {
                    assert_eq!(won.unwrap(), Ok(1));
                    drop(lost);
                }
            }
            assert_eq!(drops.count(), 0, "{name}");
            slow_tx.send(()).unwrap();
            until(|| drops.count() == 1);
            // Never polled, and ended before it is dropped.
            drop(go!(|| ()).into_future());
            let value = drops.value();
            let ended = go!(move || value);
            until(|| ended.is_finished());
            drop(ended.into_future());
            assert_eq!(drops.count(), 2, "{name}");
        }));
    }
}

/// Only the waker of the last poll is woken, the others were dropped; all are, in the end.
#[gmp::test]
fn the_last_waker_counts() {
    let _watchdog = watchdog();
    for (before, ends) in [(1, true), (2, true), (10, true), (1, false), (10, false)] {
        let (tx, rx) = bounded::<()>(0);
        let mut future = go!(move || rx.recv().is_ok()).into_future();
        let wakers: Vec<_> = (0..before).map(|_| Told::to(|| ())).collect();
        for told in &wakers {
            let waker = Waker::from(Arc::clone(told));
            // Twice by the same one: it is kept.
            assert!(poll_with(&mut future, &waker).is_none());
            assert!(poll_with(&mut future, &waker).is_none());
            assert_eq!(Arc::strong_count(told), 3);
        }
        let last = wakers.last().unwrap();
        for told in &wakers {
            let kept = 1 + usize::from(Arc::ptr_eq(told, last));
            assert_eq!(Arc::strong_count(told), kept);
        }
        if ends {
            tx.send(()).unwrap();
            until(|| last.wakes() == 1);
            assert!(poll_with(&mut future, Waker::noop()).unwrap().unwrap());
        } else {
            drop(future);
            tx.send(()).unwrap();
        }
        until(|| wakers.iter().all(|told| Arc::strong_count(told) == 1));
        let wakes: usize = wakers.iter().map(|told| told.wakes()).sum();
        assert_eq!(wakes, usize::from(ends));
    }
}

/// A future moves from thread to thread and from waker to waker.
#[gmp::test]
fn polled_here_and_there() {
    let _watchdog = watchdog();
    for _ in 0..200 {
        let (tx, rx) = bounded::<()>(0);
        let mut future = go!(move || rx.recv()).into_future();
        block_on(poll_fn(|context| {
            assert!(Pin::new(&mut future).poll(context).is_pending());
            Poll::Ready(())
        }));
        let mut future = join_thread(thread::spawn(move || {
            block_on(async {
                let timeout = Duration::from_micros(100);
                let after = go!(move || gmp::time::sleep(timeout));
                match select(future, after.into_future()).await {
                    Either::Left(_) => panic!("nothing was sent"),
                    Either::Right((_, future)) => Some(future),
                }
            })
        }))
        .unwrap();
        assert!(poll_with(&mut future, Waker::noop()).is_none());
        go!(move || tx.send(()).unwrap());
        assert_eq!(block_on(future).unwrap(), Ok(()));
    }
}

#[gmp::test]
fn polled_after_the_end() {
    let ended = go!(|| ());
    until(|| ended.is_finished());
    let mut future = ended.into_future();
    poll_with(&mut future, Waker::noop()).unwrap().unwrap();
    let again = std::panic::AssertUnwindSafe(|| poll_with(&mut future, Waker::noop()));
    assert!(std::panic::catch_unwind(again).is_err());
}

/// Awaited, dropped, or both at once, at any moment: each result has one owner, each slot is
/// given back, each name is freed.
#[gmp::test]
fn at_any_moment() {
    const ROUNDS: usize = 20_000;
    let _watchdog = watchdog();
    let (random, drops) = (Arc::new(Random::new()), Drops::new());
    let taken = Arc::new(AtomicUsize::new(0));
    let pause = |random: &Random| (0..random.below(4)).for_each(|_| gmp::gosched());
    let workers: Vec<JoinHandle<()>> = (0..4)
        .map(|worker| {
            let (random, taken) = (Arc::clone(&random), Arc::clone(&taken));
            let drops = drops.clone();
            go!(move || for round in 0..ROUNDS / 4 {
                let (value, theirs) = (drops.value(), Arc::clone(&random));
                let mut builder = Builder::new();
                if round % 2 == 0 {
                    builder = builder.name(format!("{worker} {round}"));
                }
                let body = move || -> Counted {
                    pause(&theirs);
                    assert!(theirs.below(100) > 0 || quiet_panic());
                    value
                };
                let mut future = builder.spawn(body).unwrap().into_future();
                let mut polls = random.below(4);
                block_on(poll_fn(|context| {
                    if polls == 0 {
                        return Poll::Ready(());
                    }
                    polls -= 1;
                    match Pin::new(&mut future).poll(context) {
                        Poll::Ready(result) => {
                            taken.fetch_add(usize::from(result.is_ok()), SeqCst);
                            polls = 0;
                            Poll::Ready(())
                        }
                        Poll::Pending => {
                            // Looks again by itself now and then, and gives up in the end.
                            if polls == 0 || polls % 2 == 1 {
                                context.waker().wake_by_ref();
                            }
                            Poll::Pending
                        }
                    }
                }));
            })
        })
        .collect();
    workers.into_iter().for_each(|worker| worker.join().unwrap());
    until(|| drops.count() == ROUNDS);
    assert!(taken.load(SeqCst) > 0);
}

/// Unwinds without the hook.
fn quiet_panic() -> bool {
    std::panic::resume_unwind(Box::new("on purpose"))
}
