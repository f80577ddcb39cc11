//! Channels whose values come from the clock: `after`, `at` and `tick`.
//!
//! Such a channel does nothing by itself. Whether an instant is due is decided when
//! somebody asks; a timer is armed only while a goroutine waits. Plain threads, which have
//! no timers, sleep no longer than until the channel is due and look.

#![expect(unsafe_code, reason = "waiters and timers are reached through raw pointers")]

use std::mem::{self, MaybeUninit};
use std::ptr::{self, NonNull};
use std::time::{Duration, Instant};

use super::core::{Core, Locked, tell};
use crate::rt::{self, Critical, Fired, Parker, Timer, WaitReason};
use crate::wait::{Outcome, Waiter};

/// One moment, as users see it and on the runtime's clock.
#[derive(Clone, Copy)]
struct Due {
    instant: Instant,
    ns: u64,
}

/// The state of such a channel. Under its lock.
pub(crate) struct Clock {
    /// When the next value is there; `None`: never.
    due: Option<Due>,
    /// Between one value and the next; `None`: there is only one.
    period: Option<Duration>,
    timer: Timer,
    /// Whether `timer` is armed, or fires just now.
    armed: bool,
    /// The channel this belongs to, for the timer. Set before it is first armed.
    core: *const Core,
}

/// How long after a timer found its channel locked it tries again, in nanoseconds.
const RETRY_NS: u64 = 1_000;

impl Clock {
    pub(crate) fn new(first: Instant, period: Option<Duration>) -> Clock {
        Clock {
            due: Some(Due { instant: first, ns: rt::instant_ns(first) }),
            period,
            timer: Timer::new(fire),
            armed: false,
            core: ptr::null(),
        }
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
        // It comes late: what follows counts from now.
        self.advance(due, now);
        // SAFETY: the caller's promise.
        unsafe { out.write(due.instant) };
        true
    }

    /// Moves on to the value after the one of `due`, a period behind `from`.
    fn advance(&mut self, due: Due, from: u64) {
        self.due = self.period.and_then(|period| {
            let late = Duration::from_nanos(from.saturating_sub(due.ns));
            let step = u64::try_from(period.as_nanos()).ok()?;
            Some(Due {
                instant: due.instant.checked_add(late)?.checked_add(period)?,
                ns: from.max(due.ns).checked_add(step)?,
            })
        });
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
            // Somebody waited: the phase is kept.
            self.advance(due, due.ns);
            Some(waiter)
        }
    }

    /// Makes sure that those who wait are served in time. Called by a goroutine.
    ///
    /// # Safety
    /// `core` is this channel's, and its lock is held.
    pub(crate) unsafe fn arm(&mut self, core: *const Core, critical: &Critical) {
        if let Some(due) = self.due.filter(|_| !self.armed) {
            self.armed = true;
            self.core = core;
            // SAFETY: not armed; the channel does not move, and disarms the timer before
            // it goes.
            unsafe { self.timer.arm(critical, due.ns) };
        }
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
            return Fired { ready: ptr::null(), again: self.rearm(core) };
        }
        // SAFETY: the lock is held. Watchers are told when no receiver is left to serve;
        // both were popped, and wait until they are made ready.
        let ready = unsafe {
            self.serve(core, now)
                .or_else(|| core.receivers.pop_watcher())
                .map(|waiter| Waiter::settle(waiter, Outcome::Done))
        };
        match ready {
            Some(ready) => Fired { ready, again: self.rearm(core) },
            None => {
                self.armed = false;
                Fired::DONE
            }
        }
    }

    /// When to fire next: when the channel is due, as long as somebody waits.
    fn rearm(&mut self, core: &Core) -> u64 {
        self.armed = self.due.is_some() && !core.receivers.is_empty();
        if self.armed { self.due_ns() } else { u64::MAX }
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
            return Fired { ready: ptr::null(), again: now.saturating_add(RETRY_NS) };
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
