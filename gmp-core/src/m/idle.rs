//! Ms without work: a LIFO list, and the keeper, which sleeps only until the
//! next timer. All of it under the idle lock (`sched/idle.rs`).
#![expect(unsafe_code, reason = "Ms live for ever; the list is linked through them")]

use super::M;
use std::cell::Cell;
use std::ptr::{from_ref, null};

pub(crate) struct IdleMs {
    head: Cell<*const M>,
    len: Cell<u32>,
    keeper: Cell<*const M>,
}

impl IdleMs {
    pub(crate) const fn new() -> IdleMs {
        IdleMs { head: Cell::new(null()), len: Cell::new(0), keeper: Cell::new(null()) }
    }

    /// All idle Ms, the keeper included.
    pub(crate) fn len(&self) -> u32 {
        self.len.get() + u32::from(!self.keeper.get().is_null())
    }

    pub(crate) fn push(&self, mp: &'static M) {
        mp.idle_link.set(self.head.get());
        self.head.set(mp);
        self.len.set(self.len.get() + 1);
    }

    /// The M that went idle last (its caches are warm); the keeper only if
    /// there is no other, and then true.
    pub(crate) fn pop(&self) -> Option<(&'static M, bool)> {
        let head = self.head.get();
        if head.is_null() {
            let keeper = self.keeper.replace(null());
            // SAFETY: Ms are never freed.
            return unsafe { keeper.as_ref() }.map(|mp| (mp, true));
        }
        // SAFETY: Ms are never freed.
        let mp = unsafe { &*head };
        self.head.set(mp.idle_link.get());
        self.len.set(self.len.get() - 1);
        Some((mp, false))
    }

    /// Makes `mp` the keeper; the former one becomes a plain sleeper.
    pub(crate) fn set_keeper(&self, mp: &'static M) {
        let former = self.keeper.replace(mp);
        // SAFETY: Ms are never freed.
        if let Some(former) = unsafe { former.as_ref() } {
            self.push(former);
        }
    }

    /// The keeper `mp` stops keeping, still without work; false if it is not
    /// the keeper (any more).
    pub(crate) fn resign(&self, mp: &'static M) -> bool {
        let is = self.keeper.get() == from_ref(mp);
        if is {
            self.keeper.set(null());
        }
        is
    }
}
