//! GOMAXPROCS: where it comes from, and changing it while goroutines run.
//!
//! Each program is a process of its own.

mod support;

use std::panic::catch_unwind;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use gmp::__private::{MainOptions, run_main};
use gmp::chan::{bounded, unbounded};
use gmp::{Goexit, JoinHandle, go, goexit, gomaxprocs, gosched};
use support::child::{child, main, programs};
use support::{Random, join_thread, spin_until, until, watchdog};

#[test]
fn program() {
    programs(&[
        ("ask", || main(ask)),
        ("ask_in_code", || run_main(MainOptions::new().gomaxprocs(5), ask)),
        ("out_of_range", out_of_range),
        ("old_values", || main(old_values)),
        ("many", || main(many)),
        ("storm", || main(storm)),
        ("hogs", || main(hogs)),
        ("exiting_hog", || main(exiting_hog)),
        ("callers", || main(callers)),
        ("sleepers", || main(sleepers)),
        ("ownership", || main(ownership)),
    ]);
}

// --- the value ----------------------------------------------------------------------------

fn ask() {
    println!("procs={}", gomaxprocs(0));
    println!("cpus={}", gmp::num_cpu());
    gmp::set_default_gomaxprocs();
    println!("default={}", gomaxprocs(0));
}

#[test]
fn the_environment_counts_if_it_is_a_positive_integer() {
    let _watchdog = watchdog();
    let plain = child("ask").run();
    plain.exits(0);
    let default = plain.value("procs");
    assert_eq!(plain.value("default"), default);
    let cpus: usize = plain.value("cpus").parse().unwrap();
    assert!((1..=cpus).contains(&default.parse().unwrap()), "{plain}");
    assert!(thread::available_parallelism().is_ok_and(|n| n.get() <= cpus), "{plain}");
    for (value, procs) in [
        ("3", "3"),
        ("1", "1"),
        ("007", "7"),
        ("abc", default),
        ("0", default),
        ("-1", default),
        ("", default),
        ("2.5", default),
        ("4 ", default),
        ("99999999999999999999", default),
    ] {
        let ended = child("ask").env("GOMAXPROCS", value).run();
        ended.exits(0).reports_no("GOMAXPROCS");
        assert_eq!(ended.value("procs"), procs, "GOMAXPROCS={value:?}");
        // The default is computed without looking at the variable.
        assert_eq!(ended.value("default"), default, "GOMAXPROCS={value:?}");
    }
}

#[test]
fn code_beats_the_environment() {
    let _watchdog = watchdog();
    let ended = child("ask_in_code").procs(3).run();
    ended.exits(0);
    assert_eq!(ended.value("procs"), "5");
}

fn out_of_range() -> ExitCode {
    for n in [0, 65_537, usize::MAX] {
        let code = run_main(MainOptions::new().gomaxprocs(n), || println!("not reached"));
        assert_eq!(code, ExitCode::FAILURE);
    }
    // The failed starts left nothing behind.
    run_main(MainOptions::new().gomaxprocs(2), ask)
}

#[test]
fn values_out_of_range_are_refused() {
    let _watchdog = watchdog();
    let ended = child("out_of_range").run();
    ended.exits(0).reports("Error: gmp cannot start: gomaxprocs must be 1 to 65536");
    ended.prints_no("not reached");
    assert_eq!(ended.value("procs"), "2");
}

fn old_values() {
    assert_eq!(gomaxprocs(0), 2);
    assert_eq!(gomaxprocs(5), 2);
    assert_eq!(gomaxprocs(5), 5);
    assert_eq!(gomaxprocs(0), 5);
    assert_eq!(join_thread(thread::spawn(|| gomaxprocs(3))), 5);
    assert_eq!(gomaxprocs(1), 3);
    assert_eq!(gmp::stats().gomaxprocs, 1);
    assert_eq!(gmp::stats().local_queues.len(), 1);
    assert_eq!(gomaxprocs(usize::MAX), 1);
    assert_eq!(gomaxprocs(1), 65_536);
}

#[test]
fn a_change_returns_the_old_value() {
    let _watchdog = watchdog();
    child("old_values").procs(2).run().exits(0);
}

fn many() {
    assert_eq!(gomaxprocs(0), 1024);
    spread();
    assert_eq!(gomaxprocs(1), 1024);
    spread();
    assert_eq!(gomaxprocs(1024), 1);
    spread();
    println!("threads={}", gmp::num_threads());
}

/// Something for all Ps.
fn spread() {
    let handles: Vec<_> = (0..2_000)
        .map(|n| {
            go!(move || {
                gosched();
                n
            })
        })
        .collect();
    let sum: usize = handles.into_iter().map(|handle| handle.join().unwrap()).sum();
    assert_eq!(sum, 2_000 * 1_999 / 2);
}

#[test]
fn there_may_be_many_ps() {
    let _watchdog = watchdog();
    let ended = child("many").procs(1024).run();
    ended.exits(0);
    let threads: usize = ended.value("threads").parse().unwrap();
    assert!(threads <= 1024, "{threads} threads");
}

// --- changes ------------------------------------------------------------------------------

/// Changes it to random values until told to stop, and counts that.
fn changer(random: &Random, most: u64, stop: &AtomicBool, changes: &AtomicUsize) {
    while !stop.load(SeqCst) {
        let n = 1 + random.below(most) as usize;
        let old = gomaxprocs(n);
        assert!((1..=most as usize).contains(&old), "was {old}");
        changes.fetch_add(1, SeqCst);
        for _ in 0..random.below(4) {
            gosched();
        }
        if random.below(8) == 0 {
            gmp::time::sleep(Duration::from_micros(100));
        }
    }
}

/// One of many that spawn, yield, sleep and use channels; returns what it was given.
fn busy(n: u64) -> u64 {
    let (tx, rx) = bounded(n as usize % 3);
    go!(move || {
        gosched();
        tx.send(n).unwrap();
    });
    if n.is_multiple_of(4) {
        gmp::time::sleep(Duration::from_micros(n % 700));
    }
    let got = rx.recv().unwrap();
    assert!(rx.recv().is_err());
    gosched();
    got
}

/// Changes that a test wants to have seen.
const ENOUGH: usize = 150;

fn storm() {
    let (stop, changes) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let handle = {
        let (random, stop, changes) = (Random::new(), Arc::clone(&stop), Arc::clone(&changes));
        go!(move || changer(&random, 8, &stop, &changes))
    };
    let mut waves = 0;
    while waves < 2 || changes.load(SeqCst) < ENOUGH {
        wave();
        waves += 1;
    }
    stop.store(true, SeqCst);
    handle.join().unwrap();
    println!("changes={} in {waves} waves", changes.load(SeqCst));
    nothing_left();
}

/// Thousands of goroutines at once; none may be lost.
fn wave() {
    const GOROUTINES: u64 = 3_000;
    let (results, all) = unbounded();
    for part in 0..3 {
        let results = results.clone();
        go!(move || {
            for n in part * GOROUTINES / 3..(part + 1) * GOROUTINES / 3 {
                let results = results.clone();
                go!(move || results.send(busy(n)).unwrap());
                if n.is_multiple_of(50) {
                    gosched();
                }
            }
        });
    }
    drop(results);
    assert_eq!(all.iter().sum::<u64>(), GOROUTINES * (GOROUTINES - 1) / 2);
}

/// All others have ended, and the counters, one per P and not atomic, have lost nothing.
fn nothing_left() {
    until(|| gmp::num_goroutine() == 1);
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(20) {
        gosched();
        assert_eq!(gmp::num_goroutine(), 1);
    }
}

#[test]
fn changes_lose_nothing() {
    let _watchdog = watchdog();
    for (procs, debug) in [(2, ""), (8, "membarrier=0"), (4, "shuffle=3")] {
        child("storm").procs(procs).debug(debug).run().exits(0).prints("changes=");
    }
}

/// Goroutines that never enter the runtime lose their Ps; those that enter often, too.
fn hogs() {
    let random = Random::new();
    let (stop, started) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let start_hog = |n: usize| {
        let (stop, running) = (Arc::clone(&stop), Arc::clone(&started));
        let hog = go!(move || {
            running.fetch_add(1, SeqCst);
            spin_until(|| stop.load(SeqCst))
        });
        until(|| started.load(SeqCst) == n);
        hog
    };
    // Each in turn is left spinning without a P; the next takes the one that is left.
    let handles: Vec<JoinHandle<u64>> = (1..=3)
        .map(|n| {
            gomaxprocs(2);
            let hog = start_hog(n);
            assert_eq!(gomaxprocs(1), 2);
            hog
        })
        .collect();
    for _ in 0..300 {
        let n = 1 + random.below(8) as usize;
        gomaxprocs(n);
        assert_eq!(gomaxprocs(0), n);
        assert_eq!(go!(move || n).join().unwrap(), n);
    }
    stop.store(true, SeqCst);
    assert!(handles.into_iter().all(|handle| handle.join().unwrap() > 0));
    nothing_left();
}

/// One that has swallowed its `goexit` and computes on.
fn exiting_hog() {
    let state = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&state);
    let hog = go!(move || {
        let swallowed = catch_unwind(|| goexit());
        seen.store(1, SeqCst);
        spin_until(|| seen.load(SeqCst) == 2);
        drop(swallowed);
    });
    spin_until(|| state.load(SeqCst) == 1);
    for n in [1, 4, 2, 8] {
        gomaxprocs(n);
        assert_eq!(gomaxprocs(0), n);
    }
    state.store(2, SeqCst);
    assert!(hog.join().unwrap_err().is::<Goexit>());
    nothing_left();
}

#[test]
fn goroutines_that_never_yield_cannot_stop_a_change() {
    let _watchdog = watchdog();
    child("hogs").procs(2).run().exits(0);
    child("exiting_hog").procs(2).run().exits(0);
}

fn spin_for(time: Duration) {
    let start = Instant::now();
    spin_until(|| start.elapsed() >= time);
}

fn callers() {
    const CHANGES: usize = 100;
    let random = Arc::new(Random::new());
    let call = |random: Arc<Random>| {
        (0..CHANGES).for_each(|_| {
            let old = gomaxprocs(1 + random.below(4) as usize);
            assert!((1..=4).contains(&old), "was {old}");
            match random.below(4) {
                0 => gosched(),
                1 => {}
                // Long enough for another caller to get its turn.
                _ => spin_for(Duration::from_micros(random.below(200))),
            }
        });
    };
    let goroutines: Vec<_> = (0..6).map(|_| go!(call(Arc::clone(&random)))).collect();
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let random = Arc::clone(&random);
            thread::spawn(move || call(random))
        })
        .collect();
    goroutines.into_iter().for_each(|handle| handle.join().unwrap());
    threads.into_iter().for_each(join_thread);
    spread();
    nothing_left();
}

#[test]
fn everybody_may_change_it_at_once() {
    let _watchdog = watchdog();
    for procs in [1, 2, 4] {
        child("callers").procs(procs).run().exits(0);
    }
}

#[test]
fn everybody_may_change_it_at_once_without_membarrier() {
    let _watchdog = watchdog();
    for procs in [1, 2, 4] {
        child("callers").procs(procs).debug("membarrier=0").run().exits(0);
    }
}

fn sleepers() {
    const SLEEPERS: u64 = 500;
    assert_eq!(gomaxprocs(8), 2);
    let start = Instant::now();
    let handles: Vec<JoinHandle<Duration>> = (0..SLEEPERS)
        .map(|n| {
            go!(move || {
                // Onto another P, with luck, before the timer is set.
                (0..n % 5).for_each(|_| gosched());
                let (wanted, start) = (Duration::from_micros(100 * n), Instant::now());
                gmp::time::sleep(wanted);
                let slept = start.elapsed();
                assert!(slept >= wanted, "{slept:?} of {wanted:?}");
                slept - wanted
            })
        })
        .collect();
    // Timers of Ps that go away, and of Ps that are idle and come back.
    for n in [1, 6, 2, 8, 1] {
        gmp::time::sleep(Duration::from_millis(3));
        gomaxprocs(n);
    }
    let late = handles.into_iter().map(|handle| handle.join().unwrap()).max();
    println!("late={late:?}");
    assert!(start.elapsed() < Duration::from_secs(10), "woken by accident: {late:?}");
    nothing_left();
}

#[test]
fn timers_survive_a_shrink() {
    let _watchdog = watchdog();
    for _ in 0..3 {
        child("sleepers").procs(2).run().exits(0);
    }
}

/// A P has one owner at a time: its counters are not atomic, so two would lose counts.
fn ownership() {
    const WORKERS: u64 = 6;
    let stop = Arc::new(AtomicBool::new(false));
    let spawned = Arc::new(AtomicU64::new(0));
    let before = gmp::stats().spawned;
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let (stop, spawned) = (Arc::clone(&stop), Arc::clone(&spawned));
            go!(move || while !stop.load(SeqCst) {
                // Between two entries, long enough for the P to be claimed.
                let mut spins = 0;
                spin_until(|| {
                    spins += 1;
                    spins > 50
                });
                drop(go!(|| ()));
                if spawned.fetch_add(1, SeqCst).is_multiple_of(16) {
                    gosched();
                }
            })
        })
        .collect();
    let random = Random::new();
    let changes = join_thread(thread::spawn(move || {
        let start = Instant::now();
        let mut changes = 0;
        while changes < 10 * ENOUGH || start.elapsed() < Duration::from_secs(1) {
            gomaxprocs(1 + random.below(4) as usize);
            changes += 1;
            // Until Ms have taken the Ps up again.
            spin_for(Duration::from_micros(random.below(200)));
        }
        changes
    }));
    stop.store(true, SeqCst);
    workers.into_iter().for_each(|handle| handle.join().unwrap());
    nothing_left();
    assert_eq!(gmp::stats().spawned - before, WORKERS + spawned.load(SeqCst));
    println!("changes={changes}");
}

#[test]
fn a_p_has_one_owner_at_a_time() {
    let _watchdog = watchdog();
    child("ownership").procs(4).run().exits(0).prints("changes=");
    child("ownership").procs(4).debug("shuffle=9").run().exits(0).prints("changes=");
}
