//! Futures in goroutines, and goroutines in async code: `block_on`, `spawn_future`, and
//! handles that are awaited.

mod by_hand;
mod ending;
mod fairness;
mod joins;
mod libraries;
mod names;
#[path = "../support/mod.rs"]
mod support;
mod threads;
mod wakes;
mod woken_joins;

use std::process::ExitCode;

use support::child::{child, main, programs};
use support::watchdog;

#[test]
fn program() {
    programs(&[
        ("self_wakers", || main(fairness::self_wakers)),
        ("hogs", || main(fairness::hogs)),
        ("no_runtime", threads::no_runtime),
        ("spawn_sites", || main(names::spawn_sites)),
    ]);
}

#[test]
fn who_wakes_himself_lets_others_run() {
    let _watchdog = watchdog();
    for procs in [1, 2] {
        // Nobody but the future itself can make way.
        child("self_wakers").procs(procs).debug("asyncpreemptoff=1").run().exits(0);
    }
}

#[test]
fn a_future_that_computes_is_preempted() {
    let _watchdog = watchdog();
    for procs in [1, 2] {
        child("hogs").procs(procs).run().exits(0);
    }
}

#[test]
fn plain_threads_need_no_runtime() {
    let _watchdog = watchdog();
    child("no_runtime").run().exits(0).prints("no runtime was needed");
}

#[test]
fn panics_say_where_the_future_was_spawned() {
    let _watchdog = watchdog();
    let ended = child("spawn_sites").run();
    ended.exits(0);
    for line in names::lines() {
        ended.reports(&line);
    }
}

/// What a program without a runtime returns.
const FINE: ExitCode = ExitCode::SUCCESS;
