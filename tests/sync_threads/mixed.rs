//! Goroutines and threads on one object. These are programs of their own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use gmp::chan::bounded;
use gmp::context::{ContextError, background};
use gmp::sync::{
    Barrier, Condvar, Mutex, Once, OnceLock, Pool, RwLock, Semaphore, SingleFlight, WaitGroup,
};
use gmp::time::{Timer, after_func};
use gmp::{JoinHandle, go, gosched, select};

use crate::support::process;
use crate::support::{join_thread, until};

const HOUR: Duration = Duration::from_secs(3_600);

#[track_caller]
fn join<T>(handle: JoinHandle<T>) -> T {
    handle.join().expect("the goroutine did not panic")
}

/// A goroutine may move to another thread while it holds a guard, and unlock there.
pub(crate) fn guards_across_parks() {
    const GOROUTINES: usize = 16;
    let (mutex, lock) = (Arc::new(Mutex::new(0)), Arc::new(RwLock::new(0)));
    let (semaphore, moved) = (Arc::new(Semaphore::new(2)), Arc::new(AtomicUsize::new(0)));
    let works = |n: usize| {
        let (mutex, lock) = (Arc::clone(&mutex), Arc::clone(&lock));
        let (semaphore, moved) = (Arc::clone(&semaphore), Arc::clone(&moved));
        go!(move || for round in 0..60 {
            let home = process::thread();
            let mut guard = mutex.lock().unwrap();
            let before = *guard;
            match (n + round) % 4 {
                0 => gosched(),
                1 => gmp::time::sleep(Duration::from_micros(50)),
                2 => join(go!(gosched())),
                _ => {
                    let (tx, rx) = bounded(0);
                    go!(move || tx.send(1).unwrap());
                    assert_eq!(rx.recv(), Ok(1));
                }
            }
            assert_eq!(*guard, before, "somebody else was inside");
            *guard += 1;
            moved.fetch_add(usize::from(process::thread() != home), SeqCst);
            drop(guard);
            let _permit = semaphore.acquire(1);
            if round % 4 == 0 {
                let mut writing = lock.write().unwrap();
                gosched();
                *writing += 1;
            } else {
                let reading = lock.read().unwrap();
                let before = *reading;
                gosched();
                assert_eq!(*reading, before);
            }
        })
    };
    let workers: Vec<_> = (0..GOROUTINES).map(works).collect();
    workers.into_iter().for_each(join);
    assert_eq!((*mutex.lock().unwrap(), *lock.read().unwrap()), (16 * 60, 16 * 15));
    assert_eq!((mutex.waiting(), lock.waiting(), semaphore.waiting()), (0, 0, 0));
    println!("moved {} times", moved.load(SeqCst));
}

/// Runs `f` on as many goroutines as threads; main gives way until they are done.
fn both(each: usize, f: impl Fn(usize) + Clone + Send + 'static) {
    let on_goroutines: Vec<_> = (0..each)
        .map(|n| {
            let f = f.clone();
            go!(move || f(2 * n))
        })
        .collect();
    let on_threads: Vec<_> = (0..each)
        .map(|n| {
            let f = f.clone();
            thread::spawn(move || f(2 * n + 1))
        })
        .collect();
    on_goroutines.into_iter().for_each(join);
    on_threads.into_iter().for_each(join_thread);
}

pub(crate) fn one_object() {
    const EACH: usize = 4;
    let mutex = Arc::new(Mutex::new(0));
    let count = Arc::clone(&mutex);
    both(EACH, move |_| (0..1_000).for_each(|_| *count.lock().unwrap() += 1));
    assert_eq!(*mutex.lock().unwrap(), 2 * EACH * 1_000);

    let lock = Arc::new(RwLock::new(0));
    let count = Arc::clone(&lock);
    both(EACH, move |n| {
        (0..500).for_each(|round| match (round + n) % 4 {
            0 => *count.write().unwrap() += 1,
            _ => assert!(*count.read().unwrap() <= EACH * 500),
        });
    });
    assert_eq!(*lock.read().unwrap(), 2 * EACH * 125);

    // Everybody waits, in one queue; a goroutine wakes some, a thread the others.
    let pair = Arc::new((Mutex::new(0), Condvar::new()));
    let waiting = Arc::clone(&pair);
    let waker = Arc::clone(&pair);
    let wakes = go!(move || {
        until(|| waker.1.waiting() == 2 * EACH);
        (0..EACH).for_each(|_| waker.1.notify_one());
        thread::spawn(move || waker.1.notify_all());
    });
    both(EACH, move |_| *waiting.1.wait(waiting.0.lock().unwrap()).unwrap() += 1);
    join(wakes);
    assert_eq!(*pair.0.lock().unwrap(), 2 * EACH);

    let (semaphore, held) = (Arc::new(Semaphore::new(3)), Arc::new(AtomicUsize::new(0)));
    both(EACH, move |n| {
        (0..200).for_each(|round| {
            let size = 1 + (n + round) % 3;
            let _permit = semaphore.acquire(size);
            assert!(held.fetch_add(size, SeqCst) + size <= 3);
            held.fetch_sub(size, SeqCst);
        });
    });

    let (barrier, leaders) = (Arc::new(Barrier::new(2 * EACH)), Arc::new(AtomicUsize::new(0)));
    let led = Arc::clone(&leaders);
    both(EACH, move |_| {
        (0..50).for_each(|_| {
            led.fetch_add(usize::from(barrier.wait().is_leader()), SeqCst);
        });
    });
    assert_eq!(leaders.load(SeqCst), 50);

    let (once, cell, calls) = (Once::new(), OnceLock::new(), AtomicUsize::new(0));
    let shared = Arc::new((once, cell, calls));
    let called = Arc::clone(&shared);
    both(EACH, move |n| {
        let (once, cell, calls) = &*called;
        once.call_once(|| {
            gosched();
            calls.fetch_add(1, SeqCst);
        });
        assert!(*cell.get_or_init(|| n) < 2 * EACH && calls.load(SeqCst) == 1);
    });

    let (wg, woken) = (WaitGroup::new(), Arc::new(AtomicUsize::new(0)));
    wg.add(1);
    let (waits, counter, last) = (wg.clone(), Arc::clone(&woken), wg.clone());
    let done = go!(move || {
        until(|| last.waiting() == 2 * EACH);
        last.done();
    });
    both(EACH, move |_| {
        waits.wait();
        counter.fetch_add(1, SeqCst);
    });
    join(done);
    assert_eq!(woken.load(SeqCst), 2 * EACH);

    let (pool, flights) = (Arc::new(Pool::new(|| 1)), Arc::new(SingleFlight::new()));
    both(EACH, move |n| {
        (0..500).for_each(|round| {
            pool.put(pool.get());
            let key = (n + round) % 3;
            assert_eq!(flights.work(key, || key), key);
        });
    });
}

pub(crate) fn timers_and_contexts() {
    // A timer of a goroutine resets under a thread that waits, and the other way round.
    let timer = Arc::new(Timer::new(HOUR));
    let mine = Arc::clone(&timer);
    let waiter = thread::spawn(move || mine.chan().recv().is_ok());
    until(|| timer.chan().waiting_receivers() == 1);
    assert!(timer.reset(Duration::from_millis(1)) && join_thread(waiter));
    let (mine, other) = (Arc::clone(&timer), Arc::clone(&timer));
    assert!(!timer.reset(HOUR));
    let waiter = go!(move || mine.chan().recv().is_ok());
    until(|| timer.chan().waiting_receivers() == 1);
    let resets = thread::spawn(move || other.reset(Duration::from_millis(1)));
    assert!(join_thread(resets) && join(waiter));
    // Functions armed by a thread run on goroutines where there is a runtime.
    let (tell, told) = bounded(2);
    let arms = {
        let tell = tell.clone();
        move || {
            after_func(Duration::from_millis(1), move || {
                tell.send(gmp::current().is_some()).unwrap();
            })
        }
    };
    let timers = (join_thread(thread::spawn(arms.clone())), join(go!(arms())));
    assert_eq!((told.recv(), told.recv()), (Ok(true), Ok(true)));
    drop(timers);
    // The end of a context reaches both.
    for by_thread in [false, true] {
        let (ctx, cancel) = background().with_cancel();
        let child = ctx.with_timeout(HOUR).0;
        let watched = child.clone();
        let waits = move |_: usize| {
            select! {
                <-watched.done() => assert_eq!(watched.err(), Some(ContextError::Canceled)),
                after(HOUR) => panic!("an hour"),
            }
        };
        let canceller = go!(move || {
            until(|| child.done().waiting_receivers() == 8);
            match by_thread {
                true => join_thread(thread::spawn(move || cancel.cancel())),
                false => cancel(),
            }
        });
        both(4, waits);
        join(canceller);
    }
}

/// A goroutine that panics with a guard poisons, though others unwind on the same thread and
/// though it parks while it unwinds; whoever shares its thread does not.
pub(crate) fn poisoning() {
    struct Parks;
    impl Drop for Parks {
        fn drop(&mut self) {
            (0..20).for_each(|_| gosched());
        }
    }
    std::panic::set_hook(Box::new(|_| ()));
    for _ in 0..50 {
        let (bad, good) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
        let (read, written) = (Arc::new(RwLock::new(0)), Arc::new(RwLock::new(0)));
        let begun = WaitGroup::new();
        begun.add(1);
        let panics = {
            let (bad, read, written) = (Arc::clone(&bad), Arc::clone(&read), Arc::clone(&written));
            let begun = begun.clone();
            go!(move || {
                let _guards = (read.read().unwrap(), written.write().unwrap(), bad.lock().unwrap());
                let _parks = Parks;
                begun.done();
                panic!("as the test wants");
            })
        };
        let innocent = {
            let good = Arc::clone(&good);
            go!(move || {
                begun.wait();
                (0..30).for_each(|_| {
                    let mut guard = good.lock().unwrap();
                    gosched();
                    *guard += 1;
                });
            })
        };
        join(innocent);
        assert!(panics.join().is_err());
        assert!(bad.is_poisoned() && written.is_poisoned());
        assert!(!good.is_poisoned() && !read.is_poisoned());
        let seen = join_thread(thread::spawn(move || bad.lock().is_err()));
        assert!(seen);
    }
    // `goexit` unwinds, too, but it is no panic.
    let mutex = Arc::new(Mutex::new(0));
    let mine = Arc::clone(&mutex);
    let exits = go!(move || {
        let _guard = mine.lock().unwrap();
        gmp::goexit();
    });
    assert!(exits.join().is_err());
    println!("after goexit: poisoned={}", mutex.is_poisoned());
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let _guard = mutex.lock();
        panic!("as the test wants");
    }));
    assert!(caught.is_err() && mutex.is_poisoned());
}
