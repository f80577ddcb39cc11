#![doc = include_str!("../README.md")]
#![expect(unsafe_code, reason = "values move between stacks and buffers under the channel's lock")]

use std::alloc::Layout;
use std::cell::UnsafeCell;
use std::fmt;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr;
use std::task::Waker;
use std::time::Instant;

use crossbeam_channel::{RecvError, SendError, TryRecvError, TrySendError};

use self::clock::Clock;
pub(crate) use self::core::{Core, Locked, Ops, state, tell};
pub(crate) use self::rare::Received;
pub(crate) use self::transfer::{Offer, Rare, Take};
use crate::list::{Block, List};
use crate::prim::Ordering;
use crate::ring::Ring;
use crate::rt::{Parker, WaitReason};
use crate::wait::{Outcome, Waiter, wake};

pub(crate) mod clock;
mod core;
mod ending;
mod give_back;
mod rare;
mod transfer;

pub(crate) use self::clock::serve_due;
pub(crate) use self::give_back::End;
pub(crate) use self::rare::settle;

/// Bytes from which on a copy less is worth a second way to receive.
/// In the models always.
const LARGE: usize = if cfg!(gmp_loom) { 0 } else { 32 };

/// One channel, shared by all its handles.
#[repr(C)]
pub(crate) struct Chan<T> {
    core: Core,
    buffer: Buffer<T>,
}

enum Buffer<T> {
    /// Bounded; of no slots for a rendezvous channel, which is always empty and full.
    Ring(UnsafeCell<Ring<T>>),
    /// Unbounded; `room` is about `usize::MAX`.
    List(UnsafeCell<List<T>>),
    /// Of instants; nothing is ever in the buffer.
    Clock(UnsafeCell<Clock>),
}

impl<T> Chan<T> {
    const OPS: Ops = Ops {
        layout: Layout::new::<T>(),
        // SAFETY: the contract of `Ops`: `core` is the first field of a `Chan<T>`.
        take: |core, out| unsafe { (*core.cast::<Chan<T>>()).take(out.cast()) },
        // SAFETY: as above.
        offer: |core, src| unsafe { (*core.cast::<Chan<T>>()).offer(src.cast()) },
        // SAFETY: as above.
        supply: |core| unsafe { (*core.cast::<Chan<T>>()).supply() },
        // SAFETY: the contract of `Ops`: a block of values of this type.
        free: |block| unsafe { Block::<T>::free(block) },
        // SAFETY: the contract of `Ops`: a value of this type.
        drop_value: |value| unsafe { value.cast::<T>().drop_in_place() },
    };

    pub(crate) fn bounded(cap: usize) -> Chan<T> {
        let ring = Buffer::Ring(UnsafeCell::new(Ring::new(cap)));
        Chan { core: Core::new(cap, 0, &Self::OPS), buffer: ring }
    }

    pub(crate) fn unbounded() -> Chan<T> {
        let list = Buffer::List(UnsafeCell::new(List::new()));
        Chan { core: Core::new(usize::MAX, 0, &Self::OPS), buffer: list }
    }

    /// Where selects find this channel. The pointer is good for the whole of it.
    pub(crate) fn as_core(&self) -> *const Core {
        ptr::from_ref(self).cast()
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    /// Sends, waiting for a receiver or for room.
    ///
    /// Inlined, wait and all: each return after a stack switch is mispredicted.
    #[inline(always)]
    pub(crate) fn send(&self, value: T) -> Result<(), SendError<T>> {
        // From where it is: each move through a function, even an inlined one, is a copy,
        // as the optimiser keeps those of a value whose address a waiter knows.
        // SAFETY: `value` is given up just below if the answer is true; nothing unwinds once
        // the value is on its way.
        if unsafe { self.send_locked(self.core.lock(), &raw const value) } {
            let _ = ManuallyDrop::new(value);
            return Ok(());
        }
        Err(SendError(value))
    }

    /// Sends the value at `src`, with the lock, which is this channel's, taken already. False
    /// if the channel is shut.
    ///
    /// # Safety
    /// `src` is a value that the caller gives up if the answer is true.
    #[inline(always)]
    pub(crate) unsafe fn send_locked(&self, locked: Locked<'_>, src: *const T) -> bool {
        // SAFETY: the lock is held; `src` is a value, given up where the answer is `Sent` or
        // `To`, and to who finishes the waiter with `Done`.
        match unsafe { self.offer(src) } {
            Offer::To(receiver) => {
                // SAFETY: just popped.
                unsafe { hand_over(locked, src, receiver) };
                true
            }
            Offer::Sent => {
                locked.leave_and_tell(&self.core.receivers);
                true
            }
            // SAFETY: as above.
            Offer::Full => (unsafe { self.wait_to_send(locked, src) }) == Outcome::Done,
            Offer::Shut => {
                drop(locked.unlock());
                false
            }
            Offer::Woke(task) => {
                woke(locked, task);
                true
            }
            Offer::NeedsBlock | Offer::Granted => {
                drop(locked.unlock());
                // SAFETY: the caller's promise.
                unsafe { self.send_with_block(src) }
            }
        }
    }

    /// `send_locked` to a list that has no block left.
    ///
    /// # Safety
    /// As for `send_locked`.
    #[cold]
    #[inline(never)]
    unsafe fn send_with_block(&self, src: *const T) -> bool {
        self.supply();
        // SAFETY: the caller's promise.
        unsafe { self.send_locked(self.core.lock(), src) }
    }

    /// Sends if that needs no waiting.
    #[inline]
    pub(crate) fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        if self.core.looks_full() {
            return Err(TrySendError::Full(value));
        }
        self.try_send_locked(value)
    }

    #[inline(never)]
    fn try_send_locked(&self, value: T) -> Result<(), TrySendError<T>> {
        let value = ManuallyDrop::new(value);
        let src = (&raw const value).cast::<T>();
        loop {
            let locked = self.core.lock();
            // SAFETY: as in `send`.
            match unsafe { self.offer(src) } {
                Offer::To(receiver) => {
                    // SAFETY: just popped.
                    unsafe { hand_over(locked, src, receiver) };
                    return Ok(());
                }
                Offer::Sent => {
                    locked.leave_and_tell(&self.core.receivers);
                    return Ok(());
                }
                Offer::Full => {
                    drop(locked.unlock());
                    return Err(TrySendError::Full(ManuallyDrop::into_inner(value)));
                }
                Offer::Shut => {
                    drop(locked.unlock());
                    return Err(TrySendError::Disconnected(ManuallyDrop::into_inner(value)));
                }
                Offer::Woke(task) => {
                    woke(locked, task);
                    return Ok(());
                }
                Offer::NeedsBlock | Offer::Granted => {
                    drop(locked.unlock());
                    self.supply();
                }
            }
        }
    }

    /// Receives, waiting for a value; fails once the channel is shut and drained.
    ///
    /// Inlined, wait and all: each return after a stack switch is mispredicted.
    #[inline(always)]
    pub(crate) fn recv(&self) -> Result<T, RecvError> {
        let locked = self.core.lock();
        if size_of::<T>() > LARGE
            // SAFETY: the lock is held, until the value was read.
            && let Some(first) = unsafe { self.take_in_place() }
        {
            let _unlock = locked.unlock_on_drop();
            // SAFETY: a value that the ring gave up; from there into the result at once.
            return Ok(unsafe { first.read() });
        }
        let mut out = MaybeUninit::<T>::uninit();
        // SAFETY: the lock is held, and `out` can be written.
        match unsafe { self.take(out.as_mut_ptr()) } {
            Take::Got => locked.leave_and_tell(&self.core.senders),
            // SAFETY: just popped.
            Take::From(sender) => unsafe { fetch(locked, sender, out.as_mut_ptr()) },
            Take::Empty => return self.wait_to_receive(locked),
            // SAFETY: what `take` said just now.
            other => return unsafe { self.recv_otherwise(locked, other, out) },
        }
        // SAFETY: filled in both cases that come here.
        Ok(unsafe { out.assume_init() })
    }

    /// `recv` where `take`, to `out`, gave a less common answer.
    ///
    /// # Safety
    /// `take` is that answer, and the lock is held since.
    #[inline(never)]
    unsafe fn recv_otherwise(
        &self,
        locked: Locked<'_>,
        take: Take,
        mut out: MaybeUninit<T>,
    ) -> Result<T, RecvError> {
        match take {
            Take::Refilled(sender, outcome) => {
                let critical = locked.unlock();
                // SAFETY: just popped, and its value was moved.
                unsafe { Waiter::finish(sender, &critical, outcome) };
            }
            // SAFETY: the caller's promise.
            Take::Rare(rare) => match unsafe { settle(locked, rare, out.as_mut_ptr().cast()) } {
                Received::Value => {}
                Received::Nothing => return self.recv(),
            },
            _ => {
                drop(locked.unlock());
                return Err(RecvError);
            }
        }
        // SAFETY: filled in all cases that come here.
        Ok(unsafe { out.assume_init() })
    }

    /// Receives if that needs no waiting.
    #[inline]
    pub(crate) fn try_recv(&self) -> Result<T, TryRecvError> {
        if self.core.looks_empty() {
            return Err(TryRecvError::Empty);
        }
        self.try_recv_locked()
    }

    #[inline(never)]
    fn try_recv_locked(&self) -> Result<T, TryRecvError> {
        loop {
            let mut out = MaybeUninit::<T>::uninit();
            let locked = self.core.lock();
            // SAFETY: as in `recv`.
            match unsafe { self.take(out.as_mut_ptr()) } {
                Take::Got => locked.leave_and_tell(&self.core.senders),
                // SAFETY: just popped.
                Take::From(sender) => unsafe { fetch(locked, sender, out.as_mut_ptr()) },
                Take::Refilled(sender, outcome) => {
                    let critical = locked.unlock();
                    // SAFETY: just popped, and its value was moved.
                    unsafe { Waiter::finish(sender, &critical, outcome) };
                }
                Take::Empty => {
                    drop(locked.unlock());
                    return Err(TryRecvError::Empty);
                }
                Take::Shut => {
                    drop(locked.unlock());
                    return Err(TryRecvError::Disconnected);
                }
                Take::Rare(rare) => {
                    // SAFETY: what `take` said just now.
                    match unsafe { settle(locked, rare, out.as_mut_ptr().cast()) } {
                        Received::Value => {}
                        Received::Nothing => continue,
                    }
                }
            }
            // SAFETY: filled in all cases that come here.
            return Ok(unsafe { out.assume_init() });
        }
    }

    /// Queues the caller as a sender of the value at `src` and parks it.
    ///
    /// Inlined, like its twin, because the CPU mispredicts every return after a switch of
    /// stacks.
    ///
    /// # Safety
    /// The lock, `locked`, is this channel's. `src` is a value that the caller gives up if
    /// the outcome is `Done`.
    #[inline(always)]
    unsafe fn wait_to_send(&self, locked: Locked<'_>, src: *const T) -> Outcome {
        let parker = Parker::new(&locked.critical);
        let mut waiter = Waiter::new(&parker, src.cast_mut().cast());
        let (senders, receivers) = (&self.core.senders, &self.core.receivers);
        // SAFETY: the waiter stays here until `park` returns.
        unsafe {
            locked.park(senders, &raw mut waiter, receivers, &parker, WaitReason::ChanSend);
        }
        waiter.outcome()
    }

    /// Queues the caller as a receiver and parks it.
    #[inline(always)]
    fn wait_to_receive(&self, locked: Locked<'_>) -> Result<T, RecvError> {
        if let Buffer::Clock(clock) = &self.buffer {
            // SAFETY: the lock is this channel's, which carries instants.
            let instant = unsafe { clock::wait(locked, clock.get()) };
            // SAFETY: `T` is `Instant` where there is a clock.
            return instant
                .map(|instant| unsafe { (&raw const instant).cast::<T>().read() })
                .ok_or(RecvError);
        }
        let mut slot = MaybeUninit::<T>::uninit();
        let parker = Parker::new(&locked.critical);
        let mut waiter = Waiter::new(&parker, (&raw mut slot).cast());
        let (senders, receivers) = (&self.core.senders, &self.core.receivers);
        // SAFETY: waiter and slot stay here until `park` returns.
        unsafe {
            locked.park(receivers, &raw mut waiter, senders, &parker, WaitReason::ChanReceive);
        }
        match waiter.outcome() {
            // SAFETY: `Done` says that a sender filled the slot.
            Outcome::Done => Ok(unsafe { slot.assume_init() }),
            Outcome::Broken => self.recv_again(),
            _ => Err(RecvError),
        }
    }

    /// A sender broke its promise.
    #[cold]
    #[inline(never)]
    fn recv_again(&self) -> Result<T, RecvError> {
        self.recv()
    }

    /// Buffered values at one moment of the call.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        let len = self.core.len.load(Ordering::SeqCst);
        if len == 0 && self.is_buffered_clock() { usize::from(self.is_due()) } else { len }
    }

    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        if self.is_buffered_clock() {
            return self.is_due();
        }
        self.core.len.load(Ordering::SeqCst) >= self.core.cap
    }

    /// Whether it is a clock whose value, when it is due, counts as buffered: not Go's.
    #[inline]
    fn is_buffered_clock(&self) -> bool {
        self.core.is_timer() && self.core.cap > 0
    }

    /// Whether the clock has a value, as `crossbeam_channel` counts it.
    #[cold]
    fn is_due(&self) -> bool {
        let locked = self.core.lock();
        let due = match &self.buffer {
            // SAFETY: the lock is held.
            Buffer::Clock(clock) => unsafe { (*clock.get()).due_ns() },
            _ => u64::MAX,
        };
        drop(locked.unlock());
        due <= crate::rt::now_ns()
    }

    #[inline]
    pub(crate) fn capacity(&self) -> Option<usize> {
        match &self.buffer {
            Buffer::Ring(_) | Buffer::Clock(_) => Some(self.core.cap),
            Buffer::List(_) => None,
        }
    }

    /// Shows what can be seen without the lock; needs no `T: Debug`.
    pub(crate) fn debug(&self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
        f.debug_struct(name)
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .field("closed", &self.core.is_shut())
            .finish_non_exhaustive()
    }
}

impl Chan<Instant> {
    /// Delivers what `clock` says; shows a capacity of `cap`, 1 or 0.
    pub(crate) fn clock(clock: Clock, cap: usize) -> Chan<Instant> {
        let clock = Buffer::Clock(UnsafeCell::new(clock));
        Chan { core: Core::new(cap, state::TIMER, &Self::OPS), buffer: clock }
    }
}

/// The clock of the channel at `core`, if it has one. To be touched under its lock.
///
/// # Safety
/// `core` is that of a channel, which is alive.
pub(crate) unsafe fn clock_of(core: *const Core) -> Option<*mut Clock> {
    // SAFETY: the caller's promise; a core is the first field of its channel, and one with
    // a clock carries instants.
    unsafe {
        if !(*core).is_timer() {
            return None;
        }
        match &(*core.cast::<Chan<Instant>>()).buffer {
            Buffer::Clock(clock) => Some(clock.get()),
            _ => None,
        }
    }
}

/// Unlocks, leaves, and wakes a task that was served.
#[cold]
#[inline(never)]
pub(crate) fn woke(locked: Locked<'_>, task: Option<Waker>) {
    drop(locked.unlock());
    wake(task);
}

/// Copies the value at `src` to `receiver`, popped, and wakes it.
///
/// # Safety
/// `receiver` is to be finished by the caller, who gives the value up.
#[inline(always)]
unsafe fn hand_over<T>(locked: Locked<'_>, src: *const T, receiver: ptr::NonNull<Waiter>) {
    let critical = locked.unlock();
    // SAFETY: a popped receiver's slot is ours to fill, once, and is on a stack other than
    // the caller's.
    unsafe {
        ptr::copy_nonoverlapping(src, Waiter::slot(receiver), 1);
        Waiter::finish(receiver, &critical, Outcome::Done);
    }
}

/// Copies the value of `sender`, popped, to `out`, and wakes it.
///
/// # Safety
/// `sender` is to be finished by the caller; `out` can be written.
#[inline(always)]
unsafe fn fetch<T>(locked: Locked<'_>, sender: ptr::NonNull<Waiter>, out: *mut T) {
    let critical = locked.unlock();
    // SAFETY: a popped sender's value is ours, once, and lies on a stack other than the
    // caller's.
    unsafe {
        ptr::copy_nonoverlapping(Waiter::slot(sender), out, 1);
        Waiter::finish(sender, &critical, Outcome::Done);
    }
}
