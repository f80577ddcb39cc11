//! How an M without a P sleeps: on its note, as the keeper, or in the poller (README.md, "The
//! sleep note and the keeper" and "The poller").

use super::{SCHED, idle, ready, threads};
use crate::m::{Duties, M};
use crate::netpoll;
use crate::netpoll::poller::{self, Events};
use crate::p::P;
use crate::sys;

/// How long the M that comes out of the poller may leave a timer unminded, in nanoseconds.
const SOON: u64 = 1_000_000;

/// `mp`, which has no P, sleeps until it is given one, or is to end. `next` is the earliest
/// timer it knows of: unless someone already minds one as early, it becomes the
/// keeper and wakes for it, taking an idle P. If somebody waits for a descriptor and no M is
/// in the poller, it goes there.
pub(crate) fn sleep(mp: &'static M, next: u64) {
    enum Bed {
        Wanted(&'static P, bool),
        Poller(u64),
        Keeper,
        Plain,
    }
    let bed = SCHED.idle.lists.with(|lists| {
        if mp.starting.replace(false) {
            threads::arrived();
        }
        if let Some((p, spinning)) = lists.pop_wanting() {
            return Bed::Wanted(p, spinning);
        }
        let keeps = next < SCHED.idle.keeper_until();
        let polls = netpoll::is_wanted() && lists.ms.may_poll();
        if polls {
            lists.ms.set_poller(mp);
            netpoll::set_attended(true);
        }
        if keeps {
            lists.set_keeper(mp, next);
        }
        let bed = match (polls, keeps) {
            (true, keeps) => Bed::Poller(if keeps { next } else { u64::MAX }),
            (false, true) => Bed::Keeper,
            (false, false) => {
                lists.ms.push(mp);
                Bed::Plain
            }
        };
        threads::mind_surplus(lists.ms.len());
        bed
    });
    match bed {
        Bed::Wanted(p, spinning) => {
            mp.spinning.set(spinning);
            mp.set_p(p);
        }
        Bed::Plain => mp.note.sleep(),
        Bed::Keeper => sleep_as_keeper(mp, next),
        Bed::Poller(until) => sleep_in_poller(mp, until),
    }
}

fn sleep_as_keeper(mp: &'static M, until: u64) {
    if mp.note.sleep_until(until) {
        return;
    }
    let taken = SCHED.idle.lists.with(|lists| {
        if !lists.resign_keeper(mp) {
            // Replaced by an earlier keeper, or given a P just now.
            return None;
        }
        let p = lists.pop_idle_p();
        if p.is_some() {
            // It looks for what is due, on whichever P.
            SCHED.wake.start_spinning();
            mp.spinning.set(true);
        } else {
            // All Ps are busy and run their own timers.
            lists.ms.push(mp);
        }
        p
    });
    match taken {
        Some(p) => mp.set_p(p),
        None => mp.note.sleep(),
    }
}

/// Not inlined: its events would make a large frame of every sleep.
#[inline(never)]
fn sleep_in_poller(mp: &'static M, mut until: u64) {
    enum Out {
        /// Nothing has happened.
        Again,
        /// With a P. The flag: somebody else has to be the keeper.
        Took(&'static P, bool),
        /// On its note: it was given a P, or is reserved, or there is none.
        Plain,
    }
    let mut events = Events::new();
    let out = loop {
        let has_come = poller::wait(&mut events, until);
        let out = SCHED.idle.lists.with(|lists| {
            let keeps = lists.ms.is_keeper(mp);
            if !keeps {
                until = u64::MAX;
            }
            let now = if keeps { sys::monotonic_ns() } else { 0 };
            let due = keeps && now >= until;
            if lists.ms.is_poller(mp) && !has_come && !due {
                return Out::Again;
            }
            netpoll::set_attended(false);
            if !lists.ms.leave_poller(mp) {
                return Out::Plain;
            }
            lists.resign_keeper(mp);
            let Some(p) = lists.pop_idle_p() else {
                // All Ps are busy: they look by themselves, and run their own timers.
                lists.ms.push(mp);
                return Out::Plain;
            };
            if due {
                SCHED.wake.start_spinning();
                mp.spinning.set(true);
            }
            // A timer that is not due so soon is minded when it comes back, or by sysmon.
            let soon = keeps && !due && until < now + SOON;
            Out::Took(p, soon && SCHED.wake.idle_ps() != 0)
        });
        if !matches!(out, Out::Again) {
            break out;
        }
    };
    match out {
        Out::Took(p, minded) => {
            mp.set_p(p);
            if let Some(gp) = poller::tell_on(mp, &events) {
                ready::push_next(mp, gp);
            }
            if minded {
                ready::wakep();
            }
        }
        _ => {
            poller::tell_outside(&events);
            mp.note.sleep();
        }
    }
}

/// A P went idle although its giver does not sleep, or somebody who slept with duties does no
/// longer: looks as a leaver does.
pub(super) fn after_idle() {
    SCHED.wake.before_recheck();
    if SCHED.any_work() || idle::first_unminded() != u64::MAX || netpoll::is_unattended() {
        ready::wakep();
    }
}

/// `mp`, off the idle list, was given a P: wakes it where it sleeps.
pub(super) fn wake(mp: &'static M, duties: Duties) {
    // It may have come out of the poller by itself, and wait for this.
    mp.note.wake();
    if duties.poller {
        poller::interrupt();
    }
}
