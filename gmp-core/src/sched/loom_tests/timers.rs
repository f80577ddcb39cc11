//! The keeper against a new timer: (T1)-(T3) of `timer/mod.rs` against (L1)-(L4).
//!
//! Goroutine 0 adds a timer that is due, and keeps its thread until the timer
//! has fired: the other M must come and run it.

use super::mini::{Cut, NOW, Sched, Setup};
use super::{M0, M1, Thread, goroutine_0_on_p0, model};

/// Adds a timer for goroutine 1 and waits for that.
fn sleeper_and_hog(sched: &Sched, m: usize, gp: usize) {
    match gp {
        0 => {
            sched.insert_timer(m, NOW, 1);
            sched.gate.sleep();
        }
        1 => sched.gate.wake(),
        _ => {}
    }
}

/// What M number 1 does when goroutine 0 adds its timer.
#[derive(Clone, Copy)]
enum Other {
    /// It runs out of work.
    Leaves,
    /// The same, with a timer on its own P that is due much later: it may sleep
    /// as that one's keeper.
    LeavesLateTimer,
    /// It is the keeper for an earlier timer, wakes, runs that and leaves again.
    Keeps,
}

fn new_timer(cut: Cut, other: Other) {
    let body = sleeper_and_hog;
    let (busy, goroutines, second): (_, _, Thread) = match other {
        Other::Leaves | Other::LeavesLateTimer => (2, 2, M1),
        Other::Keeps => (1, 3, |sched| sched.keep_first(1, NOW - 5)),
    };
    let prepare: Thread = match other {
        Other::Leaves => goroutine_0_on_p0,
        Other::LeavesLateTimer => |sched| {
            goroutine_0_on_p0(sched);
            sched.put_timer(1, NOW + 10, 2);
        },
        Other::Keeps => |sched| {
            goroutine_0_on_p0(sched);
            sched.put_timer(1, NOW - 5, 2);
        },
    };
    let setup =
        Setup { cut, ms: 2, ps: 2, busy, timers: true, goroutines, body, ..Setup::default() };
    model(3, setup, prepare, [M0, second]);
}

#[test]
fn loom_timer_against_leaver() {
    new_timer(Cut::Nothing, Other::Leaves);
}

#[test]
fn loom_timer_against_late_keeper() {
    new_timer(Cut::Nothing, Other::LeavesLateTimer);
}

#[test]
fn loom_timer_against_waking_keeper() {
    new_timer(Cut::Nothing, Other::Keeps);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_timer_leaver_fence_is_needed() {
    new_timer(Cut::LeaverFence, Other::Leaves);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_timer_fence_before_the_deadline_is_needed() {
    new_timer(Cut::TimerFence, Other::Keeps);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_timer_look_again_at_the_limit_is_needed() {
    new_timer(Cut::LookAgain, Other::Leaves);
}

/// The timer is added while all Ps are busy, and then a P becomes idle because
/// its M is parked with its goroutine: M number 2, asleep, must mind the timer.
fn hand_off(cut: Cut) {
    let body = sleeper_and_hog;
    let setup =
        Setup { cut, ms: 3, ps: 2, busy: 2, timers: true, goroutines: 2, body, ..Setup::default() };
    let threads: [Thread; 3] =
        [M0, |sched| sched.park_bound_for_ever(1), |sched| sched.schedule(2)];
    model(2, setup, goroutine_0_on_p0, threads);
}

#[test]
fn loom_timer_against_hand_off() {
    hand_off(Cut::Nothing);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_timer_recheck_of_hand_off_is_needed() {
    hand_off(Cut::HandOffTimers);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_timer_fence_of_hand_off_is_needed() {
    hand_off(Cut::LeaverFence);
}
