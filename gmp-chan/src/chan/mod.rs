#![doc = include_str!("../README.md")]
#![expect(unsafe_code, reason = "values move between stacks and buffers under the channel's lock")]

use std::cell::UnsafeCell;
use std::fmt;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use crossbeam_channel::{RecvError, SendError, TryRecvError, TrySendError};
use gmp_core::rt::{Critical, Parker, SpinLock, WaitReason};

use self::transfer::{Offer, Take};
use crate::list::List;
use crate::ring::Ring;
use crate::wait::{Outcome, WaitQueue};

mod ending;
mod transfer;

/// One channel, shared by all its handles.
///
/// The fields are written under `lock` only. Those that are atomic are also read without
/// it, for answers that are true at one moment of the call.
#[repr(C, align(64))]
pub(crate) struct Chan<T> {
    lock: SpinLock,
    /// Why the channel takes no more values, as bits of `ending`: 0 while it is open. Bits
    /// are only added.
    shut: AtomicU8,
    /// Buffered values.
    len: AtomicUsize,
    /// What `len` may grow to.
    cap: usize,
    receivers: WaitQueue,
    senders: WaitQueue,
    buffer: Buffer<T>,
}

enum Buffer<T> {
    /// Bounded; of no slots for a rendezvous channel, which is always empty and full.
    Ring(UnsafeCell<Ring<T>>),
    /// Unbounded; `cap` is `usize::MAX`.
    List(UnsafeCell<List<T>>),
}

/// The lock of a channel, held. Ends in [`unlock`](Self::unlock) or
/// [`park`](Self::park).
struct Locked<'a, T> {
    chan: &'a Chan<T>,
    critical: Critical,
}

impl<T> Locked<'_, T> {
    #[inline]
    fn unlock(self) -> Critical {
        // SAFETY: a `Locked` is the lock held, and this one ends here.
        unsafe { self.chan.lock.unlock() };
        self.critical
    }

    /// Parks until the waiter that holds `parker` was finished.
    ///
    /// # Safety
    /// A waiter with this parker is in one of the channel's queues.
    #[inline(always)]
    unsafe fn park(self, parker: &Parker, reason: WaitReason) {
        // SAFETY: the parker is our caller's and outlives the call; the lock is held, and
        // who finishes the waiter has taken it since.
        unsafe { self.critical.park(parker, reason, &raw const self.chan.lock) };
    }
}

impl<T> Chan<T> {
    pub(crate) fn bounded(cap: usize) -> Chan<T> {
        Chan::new(cap, Buffer::Ring(UnsafeCell::new(Ring::new(cap))))
    }

    pub(crate) fn unbounded() -> Chan<T> {
        Chan::new(usize::MAX, Buffer::List(UnsafeCell::new(List::new())))
    }

    fn new(cap: usize, buffer: Buffer<T>) -> Chan<T> {
        Chan {
            lock: SpinLock::new(),
            shut: AtomicU8::new(0),
            len: AtomicUsize::new(0),
            cap,
            receivers: WaitQueue::new(),
            senders: WaitQueue::new(),
            buffer,
        }
    }

    #[inline]
    fn lock(&self) -> Locked<'_, T> {
        let critical = Critical::enter();
        self.lock.lock(&critical);
        Locked { chan: self, critical }
    }

    /// Sends, waiting for a receiver or for room.
    ///
    /// Inlined, wait and all: each return after a stack switch is mispredicted.
    #[inline(always)]
    pub(crate) fn send(&self, value: T) -> Result<(), SendError<T>> {
        let value = ManuallyDrop::new(value);
        let src = (&raw const value).cast::<T>();
        // SAFETY: `src` is a value; it is given up where the answer is `Sent` or `Done`.
        let sent = match unsafe { self.offer(self.lock(), src) } {
            Offer::Sent => true,
            Offer::Shut => false,
            // SAFETY: as above.
            Offer::Full(locked) => unsafe { self.wait_to_send(locked, src) == Outcome::Done },
        };
        if sent { Ok(()) } else { Err(SendError(ManuallyDrop::into_inner(value))) }
    }

    /// Sends if that needs no waiting.
    #[inline]
    pub(crate) fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        // Not ready, and still open afterwards: so it was both at the first look.
        if !self.lock.is_locked()
            && self.len() == self.cap
            && self.receivers.looks_empty()
            && !self.is_shut()
        {
            return Err(TrySendError::Full(value));
        }
        self.try_send_locked(value)
    }

    #[inline(never)]
    fn try_send_locked(&self, value: T) -> Result<(), TrySendError<T>> {
        let value = ManuallyDrop::new(value);
        // SAFETY: a value; it is given up where the answer is `Sent`.
        match unsafe { self.offer(self.lock(), (&raw const value).cast::<T>()) } {
            Offer::Sent => Ok(()),
            Offer::Shut => Err(TrySendError::Disconnected(ManuallyDrop::into_inner(value))),
            Offer::Full(locked) => {
                drop(locked.unlock());
                Err(TrySendError::Full(ManuallyDrop::into_inner(value)))
            }
        }
    }

    /// Receives, waiting for a value; fails once the channel is shut and drained.
    ///
    /// Inlined, wait and all: each return after a stack switch is mispredicted.
    #[inline(always)]
    pub(crate) fn recv(&self) -> Result<T, RecvError> {
        let mut out = MaybeUninit::<T>::uninit();
        // SAFETY: `out` can be written, and is where the answer is `Got`.
        match unsafe { self.take(self.lock(), out.as_mut_ptr()) } {
            // SAFETY: filled.
            Take::Got => Ok(unsafe { out.assume_init() }),
            Take::Shut => Err(RecvError),
            Take::Empty(locked) => self.wait_to_receive(locked),
        }
    }

    /// Receives if that needs no waiting.
    #[inline]
    pub(crate) fn try_recv(&self) -> Result<T, TryRecvError> {
        // Not ready, and still open afterwards: so it was both at the first look. If it is
        // shut by now, a value may have come in between: look again under the lock.
        if !self.lock.is_locked()
            && self.len() == 0
            && self.senders.looks_empty()
            && !self.is_shut()
        {
            return Err(TryRecvError::Empty);
        }
        self.try_recv_locked()
    }

    #[inline(never)]
    fn try_recv_locked(&self) -> Result<T, TryRecvError> {
        let mut out = MaybeUninit::<T>::uninit();
        // SAFETY: `out` can be written, and is where the answer is `Got`.
        match unsafe { self.take(self.lock(), out.as_mut_ptr()) } {
            // SAFETY: filled.
            Take::Got => Ok(unsafe { out.assume_init() }),
            Take::Shut => Err(TryRecvError::Disconnected),
            Take::Empty(locked) => {
                drop(locked.unlock());
                Err(TryRecvError::Empty)
            }
        }
    }

    /// Whether sends fail: closed, or one side has no handles left.
    #[inline]
    pub(crate) fn is_shut(&self) -> bool {
        self.shut.load(Ordering::SeqCst) != 0
    }

    /// Buffered values at one moment of the call.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len.load(Ordering::SeqCst)
    }

    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.len() == self.cap
    }

    #[inline]
    pub(crate) fn capacity(&self) -> Option<usize> {
        match self.buffer {
            Buffer::Ring(_) => Some(self.cap),
            Buffer::List(_) => None,
        }
    }

    /// Shows what can be seen without the lock; needs no `T: Debug`.
    pub(crate) fn debug(&self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
        f.debug_struct(name)
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .field("closed", &self.is_shut())
            .finish_non_exhaustive()
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
