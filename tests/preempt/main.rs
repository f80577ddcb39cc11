//! Goroutines that never yield cannot stop the others.
//!
//! Each program is a process of its own, most of them under GOMAXPROCS 1, 2 and 4.

mod cost;
mod fairness;
mod fallbacks;
mod loops;
mod net;
mod os;
mod signals;
mod staying;
#[path = "../support/mod.rs"]
mod support;
mod work;

use std::time::Duration;

use support::child::{Ended, child, main, programs};
use support::watchdog_of;

/// Several children, each with a watchdog of its own.
const LIMIT: Duration = Duration::from_secs(180);

fn under_1_2_and_4(program: &str) -> Vec<Ended> {
    let run = |procs| {
        let ended = child(program).procs(procs).run();
        ended.exits(0);
        ended
    };
    [1, 2, 4].map(run).into()
}

#[test]
fn program() {
    programs(&[
        ("others_go_on", || main(loops::others_go_on)),
        ("woken_from_outside", || main(loops::woken_from_outside)),
        ("timers_fire", || main(loops::timers_fire)),
        ("answers_come", || main(net::answers_come)),
        ("without_end", || main(loops::without_end)),
        ("equal_shares", || main(fairness::equal_shares)),
        ("beside_traffic", || main(fairness::beside_traffic)),
        ("nobody_waits", || main(fairness::nobody_waits)),
        ("rate", || main(fairness::rate)),
        ("busy", || main(cost::busy)),
        ("idle", || main(cost::idle)),
        ("errno_is_kept", || main(signals::errno_is_kept)),
        ("urgent", signals::urgent),
        ("ignored", signals::ignored),
        ("masked", || main(signals::masked)),
        ("stays", || main(staying::stays)),
        ("resized", || main(staying::resized)),
        ("leaves", || main(staying::leaves)),
        ("off", || main(fallbacks::off)),
        ("mixed", || main(fallbacks::mixed)),
    ]);
}

/// What stands behind `key=`, as a number.
fn number(ended: &Ended, key: &str) -> u64 {
    ended.value(key).parse().unwrap_or_else(|_| panic!("{key} is no number: {ended}"))
}

// --- loops --------------------------------------------------------------------------------

#[test]
fn loops_of_every_kind_let_others_run() {
    let _watchdog = watchdog_of(LIMIT);
    under_1_2_and_4("others_go_on");
}

#[test]
fn what_threads_wake_runs_beside_hogs() {
    let _watchdog = watchdog_of(LIMIT);
    under_1_2_and_4("woken_from_outside");
}

#[test]
fn descriptors_are_looked_at_beside_hogs() {
    let _watchdog = watchdog_of(LIMIT);
    for ended in under_1_2_and_4("answers_come") {
        let median = number(&ended, "median");
        assert!(median < 60_000, "an answer took {median} us: {ended}");
    }
}

#[test]
fn timers_fire_beside_hogs() {
    let _watchdog = watchdog_of(LIMIT);
    under_1_2_and_4("timers_fire");
}

#[test]
fn main_may_return_while_others_loop_for_ever() {
    let _watchdog = watchdog_of(LIMIT);
    for ended in under_1_2_and_4("without_end") {
        ended.prints("main is done");
        assert!(ended.took < Duration::from_secs(20), "{ended}");
    }
}

// --- shares -------------------------------------------------------------------------------

#[test]
fn equal_hogs_get_equal_shares() {
    let _watchdog = watchdog_of(LIMIT);
    for procs in [1, 2] {
        child("equal_shares").procs(procs).run().exits(0);
    }
}

#[test]
fn hogs_and_others_share() {
    let _watchdog = watchdog_of(LIMIT);
    under_1_2_and_4("beside_traffic");
}

#[test]
fn nobody_is_interrupted_for_nobody() {
    let _watchdog = watchdog_of(LIMIT);
    under_1_2_and_4("nobody_waits");
}

#[test]
fn the_slice_can_be_set() {
    let _watchdog = watchdog_of(LIMIT);
    let rate = |slice: &str| {
        let ended = child("rate").procs(1).debug(slice).run();
        ended.exits(0);
        number(&ended, "rate")
    };
    let (usual, short) = (rate(""), rate("slice=1"));
    // Slices of 10 ms: at most 100 in a second. A machine with others to serve has fewer.
    assert!((20..=110).contains(&usual), "{usual} preemptions a second");
    assert!(short > 2 * usual, "{short} preemptions a second with 1 ms, {usual} with 10 ms");
}

#[test]
fn watching_hogs_costs_little() {
    let _watchdog = watchdog_of(LIMIT);
    for procs in [1, 2] {
        child("busy").procs(procs).run().exits(0);
    }
}

#[test]
fn watching_an_idle_process_costs_nothing() {
    let _watchdog = watchdog_of(LIMIT);
    for procs in [1, 4] {
        child("idle").procs(procs).run().exits(0);
    }
}

// --- signals ------------------------------------------------------------------------------

#[test]
fn errno_survives_preemption() {
    let _watchdog = watchdog_of(LIMIT);
    under_1_2_and_4("errno_is_kept");
}

#[test]
fn the_program_s_own_handler_gets_its_signals() {
    let _watchdog = watchdog_of(LIMIT);
    for how in ["before info", "before plain", "after info", "after plain"] {
        for procs in [1, 2] {
            println!("handler installed {how}, GOMAXPROCS={procs}");
            child("urgent").procs(procs).env(signals::HANDLER, how).run().exits(0);
        }
    }
}

#[test]
fn a_program_may_ignore_the_signal() {
    let _watchdog = watchdog_of(LIMIT);
    for how in ["before", "after", "never"] {
        println!("ignored {how}");
        child("ignored").procs(1).env(signals::HANDLER, how).run().exits(0);
    }
}

#[test]
fn a_masked_signal_comes_late_and_does_no_harm() {
    let _watchdog = watchdog_of(LIMIT);
    under_1_2_and_4("masked");
}

// --- staying ------------------------------------------------------------------------------

#[test]
fn a_preempted_goroutine_stays_on_its_thread() {
    let _watchdog = watchdog_of(LIMIT);
    under_1_2_and_4("stays");
}

#[test]
fn gomaxprocs_changes_while_hogs_spin_on_all_ps() {
    let _watchdog = watchdog_of(LIMIT);
    under_1_2_and_4("resized");
    child("resized").procs(4).debug("membarrier=0").run().exits(0);
}

#[test]
fn goroutines_that_leave_may_be_preempted() {
    let _watchdog = watchdog_of(LIMIT);
    under_1_2_and_4("leaves");
}

// --- fallbacks ----------------------------------------------------------------------------

#[test]
fn without_signals_a_loop_keeps_its_p() {
    let _watchdog = watchdog_of(LIMIT);
    let ended = child("off").procs(1).debug("asyncpreemptoff=1").run();
    ended.exits(0);
    assert_eq!((ended.value("ran"), number(&ended, "preemptions")), ("false", 0), "{ended}");
    // The same program with signals, so that it is known to see what it looks for.
    let ended = child("off").procs(1).run();
    ended.exits(0);
    assert_eq!(ended.value("ran"), "true", "{ended}");
    assert!(number(&ended, "preemptions") > 0, "{ended}");
}

#[test]
fn every_fallback_carries_a_mixed_load() {
    let _watchdog = watchdog_of(LIMIT);
    for switches in [
        "membarrier=0",
        "procfs=0",
        "guard=mprotect",
        "asyncpreemptoff=1",
        "membarrier=0,procfs=0,asyncpreemptoff=1,guard=mprotect",
    ] {
        for procs in [1, 2, 4] {
            println!("{switches}, GOMAXPROCS={procs}");
            let ended = child("mixed").procs(procs).debug(switches).run();
            ended.exits(0);
            // Without /proc a thread that waits for a CPU looks blocked, and loses its P so.
            match (switches.contains("asyncpreemptoff=1"), switches.contains("procfs=0")) {
                (true, _) => assert_eq!(number(&ended, "preemptions"), 0, "{ended}"),
                (false, true) => {}
                (false, false) => assert!(number(&ended, "preemptions") > 0, "{ended}"),
            }
        }
    }
}

#[test]
fn loops_without_end_are_stopped_by_every_fallback() {
    let _watchdog = watchdog_of(LIMIT);
    for switches in ["membarrier=0", "procfs=0", "guard=mprotect", "membarrier=0,procfs=0"] {
        println!("{switches}");
        child("without_end").procs(1).debug(switches).run().exits(0).prints("main is done");
    }
}
