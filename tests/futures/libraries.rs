//! What other crates make of futures works in goroutines: their combinators, and those of
//! their types that need no runtime.

use std::pin::pin;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use futures_util::future::{AbortHandle, Abortable, Either, join, join_all, select, try_join_all};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use gmp::chan::{after, bounded};
use gmp::{block_on, go, spawn_future};
use tokio::sync::{Mutex, Notify, Semaphore, mpsc, oneshot, watch};

use crate::by_hand::Event;
use crate::support::{join_thread, until, watchdog};

#[gmp::test]
fn combinators() {
    let _watchdog = watchdog();
    let run = || {
        let events: Vec<_> = (0..20).map(|_| Event::new()).collect();
        let happen = events.clone();
        thread::spawn(move || {
            for event in happen {
                until(|| event.wakers() > 0);
                event.happen();
            }
        });
        // Polls all that wait whenever one is woken.
        block_on(join_all(events.iter().map(|event| event.wait())));

        let (first, second) = (Event::new(), Event::new());
        let (one, two) = (Arc::clone(&first), Arc::clone(&second));
        go!(move || {
            until(|| one.wakers() == 1 && two.wakers() == 1);
            one.happen();
        });
        block_on(async {
            let (one, two) = (pin!(first.wait()), pin!(second.wait()));
            let both = select(one, two).await;
            let Either::Left(((), rest)) = both else { panic!("the second did not happen") };
            assert!(rest.now_or_never().is_none());
        });
        go!(move || second.happen());
        let (one, two) = (spawn_future(async { 1 }), go!(|| 2));
        let (one, two) = block_on(join(async { one.await }, async { two.await }));
        assert_eq!((one.unwrap(), two.unwrap()), (1, 2));

        let results: Result<Vec<i32>, i32> =
            block_on(try_join_all([1, 2, 3].map(|n| async move { Ok(n) })));
        assert_eq!(results, Ok(vec![1, 2, 3]));

        let (handle, registration) = AbortHandle::new_pair();
        let event = Event::new();
        let waits = Arc::clone(&event);
        go!(move || {
            until(|| waits.wakers() == 1);
            handle.abort();
        });
        assert!(block_on(Abortable::new(event.wait(), registration)).is_err());
    };
    run();
    join_thread(thread::spawn(run));
}

/// Each future of the set has a waker of its own, which wakes ours.
#[gmp::test]
fn a_set_of_futures() {
    const MANY: usize = 1_000;
    let _watchdog = watchdog();
    let events: Vec<_> = (0..MANY).map(|_| Event::new()).collect();
    let mut set: FuturesUnordered<_> = events
        .iter()
        .enumerate()
        .map(|(n, event)| async move {
            event.wait().await;
            n
        })
        .collect();
    let happen = events.clone();
    go!(move || {
        for event in happen.iter().rev() {
            until(|| event.wakers() == 1);
            event.happen();
        }
    });
    let mut seen = Vec::new();
    block_on(async {
        while let Some(n) = set.next().await {
            seen.push(n);
        }
    });
    assert!(events.iter().all(|event| event.polls() == 2));
    seen.sort_unstable();
    assert_eq!(seen, (0..MANY).collect::<Vec<_>>());
}

/// Channels of ours, of both kinds of ends, in futures of goroutines.
#[gmp::test]
fn our_channels() {
    const VALUES: u64 = 2_000;
    let _watchdog = watchdog();
    for cap in [0, 8] {
        let (tx, rx) = bounded(cap);
        let sender = spawn_future(async move {
            for n in 0..VALUES {
                tx.send_async(n).await.unwrap();
            }
        });
        let (mut next, timeout) = (0, after(Duration::from_secs(600)));
        block_on(async {
            loop {
                let (value, end) = (pin!(rx.recv_async()), pin!(timeout.recv_async()));
                match select(value, end).await {
                    Either::Left((Ok(n), _)) => {
                        assert_eq!(n, next);
                        next += 1;
                    }
                    Either::Left((Err(_), _)) => break,
                    Either::Right(_) => panic!("ten minutes have passed"),
                }
            }
        });
        assert_eq!(next, VALUES);
        sender.join().unwrap();
    }
}

/// Tokio's types that need no runtime of it.
#[gmp::test]
fn tokios_sync() {
    const GOROUTINES: usize = 16;
    const EACH: usize = 200;
    let _watchdog = watchdog();
    let (tx, mut rx) = mpsc::channel::<usize>(4);
    let (mutex, semaphore) = (Arc::new(Mutex::new(0)), Arc::new(Semaphore::new(3)));
    let workers: Vec<_> = (0..GOROUTINES)
        .map(|n| {
            let (tx, mutex) = (tx.clone(), Arc::clone(&mutex));
            let semaphore = Arc::clone(&semaphore);
            spawn_future(async move {
                for _ in 0..EACH {
                    tx.send(n).await.unwrap();
                    let _permit = semaphore.acquire().await.unwrap();
                    *mutex.lock().await += 1;
                }
            })
        })
        .collect();
    drop(tx);
    let mut counts = [0; GOROUTINES];
    block_on(async {
        while let Some(n) = rx.recv().await {
            counts[n] += 1;
        }
    });
    workers.into_iter().for_each(|worker| worker.join().unwrap());
    assert_eq!((counts, *block_on(mutex.lock())), ([EACH; GOROUTINES], GOROUTINES * EACH));

    let (once, answer) = oneshot::channel();
    let (changes, mut seen) = watch::channel(0);
    let notify = Arc::new(Notify::new());
    let notifies = Arc::clone(&notify);
    let waiter = spawn_future(async move {
        let answer = answer.await.unwrap();
        seen.wait_for(|n| *n == answer).await.unwrap();
        notifies.notify_one();
    });
    once.send(3).unwrap();
    changes.send(3).unwrap();
    block_on(notify.notified());
    waiter.join().unwrap();
}

/// A budget of polls, as tokio's types have it, makes them wake themselves: that ends.
#[gmp::test]
fn tokios_budget() {
    const VALUES: u64 = 10_000;
    let _watchdog = watchdog();
    let (tx, mut rx) = mpsc::unbounded_channel();
    (0..VALUES).for_each(|n| tx.send(n).unwrap());
    drop(tx);
    let mut sum = 0;
    block_on(async {
        while let Some(n) = rx.recv().await {
            sum += n;
        }
    });
    assert_eq!(sum, VALUES * (VALUES - 1) / 2);
}
