//! `RwLock`: who is in together, who waits for whom, poisoning.

use std::collections::HashSet;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::common::{Random, crowd, on_both, start, until, watchdog};
use gmp_core::JoinHandle;
use gmp_sync::{RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError};

/// Starts `f`, on a goroutine or a thread, and returns when it waits for `lock` as number
/// `n`.
fn queue<T: Send + Sync + 'static>(
    lock: &Arc<RwLock<T>>,
    n: usize,
    f: impl FnOnce(&RwLock<T>) + Send + 'static,
) -> Started {
    let other = Arc::clone(lock);
    let body = move || f(&other);
    let started = if n.is_multiple_of(2) {
        Started::Goroutine(gmp_core::spawn(body))
    } else {
        Started::Thread(thread::spawn(body))
    };
    until(|| lock.waiting() == n + 1);
    started
}

enum Started {
    Goroutine(JoinHandle<()>),
    Thread(thread::JoinHandle<()>),
}

impl Started {
    fn join(self) {
        match self {
            Started::Goroutine(handle) => handle.join().expect("no panic"),
            Started::Thread(handle) => {
                until(|| handle.is_finished());
                handle.join().expect("no panic");
            }
        }
    }
}

#[test]
fn readers_are_in_together() {
    let _watchdog = watchdog();
    let lock = Arc::new(RwLock::new(()));
    let inside = Arc::new(AtomicUsize::new(0));
    crowd(6, 6, move |_| {
        let _guard = lock.read().unwrap();
        inside.fetch_add(1, Ordering::SeqCst);
        until(|| inside.load(Ordering::SeqCst) == 12);
    });
}

#[test]
fn who_writes_is_alone() {
    const ROUNDS: u64 = 2_000;
    let _watchdog = watchdog();
    let random = Random::new();
    let lock = Arc::new(RwLock::new((0_u64, 0_u64)));
    let written = Arc::new(AtomicUsize::new(0));
    let (shared, count) = (Arc::clone(&lock), Arc::clone(&written));
    crowd(6, 3, move |_| {
        for _ in 0..ROUNDS {
            match random.below(8) {
                0 => {
                    let mut guard = shared.write().unwrap();
                    guard.0 += 1;
                    // Others run, and find it locked; this goroutine may go on elsewhere.
                    gmp_core::gosched();
                    guard.1 += 1;
                    count.fetch_add(1, Ordering::Relaxed);
                }
                1 => {
                    let mut guard = shared.write().unwrap();
                    guard.0 += 1;
                    guard.1 += 1;
                    count.fetch_add(1, Ordering::Relaxed);
                    let guard = RwLockWriteGuard::downgrade(guard);
                    assert_eq!(guard.0, guard.1);
                }
                2 => {
                    if let Ok(mut guard) = shared.try_write() {
                        guard.0 += 1;
                        guard.1 += 1;
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                }
                3 => {
                    if let Ok(guard) = shared.try_read() {
                        assert_eq!(guard.0, guard.1);
                    }
                }
                4 => {
                    let guard = shared.read().unwrap();
                    let before = *guard;
                    gmp_core::gosched();
                    assert_eq!((guard.0, guard.1), before);
                }
                _ => {
                    let guard = shared.read().unwrap();
                    assert_eq!(guard.0, guard.1);
                }
            }
        }
    });
    let writes = written.load(Ordering::Relaxed) as u64;
    assert_eq!(*lock.try_read().unwrap(), (writes, writes));
    assert_eq!(lock.waiting(), 0);
}

/// As Go's: one reader more than there are Ps cannot keep a writer out, nor the other way
/// round.
#[test]
fn neither_side_starves() {
    const TURNS: usize = 200;
    let _watchdog = watchdog();
    start();
    for writes in [true, false] {
        let lock = Arc::new(RwLock::new(0));
        let done = Arc::new(AtomicBool::new(false));
        // At any moment one of them at least holds the lock, or waits for it.
        let crowd: Vec<_> = (0..4)
            .map(|_| {
                let (lock, done) = (Arc::clone(&lock), Arc::clone(&done));
                gmp_core::spawn(move || {
                    while !done.load(Ordering::Relaxed) {
                        if writes {
                            let _guard = lock.read().unwrap();
                            gmp_core::gosched();
                        } else {
                            *lock.write().unwrap() += 1;
                            gmp_core::gosched();
                        }
                    }
                })
            })
            .collect();
        for _ in 0..TURNS {
            if writes {
                *lock.write().unwrap() += 1;
            } else {
                drop(lock.read().unwrap());
            }
        }
        done.store(true, Ordering::Relaxed);
        crowd.into_iter().for_each(|handle| handle.join().unwrap());
        assert!(!writes || *lock.read().unwrap() == TURNS);
    }
}

#[test]
fn a_waiting_writer_keeps_new_readers_out() {
    on_both(|| {
        let lock = Arc::new(RwLock::new(0));
        let (one, two) = (lock.read().unwrap(), lock.read().unwrap());
        assert!(lock.try_read().is_ok() && lock.try_write().is_err());
        let writer = queue(&lock, 0, |lock| *lock.write().unwrap() += 1);
        assert!(matches!(lock.try_read(), Err(TryLockError::WouldBlock)));
        assert!(matches!(lock.try_write(), Err(TryLockError::WouldBlock)));
        assert_eq!(format!("{lock:?}"), "RwLock { data: <locked>, poisoned: false, .. }");
        let reader = queue(&lock, 1, |lock| assert_eq!(*lock.read().unwrap(), 1));
        drop(one);
        // The other one is still in.
        assert_eq!((*two, lock.waiting()), (0, 2));
        drop(two);
        writer.join();
        reader.join();
        assert_eq!(*lock.read().unwrap(), 1);
    });
}

#[test]
fn all_readers_are_let_in_before_the_next_writer() {
    on_both(|| {
        let lock = Arc::new(RwLock::new(0));
        let inside = Arc::new(AtomicUsize::new(0));
        let guard = lock.write().unwrap();
        // W R R W R: the readers see nothing written, and are in together.
        let started: Vec<_> = [true, false, false, true, false]
            .into_iter()
            .enumerate()
            .map(|(n, writes)| {
                let inside = Arc::clone(&inside);
                queue(&lock, n, move |lock| {
                    if writes {
                        *lock.write().unwrap() += 1;
                    } else {
                        let guard = lock.read().unwrap();
                        inside.fetch_add(1, Ordering::SeqCst);
                        until(|| inside.load(Ordering::SeqCst) == 3);
                        assert_eq!(*guard, 0, "a writer went first");
                    }
                })
            })
            .collect();
        drop(guard);
        started.into_iter().for_each(Started::join);
        assert_eq!((*lock.read().unwrap(), lock.waiting()), (2, 0));
    });
}

#[test]
fn writers_in_the_order_in_which_they_came() {
    const WRITERS: usize = 12;
    on_both(|| {
        for reads in [true, false] {
            let lock = Arc::new(RwLock::new(Vec::new()));
            let holder = if reads { Ok(lock.read().unwrap()) } else { Err(lock.write().unwrap()) };
            let started: Vec<_> = (0..WRITERS)
                .map(|n| queue(&lock, n, move |lock| lock.write().unwrap().push(n)))
                .collect();
            drop(holder);
            started.into_iter().for_each(Started::join);
            assert_eq!(*lock.read().unwrap(), (0..WRITERS).collect::<Vec<_>>());
        }
    });
}

#[test]
fn downgrade_lets_readers_in_and_no_writer() {
    on_both(|| {
        let lock = Arc::new(RwLock::new(1));
        let read = Arc::new(AtomicUsize::new(0));
        let mut guard = lock.write().unwrap();
        let writer = queue(&lock, 0, |lock| *lock.write().unwrap() = 3);
        let readers: Vec<_> = (1..4)
            .map(|n| {
                let read = Arc::clone(&read);
                queue(&lock, n, move |lock| {
                    read.fetch_add(*lock.read().unwrap(), Ordering::SeqCst);
                })
            })
            .collect();
        *guard = 2;
        let guard = RwLockWriteGuard::downgrade(guard);
        readers.into_iter().for_each(Started::join);
        assert_eq!(read.load(Ordering::SeqCst), 6);
        // Who comes to read now waits behind the writer.
        assert!(lock.try_read().is_err());
        assert_eq!((*guard, lock.waiting()), (2, 1));
        drop(guard);
        writer.join();
        assert_eq!(*lock.read().unwrap(), 3);
    });
}

#[test]
fn downgrade_with_nobody_there() {
    let lock = RwLock::new(1);
    let guard = RwLockWriteGuard::downgrade(lock.write().unwrap());
    let other = lock.try_read().unwrap();
    assert!(lock.try_write().is_err());
    drop((guard, other));
    assert!(lock.try_write().is_ok());
}

#[test]
fn a_guard_is_held_across_parks() {
    let _watchdog = watchdog();
    let lock = Arc::new(RwLock::new(HashSet::new()));
    let shared = Arc::clone(&lock);
    crowd(8, 0, move |n| {
        let mut guard = shared.write().unwrap();
        gmp_core::time::sleep(Duration::from_millis(1));
        assert!(guard.insert(n));
        drop(guard);
        let guard = shared.read().unwrap();
        gmp_core::time::sleep(Duration::from_millis(1));
        assert!(guard.contains(&n));
    });
    assert_eq!(lock.read().unwrap().len(), 8);
}

/// At one P nobody who waits in here can be helped by another CPU.
#[test]
fn all_on_one_p() {
    let _watchdog = watchdog();
    start();
    let before = gmp_core::gomaxprocs(1);
    let lock = Arc::new(RwLock::new(0));
    let all: Vec<_> = (0..20)
        .map(|n| {
            let lock = Arc::clone(&lock);
            gmp_core::spawn(move || {
                for _ in 0..50 {
                    if n % 4 == 0 {
                        let mut guard = lock.write().unwrap();
                        gmp_core::gosched();
                        *guard += 1;
                    } else {
                        let guard = lock.read().unwrap();
                        let value = *guard;
                        gmp_core::gosched();
                        assert_eq!(*guard, value);
                    }
                }
            })
        })
        .collect();
    all.into_iter().for_each(|handle| handle.join().unwrap());
    gmp_core::gomaxprocs(before);
    assert_eq!(*lock.read().unwrap(), 5 * 50);
}

// --- poisoning ----------------------------------------------------------------------------

fn poison<T: Send + Sync>(lock: &RwLock<T>) {
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let _guard = lock.write().unwrap_or_else(|error| error.into_inner());
        std::panic::resume_unwind(Box::new(()));
    }));
    assert!(unwound.is_err());
}

#[test]
fn who_panics_writing_poisons() {
    on_both(|| {
        let mut lock = RwLock::new(1);
        poison(&lock);
        assert!(lock.is_poisoned());
        assert_eq!(*lock.read().unwrap_err().into_inner(), 1);
        assert_eq!(*lock.write().unwrap_err().into_inner(), 1);
        assert!(
            matches!(lock.try_read(), Err(TryLockError::Poisoned(guard)) if **guard.get_ref() == 1)
        );
        assert!(matches!(lock.try_write(), Err(TryLockError::Poisoned(_))));
        assert_eq!(format!("{lock:?}"), "RwLock { data: 1, poisoned: true, .. }");
        assert_eq!(*lock.get_mut().unwrap_err().into_inner(), 1);
        lock.clear_poison();
        assert!(!lock.is_poisoned() && lock.read().is_ok() && lock.write().is_ok());
        assert!(lock.get_mut().is_ok());
        poison(&lock);
        assert_eq!(lock.into_inner().unwrap_err().into_inner(), 1);
    });
}

#[test]
fn who_panics_reading_does_not() {
    on_both(|| {
        let lock = RwLock::new(1);
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            let _guard = lock.read().unwrap();
            std::panic::resume_unwind(Box::new(()));
        }));
        assert!(unwound.is_err() && !lock.is_poisoned());
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            let _guard = RwLockWriteGuard::downgrade(lock.write().unwrap());
            std::panic::resume_unwind(Box::new(()));
        }));
        assert!(unwound.is_err() && !lock.is_poisoned());
        assert!(lock.try_write().is_ok(), "both have left");
    });
}

/// Who writes in a drop that is run by a panic has not panicked himself.
#[test]
fn a_panic_from_before_does_not_count() {
    struct Writes<'a>(&'a RwLock<u32>);
    impl Drop for Writes<'_> {
        fn drop(&mut self) {
            *self.0.write().unwrap() += 1;
        }
    }
    on_both(|| {
        let lock = RwLock::new(1);
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            let _writes = Writes(&lock);
            std::panic::resume_unwind(Box::new(()));
        }));
        assert!(unwound.is_err());
        assert_eq!(*lock.read().unwrap(), 2);
    });
}

#[test]
fn goexit_poisons_and_wakes() {
    let _watchdog = watchdog();
    start();
    let lock = Arc::new(RwLock::new(0));
    let shared = Arc::clone(&lock);
    let (holds, leave) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (told, may) = (Arc::clone(&holds), Arc::clone(&leave));
    let exiting = gmp_core::spawn(move || {
        let _guard = shared.write().unwrap();
        told.store(true, Ordering::SeqCst);
        until(|| may.load(Ordering::SeqCst));
        gmp_core::goexit();
    });
    until(|| holds.load(Ordering::SeqCst));
    let reader = queue(&lock, 0, |lock| assert!(lock.read().is_err()));
    leave.store(true, Ordering::SeqCst);
    reader.join();
    assert!(exiting.join().is_err());
    assert!(lock.is_poisoned());
}

/// A goroutine that has caught its `goexit` ends where it enters the scheduler next: no
/// lock stays behind, and nobody who waits for it.
#[test]
fn a_swallowed_goexit_leaves_nothing_behind() {
    let _watchdog = watchdog();
    start();
    let lock = Arc::new(RwLock::new(()));
    let order = Arc::new(Mutex::new(Vec::new()));
    let (shared, seen) = (Arc::clone(&lock), Arc::clone(&order));
    let swallowing = gmp_core::spawn(move || {
        // Dropped, the payload would go on exiting.
        let _payload = ManuallyDrop::new(catch_unwind(|| gmp_core::goexit()));
        let guard = shared.write().unwrap_or_else(|error| error.into_inner());
        let other = Arc::clone(&shared);
        // Who is started may be queued by then or not.
        seen.lock().unwrap().push("locked");
        drop(thread::spawn(move || drop(other.read())));
        while shared.waiting() == 0 {
            std::hint::spin_loop();
        }
        drop(guard);
        seen.lock().unwrap().push("unlocked");
        // Waits for itself, but for the exit.
        let _read = shared.read();
        let _write = shared.write();
        seen.lock().unwrap().push("not reached");
    });
    assert!(swallowing.join().is_err());
    assert_eq!(*order.lock().unwrap(), ["locked", "unlocked"]);
    assert!(lock.write().is_ok(), "nobody has panicked");
}

// --- the rest -----------------------------------------------------------------------------

#[test]
fn made_and_shown_as_std_does() {
    static GLOBAL: RwLock<[u8; 2]> = RwLock::new([1, 2]);
    assert_eq!(GLOBAL.read().unwrap()[1], 2);
    assert_eq!(*RwLock::<u8>::default().read().unwrap(), 0);
    assert_eq!(*RwLock::from("x").read().unwrap(), "x");
    assert_eq!(format!("{:?}", RwLock::new(1)), "RwLock { data: 1, poisoned: false, .. }");
    let lock = RwLock::new(7);
    assert_eq!(format!("{:?} {}", lock.read().unwrap(), lock.read().unwrap()), "7 7");
    assert_eq!(format!("{0:?} {0}", lock.write().unwrap()), "7 7");
    // Unsized data.
    let unsized_data: &RwLock<[u32]> = &RwLock::new([1, 2, 3]);
    unsized_data.write().unwrap()[0] = 9;
    assert_eq!(unsized_data.read().unwrap().iter().sum::<u32>(), 14);
}

#[test]
fn auto_traits_and_variance() {
    fn shared<T: Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
    fn sync<T: Sync>() {}
    fn shorter<'a>(guard: RwLockReadGuard<'a, &'static str>) -> RwLockReadGuard<'a, &'a str> {
        guard
    }
    shared::<RwLock<u8>>();
    sync::<RwLockReadGuard<'_, u8>>();
    sync::<RwLockWriteGuard<'_, u8>>();
    let lock = RwLock::new("text");
    assert_eq!(*shorter(lock.read().unwrap()), "text");
}
