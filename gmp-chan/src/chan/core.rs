//! What all channels have, whatever they carry: the lock, the counts, the queues.

#![expect(unsafe_code, reason = "the lock and the queues it guards")]

use std::alloc::Layout;

use super::transfer::{Offer, Take};
use crate::prim::{AtomicU8, AtomicUsize, Ordering};
use crate::rt::{Critical, Parker, SpinLock, WaitReason};
use crate::wait::{Kind, Outcome, WaitQueue, Waiter};

/// Bits of [`Core::state`]. All but `TIMER` mean that the channel is shut: it takes no
/// more values. Bits are only added.
pub(crate) mod state {
    /// Somebody called `close`.
    pub(crate) const CLOSED: u8 = 1;
    pub(crate) const NO_SENDERS: u8 = 2;
    pub(crate) const NO_RECEIVERS: u8 = 4;
    pub(crate) const SHUT: u8 = CLOSED | NO_SENDERS | NO_RECEIVERS;
    /// Values come from the clock. Not shut, but no quick answer holds.
    pub(crate) const TIMER: u8 = 8;
}

/// One channel without its values. First in a `Chan<T>`, which is where the functions of
/// `ops` find those.
///
/// The fields are written under `lock` only. Those that are atomic are also read without
/// it, for answers that are true at one moment of the call.
#[repr(C, align(64))]
pub(crate) struct Core {
    pub(crate) lock: SpinLock,
    pub(super) state: AtomicU8,
    /// Buffered values.
    pub(super) len: AtomicUsize,
    /// The capacity.
    pub(super) cap: usize,
    /// What `len` may grow to: the capacity, less the places kept for promises.
    pub(super) room: AtomicUsize,
    pub(crate) receivers: WaitQueue,
    pub(crate) senders: WaitQueue,
    pub(crate) ops: &'static Ops,
    /// Loom plays a model many times, in other places of the memory each time.
    #[cfg(gmp_loom)]
    rank: usize,
}

/// What depends on the type of the values, for code that does not know it. All but
/// `layout` want the `Core` of a `Chan` of that type, and its lock held unless they say
/// otherwise.
pub(crate) struct Ops {
    pub(crate) layout: Layout,
    /// [`Chan::take`](super::Chan::take) into the place given.
    pub(crate) take: unsafe fn(*const Core, *mut ()) -> Take,
    /// [`Chan::offer`](super::Chan::offer) from the place given.
    pub(crate) offer: unsafe fn(*const Core, *const ()) -> Offer,
    /// Gets a block for an unbounded channel's buffer. Takes the lock itself.
    pub(crate) supply: unsafe fn(*const Core),
    /// Frees a block. Wants no channel and no lock.
    pub(crate) free: unsafe fn(*mut ()),
    /// Drops the value at the place given. Wants no channel and no lock.
    pub(crate) drop_value: unsafe fn(*mut ()),
}

/// The lock of a channel, held. Ends in one of the functions that take it by value.
pub(crate) struct Locked<'a> {
    pub(crate) core: &'a Core,
    pub(crate) critical: Critical,
}

impl Core {
    pub(super) fn new(cap: usize, state: u8, ops: &'static Ops) -> Core {
        Core {
            lock: SpinLock::new(),
            state: AtomicU8::new(state),
            len: AtomicUsize::new(0),
            cap,
            room: AtomicUsize::new(cap),
            receivers: WaitQueue::new(),
            senders: WaitQueue::new(),
            ops,
            #[cfg(gmp_loom)]
            rank: crate::rt::world::World::here().next_rank(),
        }
    }

    /// What selects lock by: the channel with the lower rank first.
    #[cfg(not(gmp_loom))]
    pub(crate) fn rank(core: *const Core) -> usize {
        core.addr()
    }

    #[cfg(gmp_loom)]
    pub(crate) fn rank(core: *const Core) -> usize {
        // SAFETY: a select keeps its channels alive.
        unsafe { (*core).rank }
    }

    #[inline(always)]
    pub(crate) fn lock(&self) -> Locked<'_> {
        let critical = Critical::enter();
        self.lock.lock(&critical);
        Locked { core: self, critical }
    }

    /// As `lock`, but never unwinds: for who has something to undo.
    pub(crate) fn lock_inside(&self) -> Locked<'_> {
        let critical = Critical::enter_inside();
        self.lock.lock(&critical);
        Locked { core: self, critical }
    }

    /// Whether sends fail: closed, or one side has no handles left.
    #[inline]
    pub(crate) fn is_shut(&self) -> bool {
        self.state.load(Ordering::SeqCst) & state::SHUT != 0
    }

    /// Whether a send never waits.
    #[inline(always)]
    pub(crate) fn is_unbounded(&self) -> bool {
        self.cap == usize::MAX
    }

    /// Whether values come from the clock.
    #[inline]
    pub(crate) fn is_timer(&self) -> bool {
        self.state.load(Ordering::Relaxed) & state::TIMER != 0
    }

    /// Whether a receive has to wait, as far as can be seen without the lock; true only if
    /// that was so at one moment of the call.
    #[inline(always)]
    pub(crate) fn looks_empty(&self) -> bool {
        // Not ready, and still open afterwards: so it was both at the first look. If it is
        // shut by now, a value may have come in between: look again under the lock.
        !self.lock.is_locked()
            && self.len.load(Ordering::SeqCst) == 0
            && self.senders.looks_empty()
            && self.state.load(Ordering::SeqCst) == 0
    }

    /// Whether a send has to wait, as `looks_empty`. Places kept for promises are not looked
    /// at: they and `len` could not be read at one moment.
    #[inline(always)]
    pub(crate) fn looks_full(&self) -> bool {
        !self.lock.is_locked()
            && self.len.load(Ordering::SeqCst) >= self.cap
            && self.receivers.looks_empty()
            && self.state.load(Ordering::SeqCst) == 0
    }

    /// Whether a receive would have to wait, or a send: what a blocked select finds for every
    /// case, told without a call into the channel. Wants the lock.
    #[inline(always)]
    pub(crate) fn is_empty_now(&self) -> bool {
        self.len.load(Ordering::Relaxed) == 0
            && self.senders.is_empty()
            && self.state.load(Ordering::Relaxed) == 0
    }

    /// See [`is_empty_now`](Self::is_empty_now).
    #[inline(always)]
    pub(crate) fn is_full_now(&self) -> bool {
        self.len.load(Ordering::Relaxed) >= self.room.load(Ordering::Relaxed)
            && self.receivers.is_empty()
            && self.state.load(Ordering::Relaxed) == 0
    }

    /// Offers a value that is only given later. `Sent` means that room is kept for it,
    /// `To` that the receiver popped waits for it, `Granted` that nothing is to be kept: a
    /// task, still queued, waits for it, who cannot be bound, or there is always room.
    ///
    /// # Safety
    /// The lock is held.
    pub(crate) unsafe fn reserve(&self) -> Offer {
        if self.state.load(Ordering::Relaxed) & state::SHUT != 0 {
            return Offer::Shut;
        }
        if self.is_unbounded() {
            return Offer::Granted;
        }
        // SAFETY: the lock is held.
        if let Some(receiver) = unsafe { self.receivers.pop() } {
            // SAFETY: popped just now, from the head.
            unsafe {
                if receiver.as_ref().kind() == Kind::Task {
                    self.receivers.push_front(receiver.as_ptr());
                    return Offer::Granted;
                }
            }
            return Offer::To(receiver);
        }
        let room = self.room.load(Ordering::Relaxed);
        if self.len.load(Ordering::Relaxed) >= room {
            return Offer::Full;
        }
        self.room.store(room - 1, Ordering::Relaxed);
        Offer::Sent
    }

    /// Gives a place back that `reserve` or a receiver has kept.
    ///
    /// # Safety
    /// The lock is held.
    pub(crate) unsafe fn unreserve(&self) {
        self.room.store(self.room.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// Whether a receive would not wait at this moment.
    ///
    /// # Safety
    /// The lock is held.
    pub(crate) unsafe fn can_receive(&self) -> bool {
        // SAFETY: the lock is held.
        self.len.load(Ordering::Relaxed) > 0 || self.is_shut() || unsafe { self.senders.has_open() }
    }

    /// Whether a send would not wait at this moment.
    ///
    /// # Safety
    /// The lock is held.
    pub(crate) unsafe fn can_send(&self) -> bool {
        self.len.load(Ordering::Relaxed) < self.room.load(Ordering::Relaxed)
            || self.is_shut()
            // SAFETY: the lock is held.
            || unsafe { self.receivers.has_open() }
    }

    pub(crate) fn waiting_receivers(&self) -> usize {
        let locked = self.lock();
        // SAFETY: the lock is held.
        let count = unsafe { self.receivers.count() };
        drop(locked.unlock());
        count
    }

    pub(crate) fn waiting_senders(&self) -> usize {
        let locked = self.lock();
        // SAFETY: the lock is held.
        let count = unsafe { self.senders.count() };
        drop(locked.unlock());
        count
    }
}

impl<'a> Locked<'a> {
    #[inline(always)]
    pub(crate) fn unlock(self) -> Critical {
        // SAFETY: a `Locked` is the lock held, and this one ends here.
        unsafe { self.core.lock.unlock() };
        self.critical
    }

    /// Unlocks and leaves at the end of the caller's block.
    #[inline(always)]
    pub(crate) fn unlock_on_drop(self) -> impl Drop {
        struct Unlock<'a>(&'a Core, #[expect(dead_code, reason = "left on drop")] Critical);
        impl Drop for Unlock<'_> {
            #[inline(always)]
            fn drop(&mut self) {
                // SAFETY: made of a `Locked`: the lock is held.
                unsafe { self.0.lock.unlock() };
            }
        }
        Unlock(self.core, self.critical)
    }

    /// Unlocks and leaves; tells those in `queue`, who only watch, that what they wait for
    /// may be there. Nobody who could be served is in that queue.
    #[inline(always)]
    pub(crate) fn leave_and_tell(self, queue: &WaitQueue) {
        if !queue.is_empty() {
            // SAFETY: the lock is held.
            unsafe { tell(queue, &self.critical) };
        }
        drop(self.unlock());
    }

    /// Queues `waiter` in `queue` and parks until it was finished. Those who only watch in
    /// `other` are told.
    ///
    /// # Safety
    /// `waiter` is a plain one made with `parker`, a new one, and both stay where they are;
    /// `queue` and `other` are this channel's.
    #[inline(always)]
    pub(crate) unsafe fn park(
        self,
        queue: &WaitQueue,
        waiter: *mut Waiter,
        other: &WaitQueue,
        parker: &Parker,
        reason: WaitReason,
    ) {
        // SAFETY: the lock is held, and the caller's promises.
        unsafe {
            queue.push(waiter);
            if !other.is_empty() {
                tell(other, &self.critical);
            }
            // Who finishes the waiter has taken the lock since.
            self.critical.park(parker, reason, &raw const self.core.lock);
        }
    }
}

/// Tells all in `queue` who are parked and only watch.
///
/// # Safety
/// The lock of the queue's channel is held.
#[cold]
#[inline(never)]
pub(crate) unsafe fn tell(queue: &WaitQueue, critical: &Critical) {
    // SAFETY: the lock is held; a watcher stays parked until finished, and has nothing to
    // lose by being told.
    unsafe {
        while let Some(watcher) = queue.pop_watcher() {
            Waiter::finish(watcher, critical, Outcome::Done);
        }
    }
}
