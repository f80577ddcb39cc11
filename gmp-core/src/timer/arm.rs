//! Arming and disarming from a section, and who minds a new deadline.
#![expect(unsafe_code, reason = "timers are linked to the heaps by raw pointers")]

use super::node::Timer;
use super::{Item, Timers, outside};
use crate::prim::full_fence;
use crate::rt::Critical;
use crate::sched::{SCHED, ready, solo};

/// A heap that stays locked until `unlock`, the commit of who parks.
pub struct HeapLock {
    timers: &'static Timers,
    /// The new timer is earlier than all others there.
    first: bool,
}

impl Timer {
    /// Arms it for `when` (nanoseconds of the runtime's clock): on the P of the
    /// caller, if that is a goroutine; a plain thread's timers have a heap and a
    /// thread of their own (`timer/README.md`, "Outside of the runtime"). One for
    /// `u64::MAX` is armed and never fires.
    ///
    /// Costs a lock; what it costs does not depend on how many timers are armed.
    ///
    /// # Safety
    /// The timer is not armed, and neither moves nor goes before it has fired
    /// for good or was disarmed. `fire` may be called with it from now on.
    #[inline]
    pub unsafe fn arm(&self, critical: &Critical, when: u64) {
        // SAFETY: the caller's promises.
        let lock = unsafe { self.arm_and_keep(critical, when) };
        lock.unlock();
    }

    /// As `arm`, but the heap stays locked: `fire` is not called before
    /// `unlock`.
    ///
    /// # Safety
    /// As for `arm`; `unlock` is called by the same thread, soon.
    #[inline]
    pub unsafe fn arm_and_keep(&self, critical: &Critical, when: u64) -> HeapLock {
        let timers = Timers::of(critical);
        let first = timers.insert_locked(when, Item::from_timer(self));
        HeapLock { timers, first }
    }

    /// Disarms it. False if it was not armed: it has fired, or never was. When
    /// this returns `fire` is not running and will not be called.
    ///
    /// May spin while the heap's lock is taken; a plain thread may call it, too.
    #[inline]
    pub fn disarm(&self, _critical: &Critical) -> bool {
        self.disarm_anywhere()
    }
}

/// For timers that several may arm and disarm at the same time.
impl Timer {
    /// Arms it for `when`, and takes back what it was armed for before: in one step, so
    /// that others may call this and `disarm` at the same time. Whether it was armed; if
    /// not, it has fired, or was disarmed, since it was armed last.
    ///
    /// # Safety
    /// As for `arm`, but the timer may be armed. The first time, it is armed by `arm`.
    #[inline]
    pub unsafe fn rearm(&self, critical: &Critical, when: u64) -> bool {
        let timers = Timers::of(critical);
        let (was, first) = timers.reinsert_locked(self, when);
        timers.unlock_inserted(first);
        was
    }

    /// If it is armed, runs `f` before it can fire or be disarmed. Whether it is.
    ///
    /// `f` runs with a lock held: it may do what `fire` may.
    pub fn if_armed(&self, _critical: &Critical, f: impl Fn()) -> bool {
        self.if_armed_anywhere(f)
    }
}

impl HeapLock {
    /// Releases the heap and makes sure that somebody minds the new timer.
    #[inline]
    pub fn unlock(self) {
        self.timers.unlock_inserted(self.first);
    }
}

impl std::fmt::Debug for HeapLock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HeapLock")
    }
}

impl Timers {
    /// Where the caller's timers go.
    #[inline(always)]
    fn of(critical: &Critical) -> &'static Timers {
        match critical.m() {
            Some(mp) => &mp.p().timers,
            None => outside::timers(),
        }
    }

    /// The other half of `insert_locked`, whose answer `first` is. Someone must mind
    /// the new timer if it is the earliest: this P does when it next schedules; if it
    /// may be busy for long and some other P is idle, the keeper must not sleep past
    /// it.
    #[inline]
    pub(super) fn unlock_inserted(&self, first: bool) {
        let due = self.next_due();
        self.heap.unlock();
        if first && (self.outside || !solo()) {
            self.have_minded(due);
        }
    }

    #[inline(never)]
    fn have_minded(&self, due: u64) {
        if self.outside {
            outside::have_minded(due);
            return;
        }
        // (T1) the heap is published; (T2) fence, in `wakep`; (T3) is anyone
        // idle and not going to wake in time? Against (L1)-(L4) of the leaver,
        // who reads `next` after its P counts as idle.
        full_fence();
        if due < SCHED.idle.keeper_until() {
            ready::wakep();
        }
    }
}
