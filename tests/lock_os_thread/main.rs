//! Goroutines that keep their threads to themselves.
//!
//! Each program is a process of its own, most of them under GOMAXPROCS 1, 2 and 4.

mod alone;
mod counting;
mod ending;
#[path = "../preempt/os.rs"]
mod os;
mod others;
#[path = "../support/mod.rs"]
mod support;

use std::io::{Read, Write, pipe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

use gmp::chan::bounded;
use gmp::{go, gomaxprocs, gosched};
use support::child::{PANICKED, child, main, programs};
use support::watchdog_of;

const LIMIT: Duration = Duration::from_secs(180);
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn program() {
    programs(&[
        ("nesting", || main(counting::nesting)),
        ("unpinned", || main(counting::unpinned)),
        ("surplus_unlocks", || main(counting::surplus_unlocks)),
        ("own_thread", || main(alone::own_thread)),
        ("children_elsewhere", || main(alone::children_elsewhere)),
        ("ping_pong", || main(alone::ping_pong)),
        ("ends", || main(ending::ends)),
        ("unlocked_end", || main(ending::unlocked_end)),
        ("taint", || main(ending::taint)),
        ("exits_and_stops", || main(ending::exits_and_stops)),
        ("of_main", || main(others::of_main)),
        ("main_panics", || main(others::main_panics)),
        ("on_threads", || main(others::on_threads)),
        ("beside_hogs", || main(alone::beside_hogs)),
    ]);
}

fn under(procs: &[usize], program: &str) {
    let _watchdog = watchdog_of(LIMIT);
    for &procs in procs {
        child(program).procs(procs).run().exits(0);
    }
}

/// Goroutines that come and go on every P, until it is dropped.
struct Noise(Arc<AtomicBool>);

impl Noise {
    fn start() -> Noise {
        let stop = Arc::new(AtomicBool::new(false));
        for _ in 0..2 + gomaxprocs(0) {
            let stop = Arc::clone(&stop);
            go!(move || while !stop.load(SeqCst) {
                go!(gosched()).join().unwrap();
            });
        }
        Noise(stop)
    }
}

impl Drop for Noise {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

/// Parks in every way there is.
fn park(n: usize) {
    match n % 6 {
        0 => gosched(),
        1 => gmp::time::sleep(Duration::from_micros(100)),
        2 => assert_eq!(go!(move || n).join().unwrap(), n),
        3 => {
            let (tx, rx) = bounded(0);
            go!(move || tx.send(n).unwrap());
            assert_eq!(rx.recv(), Ok(n));
        }
        4 => gmp::scope(|s| drop(s.spawn(gosched))),
        _ => {
            let (mut reader, mut writer) = pipe().unwrap();
            go!(move || writer.write_all(b"x").unwrap());
            reader.read_exact(&mut [0]).unwrap();
        }
    }
}

/// Whether this goroutine is still on the same thread after many parks.
fn stays() -> bool {
    let home = os::tid();
    (0..48).all(|n| {
        park(n);
        os::tid() == home
    })
}

/// Whether it is moved sooner or later.
fn moves() -> bool {
    let (home, start) = (os::tid(), Instant::now());
    while os::tid() == home && start.elapsed() < PATIENCE {
        (0..6).for_each(park);
    }
    os::tid() != home
}

// --- counting -----------------------------------------------------------------------------

#[test]
fn each_lock_needs_its_unlock() {
    under(&[1, 2, 4], "nesting");
}

#[test]
fn the_last_unlock_unpins() {
    under(&[1, 2, 4], "unpinned");
}

#[test]
fn surplus_unlocks_do_nothing() {
    under(&[1, 2, 4], "surplus_unlocks");
}

// --- nobody else ---------------------------------------------------------------------------

#[test]
fn a_locked_thread_runs_nobody_else() {
    under(&[1, 2, 4], "own_thread");
}

#[test]
fn what_a_locked_one_starts_runs_elsewhere() {
    under(&[1, 2, 4], "children_elsewhere");
}

#[test]
fn locked_ones_wake_each_other() {
    under(&[1, 2, 4], "ping_pong");
}

#[test]
fn locked_hogs_are_preempted_and_locked_waiters_get_on() {
    under(&[1, 2, 4], "beside_hogs");
}

// --- the end ------------------------------------------------------------------------------

#[test]
fn who_ends_locked_ends_the_thread() {
    under(&[1, 2, 4], "ends");
}

#[test]
fn who_ends_unlocked_leaves_the_thread() {
    under(&[1, 2, 4], "unlocked_end");
}

#[test]
fn nobody_sees_the_state_of_a_locked_thread() {
    under(&[1, 2, 4], "taint");
}

#[test]
fn threads_may_end_while_the_world_stops() {
    under(&[1, 2, 4], "exits_and_stops");
}

// --- main, threads ------------------------------------------------------------------------

#[test]
fn main_may_be_locked() {
    let _watchdog = watchdog_of(LIMIT);
    for procs in [1, 2] {
        child("of_main").procs(procs).run().exits(0).prints("main is done");
        child("main_panics").procs(procs).run().exits(PANICKED).reports("main has had enough");
    }
}

#[test]
fn on_plain_threads_it_does_nothing() {
    under(&[1, 2], "on_threads");
}
