//! `Mutex`: one at a time, fairness, poisoning, std's forms.

use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::{Random, crowd, on_both, start, until, watchdog};
use gmp_sync::{Mutex, MutexGuard, TryLockError, WaitGroup};

/// A mutex that is poisoned, with `value` in it.
fn poisoned<T>(value: T) -> Mutex<T> {
    let mutex = Mutex::new(value);
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let _guard = mutex.lock();
        panic!("with the guard");
    }));
    assert!(unwound.is_err());
    mutex
}

#[test]
fn is_a_mutex_as_std_has_it() {
    fn is_send<T: Send>() {}
    fn is_sync<T: Sync>() {}
    fn is_unwind_safe<T: UnwindSafe + RefUnwindSafe>() {}
    is_send::<Mutex<std::cell::Cell<u8>>>();
    is_sync::<Mutex<std::cell::Cell<u8>>>();
    is_sync::<MutexGuard<'_, u8>>();
    is_unwind_safe::<Mutex<std::cell::Cell<u8>>>();

    static GLOBAL: Mutex<Vec<u8>> = Mutex::new(Vec::new());
    GLOBAL.lock().unwrap().push(1);
    assert_eq!(*GLOBAL.lock().unwrap(), [1]);

    let mut mutex = Mutex::from(5);
    *mutex.get_mut().unwrap() += 1;
    let guard = mutex.lock().unwrap();
    assert_eq!((format!("{guard}"), format!("{guard:?}")), ("6".into(), "6".into()));
    assert_eq!(format!("{mutex:?}"), "Mutex { data: <locked>, poisoned: false, .. }");
    drop(guard);
    assert_eq!(format!("{mutex:?}"), "Mutex { data: 6, poisoned: false, .. }");
    assert_eq!(mutex.into_inner().unwrap(), 6);
    assert_eq!(*Mutex::<u8>::default().lock().unwrap(), 0);

    let unsized_: &Mutex<[u8]> = &Mutex::new([1, 2, 3]);
    unsized_.lock().unwrap()[0] = 4;
    assert_eq!(*unsized_.lock().unwrap(), [4, 2, 3]);
}

#[test]
fn try_lock_says_what_is_the_matter() {
    let mutex = Mutex::new(0);
    {
        let _guard = mutex.try_lock().unwrap();
        assert!(matches!(mutex.try_lock(), Err(TryLockError::WouldBlock)));
    }
    assert!(mutex.try_lock().is_ok());
    let mutex = poisoned(0);
    assert!(matches!(mutex.try_lock(), Err(TryLockError::Poisoned(_))));
    assert!(mutex.try_lock().is_err(), "and the guard in the error has unlocked");
}

#[test]
fn a_panic_poisons_until_cleared() {
    on_both(|| {
        let mut mutex = poisoned(1);
        assert!(mutex.is_poisoned());
        let guard = mutex.lock().unwrap_err().into_inner();
        assert_eq!(*guard, 1);
        drop(guard);
        assert!(mutex.get_mut().is_err());
        assert!(format!("{mutex:?}").contains("poisoned: true"));
        mutex.clear_poison();
        assert!(!mutex.is_poisoned() && mutex.lock().is_ok());
        assert!(poisoned(2).into_inner().is_err());
    });
}

#[test]
fn a_panic_that_began_earlier_poisons_nothing() {
    struct LocksWhileItGoes<'a>(&'a Mutex<u32>);
    impl Drop for LocksWhileItGoes<'_> {
        fn drop(&mut self) {
            *self.0.lock().unwrap() += 1;
        }
    }
    on_both(|| {
        let mutex = Mutex::new(0);
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            let _last = LocksWhileItGoes(&mutex);
            panic!("locks while it unwinds");
        }));
        assert!(unwound.is_err());
        assert_eq!(*mutex.lock().unwrap(), 1);
    });
}

#[test]
fn a_goroutine_that_panics_or_exits_with_the_guard_poisons() {
    let _watchdog = watchdog();
    start();
    for exits in [false, true] {
        let mutex = Arc::new(Mutex::new(0));
        let other = Arc::clone(&mutex);
        let handle = gmp_core::spawn(move || {
            let _guard = other.lock().unwrap();
            // The guard is held over a park.
            gmp_core::time::sleep(Duration::from_millis(1));
            if exits {
                gmp_core::goexit();
            }
            panic!("with the guard");
        });
        let waiter = Arc::clone(&mutex);
        let waits = gmp_core::spawn(move || drop(waiter.lock()));
        assert!(handle.join().is_err());
        waits.join().expect("no panic");
        assert!(mutex.is_poisoned());
    }
}

/// Nobody is with the data at the same time as another, whoever the parties are.
#[test]
fn one_at_a_time() {
    let _watchdog = watchdog();
    static INSIDE: AtomicUsize = AtomicUsize::new(0);
    static TOTAL: Mutex<u64> = Mutex::new(0);
    const EACH: u64 = 3_000;
    crowd(8, 3, |n| {
        let random = Random::new();
        for _ in 0..EACH {
            let mut guard = TOTAL.lock().unwrap();
            assert_eq!(INSIDE.fetch_add(1, Ordering::Relaxed), 0, "{n} is not alone");
            *guard += 1;
            match random.below(200) {
                0 => gmp_core::gosched(),
                1 => gmp_core::time::sleep(Duration::from_micros(20)),
                _ => {}
            }
            INSIDE.fetch_sub(1, Ordering::Relaxed);
        }
    });
    assert_eq!(*TOTAL.lock().unwrap(), 11 * EACH);
    assert_eq!(TOTAL.waiting(), 0);
}

/// Locks, tries, panics and waits by goroutines and threads that come and go.
#[test]
fn everything_at_once() {
    let _watchdog = watchdog();
    static MUTEX: Mutex<(u64, u64)> = Mutex::new((0, 0));
    static DONE: AtomicUsize = AtomicUsize::new(0);
    fn both(pair: &mut (u64, u64)) {
        assert_eq!(pair.0, pair.1);
        pair.0 += 1;
        std::hint::black_box(&mut *pair);
        pair.1 += 1;
        DONE.fetch_add(1, Ordering::Relaxed);
    }
    crowd(8, 3, |_| {
        let random = Random::new();
        for _ in 0..1_500 {
            match random.below(40) {
                0 => {
                    let _ = catch_unwind(|| {
                        let mut guard = MUTEX.lock().unwrap_or_else(|error| error.into_inner());
                        both(&mut guard);
                        std::panic::resume_unwind(Box::new(()));
                    });
                }
                1 => MUTEX.clear_poison(),
                2..20 => match MUTEX.try_lock() {
                    Ok(mut guard) => both(&mut guard),
                    Err(TryLockError::Poisoned(error)) => both(&mut error.into_inner()),
                    Err(TryLockError::WouldBlock) => {}
                },
                _ => both(&mut MUTEX.lock().unwrap_or_else(|error| error.into_inner())),
            }
        }
    });
    let pair = MUTEX.lock().unwrap_or_else(|error| error.into_inner());
    assert_eq!(*pair, (DONE.load(Ordering::Relaxed) as u64, DONE.load(Ordering::Relaxed) as u64));
}

/// A waiter gets a mutex that another one hardly ever leaves unlocked.
#[test]
fn a_waiter_is_not_starved() {
    let _watchdog = watchdog();
    start();
    let stop = Arc::new(AtomicBool::new(false));
    let mutex = Arc::new(Mutex::new(()));
    let greedy: Vec<_> = (0..2)
        .map(|_| {
            let (stop, mutex) = (Arc::clone(&stop), Arc::clone(&mutex));
            gmp_core::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let _guard = mutex.lock().unwrap();
                    let start = Instant::now();
                    while start.elapsed() < Duration::from_micros(100) {}
                }
            })
        })
        .collect();
    for on_thread in [false, true] {
        let mutex = Arc::clone(&mutex);
        let modest = move || {
            for _ in 0..20 {
                gmp_core::time::sleep(Duration::from_micros(100));
                drop(mutex.lock().unwrap());
            }
        };
        if on_thread {
            thread::spawn(modest).join().expect("no panic");
        } else {
            gmp_core::spawn(modest).join().expect("no panic");
        }
    }
    stop.store(true, Ordering::Relaxed);
    greedy.into_iter().for_each(|handle| handle.join().expect("no panic"));
}

/// Who waits for a mutex is served in turn.
#[test]
fn first_come_first_served() {
    let _watchdog = watchdog();
    start();
    let mutex = Arc::new(Mutex::new(Vec::new()));
    let guard = mutex.lock().unwrap();
    let wg = WaitGroup::new();
    let mut threads = Vec::new();
    for n in 0..10 {
        let (other, wg) = (Arc::clone(&mutex), wg.clone());
        wg.add(1);
        let body = move || {
            other.lock().unwrap().push(n);
            wg.done();
        };
        if n % 3 == 0 {
            threads.push(thread::spawn(body));
        } else {
            drop(gmp_core::spawn(body));
        }
        until(|| mutex.waiting() == n + 1);
    }
    drop(guard);
    wg.wait();
    assert_eq!(*mutex.lock().unwrap(), Vec::from_iter(0..10));
    threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
}

/// Many mutexes are made, used once and dropped, some of them still locked.
#[test]
fn short_lives() {
    for n in 0..1_000 {
        let mutex = Mutex::new(n);
        *mutex.lock().unwrap() += 1;
        if n % 2 == 0 {
            let _guard = ManuallyDrop::new(mutex.lock());
            assert!(mutex.try_lock().is_err());
        }
        assert_eq!(mutex.into_inner().unwrap(), n + 1);
    }
}
