//! `Condvar`: order, time, nothing lost, nothing spurious.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::{Random, crowd, on_both, start, until, watchdog};
use gmp_sync::{Condvar, Mutex, WaitGroup};

#[derive(Default)]
struct Shared {
    log: Mutex<Vec<usize>>,
    changed: Condvar,
}

/// Starts `n` waiters, goroutines and threads, one after the other, each of which waits once
/// and then logs its number.
fn waiters(shared: &Arc<Shared>, n: usize, wg: &WaitGroup) -> Vec<thread::JoinHandle<()>> {
    let mut threads = Vec::new();
    for number in 0..n {
        wg.add(1);
        let (other, wg) = (Arc::clone(shared), wg.clone());
        let body = move || {
            let guard = other.log.lock().unwrap();
            other.changed.wait(guard).unwrap().push(number);
            wg.done();
        };
        if number % 3 == 1 {
            threads.push(thread::spawn(body));
        } else {
            drop(gmp_core::spawn(body));
        }
        until(|| shared.changed.waiting() == number + 1);
    }
    threads
}

#[test]
fn notify_one_wakes_who_waits_longest() {
    let _watchdog = watchdog();
    start();
    let (shared, wg) = (Arc::new(Shared::default()), WaitGroup::new());
    let threads = waiters(&shared, 9, &wg);
    for n in 0..9 {
        shared.changed.notify_one();
        until(|| shared.log.lock().unwrap().len() == n + 1);
        assert_eq!(shared.changed.waiting(), 8 - n);
    }
    wg.wait();
    assert_eq!(*shared.log.lock().unwrap(), Vec::from_iter(0..9));
    threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
}

#[test]
fn notify_all_wakes_those_who_wait_and_nobody_later() {
    let _watchdog = watchdog();
    start();
    let (shared, wg) = (Arc::new(Shared::default()), WaitGroup::new());
    let mut threads = waiters(&shared, 5, &wg);
    shared.changed.notify_all();
    assert_eq!(shared.changed.waiting(), 0);
    wg.wait();
    threads.extend(waiters(&shared, 2, &wg));
    assert_eq!(shared.log.lock().unwrap().len(), 5);
    shared.changed.notify_all();
    wg.wait();
    assert_eq!(shared.log.lock().unwrap().len(), 7);
    threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
}

#[test]
fn a_timeout_is_never_early() {
    on_both(|| {
        let shared = Shared::default();
        for micros in [0, 1, 700, 5_000] {
            let duration = Duration::from_micros(micros);
            let start = Instant::now();
            let guard = shared.log.lock().unwrap();
            let (guard, result) = shared.changed.wait_timeout(guard, duration).unwrap();
            assert!(result.timed_out() && start.elapsed() >= duration);
            drop(guard);
            assert_eq!(shared.changed.waiting(), 0);
        }
        let guard = shared.log.lock().unwrap();
        let mut looks = 0;
        let waited = shared.changed.wait_timeout_while(guard, Duration::from_millis(2), |log| {
            looks += 1;
            log.is_empty()
        });
        assert!(waited.unwrap().1.timed_out() && looks == 2);
    });
}

#[test]
fn a_notification_comes_before_its_deadline() {
    on_both(|| {
        let shared = Arc::new(Shared::default());
        for far in [Duration::from_secs(3_600), Duration::MAX] {
            let other = Arc::clone(&shared);
            let notifier = gmp_core::spawn(move || {
                until(|| other.changed.waiting() == 1);
                other.log.lock().unwrap().push(1);
                other.changed.notify_one();
            });
            let guard = shared.log.lock().unwrap();
            let waited = shared.changed.wait_timeout_while(guard, far, |log| log.is_empty());
            let (mut guard, result) = waited.unwrap();
            assert!(!result.timed_out());
            guard.clear();
            drop(guard);
            notifier.join().expect("no panic");
        }
    });
}

#[test]
fn notifying_nobody_is_not_remembered() {
    on_both(|| {
        let shared = Shared::default();
        shared.changed.notify_one();
        shared.changed.notify_all();
        let guard = shared.log.lock().unwrap();
        let (_guard, result) =
            shared.changed.wait_timeout(guard, Duration::from_millis(1)).unwrap();
        assert!(result.timed_out());
    });
}

#[test]
fn waiting_reports_the_poison_it_finds() {
    on_both(|| {
        let shared = Arc::new(Shared::default());
        let other = Arc::clone(&shared);
        let panics = gmp_core::spawn(move || {
            until(|| other.changed.waiting() == 1);
            let unwound = catch_unwind(AssertUnwindSafe(|| {
                let _guard = other.log.lock().unwrap();
                panic!("with the guard");
            }));
            assert!(unwound.is_err());
            other.changed.notify_all();
        });
        let guard = shared.log.lock().unwrap();
        let guard = shared.changed.wait(guard).unwrap_err().into_inner();
        let short = Duration::from_micros(1);
        let (guard, result) = shared.changed.wait_timeout(guard, short).unwrap_err().into_inner();
        assert!(result.timed_out());
        let error = shared.changed.wait_timeout_while(guard, short, |_| true).unwrap_err();
        assert!(error.get_ref().1.timed_out());
        drop(error);
        panics.join().expect("no panic");
    });
}

#[test]
fn one_condition_for_two_mutexes() {
    fn is_unwind_safe<T: UnwindSafe + RefUnwindSafe>() {}
    is_unwind_safe::<Condvar>();
    let _watchdog = watchdog();
    start();
    let changed = Arc::new(Condvar::new());
    let waiting: Vec<_> = (0..4)
        .map(|n| {
            let changed = Arc::clone(&changed);
            gmp_core::spawn(move || {
                let mutex = Mutex::new(n);
                let guard = mutex.lock().unwrap();
                *changed.wait(guard).unwrap()
            })
        })
        .collect();
    until(|| changed.waiting() == 4);
    changed.notify_all();
    let sum: i32 = waiting.into_iter().map(|handle| handle.join().expect("no panic")).sum();
    assert_eq!(sum, 6);
}

/// A queue with a limit: all who put and take wait for each other, some of them not for
/// long. Nothing is lost, and nobody waits for ever.
#[test]
fn a_queue_with_a_limit() {
    const LIMIT: usize = 3;
    const EACH: usize = 1_500;
    const PARTIES: usize = 8;
    #[derive(Default)]
    struct Bounded {
        values: Mutex<VecDeque<usize>>,
        room: Condvar,
        some: Condvar,
        late: AtomicUsize,
    }
    impl Bounded {
        fn put(&self, value: usize) {
            let values = self.values.lock().unwrap();
            let mut values = self.room.wait_while(values, |v| v.len() == LIMIT).unwrap();
            values.push_back(value);
            drop(values);
            self.some.notify_one();
        }
        fn take(&self, limit: Duration) -> Option<usize> {
            let values = self.values.lock().unwrap();
            let waited = self.some.wait_timeout_while(values, limit, |v| v.is_empty());
            let (mut values, result) = waited.unwrap();
            if result.timed_out() {
                self.late.fetch_add(1, Ordering::Relaxed);
                return None;
            }
            let value = values.pop_front().expect("the condition has become false");
            drop(values);
            self.room.notify_one();
            Some(value)
        }
    }
    let _watchdog = watchdog();
    let bounded = Arc::new(Bounded::default());
    let (shared, sum) = (Arc::clone(&bounded), Arc::new(AtomicUsize::new(0)));
    let total = Arc::clone(&sum);
    crowd(PARTIES - 2, 2, move |n| {
        let random = Random::new();
        for i in 0..EACH {
            // Threads and goroutines on both sides.
            if n % 2 == 0 {
                shared.put(i);
            } else {
                let micros = 1 << random.below(16);
                let value = loop {
                    if let Some(value) = shared.take(Duration::from_micros(micros)) {
                        break value;
                    }
                };
                total.fetch_add(value, Ordering::Relaxed);
            }
        }
    });
    assert_eq!(sum.load(Ordering::Relaxed), PARTIES / 2 * (0..EACH).sum::<usize>());
    assert!(bounded.values.lock().unwrap().is_empty());
    assert_eq!(bounded.room.waiting() + bounded.some.waiting(), 0);
    println!("{} were late", bounded.late.load(Ordering::Relaxed));
}
