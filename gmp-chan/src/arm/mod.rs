//! What `select!` expands to. Not for users.
//!
//! An arm holds what its case needs: the channel's end, and the value or room for it. Its
//! [`Case`] borrows it for the duration of the select; afterwards the arm that was chosen
//! gives its result. Arms and cases are good for one select.

#![expect(unsafe_code, reason = "values are moved out of slots that the select has filled")]

mod one;
mod operand;

use std::cell::Cell;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr;
use std::time::Duration;

use crossbeam_channel::{RecvError, SendError};

use crate::rt::{Critical, WaitReason};
pub use crate::select::Case;
use crate::select::{Aim, Answer, Limit, Op, break_off, keep, run};
use crate::wait::Outcome;
use crate::{Receiver, Sender};

pub use one::{recv_one, send_one, sent, try_recv_one, try_send_one};
pub use operand::*;

/// An arm that receives.
#[derive(Debug)]
pub struct RecvArm<'a, T> {
    receiver: Option<&'a Receiver<T>>,
    slot: MaybeUninit<T>,
    answer: Cell<Answer>,
}

impl<'a, T> RecvArm<'a, T> {
    /// `None`: it never fires.
    #[inline]
    pub fn new(receiver: Option<&'a Receiver<T>>) -> Self {
        RecvArm { receiver, slot: MaybeUninit::uninit(), answer: Cell::new(Answer::NONE) }
    }

    /// Its entry in the select's array.
    #[inline]
    pub fn case(&mut self) -> Case<'_> {
        let core = self.receiver.map_or(ptr::null(), Receiver::as_core);
        let slot = self.slot.as_mut_ptr().cast();
        assert_unused(self.answer.get());
        // SAFETY: the receiver keeps its channel alive; there is room at `slot`.
        unsafe { Case::new(Op::Recv, core, slot, Some(&self.answer)) }
    }

    /// What was received.
    ///
    /// # Panics
    /// If the select did not choose this arm.
    #[inline]
    pub fn take(self) -> Result<T, RecvError> {
        match self.answer.get().outcome {
            // SAFETY: `Done` says that the slot was filled, and this is its only use.
            Outcome::Done => Ok(unsafe { self.slot.assume_init() }),
            Outcome::Shut => Err(RecvError),
            _ => not_chosen(),
        }
    }
}

/// An arm that sends a value which is there from the start.
#[derive(Debug)]
pub struct SendArm<'a, T> {
    sender: Option<&'a Sender<T>>,
    /// Given up if the answer is `Done`.
    value: ManuallyDrop<Option<T>>,
    answer: Cell<Answer>,
}

impl<'a, T> SendArm<'a, T> {
    /// `None` for either: it never fires.
    #[inline]
    pub fn new(sender: Option<&'a Sender<T>>, value: Option<T>) -> Self {
        let value = ManuallyDrop::new(value);
        SendArm { sender, value, answer: Cell::new(Answer::NONE) }
    }

    /// Its entry in the select's array.
    #[inline]
    pub fn case(&mut self) -> Case<'_> {
        let (core, slot) = match (self.sender, &mut *self.value) {
            (Some(sender), Some(value)) => (sender.as_core(), ptr::from_mut(value).cast()),
            _ => (ptr::null(), ptr::null_mut()),
        };
        assert_unused(self.answer.get());
        // SAFETY: the sender keeps its channel alive. A value is at `slot`, and not used
        // again once the answer is `Done`.
        unsafe { Case::new(Op::Send, core, slot, Some(&self.answer)) }
    }

    /// What came of the send. The value comes back if it was not sent.
    ///
    /// # Panics
    /// If the select did not choose this arm.
    #[inline]
    pub fn finish(mut self) -> Result<(), SendError<T>> {
        match self.answer.get().outcome {
            Outcome::Done => Ok(()),
            Outcome::Shut => match self.value.take() {
                Some(value) => Err(SendError(value)),
                None => not_chosen(),
            },
            _ => not_chosen(),
        }
    }

    /// The value that a select which chose nothing has left here.
    pub(crate) fn into_value(mut self) -> Option<T> {
        if self.answer.get().is_none() { self.value.take() } else { None }
    }

    /// As `finish`, in Go's way.
    ///
    /// # Panics
    /// With `send on closed channel` if the channel is closed.
    #[inline]
    #[track_caller]
    pub fn sent(self) {
        sent(self.finish());
    }
}

impl<T> Drop for SendArm<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if self.answer.get().outcome != Outcome::Done {
            // SAFETY: not given up, and not used again.
            unsafe { ManuallyDrop::drop(&mut self.value) };
        }
    }
}

/// An arm that sends a value which is made once it was chosen.
#[derive(Debug)]
pub struct LazySendArm<'a, T> {
    sender: Option<&'a Sender<T>>,
    answer: Cell<Answer>,
}

impl<'a, T> LazySendArm<'a, T> {
    /// `None`: it never fires.
    pub fn new(sender: Option<&'a Sender<T>>) -> Self {
        LazySendArm { sender, answer: Cell::new(Answer::NONE) }
    }

    /// Its entry in the select's array.
    pub fn case(&mut self) -> Case<'_> {
        let core = self.sender.map_or(ptr::null(), Sender::as_core);
        assert_unused(self.answer.get());
        // SAFETY: the sender keeps its channel alive; promises have no slot.
        unsafe { Case::new(Op::Promise, core, ptr::null_mut(), Some(&self.answer)) }
    }

    /// The right to send, and the duty.
    ///
    /// # Panics
    /// If the select did not choose this arm.
    pub fn picked(self) -> Promise<'a, T> {
        match (self.sender, self.answer.get()) {
            (Some(sender), answer) if !answer.is_none() => Promise { sender, answer },
            _ => not_chosen(),
        }
    }
}

/// A send that was chosen, and waits for its value.
///
/// Dropping one instead, which is what happens when the value's expression is left by
/// `return`, `?`, `break` or a panic, sends nothing: whoever waits for the value tries again.
#[derive(Debug)]
#[must_use = "the value was promised"]
pub struct Promise<'a, T> {
    sender: &'a Sender<T>,
    answer: Answer,
}

impl<T> Promise<'_, T> {
    /// Sends the value.
    pub fn send(mut self, value: T) -> Result<(), SendError<T>> {
        let answer = std::mem::replace(&mut self.answer, Answer::NONE);
        match self.sender.chan() {
            // SAFETY: a promise on this channel, taken out above.
            Some(chan) => unsafe { keep(chan, answer, value) },
            None => Err(SendError(value)),
        }
    }
}

impl<T> Drop for Promise<'_, T> {
    fn drop(&mut self) {
        if !self.answer.is_none() {
            // SAFETY: a promise on this channel, which the sender keeps alive.
            unsafe { break_off(self.sender.as_core(), self.answer) };
        }
    }
}

/// An arm that fires after a while.
#[derive(Debug)]
pub struct TimerArm {
    when: u64,
}

impl TimerArm {
    /// So long from now. `None`: it never fires.
    pub fn new(after: Option<Duration>) -> TimerArm {
        let when = match after.map(Limit::after) {
            Some(Limit::Until(when)) => when,
            _ => u64::MAX,
        };
        TimerArm { when }
    }

    /// Its entry in the select's array.
    pub fn case(&mut self) -> Case<'_> {
        Case::timer(self.when)
    }
}

/// An arm whose value was given up must not be offered again.
#[inline]
fn assert_unused(answer: Answer) {
    assert!(answer.is_none(), "an arm of `select!` used twice");
}

#[cold]
#[track_caller]
fn not_chosen() -> ! {
    panic!("the result of an arm that `select!` did not choose")
}

fn pick(cases: &mut [Case<'_>], biased: bool, limit: Limit) -> usize {
    run(cases, biased, limit, Aim::Commit).unwrap_or(cases.len())
}

/// Waits until one of the cases has committed; its index.
#[inline]
pub fn select(cases: &mut [Case<'_>]) -> usize {
    pick(cases, false, Limit::Until(u64::MAX))
}

/// As `select`; of those that are ready, the first.
#[inline]
pub fn select_biased(cases: &mut [Case<'_>]) -> usize {
    pick(cases, true, Limit::Until(u64::MAX))
}

/// The index of the case that has committed; the number of cases if none was ready.
#[inline]
pub fn try_select(cases: &mut [Case<'_>]) -> usize {
    pick(cases, false, Limit::Now)
}

/// As `try_select`; of those that are ready, the first.
#[inline]
pub fn try_select_biased(cases: &mut [Case<'_>]) -> usize {
    pick(cases, true, Limit::Now)
}

/// The index of the case that has committed; the number of cases if none was ready in time.
#[inline]
pub fn select_timeout(cases: &mut [Case<'_>], timeout: Duration) -> usize {
    pick(cases, false, Limit::after(timeout))
}

/// As `select_timeout`; of those that are ready, the first.
#[inline]
pub fn select_timeout_biased(cases: &mut [Case<'_>], timeout: Duration) -> usize {
    pick(cases, true, Limit::after(timeout))
}

/// Blocks for ever.
pub fn forever() -> ! {
    Critical::enter().park_for_ever(WaitReason::SelectNoCases)
}
