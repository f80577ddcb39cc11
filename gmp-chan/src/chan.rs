#![doc = include_str!("README.md")]
#![expect(unsafe_code, reason = "values move between stacks and buffers under the channel's lock")]

use std::cell::UnsafeCell;
use std::fmt;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use crossbeam_channel::{RecvError, SendError, TryRecvError, TrySendError};
use gmp_core::rt::{Critical, Parker, SpinLock, WaitReason};

use crate::list::{Block, List};
use crate::ring::Ring;
use crate::wait::{Batch, Outcome, WaitQueue, Waiter};

/// Reasons why a channel is shut, as bits of [`Chan::shut`].
const CLOSED: u8 = 1;
const NO_SENDERS: u8 = 2;
const NO_RECEIVERS: u8 = 4;

/// One channel, shared by all its handles.
///
/// The fields are written under `lock` only. Those that are atomic are also read without
/// it, for answers that are true at one moment of the call.
#[repr(C, align(64))]
pub(crate) struct Chan<T> {
    lock: SpinLock,
    /// Why the channel takes no more values: 0 while it is open. Bits are only added.
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

/// What became of a value offered under the lock.
enum Offer<'a, T> {
    Sent,
    Shut,
    /// Nobody waits for it and there is no room; still locked.
    Full(Locked<'a, T>),
}

/// What became of an attempt to take a value under the lock.
enum Take<'a, T> {
    Got,
    Shut,
    /// Open, but nothing is there; still locked.
    Empty(Locked<'a, T>),
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
    unsafe fn park(self, parker: &Parker, reason: WaitReason) {
        unsafe fn release(lock: *mut ()) {
            // SAFETY: the lock given below, held since; its channel lives as long as the
            // handle on which the parked one called.
            unsafe { (*lock.cast::<SpinLock>()).unlock() };
        }
        let lock = (&raw const self.chan.lock).cast_mut().cast();
        // SAFETY: the parker is our caller's and outlives the call; `release` may run on
        // any stack, and runs once.
        unsafe { self.critical.park(parker, reason, release, lock) };
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
        if self.len() == self.cap && self.receivers.looks_empty() && !self.is_shut() {
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
        if self.len() == 0 && self.senders.looks_empty() && !self.is_shut() {
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

    /// Hands the value at `src` to the longest waiting receiver or to the buffer.
    ///
    /// # Safety
    /// `src` is a value that the caller gives up if the answer is `Sent`.
    #[inline(always)]
    unsafe fn offer<'a>(&'a self, locked: Locked<'a, T>, src: *const T) -> Offer<'a, T> {
        if self.shut.load(Ordering::Relaxed) != 0 {
            drop(locked.unlock());
            return Offer::Shut;
        }
        // SAFETY: the lock is held.
        if let Some(receiver) = unsafe { self.receivers.pop() } {
            let critical = locked.unlock();
            // SAFETY: a popped receiver's slot is ours to fill, once, and is on a stack
            // other than the caller's.
            unsafe {
                ptr::copy_nonoverlapping(src, Waiter::slot(receiver), 1);
                Waiter::finish(receiver, &critical, Outcome::Done);
            }
            return Offer::Sent;
        }
        let len = self.len.load(Ordering::Relaxed);
        if len == self.cap {
            return Offer::Full(locked);
        }
        match &self.buffer {
            // SAFETY: the lock is held and there is room.
            Buffer::Ring(ring) => unsafe { (*ring.get()).push(len, src) },
            // SAFETY: the lock is held.
            Buffer::List(list) => unsafe {
                if !(*list.get()).push(src) {
                    return self.offer_with_block(locked, list, src);
                }
            },
        }
        self.len.store(len + 1, Ordering::Relaxed);
        drop(locked.unlock());
        Offer::Sent
    }

    /// [`offer`](Self::offer) for a list that has no block left: fetches one outside of
    /// the lock, where the allocator may be called, and starts over.
    ///
    /// # Safety
    /// As for `offer`; `list` is this channel's.
    #[cold]
    #[inline(never)]
    unsafe fn offer_with_block<'a>(
        &'a self,
        locked: Locked<'a, T>,
        list: &UnsafeCell<List<T>>,
        src: *const T,
    ) -> Offer<'a, T> {
        drop(locked.unlock());
        let block = Block::new();
        let locked = self.lock();
        if self.shut.load(Ordering::Relaxed) != 0 {
            // The buffer may be in the hands of the last receiver's drop.
            drop(locked.unlock());
            return Offer::Shut;
        }
        // SAFETY: the lock is held, and the channel was not shut under it.
        let surplus = unsafe { (*list.get()).supply(block) };
        // SAFETY: the caller's own promise. With a spare block in place, and the lock held
        // since, this cannot come back here.
        let offer = unsafe { self.offer(locked, src) };
        drop(surplus);
        offer
    }

    /// Moves the first value to `out`, and the value of the longest waiting sender to
    /// where there is room now.
    ///
    /// # Safety
    /// `out` can be written; it was if the answer is `Got`.
    #[inline(always)]
    unsafe fn take<'a>(&'a self, locked: Locked<'a, T>, out: *mut T) -> Take<'a, T> {
        let len = self.len.load(Ordering::Relaxed);
        if len == 0 {
            // SAFETY: the lock is held.
            if let Some(sender) = unsafe { self.senders.pop() } {
                let critical = locked.unlock();
                // SAFETY: a popped sender's value is ours, once, and lies on a stack other
                // than the caller's.
                unsafe {
                    ptr::copy_nonoverlapping(Waiter::slot(sender), out, 1);
                    Waiter::finish(sender, &critical, Outcome::Done);
                }
                return Take::Got;
            }
            if self.shut.load(Ordering::Relaxed) != 0 {
                drop(locked.unlock());
                return Take::Shut;
            }
            return Take::Empty(locked);
        }
        match &self.buffer {
            Buffer::Ring(ring) => {
                // SAFETY: the lock is held, and the ring is not empty.
                unsafe { (*ring.get()).pop(out) };
                // SAFETY: the lock is held.
                if let Some(sender) = unsafe { self.senders.pop() } {
                    // SAFETY: a popped sender's value is ours, once; the slot just emptied
                    // is the room for it.
                    unsafe { (*ring.get()).push(len - 1, Waiter::slot(sender)) };
                    let critical = locked.unlock();
                    // SAFETY: popped above, and its value has been moved.
                    unsafe { Waiter::finish(sender, &critical, Outcome::Done) };
                } else {
                    self.len.store(len - 1, Ordering::Relaxed);
                    drop(locked.unlock());
                }
            }
            Buffer::List(list) => {
                // SAFETY: the lock is held, and the list is not empty.
                let spent = unsafe { (*list.get()).pop(len, out) };
                self.len.store(len - 1, Ordering::Relaxed);
                drop(locked.unlock());
                drop(spent);
            }
        }
        Take::Got
    }

    /// Queues the caller as a sender of the value at `src` and parks it.
    ///
    /// # Safety
    /// As for [`offer`](Self::offer), with `Done` in place of `Sent`.
    #[inline(never)]
    unsafe fn wait_to_send(&self, locked: Locked<'_, T>, src: *const T) -> Outcome {
        let parker = Parker::new(&locked.critical);
        let mut waiter = Waiter::new(&parker, src.cast_mut().cast());
        // SAFETY: the lock is held; the waiter stays here until `park` returns, which is
        // when it was finished.
        unsafe {
            self.senders.push(&raw mut waiter);
            locked.park(&parker, WaitReason::ChanSend);
        }
        waiter.outcome()
    }

    /// Queues the caller as a receiver and parks it.
    #[inline(never)]
    fn wait_to_receive(&self, locked: Locked<'_, T>) -> Result<T, RecvError> {
        let mut slot = MaybeUninit::<T>::uninit();
        let parker = Parker::new(&locked.critical);
        let mut waiter = Waiter::new(&parker, (&raw mut slot).cast());
        // SAFETY: the lock is held; waiter and slot stay here until `park` returns, which
        // is when the waiter was finished.
        unsafe {
            self.receivers.push(&raw mut waiter);
            locked.park(&parker, WaitReason::ChanReceive);
        }
        match waiter.outcome() {
            // SAFETY: `Done` says that a sender filled the slot.
            Outcome::Done => Ok(unsafe { slot.assume_init() }),
            _ => Err(RecvError),
        }
    }

    /// Closes the channel for everyone.
    #[track_caller]
    pub(crate) fn close(&self) {
        let locked = self.lock();
        if self.shut.load(Ordering::Relaxed) & CLOSED != 0 {
            drop(locked.unlock());
            panic!("close of closed channel");
        }
        self.shut(locked, CLOSED);
    }

    /// The last sender is gone.
    pub(crate) fn senders_gone(&self) {
        self.shut(self.lock(), NO_SENDERS);
    }

    /// The last receiver is gone: nobody will take what is buffered.
    pub(crate) fn receivers_gone(&self) {
        let locked = self.lock();
        let left = self.len.load(Ordering::Relaxed);
        self.len.store(0, Ordering::Relaxed);
        self.shut(locked, NO_RECEIVERS);
        // No receiver is left, and senders keep off a buffer once the channel is shut: it
        // is ours without the lock, under which the values' `drop` must not run.
        let mut leftovers = Leftovers { chan: self, left };
        while let Some(value) = leftovers.pop() {
            drop(value);
        }
    }

    /// Shuts the channel and wakes all who wait.
    fn shut(&self, locked: Locked<'_, T>, why: u8) {
        let before = self.shut.load(Ordering::Relaxed);
        self.shut.store(before | why, Ordering::SeqCst);
        let mut waiters = Batch::new();
        // SAFETY: the lock is held.
        unsafe {
            self.receivers.pop_all(&mut waiters);
            self.senders.pop_all(&mut waiters);
        }
        drop(locked.unlock());
        // SAFETY: the lock was released; nobody touched the slots.
        unsafe { waiters.shut() };
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

/// What was buffered when the last receiver went. Dropping it drops the rest, also when
/// one value's `drop` panics.
struct Leftovers<'a, T> {
    chan: &'a Chan<T>,
    left: usize,
}

impl<T> Leftovers<'_, T> {
    fn pop(&mut self) -> Option<T> {
        if self.left == 0 {
            return None;
        }
        let mut out = MaybeUninit::<T>::uninit();
        // SAFETY: the buffer is this value's alone and still holds `left` values.
        unsafe {
            match &self.chan.buffer {
                Buffer::Ring(ring) => (*ring.get()).pop(out.as_mut_ptr()),
                Buffer::List(list) => drop((*list.get()).pop(self.left, out.as_mut_ptr())),
            }
        }
        self.left -= 1;
        // SAFETY: filled above.
        Some(unsafe { out.assume_init() })
    }
}

impl<T> Drop for Leftovers<'_, T> {
    fn drop(&mut self) {
        while let Some(value) = self.pop() {
            drop(value);
        }
    }
}
