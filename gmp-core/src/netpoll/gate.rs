//! Who may use a descriptor: one operation in each direction at a time, the others in the
//! order in which they came; and whether it may be given up. All under one spin lock. The rules
//! are those of `gates.rs`, which loom runs; here is who waits, and how.
#![expect(unsafe_code, reason = "who waits is reached through the gates, on his own stack")]

use super::desc::{Desc, Dir};
use super::gates::{Entry, Gates, Queued};
use crate::rt::{Critical, Parker, WaitReason};
use std::ptr::from_ref;

/// # Safety
/// `desc` is a `Desc` whose gates the caller's thread has locked.
unsafe fn unlock(desc: *mut ()) -> bool {
    // SAFETY: records live for ever.
    unsafe { &*desc.cast::<Desc>() }.gates.unlock();
    true
}

impl Desc {
    /// Waits for its turn in direction `dir`; false if the descriptor is closed, or was
    /// meanwhile. Otherwise `end` follows.
    pub(super) fn begin(&'static self, dir: Dir) -> bool {
        let critical = Critical::enter();
        let queued = Queued::new(Parker::new(&critical));
        let enter = |gates: &mut Gates<Parker>| gates.enter(dir as usize, &raw const queued);
        let entry = self.gates.with_and_keep(enter);
        if let Entry::Queued = entry {
            let desc = from_ref(self).cast_mut().cast();
            // SAFETY: the lock is held and `unlock` releases it; `queued` lives in this frame
            // until it is popped, under that lock, by who then wakes it.
            unsafe {
                critical.park_unless(&raw const queued.waiter, WaitReason::IoWait, unlock, desc);
            };
            return !queued.is_closed();
        }
        self.gates.unlock();
        matches!(entry, Entry::Free)
    }

    /// Ends the caller's turn: the next one begins his.
    pub(super) fn end(&'static self, dir: Dir) {
        let critical = Critical::enter_inside();
        let woken = self.gates.with(|gates| gates.end(dir as usize));
        wake(&critical, woken);
    }

    /// Keeps the descriptor, until `release`; false if it is closed.
    pub(super) fn hold(&self) -> bool {
        let _critical = Critical::enter();
        self.gates.with(Gates::hold)
    }

    /// Ends what `hold` began.
    pub(super) fn release(&self) {
        let critical = Critical::enter_inside();
        let woken = self.gates.with(Gates::leave);
        wake(&critical, woken);
    }

    /// Lets nobody in any more, and turns away who queues; false if it was closed before.
    pub(super) fn shut(&self) -> bool {
        let critical = Critical::enter_inside();
        let turned_away = self.gates.with(|gates| {
            let turned_away = gates.shut()?;
            // Seen by whoever looks at the words from now on.
            self.set_closed();
            Some(turned_away)
        });
        let Some(turned_away) = turned_away else { return false };
        turned_away.for_each(|waiter| wake(&critical, waiter));
        true
    }

    /// After `shut`: waits until nobody uses the descriptor.
    pub(super) fn wait_until_unused(&'static self) {
        let critical = Critical::enter_inside();
        let parker = Parker::new(&critical);
        if self.gates.with_and_keep(|gates| gates.is_unused(&raw const parker)) {
            self.gates.unlock();
            return;
        }
        let desc = from_ref(self).cast_mut().cast();
        // SAFETY: the lock is held and `unlock` releases it; the last user takes the parker out
        // under it, and wakes it once.
        unsafe { critical.park_unless(&raw const parker, WaitReason::IoWait, unlock, desc) };
    }
}

/// Wakes one who was taken out of the gates, if there is one.
fn wake(critical: &Critical, parker: *const Parker) {
    if !parker.is_null() {
        // SAFETY: he waits, and only who took him out wakes him.
        unsafe { critical.ready(parker) };
    }
}
