//! Ms without work: a LIFO list, the keeper, which sleeps only until the next timer, and the
//! poller, which sleeps until a descriptor has something. One M may be both. All of it under
//! the idle lock (`sched/idle.rs`).

use super::M;
use std::ptr::eq;

pub(crate) struct IdleMs {
    head: Option<&'static M>,
    len: u32,
    keeper: Option<&'static M>,
    poller: Option<&'static M>,
    /// The M whose thread is in the poller, or on its way in or out: the one above, or one that
    /// was given a P or is reserved.
    inside: Option<&'static M>,
}

/// What an M was to do besides sleeping, and somebody else has to do from now on.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Duties {
    pub(crate) keeper: bool,
    /// Its thread is in the poller, and is woken there.
    pub(crate) poller: bool,
}

impl Duties {
    pub(crate) fn any(self) -> bool {
        self.keeper || self.poller
    }
}

fn is(one: Option<&'static M>, mp: &'static M) -> bool {
    one.is_some_and(|one| eq(one, mp))
}

impl IdleMs {
    pub(crate) const fn new() -> IdleMs {
        IdleMs { head: None, len: 0, keeper: None, poller: None, inside: None }
    }

    /// All idle Ms, those with duties included.
    pub(crate) fn len(&self) -> u32 {
        let keeper = self.keeper.is_some_and(|keeper| !is(self.poller, keeper));
        self.len + u32::from(keeper) + u32::from(self.poller.is_some())
    }

    pub(crate) fn push(&mut self, mp: &'static M) {
        mp.idle_link.set(self.head);
        self.head = Some(mp);
        self.len += 1;
    }

    /// The M that went idle last (its caches are warm); one that has duties only if there is
    /// no other, the poller last.
    pub(crate) fn pop(&mut self) -> Option<(&'static M, Duties)> {
        if let Some(mp) = self.head {
            self.head = mp.idle_link.get();
            self.len -= 1;
            return Some((mp, Duties::default()));
        }
        if let Some(mp) = self.keeper.filter(|&keeper| !is(self.poller, keeper)) {
            self.keeper = None;
            return Some((mp, Duties { keeper: true, poller: false }));
        }
        let mp = self.poller.take()?;
        let keeper = self.keeper.take().is_some();
        Some((mp, Duties { keeper, poller: true }))
    }

    /// The M that has been idle for longest, but none with duties.
    pub(crate) fn pop_oldest(&mut self) -> Option<&'static M> {
        let mut last = self.head?;
        let mut before: Option<&'static M> = None;
        while let Some(next) = last.idle_link.get() {
            before = Some(last);
            last = next;
        }
        match before {
            Some(before) => before.idle_link.set(None),
            None => self.head = None,
        }
        self.len -= 1;
        Some(last)
    }

    /// One that was taken off the list and is not needed: back to where its thread is.
    pub(crate) fn put_back(&mut self, mp: &'static M) {
        if is(self.inside, mp) {
            self.poller = Some(mp);
        } else {
            self.push(mp);
        }
    }

    /// Makes `mp` the keeper; the former one becomes a plain sleeper, unless it polls.
    pub(crate) fn set_keeper(&mut self, mp: &'static M) {
        if let Some(former) = self.keeper.replace(mp)
            && !is(self.poller, former)
        {
            self.push(former);
        }
    }

    pub(crate) fn is_keeper(&self, mp: &'static M) -> bool {
        is(self.keeper, mp)
    }

    /// The keeper `mp` stops keeping, still without work; false if it is not
    /// the keeper (any more).
    pub(crate) fn resign(&mut self, mp: &'static M) -> bool {
        let is = self.is_keeper(mp);
        if is {
            self.keeper = None;
        }
        is
    }

    /// Whether no thread is in the poller.
    pub(crate) fn may_poll(&self) -> bool {
        self.inside.is_none()
    }

    /// `mp`, idle, goes to the poller.
    pub(crate) fn set_poller(&mut self, mp: &'static M) {
        self.poller = Some(mp);
        self.inside = Some(mp);
    }

    pub(crate) fn is_poller(&self, mp: &'static M) -> bool {
        is(self.poller, mp)
    }

    /// `mp`, whose thread was in the poller, is out. Whether it was still idle.
    pub(crate) fn leave_poller(&mut self, mp: &'static M) -> bool {
        self.inside = None;
        let idle = self.is_poller(mp);
        if idle {
            self.poller = None;
        }
        idle
    }
}
