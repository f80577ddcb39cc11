//! Goroutines and their threads: those that stay on one, and how many there may be.
//!
//! Each program is a process of its own.

mod support;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use gmp::__private::{MainOptions, run_main};
use gmp::chan::bounded;
use gmp::{Builder, go, gosched};
use support::child::{child, main, programs};
use support::{process, until, watchdog};

#[test]
fn program() {
    programs(&[
        ("pinned", || main(pinned)),
        ("panicking", || main(panicking)),
        ("limit", || run_main(MainOptions::new().max_threads(2), limit)),
        ("limit_and_pinned", || main(limit_and_pinned)),
        ("limit_changes", || main(limit_changes)),
    ]);
}

// --- staying on one -----------------------------------------------------------------------

/// Whatever parks.
fn parks() -> [fn(); 5] {
    [
        gosched,
        || gmp::time::sleep(Duration::from_micros(200)),
        || go!(gosched()).join().unwrap(),
        || {
            let (tx, rx) = bounded(0);
            go!(move || tx.send(1).unwrap());
            assert_eq!(rx.recv(), Ok(1));
        },
        || gmp::scope(|s| drop(s.spawn(gosched))),
    ]
}

/// Goroutines that come and go on every P.
fn noise(stop: &Arc<AtomicBool>) {
    for _ in 0..4 {
        let stop = Arc::clone(stop);
        go!(move || while !stop.load(SeqCst) {
            go!(gosched()).join().unwrap();
        });
    }
}

fn pinned() {
    const ROUNDS: usize = 60;
    let stop = Arc::new(AtomicBool::new(false));
    noise(&stop);
    let stays = || {
        let home = process::thread();
        for round in 0..ROUNDS {
            parks()[round % 5]();
            assert_eq!(process::thread(), home, "moved in round {round}");
        }
        home
    };
    let built = (0..4).map(|_| Builder::new().pinned(true).spawn(stays).unwrap());
    let handles: Vec<_> = built.chain([go!(<pinned = true> stays())]).collect();
    let resized = go!(|| (0..50).for_each(|n| {
        gmp::gomaxprocs(1 + n % 4);
        gosched();
    }));
    handles.into_iter().for_each(|handle| _ = handle.join().unwrap());
    resized.join().unwrap();
    stop.store(true, SeqCst);
}

#[test]
fn pinned_goroutines_stay_on_their_threads() {
    let _watchdog = watchdog();
    for procs in [1, 2, 4] {
        child("pinned").procs(procs).run().exits(0);
    }
}

/// Parks in its destructor, which runs while its goroutine unwinds.
struct Parks {
    home: u32,
    lock: Arc<Mutex<u64>>,
}

impl Drop for Parks {
    fn drop(&mut self) {
        assert!(thread::panicking());
        let parks = parks();
        for round in 0..5 {
            parks[(round + self.home as usize) % parks.len()]();
            // Must not panic: we are unwinding. The test looks at the count.
            if process::thread() != self.home || !thread::panicking() {
                WRONG.fetch_add(1, SeqCst);
            }
            drop(self.lock.lock());
        }
    }
}

/// Goroutines that saw what is another's: its thread, its panic, its poison.
static WRONG: AtomicUsize = AtomicUsize::new(0);

fn panicking() {
    const PANICKERS: usize = 8;
    const PANICS: usize = 30;
    std::panic::set_hook(Box::new(|_| ()));
    let stop = Arc::new(AtomicBool::new(false));
    let lock = Arc::new(Mutex::new(0));
    let witnesses: Vec<_> = (0..4)
        .map(|_| {
            let (stop, lock) = (Arc::clone(&stop), Arc::clone(&lock));
            go!(move || while !stop.load(SeqCst) {
                // The guard is dropped by code that must not look as if it unwinds.
                match lock.lock() {
                    Ok(mut count) => *count += 1,
                    Err(_) => _ = WRONG.fetch_add(1, SeqCst),
                }
                WRONG.fetch_add(usize::from(thread::panicking()), SeqCst);
                gosched();
                WRONG.fetch_add(usize::from(thread::panicking()), SeqCst);
            })
        })
        .collect();
    let panickers: Vec<_> = (0..PANICKERS)
        .map(|_| {
            let lock = Arc::clone(&lock);
            go!(move || for _ in 0..PANICS {
                let lock = Arc::clone(&lock);
                let handle = go!(move || {
                    let _parks = Parks { home: process::thread(), lock };
                    panic!("as the test wants");
                });
                handle.join().unwrap_err();
            })
        })
        .collect();
    panickers.into_iter().for_each(|handle| handle.join().unwrap());
    stop.store(true, SeqCst);
    witnesses.into_iter().for_each(|handle| handle.join().unwrap());
    assert!(!lock.is_poisoned());
    println!("wrong={}", WRONG.load(SeqCst));
}

#[test]
fn a_panic_stays_with_its_goroutine_and_its_thread() {
    let _watchdog = watchdog();
    for procs in [1, 2, 4] {
        let ended = child("panicking").procs(procs).run();
        ended.exits(0);
        assert_eq!(ended.value("wrong"), "0", "{ended}");
    }
}

// --- how many -----------------------------------------------------------------------------

/// Work that spreads over all Ps, and whether it all got done.
fn work() -> bool {
    const WORKERS: u64 = 50;
    let (tx, rx) = bounded(2);
    for n in 0..WORKERS {
        let tx = tx.clone();
        go!(move || {
            for round in 0..20 {
                tx.send(n).unwrap();
                if round % 5 == 0 {
                    gmp::time::sleep(Duration::from_micros(100));
                }
            }
        });
    }
    drop(tx);
    rx.iter().sum::<u64>() == 20 * WORKERS * (WORKERS - 1) / 2
}

fn limit() {
    assert!(work());
    let threads = gmp::num_threads();
    assert!((1..=2).contains(&threads), "{threads} threads");
    assert_eq!(gmp::stats().threads, threads);
    assert_eq!(gmp::set_max_threads(10_000), 2);
    assert!(work());
}

#[test]
fn at_the_limit_work_goes_on_with_the_threads_there_are() {
    let _watchdog = watchdog();
    for procs in [1, 4, 16] {
        child("limit").procs(procs).run().exits(0);
    }
}

/// Pinned goroutines keep their threads while they wait: more of them than threads.
fn limit_and_pinned() {
    gmp::set_max_threads(2);
    let (tx, rx) = bounded::<()>(0);
    let handles: Vec<_> = (0..6)
        .map(|_| {
            let rx = rx.clone();
            go!(<pinned = true> {
                let home = process::thread();
                let _ = rx.recv();
                process::thread() == home
            })
        })
        .collect();
    until(|| rx.waiting_receivers() == 6);
    println!("blocked={}", gmp::stats().blocked_threads);
    assert!(work());
    tx.close();
    assert!(handles.into_iter().all(|handle| handle.join().unwrap()));
}

#[test]
fn threads_kept_by_waiting_goroutines_cannot_stop_the_rest() {
    let _watchdog = watchdog();
    for procs in [1, 4] {
        let ended = child("limit_and_pinned").procs(procs).run();
        ended.exits(0);
        assert_eq!(ended.value("blocked"), "6");
    }
}

fn limit_changes() {
    assert!(std::panic::catch_unwind(|| gmp::set_max_threads(0)).is_err());
    let worker = go!(|| (0..10).all(|_| work()));
    let mut old = 10_000;
    for n in (1..200).cycle() {
        if worker.is_finished() {
            break;
        }
        assert_eq!(gmp::set_max_threads(n), old);
        old = n;
        gosched();
    }
    assert!(worker.join().unwrap());
}

#[test]
fn the_limit_may_change_while_goroutines_run() {
    let _watchdog = watchdog();
    child("limit_changes").procs(8).run().exits(0).reports("set_max_threads(0)");
}
