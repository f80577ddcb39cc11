//! Tickets: a P is taken from a goroutine that computes (`preempt/README.md`, (T1) to
//! (T6)), against Ms that dequeue it, a claim of the same P, and late signals. The
//! handshake, the notes and the global queue are the runtime's own; around them stand
//! the steps of `preempt/handler.rs`, `sched/bound.rs` and `sched/successor.rs` in
//! their order.
//!
//! Goroutines stay on their threads once they run: what they do is a function on the
//! M's thread, with points at which a signal may arrive. How idle Ms and Ps meet is
//! shortened: `mini_idle.rs` has that protocol.

#[path = "ticket_world.rs"]
mod world;

use crate::prim::checked::check;
use world::{COME_IN, Cut, Setup, Start, World, ptr};

type Thread = fn(&World);

const M0: Thread = |world| world.begin(0);
const M1: Thread = |world| world.begin(1);
const M2: Thread = |world| world.begin(2);

fn model<const N: usize>(preemptions: usize, setup: Setup, prepare: Thread, threads: [Thread; N]) {
    let start = move || {
        let world = World::new(&setup);
        prepare(&world);
        world
    };
    check(preemptions, start, threads, World::check_end);
}

/// M 0 runs goroutine 0, M 1 is idle.
const TWO_MS: Setup = Setup {
    cut: Cut::Nothing,
    ms: &[Start::Runs(0), Start::Asleep],
    idle_ps: 0,
    goroutines: 2,
    body: detachable,
};

fn nothing(_: &World) {}

/// sysmon sees that goroutine 0 runs on and on.
fn sysmon(world: &World) {
    world.post(0, 0, 1);
}

/// Computes, with a call in between.
fn body(world: &World, m: usize, gp: usize) {
    world.compute(m);
    world.point(m);
    world.call(m, gp, || ());
    world.point(m);
    world.compute(m);
}

/// Goroutine 0 may be signalled, others wait, an M is idle. If goroutine 0 ends first,
/// the signal, meant for it, reaches another one on the same M.
fn idle_successor(cut: Cut) {
    let setup = Setup { cut, goroutines: 3, body, ..TWO_MS };
    let prepare: Thread = |world| {
        world.global.push(ptr(1));
        world.global.push(ptr(2));
    };
    model(3, setup, prepare, [M0, M1, sysmon]);
}

#[test]
fn loom_ticket_idle_successor() {
    idle_successor(Cut::Nothing);
}

#[test]
#[should_panic(expected = "a stale ticket ended another run")]
fn loom_ticket_run_number_is_needed() {
    idle_successor(Cut::RunNumber);
}

/// A bound goroutine goes on, from the queue's head (`queued` is false) or from
/// behind another one, since no M is idle.
fn bound_successor(queued: bool) {
    let setup = Setup {
        cut: Cut::Nothing,
        ms: &[Start::Runs(0), Start::Parked(1)],
        idle_ps: 0,
        goroutines: if queued { 3 } else { 2 },
        body,
    };
    let prepare: Thread = if queued {
        |world| {
            world.global.push(ptr(2));
            world.global.push_bound(ptr(1));
        }
    } else {
        |world| world.global.push_bound(ptr(1))
    };
    model(3, setup, prepare, [M0, M1, sysmon]);
}

#[test]
fn loom_ticket_bound_successor() {
    bound_successor(false);
}

#[test]
fn loom_ticket_bound_successor_behind_others() {
    bound_successor(true);
}

/// M 1 looks for work with a P of its own: it may find goroutine 0 as soon as that is
/// queued, before its M sleeps, and gives it its P.
fn dequeuer(cut: Cut) {
    let setup = Setup {
        cut,
        ms: &[Start::Runs(0), Start::Searches, Start::Asleep],
        idle_ps: 0,
        goroutines: 2,
        body: |world, m, gp| {
            if gp == 0 {
                world.point(m);
            }
            world.compute(m);
        },
    };
    let prepare: Thread = |world| {
        world.global.push(ptr(1));
        sysmon(world);
    };
    model(2, setup, prepare, [M0, M1, M2]);
}

#[test]
fn loom_ticket_against_dequeuer() {
    dequeuer(Cut::Nothing);
}

#[test]
#[should_panic(expected = "an M without a P")]
fn loom_ticket_p_let_go_before_queueing_is_needed() {
    dequeuer(Cut::DropFirst);
}

/// M 1 has run out of work. While the successor, goroutine 1, is reserved, it is not in
/// the queue, and then goroutine 0 is: somebody has to come for that, since goroutine 1
/// keeps its P until goroutine 0 has run (if it sees a P idle; that is cheaper here).
fn reserved_bound(cut: Cut) {
    let setup = Setup {
        cut,
        ms: &[Start::Runs(0), Start::Searches, Start::Parked(1)],
        idle_ps: 0,
        goroutines: 2,
        body: |world, m, gp| {
            if gp == 0 {
                world.point(m);
                world.compute(m);
                world.gate.wake();
            } else if world.idle_beside_work() {
                world.gate.sleep();
            }
        },
    };
    let prepare: Thread = |world| {
        world.global.push_bound(ptr(1));
        sysmon(world);
    };
    model(1, setup, prepare, [M0, M1, M2]);
}

#[test]
fn loom_ticket_bound_successor_against_leaver() {
    reserved_bound(Cut::Nothing);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_ticket_wake_for_bound_successor_is_needed() {
    reserved_bound(Cut::WakeForBound);
}

/// The signal may come in the middle of the scheduler, where a lock is held that the
/// other goroutine needs.
fn in_the_scheduler(cut: Cut) {
    let body = |world: &World, m, gp| {
        world.call(m, gp, || {
            let _held = world.lock.lock().unwrap();
            world.point(m);
        });
        world.compute(m);
    };
    let setup = Setup { cut, body, ..TWO_MS };
    model(3, setup, |world| world.global.push(ptr(1)), [M0, M1, sysmon]);
}

#[test]
fn loom_ticket_in_the_scheduler() {
    in_the_scheduler(Cut::Nothing);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_ticket_insched_is_needed() {
    in_the_scheduler(Cut::InScheduler);
}

/// Goroutine 0 holds a lock without which no thread can be made, and there is none.
fn no_thread(cut: Cut) {
    let setup = Setup {
        cut,
        ms: &[Start::Runs(0), Start::Unmade],
        idle_ps: 0,
        goroutines: 2,
        body: |world, m, gp| {
            if gp == 0 {
                let _held = world.malloc.lock().unwrap();
                world.point(m);
            }
            world.point(m);
            world.compute(m);
        },
    };
    let twice: Thread = |world| {
        sysmon(world);
        sysmon(world);
    };
    model(3, setup, |world| world.global.push(ptr(1)), [M0, M1, twice]);
}

#[test]
fn loom_ticket_no_thread() {
    no_thread(Cut::Nothing);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_ticket_reserving_first_is_needed() {
    no_thread(Cut::ReserveFirst);
}

/// User code that does not touch the P, since sysmon may have taken it.
fn detachable(world: &World, m: usize, gp: usize) {
    world.point(m);
    if gp == 0 {
        world.call(m, gp, || ());
        world.point(m);
    }
}

/// The thread is seen blocked after it was signalled.
#[test]
fn loom_ticket_then_claim() {
    let both: Thread = |world| {
        sysmon(world);
        world.take(0, 0);
    };
    model(2, TWO_MS, |world| world.global.push(ptr(1)), [M0, M1, both]);
}

/// The successor that both want is a bound goroutine: one gets it, and it may come back.
#[test]
fn loom_ticket_then_claim_with_bound_successor() {
    let both: Thread = |world| {
        sysmon(world);
        world.take(0, 0);
    };
    let setup = Setup { ms: &[Start::Runs(0), Start::Parked(1)], ..TWO_MS };
    model(2, setup, |world| world.global.push_bound(ptr(1)), [M0, M1, both]);
}

/// It has lost its P and computes.
#[test]
fn loom_ticket_come_in() {
    let both: Thread = |world| {
        world.take(0, 0);
        world.post_ticket(0, COME_IN);
    };
    model(2, TWO_MS, |world| world.global.push(ptr(1)), [M0, M1, both]);
}

/// While sysmon has reserved M 1, goroutine 0 queues another one and keeps its P until
/// that has run: if sysmon gives the M back, that one must take the idle P.
fn given_back(cut: Cut) {
    let body = |world: &World, m, gp| {
        if gp == 0 {
            world.call(m, gp, || world.ready(1));
            world.gate.sleep();
        } else {
            world.gate.wake();
        }
    };
    let setup = Setup { cut, idle_ps: 1, body, ..TWO_MS };
    model(2, setup, nothing, [M0, M1, |world| world.take(0, 0)]);
}

#[test]
fn loom_ticket_given_back_successor() {
    given_back(Cut::Nothing);
}

#[test]
#[should_panic(expected = "deadlock")]
fn loom_ticket_look_when_given_back_is_needed() {
    given_back(Cut::GiveBackLooks);
}
