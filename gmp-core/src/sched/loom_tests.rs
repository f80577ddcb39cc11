//! "No wake-up is lost" (README.md) under loom. A lost one shows as a deadlock:
//! a model ends only when all its goroutines have run.
//!
//! The tests named `..._is_needed` leave one step out and expect that deadlock.

#[path = "loom_tests/claim.rs"]
mod claim;
#[path = "loom_tests/mini.rs"]
mod mini;
#[path = "loom_tests/poller.rs"]
mod poller;
#[path = "loom_tests/rest.rs"]
mod rest;
#[path = "loom_tests/ticket.rs"]
mod ticket;
#[path = "loom_tests/timers.rs"]
mod timers;

use super::WakeState;
use crate::prim::checked::check;
use mini::{Cut, Limit, Sched, Setup, ptr};

type Thread = fn(&Sched);

const M0: Thread = |sched| sched.schedule(0);
const M1: Thread = |sched| sched.schedule(1);

/// Runs a model that begins as `prepare` leaves it.
fn model<const N: usize>(preemptions: usize, setup: Setup, prepare: Thread, threads: [Thread; N]) {
    let start = move || {
        let sched = Sched::new(&setup);
        prepare(&sched);
        sched
    };
    check(preemptions, start, threads, Sched::check_end);
}

fn nothing(_: &Sched) {}

fn goroutine_0_on_p0(sched: &Sched) {
    sched.ps[0].runq.push(ptr(0), &sched.global);
}

/// One M that runs out of work against one thread that submits.
fn one_m(cut: Cut) {
    let setup = Setup { cut, ..Setup::default() };
    model(3, setup, nothing, [M0, |sched| sched.ready_outside(0)]);
}

#[test]
fn loom_wake_one_m() {
    one_m(Cut::Nothing);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_wake_recheck_is_needed() {
    one_m(Cut::Recheck);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_wake_leaver_fence_is_needed() {
    one_m(Cut::LeaverFence);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_wake_submitter_fence_is_needed() {
    one_m(Cut::SubmitterFence);
}

/// The submitter comes between the M's recheck and its place on the list, when
/// no other M can be made.
#[test]
#[should_panic(expected = "deadlock")]
fn loom_wake_look_again_at_the_limit_is_needed() {
    one_m(Cut::LookAgain);
}

/// Two threads submit to one M.
#[test]
fn loom_wake_two_submitters() {
    let setup = Setup { goroutines: 2, ..Setup::default() };
    model(2, setup, nothing, [M0, |sched| sched.ready_outside(0), |sched| sched.ready_outside(1)]);
}

/// A thread has counted a spinner and finds that the idle P is gone, while
/// another relies on that spinner.
fn late_spinner(cut: Cut) {
    let setup = Setup { cut, counted: true, ..Setup::default() };
    model(2, setup, nothing, [M0, Sched::start_spinner, |sched| sched.ready_outside(0)]);
}

#[test]
fn loom_wake_late_spinner() {
    late_spinner(Cut::Nothing);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_wake_count_under_the_lock_is_needed() {
    late_spinner(Cut::CountUnderLock);
}

/// Two Ms that run out of work, one thread that submits.
#[test]
fn loom_wake_two_ms() {
    let setup = Setup { ms: 2, ps: 2, busy: 2, ..Setup::default() };
    model(1, setup, nothing, [M0, M1, |sched| sched.ready_outside(0)]);
}

/// A goroutine readies another and keeps its thread until that has run: the
/// second M must come for it, from wherever it is, or be made.
fn busy_submitter(cut: Cut, limit: Limit) {
    let body = |sched: &Sched, m, gp| match gp {
        0 => {
            sched.ready(m, 1);
            sched.gate.sleep();
        }
        _ => sched.gate.wake(),
    };
    let (busy, second) = match limit {
        Limit::Reached => (2, M1),
        _ => (1, Sched::spawner as Thread),
    };
    let setup = Setup { cut, ms: 2, ps: 2, busy, limit, goroutines: 2, body, ..Setup::default() };
    model(3, setup, goroutine_0_on_p0, [M0, second]);
}

#[test]
fn loom_wake_busy_submitter() {
    busy_submitter(Cut::Nothing, Limit::Reached);
}

#[test]
fn loom_wake_new_m() {
    busy_submitter(Cut::Nothing, Limit::Above);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_wake_busy_recheck_is_needed() {
    busy_submitter(Cut::Recheck, Limit::Reached);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_wake_busy_leaver_fence_is_needed() {
    busy_submitter(Cut::LeaverFence, Limit::Reached);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_wake_busy_submitter_fence_is_needed() {
    busy_submitter(Cut::SubmitterFence, Limit::Reached);
}

/// The first of two goroutines keeps its thread until the second has run, so
/// both Ps must come to run one.
fn first_waits_for_second(sched: &Sched, _: usize, gp: usize) {
    if gp == 0 { sched.gate.sleep() } else { sched.gate.wake() }
}

/// Both come from outside, while all Ms sleep. The second may rely on the
/// spinner that was woken for the first.
fn chain(cut: Cut) {
    let body = first_waits_for_second;
    let setup = Setup { cut, ms: 2, ps: 2, busy: 0, goroutines: 2, body, ..Setup::default() };
    let submitter = |sched: &Sched| {
        sched.ready_outside(0);
        sched.ready_outside(1);
    };
    model(2, setup, nothing, [submitter, M0, M1]);
}

#[test]
fn loom_wake_chain() {
    chain(Cut::Nothing);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_wake_chain_is_needed() {
    chain(Cut::Chain);
}

/// Both lie in the global queue, and one M takes them in one batch while the
/// other has its last look.
fn batch(cut: Cut) {
    let body = first_waits_for_second;
    let setup = Setup { cut, ms: 2, ps: 2, busy: 2, goroutines: 2, body, ..Setup::default() };
    model(3, setup, |sched| sched.global.push_batch(&[ptr(0), ptr(1)]), [M0, M1]);
}

#[test]
fn loom_wake_batch() {
    batch(Cut::Nothing);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_wake_after_a_batch_is_needed() {
    batch(Cut::BatchWake);
}

/// Three lie in the ring of an M that has one more turn. Another, which is not a spinner, takes
/// two of them, while the third looks for the last time.
fn relieved(cut: Cut) {
    let body = |sched: &Sched, _, gp| match gp {
        0 => sched.gate.wake(),
        1 => sched.gate.sleep(),
        _ => (),
    };
    let three = Setup { ms: 3, ps: 3, busy: 3, goroutines: 3, ..Setup::default() };
    let ring =
        |sched: &Sched| (0..3).for_each(|gp| _ = sched.ps[2].runq.push(ptr(gp), &sched.global));
    let put_aside: Thread = |sched| sched.one_turn(2);
    model(1, Setup { cut, relieves: true, body, ..three }, ring, [M0, M1, put_aside]);
}

#[test]
fn loom_wake_relieved() {
    relieved(Cut::Nothing);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_wake_after_relieving_is_needed() {
    relieved(Cut::RelieveWake);
}

/// Goroutine 0 parks with its thread (M 0) and hands its P off; a thread outside
/// readies it again, and M 1 gives it a P.
fn bound(cut: Cut, limit: Limit) {
    let body = |sched: &Sched, m, gp| match gp {
        0 => sched.park_bound(m),
        _ => sched.hand_p_to(0, m),
    };
    let waker = |sched: &Sched| {
        sched.gate.sleep();
        sched.ready_outside(1);
    };
    let second = if limit == Limit::Reached { M1 } else { Sched::spawner };
    let setup = Setup { cut, ms: 2, limit, goroutines: 2, body, ..Setup::default() };
    model(2, setup, goroutine_0_on_p0, [M0, second, waker]);
}

#[test]
fn loom_wake_bound() {
    bound(Cut::Nothing, Limit::Reached);
}

#[test]
fn loom_wake_bound_new_m() {
    bound(Cut::Nothing, Limit::Above);
}

#[test]
fn loom_wake_bound_at_the_limit() {
    bound(Cut::Nothing, Limit::UnlessParked);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_wake_bound_one_more_m_is_needed() {
    bound(Cut::AllParked, Limit::UnlessParked);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_wake_bound_leaver_fence_is_needed() {
    bound(Cut::LeaverFence, Limit::Reached);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_wake_bound_recheck_is_needed() {
    bound(Cut::Recheck, Limit::Reached);
}
