//! `OnceLock` and `LazyLock`: one value, made once.

use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use crate::common::{Drops, Token, crowd, message, on_both, until, watchdog};
use gmp_sync::{LazyLock, OnceLock};

/// The bounds are std's.
#[test]
fn bounds() {
    fn shared<T: Send + Sync + UnwindSafe + RefUnwindSafe>() {}
    fn sent<T: Send>() {}
    shared::<OnceLock<String>>();
    shared::<LazyLock<String>>();
    sent::<OnceLock<std::cell::Cell<u8>>>();
    // Not `Sync` is what the function may be.
    fn lazy<F: Send>(_: F)
    where
        LazyLock<u8, F>: Sync,
    {
    }
    let cell = std::cell::Cell::new(1);
    lazy(move || cell.get());
    // The value may borrow what is dropped after the cell.
    let text = String::from("text");
    let cell: OnceLock<&str> = OnceLock::new();
    assert_eq!(cell.set(&text), Ok(()));
}

#[test]
fn one_fills_the_cell() {
    let _watchdog = watchdog();
    for _ in 0..200 {
        let (cell, makes) = (OnceLock::new(), AtomicUsize::new(0));
        crowd(6, 2, move |n| {
            let value = cell.get_or_init(|| {
                assert_eq!(makes.fetch_add(1, Ordering::SeqCst), 0);
                gmp_core::gosched();
                Box::new(n)
            });
            assert_eq!(cell.get(), Some(value));
            assert!(cell.set(Box::new(n)).is_err());
            assert_eq!(makes.load(Ordering::SeqCst), 1);
        });
    }
}

/// All who come while it is filled wait, and see what was made.
#[test]
fn others_wait() {
    on_both(|| {
        const WAITERS: usize = 6;
        let cell = Arc::new(OnceLock::new());
        let seen = Arc::new(AtomicUsize::new(0));
        let value = cell.get_or_init(|| {
            for n in 0..WAITERS {
                let (cell, seen) = (Arc::clone(&cell), Arc::clone(&seen));
                let body = move || {
                    let value: &String = match n % 3 {
                        0 => cell.get_or_init(|| unreachable!("another one makes it")),
                        1 => cell.wait(),
                        _ => {
                            assert_eq!(cell.set("other".into()), Err("other".into()));
                            cell.get().expect("it is full")
                        }
                    };
                    assert_eq!(value, "made");
                    seen.fetch_add(1, Ordering::SeqCst);
                };
                if n % 2 == 0 {
                    drop(gmp_core::spawn(body));
                } else {
                    drop(thread::spawn(body));
                }
            }
            until(|| cell.waiting() == WAITERS);
            assert_eq!(cell.get(), None);
            String::from("made")
        });
        assert_eq!(value, "made");
        until(|| seen.load(Ordering::SeqCst) == WAITERS);
    });
}

/// A panic, or a `goexit`, leaves the cell empty; one of those who wait takes over.
#[test]
fn a_function_that_does_not_return() {
    on_both(|| {
        for exits in [false, true] {
            let cell = Arc::new(OnceLock::new());
            let (first, runs) = (Arc::clone(&cell), Arc::new(AtomicBool::new(false)));
            let began = Arc::clone(&runs);
            let failing = gmp_core::spawn(move || {
                first.get_or_init(|| {
                    began.store(true, Ordering::SeqCst);
                    until(|| first.waiting() == 2);
                    if exits {
                        gmp_core::goexit();
                    }
                    panic!("no value today");
                });
            });
            let (waits, takes_over) = (Arc::clone(&cell), Arc::clone(&cell));
            let waits = gmp_core::spawn(move || *waits.wait());
            // Or else the other one would be the first.
            until(|| runs.load(Ordering::SeqCst));
            let takes_over = thread::spawn(move || *takes_over.get_or_init(|| 7));
            assert!(failing.join().is_err());
            until(|| takes_over.is_finished());
            assert_eq!(takes_over.join().unwrap(), 7);
            assert_eq!(waits.join().unwrap(), 7);
        }
    });
}

#[test]
fn values_are_dropped_once() {
    let drops = Drops::default();
    let cell = OnceLock::new();
    assert!(cell.set(drops.token()).is_ok());
    drop(cell.set(drops.token()).expect_err("it is full"));
    assert_eq!((drops.count(), drops.alive()), (1, 1));
    let mut cell = cell;
    let taken = cell.take();
    assert!(cell.get().is_none() && cell.get_mut().is_none() && taken.is_some());
    assert_eq!(drops.count(), 1);
    drop(taken);
    assert_eq!(drops.count(), 2);
    // Empty, it can be filled again.
    assert!(cell.set(drops.token()).is_ok());
    drop(cell);
    assert_eq!(drops.count(), 3);
    assert!(OnceLock::from(drops.token()).into_inner().is_some());
    assert_eq!((drops.count(), drops.alive()), (4, 0));
    drop(OnceLock::<Token>::new());
}

#[test]
fn as_std() {
    let mut cell = OnceLock::default();
    assert_eq!(format!("{cell:?}"), "OnceLock(<uninit>)");
    assert_eq!(cell, OnceLock::new());
    assert_eq!(cell.clone(), cell);
    assert_eq!(cell.get_mut(), None);
    assert_eq!(cell.set(1), Ok(()));
    *cell.get_mut().unwrap() += 1;
    assert_eq!(format!("{cell:?}"), "OnceLock(2)");
    assert_eq!(cell.clone(), OnceLock::from(2));
    assert_ne!(cell, OnceLock::new());
    assert_eq!(*cell.wait(), 2);
    assert_eq!((cell.take(), cell.into_inner()), (Some(2), None));
}

#[test]
fn lazy_values_are_made_once() {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    static LAZY: LazyLock<Vec<usize>> = LazyLock::new(|| {
        MADE.fetch_add(1, Ordering::SeqCst);
        gmp_core::gosched();
        vec![1, 2, 3]
    });
    let _watchdog = watchdog();
    assert_eq!(LazyLock::get(&LAZY), None);
    assert_eq!(format!("{LAZY:?}"), "LazyLock(<uninit>)");
    crowd(10, 4, |_| assert_eq!(LAZY.iter().sum::<usize>(), 6));
    assert_eq!(MADE.load(Ordering::SeqCst), 1);
    assert_eq!(format!("{LAZY:?}"), "LazyLock([1, 2, 3])");
}

#[test]
fn a_lazy_function_is_dropped_when_it_has_run() {
    let drops = Drops::default();
    let (used, unused) = (drops.token(), drops.token());
    let other = drops.clone();
    let lazy = LazyLock::new(move || {
        drop(used);
        other.token()
    });
    assert!(LazyLock::get(&lazy).is_none());
    let _ = LazyLock::force(&lazy);
    assert_eq!(drops.count(), 1, "what the function had");
    drop(lazy);
    assert_eq!(drops.count(), 2, "the value");
    drop(LazyLock::new(move || drop(unused)));
    assert_eq!((drops.count(), drops.alive()), (3, 0));
}

#[test]
fn a_lazy_value_is_poisoned() {
    on_both(|| {
        const POISONED: &str = "LazyLock instance has previously been poisoned";
        let mut lazy: LazyLock<u8> = LazyLock::new(|| panic!("no value today"));
        assert_eq!(message(|| *lazy), "no value today");
        for _ in 0..2 {
            assert_eq!(message(|| *lazy), POISONED);
            assert_eq!(message(|| LazyLock::force(&lazy)), POISONED);
            assert_eq!(LazyLock::get(&lazy), None);
        }
        assert_eq!(message(|| *LazyLock::force_mut(&mut lazy)), POISONED);
        assert_eq!(LazyLock::get_mut(&mut lazy), None);

        let lazy = Arc::new(LazyLock::<u8, _>::new(|| gmp_core::goexit()));
        let exits = Arc::clone(&lazy);
        assert!(gmp_core::spawn(move || **exits).join().is_err());
        assert_eq!(message(|| **lazy), POISONED);
    });
}

#[test]
fn lazy_values_change_by_exclusive_reference() {
    let mut lazy = LazyLock::new(|| vec![1]);
    assert_eq!(LazyLock::get_mut(&mut lazy), None);
    lazy.push(2);
    LazyLock::force_mut(&mut lazy).push(3);
    LazyLock::get_mut(&mut lazy).unwrap().push(4);
    assert_eq!(*lazy, [1, 2, 3, 4]);
    let mut lazy: LazyLock<u8> = LazyLock::new(|| panic!("no value today"));
    let failed = catch_unwind(AssertUnwindSafe(|| *LazyLock::force_mut(&mut lazy)));
    assert!(failed.is_err());
    assert!(message(|| *lazy).contains("poisoned"));
    assert_eq!(*LazyLock::<u8>::default(), 0);
}
