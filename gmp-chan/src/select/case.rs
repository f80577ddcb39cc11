//! One case of a select: what is tried, where the value is, what came of it.

#![expect(unsafe_code, reason = "cases reach channels and values with their types erased")]

use std::cell::Cell;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};

use crate::chan::{Core, Locked, Offer, Rare, Received, Take, clock_of, settle};
use crate::wait::{Kind, Outcome, WaitQueue, Waiter};

/// What a case tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Recv,
    Send,
    /// A send whose value is given after it was chosen.
    Promise,
    /// Fires at a time, on no channel.
    Timer,
}

/// What came of a case that was chosen: `Done`, `Shut`, or, of a promise, who waits for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    pub(crate) outcome: Outcome,
    /// Of a promise that is `Paired`, the receiver's waiter.
    pub(crate) peer: *mut (),
}

impl Answer {
    /// Not chosen; or chosen and completed, so that nothing is left to do.
    pub(crate) const NONE: Answer = Answer { outcome: Outcome::Waiting, peer: ptr::null_mut() };

    pub(crate) fn is_none(self) -> bool {
        self.outcome == Outcome::Waiting
    }

    const fn new(outcome: Outcome) -> Answer {
        Answer { outcome, peer: ptr::null_mut() }
    }
}

/// One entry of a select's array. Made by an arm, which it borrows.
pub struct Case<'a> {
    pub(super) op: Op,
    /// Null for the nil channel, for a disabled case and for a timer.
    pub(super) core: *const Core,
    /// A value of the channel's type, or room for one. Nothing for promises and timers.
    slot: *mut (),
    /// Nanoseconds of the runtime's clock; of a timer.
    pub(super) when: u64,
    /// Where what came of it is noted; a timer has no need of that.
    answer: Option<&'a Cell<Answer>>,
    pub(super) waiter: MaybeUninit<Waiter>,
    borrow: PhantomData<&'a mut ()>,
}

impl std::fmt::Debug for Case<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Case").field("op", &self.op).finish_non_exhaustive()
    }
}

/// What is left to do for a chosen case once the locks of the others are released.
pub(super) enum After {
    Nothing,
    /// The lock of no channel is involved.
    Timer,
    /// Tell those who watch the other side's queue.
    Tell,
    Finish(NonNull<Waiter>, Outcome),
    /// Copy the value out of this sender's slot and finish it.
    Fetch(NonNull<Waiter>),
    /// Copy the value into this receiver's slot and finish it.
    Hand(NonNull<Waiter>),
    Rare(Rare),
}

/// What an attempt came to.
pub(super) enum Attempt {
    NotReady,
    Chosen(After),
    /// As [`Offer::NeedsBlock`].
    NeedsBlock,
}

impl<'a> Case<'a> {
    /// # Safety
    /// `core`, unless null, is a channel that lives for `'a`, and so does what `slot`
    /// points at: a value of its type that is given up if the case ends as `Done`, room
    /// for one, or nothing, as `op` says.
    pub(crate) unsafe fn new(
        op: Op,
        core: *const Core,
        slot: *mut (),
        answer: Option<&'a Cell<Answer>>,
    ) -> Case<'a> {
        Case {
            op,
            core,
            slot,
            when: u64::MAX,
            answer,
            waiter: MaybeUninit::uninit(),
            borrow: PhantomData,
        }
    }

    /// One that fires at `when`, in nanoseconds of the runtime's clock; never if that is
    /// `u64::MAX`.
    pub(crate) fn timer(when: u64) -> Case<'a> {
        // SAFETY: no channel, no value.
        let case = unsafe { Case::new(Op::Timer, ptr::null(), ptr::null_mut(), None) };
        Case { when, ..case }
    }

    /// Whether it can fire at all: it has a channel, and was not chosen yet (a case is good
    /// for one select), or is a timer that ends.
    #[inline(always)]
    pub(super) fn can_fire(&self) -> bool {
        if self.op == Op::Timer {
            return self.when != u64::MAX;
        }
        !self.core.is_null() && self.answer.is_none_or(|answer| answer.get().is_none())
    }

    /// The channel, if there is one.
    #[inline(always)]
    pub(super) fn core(&self) -> Option<&'a Core> {
        // SAFETY: null, or alive for `'a`.
        unsafe { self.core.as_ref() }
    }

    /// Notes what came of the case.
    #[inline(always)]
    pub(super) fn set_answer(&self, answer: Answer) {
        if let Some(place) = self.answer {
            place.set(answer);
        }
    }

    /// The queue that the case waits in, and that of those whom it would serve.
    #[inline(always)]
    pub(super) fn queues(&self, core: &'a Core) -> (&'a WaitQueue, &'a WaitQueue) {
        match self.op {
            Op::Recv => (&core.receivers, &core.senders),
            _ => (&core.senders, &core.receivers),
        }
    }

    pub(super) fn kind(&self) -> Kind {
        if self.op == Op::Promise { Kind::Promise } else { Kind::Racing }
    }

    pub(super) fn slot(&self) -> *mut () {
        self.slot
    }

    /// Whether it may be ready, as far as can be seen without the lock. False only if
    /// there was a moment of the call at which it was not.
    #[inline(always)]
    pub(super) fn looks_ready(&self, now: u64) -> bool {
        match (self.op, self.core()) {
            (Op::Timer, _) => self.when <= now,
            (_, None) => false,
            (Op::Recv, Some(core)) => !core.looks_empty(),
            (Op::Send | Op::Promise, Some(core)) => !core.looks_full(),
        }
    }

    /// Whether it is ready, `core` being its channel.
    ///
    /// # Safety
    /// The channel's lock is held.
    pub(super) unsafe fn is_ready(&self, core: &Core) -> bool {
        // SAFETY: the lock is held.
        unsafe {
            match self.op {
                Op::Recv => {
                    core.can_receive()
                        || clock_of(self.core).is_some_and(|clock| (*clock).is_due(core))
                }
                _ => core.can_send(),
            }
        }
    }

    /// Commits the case without the lock, if that is possible: an open channel without
    /// limit keeps no place for a promise.
    #[inline(always)]
    pub(super) fn commit_freely(&self, core: &Core) -> bool {
        let free = self.op == Op::Promise && core.is_unbounded() && !core.is_shut();
        if free {
            self.set_answer(Answer::new(Outcome::Granted));
        }
        free
    }

    /// Commits the case if it is ready.
    ///
    /// # Safety
    /// The channel's lock is held. If the answer is `Chosen`, [`finish`](Self::finish) is
    /// called.
    #[inline(always)]
    pub(super) unsafe fn attempt(&self, core: &Core) -> Attempt {
        let (answer, after) = match self.op {
            Op::Recv if core.is_empty_now() => return Attempt::NotReady,
            Op::Send | Op::Promise if core.is_full_now() => return Attempt::NotReady,
            // SAFETY: the lock is held, and there is room at `slot`.
            Op::Recv => match unsafe { (core.ops.take)(self.core, self.slot) } {
                Take::Got => (Outcome::Done, After::Tell),
                Take::From(sender) => (Outcome::Done, After::Fetch(sender)),
                Take::Refilled(sender, outcome) => (Outcome::Done, After::Finish(sender, outcome)),
                Take::Rare(rare) => (Outcome::Done, After::Rare(rare)),
                Take::Shut => (Outcome::Shut, After::Nothing),
                Take::Empty => return Attempt::NotReady,
            },
            // SAFETY: the lock is held, and a value is at `slot`.
            Op::Send => match unsafe { (core.ops.offer)(self.core, self.slot) } {
                Offer::Sent => (Outcome::Done, After::Tell),
                Offer::To(receiver) => (Outcome::Done, After::Hand(receiver)),
                Offer::Woke(task) => (Outcome::Done, After::Rare(Rare::Woke(task))),
                Offer::Shut => (Outcome::Shut, After::Nothing),
                Offer::Full | Offer::Granted => return Attempt::NotReady,
                Offer::NeedsBlock => return Attempt::NeedsBlock,
            },
            // SAFETY: the lock is held.
            Op::Promise => match unsafe { core.reserve() } {
                Offer::Sent => (Outcome::Reserved, After::Nothing),
                Offer::To(receiver) => {
                    let peer = receiver.as_ptr().cast();
                    self.set_answer(Answer { outcome: Outcome::Paired, peer });
                    return Attempt::Chosen(After::Nothing);
                }
                Offer::Granted => (Outcome::Granted, After::Nothing),
                Offer::Shut => (Outcome::Shut, After::Nothing),
                Offer::Full | Offer::NeedsBlock | Offer::Woke(_) => return Attempt::NotReady,
            },
            Op::Timer => return Attempt::NotReady,
        };
        self.set_answer(Answer::new(answer));
        Attempt::Chosen(after)
    }

    /// Does the rest for a chosen case, whose channel's lock is the only one still held.
    /// False if it has to be done all over again.
    ///
    /// # Safety
    /// `after` is what `attempt` said, with the lock held since.
    #[inline(always)]
    pub(super) unsafe fn finish(&self, locked: Locked<'_>, after: After) -> bool {
        let core = locked.core;
        match after {
            After::Nothing | After::Timer => drop(locked.unlock()),
            After::Tell => {
                let watched = if self.op == Op::Recv { &core.senders } else { &core.receivers };
                locked.leave_and_tell(watched);
            }
            After::Finish(waiter, outcome) => {
                let critical = locked.unlock();
                // SAFETY: popped by `attempt`, and its value was moved.
                unsafe { Waiter::finish(waiter, &critical, outcome) };
            }
            After::Fetch(sender) => {
                let critical = locked.unlock();
                // SAFETY: popped by `attempt`; room for its value is at `slot`.
                unsafe {
                    copy_value(core, Waiter::slot(sender), self.slot);
                    Waiter::finish(sender, &critical, Outcome::Done);
                }
            }
            After::Hand(receiver) => {
                let critical = locked.unlock();
                // SAFETY: popped by `attempt`; the value at `slot` is given up.
                unsafe {
                    copy_value(core, self.slot, Waiter::slot(receiver));
                    Waiter::finish(receiver, &critical, Outcome::Done);
                }
            }
            // SAFETY: the caller's promise.
            After::Rare(rare) => return unsafe { self.finish_rare(locked, rare) },
        }
        true
    }

    /// # Safety
    /// As for `finish`.
    #[cold]
    #[inline(never)]
    unsafe fn finish_rare(&self, locked: Locked<'_>, rare: Rare) -> bool {
        // SAFETY: the caller's promise; there is room at `slot`.
        let done = matches!(unsafe { settle(locked, rare, self.slot) }, Received::Value);
        if !done {
            // Nothing came of it, so the case is tried again like the others.
            self.set_answer(Answer::NONE);
        }
        done
    }

    /// Takes over what its waiter was told. False if it was promised a value and the
    /// promise was broken.
    ///
    /// # Safety
    /// The waiter was queued, has won, and its owner was woken.
    pub(super) unsafe fn adopt_outcome(&self) -> bool {
        // SAFETY: initialised when it was queued.
        let waiter = unsafe { self.waiter.assume_init_ref() };
        if waiter.outcome() == Outcome::Broken {
            return false;
        }
        let peer =
            if waiter.outcome() == Outcome::Paired { waiter.place() } else { ptr::null_mut() };
        self.set_answer(Answer { outcome: waiter.outcome(), peer });
        true
    }
}

/// # Safety
/// Both places are of the channel's type: a value, and room for one.
#[inline(always)]
unsafe fn copy_value(core: &Core, from: *const (), to: *mut ()) {
    let size = core.ops.layout.size();
    // SAFETY: the caller's promise; the places are on different stacks.
    unsafe { ptr::copy_nonoverlapping(from.cast::<u8>(), to.cast::<u8>(), size) };
}

/// Unlocks the channel of a case.
///
/// # Safety
/// The caller holds the lock.
pub(super) unsafe fn unlock(core: *const Core) {
    // SAFETY: the caller's promise.
    unsafe { (*core).lock.unlock() };
}
