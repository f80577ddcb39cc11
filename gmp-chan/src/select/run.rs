//! The engine: `README.md` beside this crate's root says why it is right, under "Select".

#![expect(unsafe_code, reason = "locks are released on another stack, waiters linked by address")]

use std::time::{Duration, Instant};
use std::{mem, ptr};

use super::case::{After, Attempt, Case, Op, unlock};
use super::order::{Orders, Room};
use crate::chan::{Core, Locked, clock_of, serve_due, tell};
use crate::rt::{self, Critical, Fired, HeapLock, Parker, Timer, WaitReason};
use crate::wait::{Kind, Race, Waiter};

/// How long a select waits.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limit {
    /// Not at all.
    Now,
    /// Until then, in nanoseconds of the runtime's clock; for ever if `u64::MAX`.
    Until(u64),
}

impl Limit {
    /// So long from now.
    pub(crate) fn after(timeout: Duration) -> Limit {
        let ns = u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX);
        Limit::Until(rt::now_ns().saturating_add(ns))
    }

    pub(crate) fn at(deadline: Instant) -> Limit {
        Limit::Until(rt::instant_ns(deadline))
    }
}

/// What a select is after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    /// To do one of the operations.
    Commit,
    /// To know which one could be done.
    Watch,
}

/// The most cases of one select, as in Go.
pub(crate) const MOST_CASES: usize = 1 << 16;

/// Chooses one of `cases`: in an order drawn anew if not `biased`. `None` when the limit
/// has come first.
pub(crate) fn run(cases: &mut [Case<'_>], biased: bool, limit: Limit, aim: Aim) -> Option<usize> {
    assert!(
        cases.len() <= MOST_CASES,
        "a select has at most {MOST_CASES} cases, this one has {}",
        cases.len(),
    );
    let mut room = Room::new(cases.len());
    let mut orders = room.orders();
    loop {
        match choose(cases, &mut orders, biased, limit, aim) {
            Step::Chosen(index) => return Some(index),
            Step::Limit => return None,
            Step::Again => {}
        }
    }
}

/// What a round came to.
enum Step {
    Chosen(usize),
    Limit,
    /// The round has to be played again.
    Again,
}

fn choose(
    cases: &mut [Case<'_>],
    orders: &mut Orders<'_>,
    biased: bool,
    limit: Limit,
    aim: Aim,
) -> Step {
    let critical = Critical::enter();
    let timers = orders.draw(cases, biased, &critical);
    let now = if timers { rt::now_ns() } else { 0 };
    if !biased && aim == Aim::Commit {
        for &index in orders.poll() {
            let case = &cases[usize::from(index)];
            if !case.looks_ready(now) {
                continue;
            }
            let Some(core) = case.core() else { return chosen(index, critical) };
            if case.commit_freely(core) {
                return chosen(index, critical);
            }
            core.lock.lock(&critical);
            // SAFETY: locked, and finished if chosen.
            match unsafe { case.attempt(core) } {
                Attempt::NotReady => {
                    // SAFETY: locked above.
                    unsafe { unlock(core) };
                }
                Attempt::NeedsBlock => {
                    drop(Locked { core, critical }.unlock());
                    // SAFETY: a channel of the type that its operations are for.
                    unsafe { (core.ops.supply)(core) };
                    return Step::Again;
                }
                Attempt::Chosen(after) => {
                    // SAFETY: the lock is held since the attempt.
                    let done = unsafe { case.finish(Locked { core, critical }, after) };
                    return if done { Step::Chosen(usize::from(index)) } else { Step::Again };
                }
            }
        }
    }
    choose_locked(cases, orders, critical, now, limit, aim)
}

fn chosen(index: u16, critical: Critical) -> Step {
    drop(critical);
    Step::Chosen(usize::from(index))
}

/// The rest of a round, with all channels locked at once.
#[inline(never)]
fn choose_locked(
    cases: &mut [Case<'_>],
    orders: &mut Orders<'_>,
    critical: Critical,
    now: u64,
    limit: Limit,
    aim: Aim,
) -> Step {
    orders.sort(cases);
    lock_all(orders.lock(), &critical);
    let mut found = None;
    for &index in orders.poll() {
        let case = &cases[usize::from(index)];
        let attempt = match (case.core(), aim) {
            (None, _) if case.when <= now => Attempt::Chosen(After::Timer),
            (None, _) => Attempt::NotReady,
            // SAFETY: all locks are held, and the case is finished if chosen.
            (Some(core), Aim::Commit) => unsafe { case.attempt(core) },
            // SAFETY: all locks are held.
            (Some(core), Aim::Watch) => unsafe {
                if case.is_ready(core) {
                    Attempt::Chosen(After::Nothing)
                } else {
                    Attempt::NotReady
                }
            },
        };
        if !matches!(attempt, Attempt::NotReady) {
            found = Some((index, attempt));
            break;
        }
    }
    match found {
        Some((index, Attempt::Chosen(After::Timer))) => {
            unlock_all(orders.lock(), ptr::null());
            chosen(index, critical)
        }
        Some((index, attempt)) => {
            let case = &cases[usize::from(index)];
            let Some(core) = case.core() else { return Step::Again };
            unlock_all(orders.lock(), core);
            let locked = Locked { core, critical };
            let Attempt::Chosen(after) = attempt else {
                drop(locked.unlock());
                // SAFETY: a channel of the type that its operations are for.
                unsafe { (core.ops.supply)(core) };
                return Step::Again;
            };
            // SAFETY: the lock is held since the attempt.
            let done = unsafe { case.finish(locked, after) };
            if done { Step::Chosen(usize::from(index)) } else { Step::Again }
        }
        None => {
            let until = match limit {
                Limit::Now => 0,
                Limit::Until(until) => until,
            };
            if until != u64::MAX && (until == 0 || rt::now_ns() >= until) {
                unlock_all(orders.lock(), ptr::null());
                return Step::Limit;
            }
            wait(cases, orders, critical, until, aim)
        }
    }
}

/// All of a blocked select that others touch. Lives on its stack.
#[repr(C)]
struct Frame {
    /// First, so that the timer's address is the frame's.
    timer: Timer,
    race: Race,
    parker: Parker,
    /// The heap that the timer was put into, still locked.
    heap: Option<HeapLock>,
    /// The channels, locked until the commit.
    cores: *const [*const Core],
}

/// What wins the race when no channel does.
const LIMIT: usize = usize::MAX - 1;

/// Joins all queues and waits. All channels are locked, and none is ready.
fn wait(
    cases: &mut [Case<'_>],
    orders: &Orders<'_>,
    critical: Critical,
    limit: u64,
    aim: Aim,
) -> Step {
    let timer = cases.iter().enumerate().filter(|(_, case)| case.op == Op::Timer);
    let first = timer.min_by_key(|(_, case)| case.when).map(|(index, case)| (index, case.when));
    let (deadline, deadline_case) = match first {
        Some((index, when)) if when <= limit => (when, index),
        _ => (limit, LIMIT),
    };
    let mut frame = Frame::new(orders, Parker::new(&critical));
    // SAFETY: all locks are held; frame and cases stay until every waiter was unlinked.
    let clocks = unsafe { frame.join(cases, orders, &critical, aim) };
    let reason = if orders.poll().is_empty() && deadline == u64::MAX {
        WaitReason::SelectNoCases
    } else {
        WaitReason::Select
    };
    if critical.is_goroutine() {
        if deadline != u64::MAX {
            // SAFETY: the frame stays until the timer was disarmed; the commit unlocks.
            frame.heap = Some(unsafe { frame.timer.arm_and_keep(&critical, deadline) });
        }
        let arg = (&raw mut frame).cast();
        // SAFETY: `commit` releases what is held; who readies the parker has won the race,
        // which takes one of those locks.
        unsafe { critical.park_with(&frame.parker, reason, commit, arg) };
    } else {
        unlock_all(orders.lock(), ptr::null());
        drop(critical);
        frame.sleep(cases, orders, deadline, clocks);
    }
    // SAFETY: all that `join` queued is in these cases.
    unsafe { frame.leave(cases, orders, deadline_case, aim) }
}

impl Frame {
    fn new(orders: &Orders<'_>, parker: Parker) -> Frame {
        Frame {
            timer: Timer::new(fire),
            race: Race::new(),
            parker,
            heap: None,
            cores: orders.lock(),
        }
    }

    /// Queues a waiter for every case. Returns when the first of their clocks is due.
    ///
    /// # Safety
    /// All locks are held; frame and cases stay where they are until `leave`.
    unsafe fn join(
        &self,
        cases: &mut [Case<'_>],
        orders: &Orders<'_>,
        critical: &Critical,
        aim: Aim,
    ) -> u64 {
        let mut due = u64::MAX;
        // In the order drawn, for several cases may wait on one channel.
        for index in orders.poll().iter().copied().map(usize::from) {
            let case = &mut cases[index];
            let Some(core) = case.core() else { continue };
            let kind = if aim == Aim::Watch { Kind::Watch } else { case.kind() };
            let waiter = Waiter::racing(&self.parker, case.slot(), &self.race, index, kind);
            let (queue, other) = case.queues(core);
            // SAFETY: the lock is held; the case stays. A clock is touched under its lock.
            unsafe {
                queue.push(case.waiter.write(waiter));
                if aim == Aim::Commit && !other.is_empty() {
                    tell(other, critical);
                }
                if let Some(clock) = clock_of(case.core) {
                    due = due.min((*clock).due_ns());
                    if critical.is_goroutine() {
                        (*clock).arm(case.core, critical);
                    }
                }
            }
        }
        due
    }

    /// Sleeps, on a plain thread: until woken, or until `deadline`. A thread has no timers,
    /// so when one of the cases' clocks is due, the first at `clocks`, it serves those who
    /// wait for that: in turn, and so perhaps itself.
    fn sleep(&self, cases: &[Case<'_>], orders: &Orders<'_>, deadline: u64, mut clocks: u64) {
        while !self.parker.sleep_until(deadline.min(clocks)) {
            if deadline <= clocks {
                if !self.race.claim(LIMIT) {
                    // Somebody was quicker, and wakes us.
                    self.parker.sleep();
                }
                return;
            }
            clocks = u64::MAX;
            for index in orders.poll().iter().copied().map(usize::from) {
                if let Some(core) = cases[index].core()
                    // SAFETY: the case keeps the channel alive.
                    && let Some(clock) = unsafe { clock_of(cases[index].core) }
                {
                    // SAFETY: the channel is alive, and this is its clock.
                    clocks = clocks.min(unsafe { serve_due(core, clock) });
                }
            }
        }
    }

    /// Leaves all queues, after somebody has won the race.
    ///
    /// # Safety
    /// The caller was woken, or has won itself; `cases` are those that `join` got.
    unsafe fn leave(
        &self,
        cases: &[Case<'_>],
        orders: &Orders<'_>,
        deadline_case: usize,
        aim: Aim,
    ) -> Step {
        let winner = self.race.winner().unwrap_or(LIMIT);
        let critical = Critical::enter_inside();
        for index in orders.poll().iter().copied().map(usize::from) {
            let case = &cases[index];
            let Some(core) = case.core() else { continue };
            if index == winner {
                continue;
            }
            core.lock.lock(&critical);
            // SAFETY: the lock is held; the waiter was queued by `join`, here or nowhere.
            unsafe {
                case.queues(core).0.remove(case.waiter.as_ptr().cast_mut());
                unlock(core);
            }
        }
        if winner != LIMIT {
            self.timer.disarm(&critical);
        }
        drop(critical);
        match winner {
            LIMIT if deadline_case == LIMIT => Step::Limit,
            LIMIT => Step::Chosen(deadline_case),
            index => {
                // SAFETY: it has won, and its owner was woken.
                if aim == Aim::Commit && !unsafe { cases[index].adopt_outcome() } {
                    return Step::Again;
                }
                Step::Chosen(index)
            }
        }
    }
}

/// The deadline of a select has come.
///
/// # Safety
/// `timer` is a `Frame`'s.
unsafe fn fire(timer: *const Timer, _now: u64) -> Fired {
    const { assert!(mem::offset_of!(Frame, timer) == 0) };
    let frame = timer.cast::<Frame>();
    // SAFETY: the frame is alive while its timer is armed, and if the race is won here its
    // owner waits until made ready.
    unsafe {
        if (*frame).race.claim(LIMIT) {
            Fired { ready: &raw const (*frame).parker, ..Fired::DONE }
        } else {
            Fired::DONE
        }
    }
}

/// Releases all that a parked select holds.
///
/// # Safety
/// `frame` is a `Frame` whose locks are held.
unsafe fn commit(frame: *mut ()) -> bool {
    let frame = frame.cast::<Frame>();
    // SAFETY: as long as one lock is held the owner, once woken, waits for it to leave
    // that queue; so the frame is alive until the last one is released, and after that
    // nothing of it is read.
    unsafe {
        let cores = (*frame).cores;
        if let Some(heap) = (*frame).heap.take() {
            heap.unlock();
        }
        unlock_all(&*cores, ptr::null());
    }
    true
}

/// Locks all channels, in the order in which they are noted.
fn lock_all(cores: &[*const Core], critical: &Critical) {
    for &core in cores {
        // SAFETY: the cases keep their channels alive.
        unsafe { (*core).lock.lock(critical) };
    }
}

/// Unlocks all channels but `keep`. Reads nothing behind the last one's release.
fn unlock_all(cores: &[*const Core], keep: *const Core) {
    for &core in cores {
        if core != keep {
            // SAFETY: alive as above, and locked by `lock_all`.
            unsafe { unlock(core) };
        }
    }
}
