// Included once for std's types and once for ours, as `sync`. No header of `//!`, which a file that
// is included cannot have.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::TryLockError;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{channel, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use sync::{Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock, RwLockWriteGuard};

use crate::support::watchdog;

const MS: Duration = Duration::from_millis(1);

/// Panics with whatever `f` makes, without a report.
fn fails<T>(f: impl FnOnce() -> T) {
    let failed = catch_unwind(AssertUnwindSafe(|| {
        let _held = f();
        resume_unwind(Box::new(()));
    }));
    assert!(failed.is_err());
}

#[test]
fn mutex_poisoning() {
    let _watchdog = watchdog();
    let mut mutex = Mutex::new(1);
    // Unlocked while unwinding, which was not under way at the time of the lock.
    fails(|| mutex.lock().unwrap());
    assert!(mutex.is_poisoned());
    let error = mutex.lock().unwrap_err();
    assert_eq!(**error.get_ref(), 1);
    assert!(error.to_string().contains("poisoned lock"), "{error}");
    *error.into_inner() += 1;
    assert!(
        matches!(mutex.try_lock(), Err(TryLockError::Poisoned(guard)) if **guard.get_ref() == 2)
    );
    assert_eq!(**mutex.get_mut().unwrap_err().get_ref(), 2);
    mutex.clear_poison();
    assert!(!mutex.is_poisoned() && *mutex.get_mut().unwrap() == 2);
    assert_eq!(*mutex.lock().unwrap(), 2);
    fails(|| mutex.try_lock().unwrap());
    assert_eq!(mutex.into_inner().unwrap_err().into_inner(), 2);
    // Of a thread that does not unwind any more, of a panic without the guard: not poisoned.
    let mutex = Mutex::new(1);
    fails(|| drop(mutex.lock().unwrap()));
    assert!(!mutex.is_poisoned());
    assert_eq!(mutex.into_inner().unwrap(), 1);
}

/// Locks and unlocks in its destructor.
struct LocksInDrop<'a>(&'a Mutex<u32>, &'a RwLock<u32>);

impl Drop for LocksInDrop<'_> {
    fn drop(&mut self) {
        assert!(thread::panicking());
        *self.0.lock().unwrap() += 1;
        *self.1.write().unwrap() += 1;
    }
}

#[test]
fn a_lock_taken_while_unwinding_is_not_poisoned() {
    let _watchdog = watchdog();
    let (mutex, lock) = (Mutex::new(0), RwLock::new(0));
    fails(|| LocksInDrop(&mutex, &lock));
    assert_eq!((mutex.into_inner().unwrap(), lock.into_inner().unwrap()), (1, 1));
}

#[test]
fn rwlock_poisoning() {
    let _watchdog = watchdog();
    let mut lock = RwLock::new(1);
    // Readers do not poison.
    fails(|| lock.read().unwrap());
    fails(|| [lock.read().unwrap(), lock.try_read().unwrap()]);
    assert!(!lock.is_poisoned());
    fails(|| lock.write().unwrap());
    assert!(lock.is_poisoned());
    assert_eq!(**lock.read().unwrap_err().get_ref(), 1);
    assert!(matches!(lock.try_read(), Err(TryLockError::Poisoned(_))));
    assert!(matches!(lock.try_write(), Err(TryLockError::Poisoned(_))));
    *lock.write().unwrap_err().into_inner() += 1;
    assert_eq!(**lock.get_mut().unwrap_err().get_ref(), 2);
    lock.clear_poison();
    assert_eq!(*lock.read().unwrap(), 2);
    assert_eq!(*lock.write().unwrap(), 2);
    // A guard that was made less of.
    fails(|| RwLockWriteGuard::downgrade(lock.write().unwrap()));
    assert!(!lock.is_poisoned());
    fails(|| lock.try_write().unwrap());
    assert_eq!(lock.into_inner().unwrap_err().into_inner(), 2);
}

#[test]
fn attempts_on_what_is_taken() {
    let _watchdog = watchdog();
    let (mutex, lock) = (Mutex::new(1), RwLock::new(1));
    let guard = mutex.lock().unwrap();
    assert!(matches!(mutex.try_lock(), Err(TryLockError::WouldBlock)));
    thread::scope(|s| {
        s.spawn(|| assert!(mutex.try_lock().is_err()));
    });
    drop(guard);
    let reading = lock.read().unwrap();
    assert!(matches!(lock.try_write(), Err(TryLockError::WouldBlock)));
    assert!(lock.try_read().is_ok());
    drop(reading);
    let writing = lock.write().unwrap();
    assert!(matches!(lock.try_read(), Err(TryLockError::WouldBlock)));
    assert!(matches!(lock.try_write(), Err(TryLockError::WouldBlock)));
    // Readers may come again, the value is what was written, nobody was in between.
    let reading = RwLockWriteGuard::downgrade(writing);
    assert!(lock.try_read().is_ok_and(|value| *value == *reading) && lock.try_write().is_err());
}

#[test]
fn unsized_values() {
    let _watchdog = watchdog();
    let mutex: &Mutex<[u8]> = &Mutex::new([1, 2, 3]);
    mutex.lock().unwrap()[0] = 4;
    assert_eq!(*mutex.lock().unwrap(), [4, 2, 3]);
    let lock: Arc<RwLock<dyn Fn() -> u32 + Send + Sync>> = Arc::new(RwLock::new(|| 5));
    assert_eq!((lock.read().unwrap())(), 5);
}

#[test]
fn texts() {
    let _watchdog = watchdog();
    let (mutex, lock) = (Mutex::new(1), RwLock::new(2));
    assert_eq!(format!("{mutex:?}"), "Mutex { data: 1, poisoned: false, .. }");
    assert_eq!(format!("{lock:?}"), "RwLock { data: 2, poisoned: false, .. }");
    let (guard, writing) = (mutex.lock().unwrap(), lock.write().unwrap());
    // With quotes, or without: that has changed over time.
    assert!(format!("{mutex:?} {lock:?}").matches("<locked>").count() == 2);
    assert_eq!(format!("{guard:?} {guard} {writing:?} {writing}"), "1 1 2 2");
    drop((guard, writing));
    let reading = lock.read().unwrap();
    assert_eq!(format!("{reading:?} {reading} {lock:?}").matches('2').count(), 3);
    fails(|| mutex.lock().unwrap());
    assert_eq!(format!("{mutex:?}"), "Mutex { data: 1, poisoned: true, .. }");
    let (once, cell) = (Once::new(), OnceLock::new());
    assert!(format!("{once:?}").starts_with("Once"));
    assert_eq!(format!("{cell:?}"), "OnceLock(<uninit>)");
    cell.set(3).unwrap();
    assert_eq!(format!("{cell:?}"), "OnceLock(3)");
    let lazy = LazyLock::new(|| 4);
    assert_eq!(format!("{lazy:?}"), "LazyLock(<uninit>)");
    assert_eq!((*lazy, format!("{lazy:?}").as_str()), (4, "LazyLock(4)"));
    assert!(format!("{:?}", Condvar::new()).starts_with("Condvar"));
    assert!(format!("{:?}", Barrier::new(2)).starts_with("Barrier"));
}

#[test]
fn made_from_values() {
    let _watchdog = watchdog();
    static MUTEX: Mutex<u8> = Mutex::new(1);
    static LOCK: RwLock<u8> = RwLock::new(2);
    static CELL: OnceLock<u8> = OnceLock::new();
    static LAZY: LazyLock<u8> = LazyLock::new(|| *MUTEX.lock().unwrap() + *LOCK.read().unwrap());
    static ONCE: (Once, Condvar) = (Once::new(), Condvar::new());
    ONCE.0.call_once(|| CELL.set(*LAZY).unwrap());
    assert_eq!(CELL.get(), Some(&3));
    assert_eq!(*Mutex::from(4).lock().unwrap() + *RwLock::from(5).read().unwrap(), 9);
    assert_eq!(
        (Mutex::<u8>::default().into_inner().unwrap(), OnceLock::from(6).take()),
        (0, Some(6))
    );
    let two = (OnceLock::from(1), OnceLock::<u8>::default());
    assert!(two.0 != two.1 && two.0 == two.0.clone() && two.1.get().is_none());
}

#[test]
fn condvar_hands_over() {
    const ROUNDS: u32 = 2_000;
    let _watchdog = watchdog();
    let pair = (Mutex::new(0), Condvar::new());
    thread::scope(|s| {
        for me in 0..2 {
            let (turn, changed) = (&pair.0, &pair.1);
            s.spawn(move || {
                for _ in 0..ROUNDS {
                    let mut turn =
                        changed.wait_while(turn.lock().unwrap(), |turn| *turn % 2 != me).unwrap();
                    *turn += 1;
                    changed.notify_all();
                }
            });
        }
    });
    assert_eq!(*pair.0.lock().unwrap(), 2 * ROUNDS);
}

#[test]
fn condvar_times_out() {
    let _watchdog = watchdog();
    let (mutex, cond) = (Mutex::new(0), Condvar::new());
    let start = Instant::now();
    let (guard, result) =
        cond.wait_timeout_while(mutex.lock().unwrap(), 20 * MS, |_| true).unwrap();
    assert!(result.timed_out() && start.elapsed() >= 20 * MS, "{:?}", start.elapsed());
    let (guard, result) = cond.wait_timeout_while(guard, 20 * MS, |_| false).unwrap();
    assert!(!result.timed_out());
    drop(guard);
    // Notified in time, in the end.
    thread::scope(|s| {
        let waiter = s.spawn(|| {
            let guard = mutex.lock().unwrap();
            let most = Duration::from_secs(1_000);
            cond.wait_timeout_while(guard, most, |value| *value == 0).unwrap().1.timed_out()
        });
        *mutex.lock().unwrap() = 1;
        while !waiter.is_finished() {
            cond.notify_one();
            thread::yield_now();
        }
        assert!(!waiter.join().unwrap());
    });
}

/// Who wakes up with a mutex that was poisoned meanwhile is told.
#[test]
fn condvar_tells_of_poison() {
    let _watchdog = watchdog();
    let (mutex, cond) = (Mutex::new(false), Condvar::new());
    thread::scope(|s| {
        let (ready_tx, ready) = sync_channel(2);
        let waits = |timed| {
            let (ready, mutex, cond) = (ready_tx.clone(), &mutex, &cond);
            move || {
                let guard = mutex.lock().unwrap();
                ready.send(()).unwrap();
                if timed {
                    let most = Duration::from_secs(1_000);
                    let error = cond.wait_timeout_while(guard, most, |done| !*done).unwrap_err();
                    assert!(!error.get_ref().1.timed_out() && *error.get_ref().0);
                } else {
                    let error = cond.wait_while(guard, |done| !*done).unwrap_err();
                    assert!(**error.get_ref());
                }
            }
        };
        let waiters = [s.spawn(waits(false)), s.spawn(waits(true))];
        waiters.iter().for_each(|_| ready.recv().unwrap());
        fails(|| {
            let mut done = mutex.lock().unwrap();
            *done = true;
            done
        });
        cond.notify_all();
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
    });
}

#[test]
fn once_and_its_poison() {
    let _watchdog = watchdog();
    let (once, calls) = (Once::new(), AtomicUsize::new(0));
    thread::scope(|s| {
        for _ in 0..8 {
            s.spawn(|| {
                once.call_once(|| {
                    thread::sleep(MS);
                    calls.fetch_add(1, SeqCst);
                });
                assert!(once.is_completed() && calls.load(SeqCst) == 1);
            });
        }
        once.wait();
        assert_eq!(calls.load(SeqCst), 1);
    });
    let once = Once::new();
    assert!(
        catch_unwind(AssertUnwindSafe(|| once.call_once(|| resume_unwind(Box::new(()))))).is_err()
    );
    assert!(!once.is_completed());
    assert!(catch_unwind(AssertUnwindSafe(|| once.call_once(|| ()))).is_err(), "poisoned");
    assert!(catch_unwind(AssertUnwindSafe(|| once.wait())).is_err(), "poisoned");
    once.call_once_force(|state| assert!(state.is_poisoned()));
    once.call_once_force(|_| unreachable!());
    once.call_once(|| unreachable!());
    once.wait();
    let fresh = Once::new();
    fresh.call_once_force(|state| assert!(!state.is_poisoned()));
    assert!(fresh.is_completed());
}

#[test]
fn once_lock() {
    let _watchdog = watchdog();
    let (cell, calls) = (OnceLock::new(), AtomicUsize::new(0));
    thread::scope(|s| {
        for n in 0..8 {
            let (cell, calls) = (&cell, &calls);
            s.spawn(move || {
                let value = *cell.get_or_init(|| {
                    calls.fetch_add(1, SeqCst);
                    n
                });
                assert_eq!(cell.get(), Some(&value));
                assert_eq!(cell.set(100), Err(100));
            });
        }
        assert!(*cell.wait() < 8);
    });
    assert_eq!(calls.load(SeqCst), 1);
    // A panic leaves it empty.
    let mut cell = OnceLock::new();
    assert!(
        catch_unwind(AssertUnwindSafe(|| _ = cell.get_or_init(|| resume_unwind(Box::new(())))))
            .is_err()
    );
    assert_eq!((cell.get(), cell.get_or_init(|| 1)), (None, &1));
    *cell.get_mut().unwrap() = 2;
    assert_eq!((cell.take(), cell.take()), (Some(2), None));
    assert_eq!((cell.set(3), cell.into_inner()), (Ok(()), Some(3)));
}

#[test]
fn lazy_lock() {
    let _watchdog = watchdog();
    let calls = AtomicUsize::new(0);
    let lazy = LazyLock::new(|| calls.fetch_add(1, SeqCst) + 1);
    assert_eq!(calls.load(SeqCst), 0);
    thread::scope(|s| (0..8).for_each(|_| _ = s.spawn(|| assert_eq!(*lazy, 1))));
    assert_eq!((LazyLock::force(&lazy), calls.load(SeqCst)), (&1, 1));
    let broken: LazyLock<u8> = LazyLock::new(|| resume_unwind(Box::new(())));
    assert!((0..2).all(|_| catch_unwind(AssertUnwindSafe(|| *broken)).is_err()));
}

#[test]
fn barrier() {
    const THREADS: usize = 8;
    let _watchdog = watchdog();
    let (barrier, arrived) = (Barrier::new(THREADS), AtomicUsize::new(0));
    let (leader_tx, leaders) = channel();
    thread::scope(|s| {
        for _ in 0..THREADS {
            let (barrier, arrived, leader) = (&barrier, &arrived, leader_tx.clone());
            s.spawn(move || {
                for round in 1..=50 {
                    arrived.fetch_add(1, SeqCst);
                    let result = barrier.wait();
                    assert!(arrived.load(SeqCst) >= round * THREADS, "too early");
                    if result.is_leader() {
                        leader.send(round).unwrap();
                    }
                }
            });
        }
    });
    drop(leader_tx);
    assert_eq!(leaders.iter().collect::<Vec<_>>(), (1..=50).collect::<Vec<_>>());
    assert!(Barrier::new(1).wait().is_leader());
    assert!(Barrier::new(0).wait().is_leader());
}
