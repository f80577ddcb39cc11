//! Channels whose values come from the clock: `after`, `at` and `tick`, and those of timers
//! and tickers, which can be stopped and set anew.
//!
//! Such a channel does nothing by itself. Whether an instant is due is decided when
//! somebody asks; a timer is armed only while a goroutine waits. Plain threads sleep no
//! longer than until the channel is due and look. Who sets the channel anew arms the timer
//! for all who wait, threads included: those may sleep for longer.

#![expect(unsafe_code, reason = "waiters and timers are reached through raw pointers")]

use std::mem::{self, MaybeUninit};
use std::ptr::{self, NonNull};
use std::time::{Duration, Instant};

use super::core::{Core, Locked, tell};
use super::{Chan, clock_of};
use crate::rt::{self, Critical, Fired, Parker, Timer, WaitReason};
use crate::wait::{Batch, Outcome, Waiter, Wakers};

/// One moment, as users see it and on the runtime's clock; there, `u64::MAX` is never.
#[derive(Clone, Copy)]
pub(crate) struct Due {
    instant: Instant,
    ns: u64,
}

impl Due {
    /// Not to be called in a section.
    pub(crate) fn at(instant: Instant) -> Due {
        Due { instant, ns: rt::instant_ns(instant) }
    }

    /// `wait` from now; never if no `Instant` can hold that. Not to be called in a section.
    pub(crate) fn after(wait: Duration) -> Due {
        let now = Instant::now();
        now.checked_add(wait).map_or(Due { instant: now, ns: u64::MAX }, Due::at)
    }
}

/// What follows a value.
#[derive(Clone, Copy)]
pub(crate) enum Pace {
    /// Nothing.
    Once,
    /// The next one, so long after this one if somebody has waited for it, else so long
    /// after it was received: crossbeam-channel's `tick`.
    Tick(Duration),
    /// The next one that is a multiple of this after this one and not past: Go's ticker.
    Grid(Duration),
}

/// The state of such a channel. Under its lock.
pub(crate) struct Clock {
    /// When the next value is there; `None`: there is none to come.
    due: Option<Due>,
    pace: Pace,
    timer: Timer,
    /// Whether `timer` is armed, or fires just now.
    armed: bool,
    /// The channel this belongs to, for the timer. Set before it is first armed.
    core: *const Core,
}

/// How long after a timer found its channel locked it tries again, in nanoseconds.
const RETRY_NS: u64 = 1_000;

impl Clock {
    pub(crate) fn new(first: Due, pace: Pace) -> Clock {
        Clock { due: Some(first), pace, timer: Timer::new(fire), armed: false, core: ptr::null() }
    }

    /// When the next value is there, on the runtime's clock; `u64::MAX` for never.
    pub(crate) fn due_ns(&self) -> u64 {
        self.due.map_or(u64::MAX, |due| due.ns)
    }

    /// Takes the value that is due, unless somebody waits for it already.
    ///
    /// # Safety
    /// The lock is held, `core` is this channel's, and `out` can be written.
    pub(super) unsafe fn take(&mut self, core: &Core, out: *mut Instant) -> bool {
        let now = rt::now_ns();
        // SAFETY: the lock is held.
        let free = unsafe { !core.receivers.has_open() };
        let Some(due) = self.due.filter(|due| due.ns <= now && free) else { return false };
        self.due = self.pace.following(due, now, false);
        // SAFETY: the caller's promise.
        unsafe { out.write(due.instant) };
        true
    }

    /// Gives the value that is due to the one who waits longest, popped: who is to be
    /// finished with `Done`.
    ///
    /// # Safety
    /// The lock is held, `core` is this channel's.
    unsafe fn serve(&mut self, core: &Core, now: u64) -> Option<NonNull<Waiter>> {
        let due = self.due.filter(|due| due.ns <= now)?;
        // SAFETY: the lock is held; a popped receiver's slot is ours to fill, once.
        unsafe {
            let waiter = core.receivers.pop()?;
            Waiter::slot::<Instant>(waiter).write(due.instant);
            self.due = self.pace.following(due, now, true);
            Some(waiter)
        }
    }

    /// Makes sure that those who wait are served in time.
    ///
    /// # Safety
    /// `core` is this channel's, and its lock is held.
    pub(crate) unsafe fn arm(&mut self, core: *const Core, critical: &Critical) {
        if self.due_ns() != u64::MAX && !self.armed {
            self.armed = true;
            self.core = core;
            // SAFETY: not armed; the channel does not move, and disarms the timer before
            // it goes.
            unsafe { self.timer.arm(critical, self.due_ns()) };
        }
    }

    /// Takes back the value to come, or the one that is there and was not received. Whether
    /// there was one. The lock is held.
    fn stop(&mut self, critical: &Critical) -> bool {
        let pending = self.due.take().is_some();
        if mem::take(&mut self.armed) {
            // `fire` changes `armed` under the lock only: so the timer is in its heap.
            self.timer.disarm(critical);
        }
        pending
    }

    /// Whether there is a value that nobody else waits for.
    ///
    /// # Safety
    /// `core` is this channel's, and its lock is held.
    pub(crate) unsafe fn is_due(&self, core: &Core) -> bool {
        // SAFETY: the lock is held.
        self.due_ns() <= rt::now_ns() && !unsafe { core.receivers.has_open() }
    }

    /// Before the channel goes: nobody touches it afterwards.
    pub(super) fn disarm(&self) {
        self.timer.disarm(&Critical::enter_inside());
    }

    /// What is to be done when the timer fires.
    ///
    /// # Safety
    /// The lock is held, `core` is this channel's.
    unsafe fn expire(&mut self, core: &Core, now: u64) -> Fired {
        if now < self.due_ns() {
            return Fired { again: self.rearm(core), ..Fired::DONE };
        }
        // SAFETY: the lock is held. Watchers are told when no receiver is left to serve;
        // both were popped, and wait until they are made ready.
        let ready = unsafe {
            self.serve(core, now)
                .or_else(|| core.receivers.pop_watcher())
                .map(|waiter| Waiter::settle(waiter, Outcome::Done))
        };
        match ready {
            Some(ready) => Fired { ready, again: self.rearm(core), ..Fired::DONE },
            None => {
                self.armed = false;
                Fired::DONE
            }
        }
    }

    /// When to fire next: when the channel is due, as long as somebody waits.
    fn rearm(&mut self, core: &Core) -> u64 {
        self.armed = self.due_ns() != u64::MAX && !core.receivers.is_empty();
        if self.armed { self.due_ns() } else { u64::MAX }
    }
}

impl Pace {
    /// What follows the value of `due`, which was taken at `now` by somebody who has
    /// `waited` for it, or not.
    fn following(self, due: Due, now: u64, waited: bool) -> Option<Due> {
        let late = now.saturating_sub(due.ns);
        let later = match self {
            Pace::Once => return None,
            Pace::Tick(period) if waited => ns(period)?,
            Pace::Tick(period) => late.checked_add(ns(period)?)?,
            Pace::Grid(period) => {
                let period = ns(period)?;
                (late / period).checked_add(1)?.checked_mul(period)?
            }
        };
        let instant = due.instant.checked_add(Duration::from_nanos(later))?;
        Some(Due { instant, ns: due.ns.checked_add(later)? })
    }
}

/// `None` if it is beyond the clock's range.
fn ns(period: Duration) -> Option<u64> {
    u64::try_from(period.as_nanos()).ok()
}

/// Stops the clock of `chan`: nothing is received any more. Whether a value was to come, or
/// was there and not received.
pub(crate) fn stop(chan: &Chan<Instant>) -> bool {
    with_clock(chan, |clock, locked| clock.stop(&locked.critical))
}

/// Sets the clock of `chan` anew. Answers as `stop`.
pub(crate) fn reset(chan: &Chan<Instant>, first: Due, pace: Pace) -> bool {
    with_clock(chan, |clock, locked| {
        let pending = clock.stop(&locked.critical);
        clock.due = Some(first);
        clock.pace = pace;
        if !locked.core.receivers.is_empty() {
            // SAFETY: this channel's, whose lock is held.
            unsafe { clock.arm(locked.core, &locked.critical) };
        }
        pending
    })
}

/// Changes the clock of `chan`, and tells the tasks that wait for it, who have to look when
/// it is due now.
fn with_clock(chan: &Chan<Instant>, change: impl FnOnce(&mut Clock, &Locked<'_>) -> bool) -> bool {
    let locked = chan.core().lock();
    // SAFETY: the lock is held; no other reference to the clock exists.
    let answer = unsafe {
        match clock_of(chan.as_core()) {
            Some(clock) => change(&mut *clock, &locked),
            None => false,
        }
    };
    if locked.core.senders.is_empty() {
        drop(locked.unlock());
        return answer;
    }
    tell_tasks(locked);
    answer
}

/// Tells all tasks that wait for the clock of `locked`'s channel.
#[cold]
#[inline(never)]
fn tell_tasks(mut locked: Locked<'_>) {
    let core: &Core = locked.core;
    loop {
        let (mut parked, mut wakers) = (Batch::new(), Wakers::new());
        // SAFETY: the lock is held. There are no senders: all who are in that queue are
        // tasks, and what they are told has them look again.
        let all = unsafe { core.senders.pop_all(&mut parked, &mut wakers) };
        drop(locked.unlock());
        wakers.wake();
        if all {
            return;
        }
        locked = core.lock_inside();
    }
}

/// # Safety
/// `timer` is a `Clock`'s.
unsafe fn fire(timer: *const Timer, now: u64) -> Fired {
    // SAFETY: the channel is alive while its timer is armed; the rest of it is touched
    // with its lock held.
    unsafe {
        let clock = timer.byte_sub(mem::offset_of!(Clock, timer)).cast::<Clock>().cast_mut();
        let core = &*(*clock).core;
        if !core.lock.try_lock() {
            return Fired { again: now.saturating_add(RETRY_NS), ..Fired::DONE };
        }
        let fired = (*clock).expire(core, now);
        core.lock.unlock();
        fired
    }
}

/// Receives from a channel whose next value is not there yet.
///
/// # Safety
/// `clock` is the channel's whose lock is held.
#[cold]
#[inline(never)]
pub(super) unsafe fn wait(locked: Locked<'_>, clock: *mut Clock) -> Option<Instant> {
    let mut slot = MaybeUninit::<Instant>::uninit();
    let parker = Parker::new(&locked.critical);
    let mut waiter = Waiter::new(&parker, (&raw mut slot).cast());
    // SAFETY: the lock is held; waiter and slot stay here until the waiter was finished.
    unsafe {
        let core = locked.core;
        core.receivers.push(&raw mut waiter);
        if locked.critical.is_goroutine() {
            (*clock).arm(core, &locked.critical);
            locked.critical.park(&parker, WaitReason::ChanReceive, &raw const core.lock);
        } else {
            let mut until = (*clock).due_ns();
            drop(locked.unlock());
            while !parker.sleep_until(until) {
                until = serve_due(core, clock);
            }
        }
    }
    match waiter.outcome() {
        // SAFETY: `Done` says that the slot was filled.
        Outcome::Done => Some(unsafe { slot.assume_init() }),
        _ => None,
    }
}

/// Gives what is due to those who wait, for a thread that waits among them. Returns when
/// the channel is due next.
///
/// # Safety
/// `clock` is that of `core`'s channel, which is alive.
pub(crate) unsafe fn serve_due(core: &Core, clock: *mut Clock) -> u64 {
    let locked = core.lock_inside();
    let now = rt::now_ns();
    // SAFETY: the lock is held; each waiter was popped just now.
    let next = unsafe {
        while let Some(waiter) = (*clock).serve(core, now) {
            Waiter::finish(waiter, &locked.critical, Outcome::Done);
        }
        if (*clock).due_ns() <= now {
            // Nobody takes it; there may be some who only want to know.
            tell(&core.receivers, &locked.critical);
        }
        (*clock).due_ns()
    };
    drop(locked.unlock());
    next
}
