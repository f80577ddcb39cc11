//! "No wake-up is lost" (README.md) under loom. A lost one shows as a deadlock:
//! a model ends only when all its goroutines have run.
//!
//! The tests named `..._is_needed` leave one step out and expect that deadlock.

#[path = "loom_tests/mini.rs"]
mod mini;
#[path = "loom_tests/timers.rs"]
mod timers;

use super::WakeState;
use crate::prim::checked::check;
use loom::thread;
use mini::{Cut, Sched, Setup, ptr};

type Submitter = fn(&Sched);

/// Runs the model: its Ms (the first on the main thread, the last on the
/// spawner's if there is one) and the threads outside.
fn model(preemptions: usize, setup: Setup, outside: &'static [Submitter]) {
    check(preemptions, move || {
        let sched = Sched::new(&setup);
        let mut threads = Vec::new();
        for m in 1..setup.ms {
            let (sched, spawner) = (sched.clone(), setup.spawner && m == setup.ms - 1);
            threads.push(thread::spawn(
                move || {
                    if spawner { sched.spawner() } else { sched.schedule(m) }
                },
            ));
        }
        for submit in outside {
            let sched = sched.clone();
            threads.push(thread::spawn(move || submit(&sched)));
        }
        sched.schedule(0);
        for thread in threads {
            thread.join().unwrap();
        }
        sched.check_end();
    });
}

/// One M that runs out of work against one thread that submits.
fn one_m(cut: Cut) {
    model(3, Setup { cut, ..Setup::default() }, &[|sched| sched.ready_outside(0)]);
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
fn loom_wake_pending_at_the_limit_is_needed() {
    one_m(Cut::PendingAtLimit);
}

/// Two threads submit to one M.
#[test]
fn loom_wake_two_submitters() {
    let setup = Setup { goroutines: 2, ..Setup::default() };
    model(2, setup, &[|sched| sched.ready_outside(0), |sched| sched.ready_outside(1)]);
}

/// A thread has counted a spinner and finds that the idle P is gone, while
/// another relies on that spinner.
fn late_spinner(cut: Cut) {
    let late = |sched: &Sched| sched.start_spinner();
    let setup = Setup { cut, counted: true, ..Setup::default() };
    model(3, setup, &[late, |sched| sched.ready_outside(0)]);
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
    let setup = Setup { ms: 2, ps: 2, ..Setup::default() };
    model(2, setup, &[|sched| sched.ready_outside(0)]);
}

/// A goroutine readies another and keeps its thread until that has run: the
/// second M must come for it, from wherever it is.
fn busy_submitter(cut: Cut, spawner: bool) {
    let body = |sched: &Sched, m, gp| match gp {
        0 => {
            sched.ready(m, 1);
            sched.gate.sleep();
        }
        _ => sched.gate.wake(),
    };
    check_with_root(
        2,
        Setup { cut, ms: 2, ps: 2, spawner, goroutines: 2, body, ..Setup::default() },
    );
}

/// As `model` without threads outside; goroutine 0 lies on the first P.
fn check_with_root(preemptions: usize, setup: Setup) {
    check(preemptions, move || {
        let sched = Sched::new(&setup);
        sched.ps[0].runq.push(ptr(0), &sched.global);
        let other = {
            let (sched, spawner) = (sched.clone(), setup.spawner);
            thread::spawn(move || if spawner { sched.spawner() } else { sched.schedule(1) })
        };
        sched.schedule(0);
        other.join().unwrap();
        sched.check_end();
    });
}

#[test]
fn loom_wake_busy_submitter() {
    busy_submitter(Cut::Nothing, false);
}

#[test]
fn loom_wake_new_m() {
    busy_submitter(Cut::Nothing, true);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_wake_busy_recheck_is_needed() {
    busy_submitter(Cut::Recheck, false);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_wake_busy_leaver_fence_is_needed() {
    busy_submitter(Cut::LeaverFence, false);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_wake_busy_submitter_fence_is_needed() {
    busy_submitter(Cut::SubmitterFence, false);
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
    let setup = Setup { cut, ms: 2, ps: 2, idle: true, goroutines: 2, body, ..Setup::default() };
    model(
        2,
        setup,
        &[|sched| {
            sched.ready_outside(0);
            sched.ready_outside(1);
        }],
    );
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
    check(2, move || {
        let sched =
            Sched::new(&Setup { cut, ms: 2, ps: 2, goroutines: 2, body, ..Setup::default() });
        sched.global.push_batch(&[ptr(0), ptr(1)]);
        let other = {
            let sched = sched.clone();
            thread::spawn(move || sched.schedule(1))
        };
        sched.schedule(0);
        other.join().unwrap();
        sched.check_end();
    });
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

/// Goroutine 0 parks with its thread (M 0) and hands its P off; a thread outside
/// readies it again, and M 1 gives it a P.
fn bound(cut: Cut, spawner: bool) {
    let body = |sched: &Sched, m, gp| match gp {
        0 => {
            sched.gate.wake();
            sched.hand_off(m);
            sched.sleep_bound(m);
        }
        _ => sched.hand_p_to(0, m),
    };
    check(2, move || {
        let setup = Setup { cut, ms: 2, spawner, goroutines: 2, body, ..Setup::default() };
        let sched = Sched::new(&setup);
        sched.ps[0].runq.push(ptr(0), &sched.global);
        let threads: [Box<dyn FnOnce(&Sched) + Send>; 2] = [
            Box::new(move |sched| if spawner { sched.spawner() } else { sched.schedule(1) }),
            Box::new(|sched| {
                sched.gate.sleep();
                sched.ready_outside(1);
            }),
        ];
        let threads = threads.map(|run| {
            let sched = sched.clone();
            thread::spawn(move || run(&sched))
        });
        sched.schedule(0);
        for thread in threads {
            thread.join().unwrap();
        }
        sched.check_end();
    });
}

#[test]
fn loom_wake_bound() {
    bound(Cut::Nothing, false);
}

#[test]
fn loom_wake_bound_new_m() {
    bound(Cut::Nothing, true);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_wake_bound_leaver_fence_is_needed() {
    bound(Cut::LeaverFence, false);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_wake_bound_recheck_is_needed() {
    bound(Cut::Recheck, false);
}
