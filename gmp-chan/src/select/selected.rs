//! `SelectedOperation`: what a `Select` has chosen, to be completed.

#![expect(unsafe_code, reason = "values move through memory whose type the channel knows")]

use std::alloc::Layout;
use std::fmt;
use std::marker::PhantomData;
use std::mem;
use std::ptr;

use crossbeam_channel::{RecvError, SendError};

use super::case::{Answer, Op};
use super::store::Store;
use super::{break_off, keep};
use crate::chan::Core;
use crate::wait::Outcome;
use crate::{Receiver, Sender};

/// An operation that was chosen and has to be completed, with the end that it was added
/// with: [`send`](Self::send) or [`recv`](Self::recv).
///
/// Completing does not wait for anybody who is not bound to come: the place in the buffer
/// is kept, or the peer waits for this very value.
///
/// Forgetting one (`std::mem::forget`) leaks the value or the place that was kept, and a
/// peer who waits for the value waits for ever.
///
/// # Panics
///
/// Dropping one without completing it. The value is dropped then, the place given back,
/// the peer tries again.
#[must_use = "a chosen operation has to be completed"]
pub struct SelectedOperation<'a> {
    op: Op,
    core: *const Core,
    index: usize,
    end: *const (),
    answer: Answer,
    /// The value that was received.
    store: Store,
    ends: PhantomData<&'a ()>,
}

impl SelectedOperation<'_> {
    /// # Safety
    /// `answer` is what came of the operation just now; a value received is in `store`.
    /// The channel outlives the result.
    pub(super) unsafe fn new(
        op: Op,
        core: *const Core,
        index: usize,
        end: *const (),
        answer: Answer,
        store: Store,
    ) -> Self {
        SelectedOperation { op, core, index, end, answer, store, ends: PhantomData }
    }

    /// The operation's index, as the [`Select`](crate::Select) gave it.
    ///
    /// ```
    /// use gmp_chan::{Select, unbounded};
    ///
    /// let (tx, _rx) = unbounded();
    /// let mut select = Select::new();
    /// let index = select.send(&tx);
    /// let operation = select.select();
    /// assert_eq!(operation.index(), index);
    /// operation.send(&tx, ()).unwrap();
    /// ```
    pub fn index(&self) -> usize {
        self.index
    }

    /// Completes a send.
    ///
    /// # Errors
    ///
    /// The channel was closed, or its last [`Receiver`] dropped. The value comes back.
    ///
    /// # Panics
    ///
    /// If `sender` is not the very one that was given to [`Select::send`](crate::Select::send).
    ///
    /// ```
    /// use gmp_chan::{Select, SendError, bounded};
    ///
    /// let (tx, rx) = bounded::<i32>(0);
    /// drop(rx);
    /// let mut select = Select::new();
    /// select.send(&tx);
    /// assert_eq!(select.select().send(&tx, 10), Err(SendError(10)));
    /// ```
    #[track_caller]
    pub fn send<T>(mut self, sender: &Sender<T>, value: T) -> Result<(), SendError<T>> {
        assert!(
            self.op == Op::Promise && ptr::from_ref(sender).cast() == self.end,
            "passed a sender that wasn't selected",
        );
        let answer = mem::replace(&mut self.answer, Answer::NONE);
        drop(self);
        match sender.chan() {
            // SAFETY: the answer is that of a promise on this sender's channel, and it was
            // taken out.
            Some(chan) => unsafe { keep(chan, answer, value) },
            None => Err(SendError(value)),
        }
    }

    /// Completes a receive.
    ///
    /// # Errors
    ///
    /// The channel was closed, or its last [`Sender`] dropped, and nothing was buffered any
    /// more.
    ///
    /// # Panics
    ///
    /// If `receiver` is not the very one that was given to [`Select::recv`](crate::Select::recv).
    ///
    /// ```
    /// use gmp_chan::{RecvError, Select, bounded};
    ///
    /// let (tx, rx) = bounded::<i32>(0);
    /// drop(tx);
    /// let mut select = Select::new();
    /// select.recv(&rx);
    /// assert_eq!(select.select().recv(&rx), Err(RecvError));
    /// ```
    #[track_caller]
    pub fn recv<T>(mut self, receiver: &Receiver<T>) -> Result<T, RecvError> {
        assert!(
            self.op == Op::Recv && ptr::from_ref(receiver).cast() == self.end,
            "passed a receiver that wasn't selected",
        );
        let answer = mem::replace(&mut self.answer, Answer::NONE);
        let store = mem::replace(&mut self.store, Store::new(Layout::new::<()>()));
        drop(self);
        match answer.outcome {
            // SAFETY: `Done` says that a value of this receiver's type was stored.
            Outcome::Done => Ok(unsafe { store.read() }),
            _ => Err(RecvError),
        }
    }
}

impl Drop for SelectedOperation<'_> {
    fn drop(&mut self) {
        if self.answer.is_none() {
            return;
        }
        if self.op == Op::Recv {
            if self.answer.outcome == Outcome::Done {
                // SAFETY: the channel lives for `'a`, and a value of its type was stored.
                unsafe { ((*self.core).ops.drop_value)(self.store.place()) };
            }
        } else {
            // SAFETY: the answer is that of a promise on this channel, which is alive.
            unsafe { break_off(self.core, self.answer) };
        }
        if !std::thread::panicking() {
            panic!("dropped `SelectedOperation` without completing the operation");
        }
    }
}

impl fmt::Debug for SelectedOperation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SelectedOperation").field("index", &self.index).finish_non_exhaustive()
    }
}
