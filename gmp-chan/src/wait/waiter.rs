//! One blocked operation, and what becomes of it.

#![expect(unsafe_code, reason = "waiters are reached through raw pointers to other stacks")]

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::task::Waker;

use crate::prim::{AtomicUsize, Cell, Ordering};
use crate::rt::{Critical, Parker};

/// What became of a waiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Still queued.
    Waiting,
    /// A peer moved the value: into the slot of a receiver, out of the slot of a sender.
    /// Of who only watches: the channel may be ready.
    Done,
    /// The channel was shut; the slot is as its owner left it.
    Shut,
    /// A promise: room was kept in the buffer for the value.
    Reserved,
    /// A promise: a receiver is parked for the value; its waiter is in `slot`.
    Paired,
    /// A promise: a task wants the value. As tasks can go away nobody is bound, but the
    /// value will find a place.
    Granted,
    /// The sender who had promised a value broke the promise: try again.
    Broken,
}

/// What kind of party waits, which decides who may serve it and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A parked goroutine or thread with one operation: whoever unlinks it serves it.
    Plain,
    /// One of several waiters of a select, of which the one that wins the race is served.
    Racing,
    /// As `Racing`, a sender who gives the value only after it was chosen.
    Promise,
    /// Wants to know when the operation may be ready, and is not served. Racing, too.
    Watch,
    /// A task with one operation. It is not parked, so it is served under the lock.
    Task,
    /// Wants to know when the channel is shut, and nothing else.
    Ending,
}

/// Decides which one of several waiters with the same owner is served.
///
/// A plain operation needs none: it has one waiter, and whoever unlinks it serves it.
#[derive(Debug)]
pub(crate) struct Race {
    winner: AtomicUsize,
}

impl Race {
    const OPEN: usize = usize::MAX;

    pub(crate) fn new() -> Race {
        Race { winner: AtomicUsize::new(Race::OPEN) }
    }

    /// Makes `case` the winner unless there is one.
    pub(crate) fn claim(&self, case: usize) -> bool {
        self.winner.compare_exchange(Race::OPEN, case, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// The case that won, if the race is over.
    pub(crate) fn winner(&self) -> Option<usize> {
        let winner = self.winner.load(Ordering::Acquire);
        (winner != Race::OPEN).then_some(winner)
    }
}

/// How to wake a task. Under the lock of the channel that its waiter is queued in.
#[derive(Debug)]
pub(crate) struct TaskCell(pub(crate) UnsafeCell<Option<Waker>>);

/// One blocked operation: who waits, and where the value goes to or comes from.
pub(crate) struct Waiter {
    /// Neighbours in the circular list; null while not queued. In a `Batch` only
    /// `next` is used, null at the end.
    pub(super) next: Cell<*mut Waiter>,
    pub(super) prev: Cell<*mut Waiter>,
    /// Null for a task.
    parker: *const Parker,
    /// The owner's `MaybeUninit<T>`, with the type erased; of a promise, once it is
    /// `Paired`, the receiver's waiter.
    slot: Cell<*mut ()>,
    /// A `Race` or a `TaskCell`, as `kind` says. Not written for a plain operation.
    who: MaybeUninit<*const ()>,
    /// Of one that races. Not written for others.
    case: MaybeUninit<usize>,
    kind: Kind,
    outcome: Cell<Outcome>,
}

impl Waiter {
    /// The waiter of a plain operation.
    #[inline(always)]
    pub(crate) fn new(parker: &Parker, slot: *mut ()) -> Waiter {
        Waiter {
            next: Cell::new(ptr::null_mut()),
            prev: Cell::new(ptr::null_mut()),
            parker,
            slot: Cell::new(slot),
            who: MaybeUninit::uninit(),
            case: MaybeUninit::uninit(),
            kind: Kind::Plain,
            outcome: Cell::new(Outcome::Waiting),
        }
    }

    /// One of several waiters of which only the one that wins `race` is served.
    pub(crate) fn racing(
        parker: &Parker,
        slot: *mut (),
        race: &Race,
        case: usize,
        kind: Kind,
    ) -> Waiter {
        debug_assert!(matches!(kind, Kind::Racing | Kind::Promise | Kind::Watch));
        let who = MaybeUninit::new(ptr::from_ref(race).cast());
        let case = MaybeUninit::new(case);
        Waiter { who, case, kind, ..Waiter::new(parker, slot) }
    }

    /// A task's.
    pub(crate) fn task(task: *const TaskCell, slot: *mut (), kind: Kind) -> Waiter {
        debug_assert!(matches!(kind, Kind::Task | Kind::Ending));
        Waiter {
            next: Cell::new(ptr::null_mut()),
            prev: Cell::new(ptr::null_mut()),
            parker: ptr::null(),
            slot: Cell::new(slot),
            who: MaybeUninit::new(task.cast()),
            case: MaybeUninit::uninit(),
            kind,
            outcome: Cell::new(Outcome::Waiting),
        }
    }

    #[inline(always)]
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Where the value is, or is wanted.
    pub(crate) fn place(&self) -> *mut () {
        self.slot.get()
    }

    /// Wins the race it runs in.
    ///
    /// # Safety
    /// Its kind is one that races; it is queued, and the lock is held.
    pub(super) unsafe fn claim(&self) -> bool {
        // SAFETY: one that races was made with both.
        unsafe { self.race().claim(self.case.assume_init()) }
    }

    /// # Safety
    /// As for `claim`.
    unsafe fn race(&self) -> &Race {
        // SAFETY: the race belongs to the waiter's owner and lives as long.
        unsafe { &*self.who.assume_init().cast::<Race>() }
    }

    /// Whether it could still be served.
    ///
    /// # Safety
    /// It is queued, and the lock is held.
    pub(super) unsafe fn is_open(&self) -> bool {
        match self.kind {
            Kind::Plain | Kind::Task => true,
            // SAFETY: as in `claim`.
            Kind::Racing | Kind::Promise => unsafe { self.race().winner().is_none() },
            Kind::Watch | Kind::Ending => false,
        }
    }

    /// Tells a task's waiter, unlinked just now, what became of it. Who calls wakes the
    /// task once the lock is released: that is user code.
    ///
    /// # Safety
    /// A task's, and the lock is held: nobody else touches waiter or cell, and neither
    /// goes before the lock was released.
    pub(crate) unsafe fn tell_task(waiter: NonNull<Waiter>, outcome: Outcome) -> Option<Waker> {
        // SAFETY: the caller's promise.
        unsafe {
            let waiter = waiter.as_ref();
            waiter.outcome.set(outcome);
            (*(*waiter.who.assume_init().cast::<TaskCell>()).0.get()).take()
        }
    }

    /// What became of it. Meaningful once its owner was woken.
    pub(crate) fn outcome(&self) -> Outcome {
        self.outcome.get()
    }

    /// Tells the owner of a popped waiter what became of it and wakes it. The waiter is
    /// gone afterwards.
    ///
    /// # Safety
    /// `waiter` came out of `WaitQueue::pop` or a `Batch`, and this is the only call
    /// for it. With [`Outcome::Done`] the value has been moved.
    #[inline(always)]
    pub(crate) unsafe fn finish(waiter: NonNull<Waiter>, critical: &Critical, outcome: Outcome) {
        // SAFETY: the caller's promises.
        let parker = unsafe { Waiter::settle(waiter, outcome) };
        // SAFETY: the owner queued itself under the lock that its commit releases and we
        // held that lock since, so it is parked; one `finish` per waiter, one `ready` here.
        unsafe { critical.ready(parker) };
    }

    /// The first half of [`finish`](Self::finish): who is to be made ready.
    ///
    /// # Safety
    /// As for `finish`.
    #[inline(always)]
    pub(crate) unsafe fn settle(waiter: NonNull<Waiter>, outcome: Outcome) -> *const Parker {
        // SAFETY: the owner cannot return before it is made ready, so its waiter is alive,
        // and a popped waiter is ours alone.
        unsafe {
            (*waiter.as_ptr()).outcome.set(outcome);
            (*waiter.as_ptr()).parker
        }
    }

    /// Where the value of a popped waiter is, or is wanted.
    ///
    /// # Safety
    /// `waiter` came out of `WaitQueue::pop` and is not finished yet.
    #[inline]
    pub(crate) unsafe fn slot<T>(waiter: NonNull<Waiter>) -> *mut T {
        // SAFETY: alive until finished, as above.
        unsafe { (*waiter.as_ptr()).slot.get().cast() }
    }

    /// Gives a popped promise the receiver who waits for its value.
    ///
    /// # Safety
    /// `waiter` came out of `WaitQueue::pop` and is not finished yet.
    pub(crate) unsafe fn pair(waiter: NonNull<Waiter>, receiver: *mut Waiter) {
        // SAFETY: alive until finished, as above.
        unsafe { (*waiter.as_ptr()).slot.set(receiver.cast()) };
    }
}
