//! Locks and what is like them, on threads: those rules that std does not have.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use gmp::sync::{Condvar, Mutex, RwLock, Semaphore, WaitGroup};

use crate::support::watchdog;
use crate::until;

const MS: Duration = Duration::from_millis(1);

/// Starts threads one by one, each when the one before it waits.
fn one_by_one(
    waiting: impl Fn() -> usize,
    n: usize,
    f: impl Fn(usize) + Clone + Send + 'static,
) -> Vec<thread::JoinHandle<()>> {
    let start = |n: usize| {
        let (f, before) = (f.clone(), waiting());
        let handle = thread::spawn(move || f(n));
        until(|| waiting() == before + 1);
        handle
    };
    (0..n).map(start).collect()
}

#[track_caller]
fn join_all(handles: Vec<thread::JoinHandle<()>>) {
    handles.into_iter().for_each(|handle| handle.join().unwrap());
}

#[test]
fn mutex_in_order() {
    let _watchdog = watchdog();
    let mutex = Arc::new(Mutex::new(Vec::new()));
    let guard = mutex.lock().unwrap();
    let mine = Arc::clone(&mutex);
    let waiters = one_by_one(|| mutex.waiting(), 10, move |n| mine.lock().unwrap().push(n));
    drop(guard);
    join_all(waiters);
    assert_eq!(*mutex.lock().unwrap(), (0..10).collect::<Vec<_>>());
}

/// A thread that locks and unlocks without end leaves room for another.
#[test]
fn mutex_hog() {
    let _watchdog = watchdog();
    let (mutex, done) = (Arc::new(Mutex::new(())), Arc::new(AtomicBool::new(false)));
    let (mine, stopped) = (Arc::clone(&mutex), Arc::clone(&done));
    let hog = thread::spawn(move || {
        while !stopped.load(SeqCst) {
            let _guard = mine.lock().unwrap();
            thread::sleep(MS / 10);
        }
    });
    let start = Instant::now();
    for _ in 0..10 {
        thread::sleep(MS / 10);
        drop(mutex.lock().unwrap());
    }
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    done.store(true, SeqCst);
    hog.join().unwrap();
}

#[test]
fn mutex_counts() {
    const THREADS: usize = 8;
    let _watchdog = watchdog();
    let (mutex, lock) = (Mutex::new(0), RwLock::new(0));
    thread::scope(|s| {
        for _ in 0..THREADS {
            s.spawn(|| {
                for n in 0..5_000 {
                    *mutex.lock().unwrap() += 1;
                    if n % 10 == 0 {
                        *lock.write().unwrap() += 1;
                    } else {
                        assert!(*lock.read().unwrap() <= THREADS * 500);
                    }
                }
            });
        }
    });
    assert_eq!((mutex.into_inner().unwrap(), lock.into_inner().unwrap()), (40_000, 4_000));
}

#[test]
fn rwlock_writer_first_then_readers() {
    let _watchdog = watchdog();
    let lock = Arc::new(RwLock::new(Vec::new()));
    let reading = lock.read().unwrap();
    let mine = Arc::clone(&lock);
    let writers = one_by_one(|| lock.waiting(), 2, move |n| mine.write().unwrap().push(n));
    assert!(lock.try_read().is_err(), "a writer is waiting");
    let mine = Arc::clone(&lock);
    let inside = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&inside);
    let readers = one_by_one(
        || lock.waiting(),
        3,
        move |_| {
            let value = mine.read().unwrap();
            counter.fetch_add(1, SeqCst);
            // All of them, behind the one writer and before the other.
            until(|| counter.load(SeqCst) == 3);
            assert_eq!(*value, [0]);
        },
    );
    drop(reading);
    join_all(readers);
    join_all(writers);
    assert_eq!(*lock.read().unwrap(), [0, 1]);
}

#[test]
fn condvar_in_order_and_without_spurious_returns() {
    let _watchdog = watchdog();
    let pair = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
    let mine = Arc::clone(&pair);
    let waiters = one_by_one(
        || pair.1.waiting(),
        10,
        move |n| {
            let guard = mine.0.lock().unwrap();
            mine.1.wait(guard).unwrap().push(n);
        },
    );
    for n in 0..8 {
        assert_eq!(pair.0.lock().unwrap().len(), n);
        pair.1.notify_one();
        until(|| pair.0.lock().unwrap().len() == n + 1);
    }
    pair.1.notify_all();
    join_all(waiters);
    assert_eq!(pair.0.lock().unwrap()[..8], [0, 1, 2, 3, 4, 5, 6, 7]);
    let (guard, result) = pair.1.wait_timeout(pair.0.lock().unwrap(), 5 * MS).unwrap();
    assert!(result.timed_out() && guard.len() == 10);
}

#[test]
fn semaphore_in_order() {
    let _watchdog = watchdog();
    let (semaphore, order) = (Arc::new(Semaphore::new(2)), Arc::new(Mutex::new(Vec::new())));
    let all = semaphore.acquire(2);
    let (mine, log) = (Arc::clone(&semaphore), Arc::clone(&order));
    let waiters = one_by_one(
        || semaphore.waiting(),
        6,
        move |n| {
            // Each needs all there is: no two at once.
            let _permit = mine.acquire(2);
            log.lock().unwrap().push(n);
        },
    );
    assert!(semaphore.try_acquire(1).is_none());
    let start = Instant::now();
    assert!(semaphore.acquire_timeout(1, 5 * MS).is_none());
    assert!(start.elapsed() >= 5 * MS);
    drop(all);
    join_all(waiters);
    assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3, 4, 5]);
    drop(semaphore.try_acquire(2).expect("all are back"));
}

#[test]
fn wait_group_on_threads() {
    let _watchdog = watchdog();
    let (wg, count) = (WaitGroup::new(), Arc::new(AtomicUsize::new(0)));
    for _ in 0..8 {
        wg.add(1);
        let (wg, count) = (wg.clone(), Arc::clone(&count));
        thread::spawn(move || {
            count.fetch_add(1, SeqCst);
            wg.done();
        });
    }
    wg.wait();
    assert_eq!(count.load(SeqCst), 8);
}
