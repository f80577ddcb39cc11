//! The async side: futures of a send and of a receive.
//!
//! A task is not parked: it may go away at any time, and be polled late or never. So its
//! waiter, which lies in the future, is touched under the channel's lock only; whoever
//! serves it moves the value under the lock, and calls its waker when that is released.

mod alarm;
mod recv;
mod send;

pub use recv::RecvFuture;
pub use send::SendFuture;

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::task::Waker;

use crate::wait::{Kind, TaskCell, Waiter};

/// The waiter of a task, with what is needed to wake it. Does not move once it is queued.
pub(crate) struct TaskWaiter {
    queued: bool,
    pub(crate) waiter: MaybeUninit<Waiter>,
    cell: TaskCell,
}

impl TaskWaiter {
    pub(crate) const fn new() -> TaskWaiter {
        TaskWaiter {
            queued: false,
            waiter: MaybeUninit::uninit(),
            cell: TaskCell(UnsafeCell::new(None)),
        }
    }

    /// A fresh waiter, to be queued by the caller.
    pub(crate) fn prepare(&mut self, waker: Waker, slot: *mut (), kind: Kind) -> *mut Waiter {
        self.queued = true;
        *self.cell.0.get_mut() = Some(waker);
        self.waiter.write(Waiter::task(&raw const self.cell, slot, kind))
    }
}
