//! Ms without work: a LIFO list, and the keeper, which sleeps only until the
//! next timer. All of it under the idle lock (`sched/idle.rs`).

use super::M;
use std::ptr::eq;

pub(crate) struct IdleMs {
    head: Option<&'static M>,
    len: u32,
    keeper: Option<&'static M>,
}

impl IdleMs {
    pub(crate) const fn new() -> IdleMs {
        IdleMs { head: None, len: 0, keeper: None }
    }

    /// All idle Ms, the keeper included.
    pub(crate) fn len(&self) -> u32 {
        self.len + u32::from(self.keeper.is_some())
    }

    pub(crate) fn push(&mut self, mp: &'static M) {
        mp.idle_link.set(self.head);
        self.head = Some(mp);
        self.len += 1;
    }

    /// The M that went idle last (its caches are warm); the keeper only if
    /// there is no other, and then true.
    pub(crate) fn pop(&mut self) -> Option<(&'static M, bool)> {
        let Some(mp) = self.head else {
            return self.keeper.take().map(|mp| (mp, true));
        };
        self.head = mp.idle_link.get();
        self.len -= 1;
        Some((mp, false))
    }

    /// The M that has been idle for longest, but not the keeper.
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

    /// Makes `mp` the keeper; the former one becomes a plain sleeper.
    pub(crate) fn set_keeper(&mut self, mp: &'static M) {
        if let Some(former) = self.keeper.replace(mp) {
            self.push(former);
        }
    }

    /// The keeper `mp` stops keeping, still without work; false if it is not
    /// the keeper (any more).
    pub(crate) fn resign(&mut self, mp: &'static M) -> bool {
        let is = self.keeper.is_some_and(|keeper| eq(keeper, mp));
        if is {
            self.keeper = None;
        }
        is
    }
}
