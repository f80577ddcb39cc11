//! Goroutines that block their threads: nobody else has to wait for them.
//!
//! Each program is a process of its own, most of them under GOMAXPROCS 1 and 2.

mod counts;
mod kinds;
#[path = "../preempt/os.rs"]
mod os;
mod returning;
mod section;
mod signals;
#[path = "../support/mod.rs"]
mod support;
#[path = "../preempt/work.rs"]
mod work;

use std::process::ExitCode;
use std::time::Duration;

use support::child::{child, main, programs};
use support::watchdog_of;

/// Several children, each with a watchdog of its own.
const LIMIT: Duration = Duration::from_secs(180);

#[test]
fn program() {
    programs(&[
        ("pipes", || main(kinds::pipes)),
        ("sleeps", || main(kinds::sleeps)),
        ("locks", || main(kinds::locks)),
        ("condvars", || main(kinds::condvars)),
        ("children", || main(kinds::children)),
        ("threads", || main(kinds::threads)),
        ("accepts", || main(kinds::accepts)),
        ("names", || main(kinds::names)),
        ("main_itself", || main(kinds::main_itself)),
        ("stall", || main(kinds::stall)),
        ("many_readers", || main(counts::many_readers)),
        ("channel_waiters", || main(counts::channel_waiters)),
        ("tokens", || main(returning::tokens)),
        ("lock_users", || main(returning::lock_users)),
        ("readers_go_on", || main(returning::readers_go_on)),
        ("results", || main(section::results)),
        ("parks", || main(section::parks)),
        ("gives_way", || main(section::gives_way)),
        ("is_over", || main(section::is_over)),
        ("on_threads", || main(section::on_threads)),
        ("without_runtime", section::without_runtime),
        ("broken_pipe", || main(signals::broken_pipe)),
        ("interrupted", interrupted),
        ("terminated", || main(|| signals::dies_of(os::SIGTERM))),
        ("wait_status", || main(signals::wait_status)),
        ("inherited", inherited),
    ]);
}

fn under(procs: &[usize], program: &str) {
    let _watchdog = watchdog_of(LIMIT);
    for &procs in procs {
        child(program).procs(procs).run().exits(0);
    }
}

// --- whatever blocks ----------------------------------------------------------------------

/// Makes each program a test under GOMAXPROCS 1 and 2.
macro_rules! others_go_on_beside {
    ($($program:ident)+) => { $(
        #[test]
        fn $program() {
            under(&[1, 2], stringify!($program));
        }
    )+ };
}

others_go_on_beside! { pipes sleeps locks condvars children threads accepts names main_itself }

#[test]
fn a_blocked_neighbour_stalls_nobody_for_long() {
    under(&[1], "stall");
}

// --- how many threads it takes ------------------------------------------------------------

#[test]
fn who_blocks_takes_a_thread() {
    under(&[1, 2], "many_readers");
}

#[test]
fn who_waits_for_a_channel_takes_none() {
    under(&[1, 2], "channel_waiters");
}

// --- coming back --------------------------------------------------------------------------

#[test]
fn tokens_go_round_through_pipes() {
    under(&[1, 2, 4], "tokens");
}

#[test]
fn locks_held_over_blocking_calls() {
    under(&[1, 2, 4], "lock_users");
}

#[test]
fn readers_come_back_among_hogs() {
    under(&[1, 2, 4], "readers_go_on");
}

// --- blocking(..) -------------------------------------------------------------------------

#[test]
fn blocking_gives_what_its_closure_gives() {
    under(&[1, 2], "results");
}

#[test]
fn goroutines_may_park_while_blocking() {
    under(&[1, 2, 4], "parks");
}

/// Even to those that do not block at all, and without signals.
#[test]
fn blocking_makes_way_for_others() {
    let _watchdog = watchdog_of(LIMIT);
    for procs in [1, 2] {
        for switches in ["", "asyncpreemptoff=1", "asyncpreemptoff=1,procfs=0", "membarrier=0"] {
            println!("{switches}, GOMAXPROCS={procs}");
            child("gives_way").procs(procs).debug(switches).run().exits(0);
        }
    }
}

#[test]
fn blocking_is_over_when_it_returns() {
    let _watchdog = watchdog_of(LIMIT);
    child("is_over").procs(1).debug("asyncpreemptoff=1").run().exits(0);
}

#[test]
fn blocking_on_plain_threads_is_a_call() {
    under(&[1, 2], "on_threads");
    child("without_runtime").run().exits(0);
}

// --- signals and children -----------------------------------------------------------------

#[test]
fn a_broken_pipe_is_an_error() {
    under(&[1, 2], "broken_pipe");
}

#[test]
fn signals_end_the_process_as_ever() {
    let _watchdog = watchdog_of(LIMIT);
    for procs in [1, 2] {
        child("interrupted").procs(procs).run().killed_by(os::SIGINT).prints_no("not reached");
        child("terminated").procs(procs).run().killed_by(os::SIGTERM).prints_no("not reached");
    }
}

#[test]
fn children_report_how_they_ended() {
    under(&[1, 2], "wait_status");
}

fn interrupted() -> ExitCode {
    os::do_not_ignore(os::SIGINT);
    main(|| signals::dies_of(os::SIGINT))
}

fn inherited() -> ExitCode {
    signals::note_before();
    main(signals::inherited)
}

#[test]
fn children_inherit_no_state_of_the_runtime() {
    under(&[1, 2], "inherited");
}
