//! Conversions from and to the ends of `crossbeam_channel`: a thread that forwards.
//!
//! Each conversion makes a new channel, of capacity 1, and starts a thread, `gmp-bridge`,
//! that moves values between it and the given end. On our side goroutines park; on the
//! other side threads block. The bridge ends when either of the channels does.

#![expect(unsafe_code, reason = "a waiter is linked by its address")]

use std::ptr;
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::thread;

use crossbeam_channel as crossbeam;

use crate::chan::Chan;
use crate::future::TaskWaiter;
use crate::wait::Kind;
use crate::{Receiver, Sender, bounded};

/// A thread receives from the crossbeam channel and sends to ours. A value that it holds
/// when the last [`Receiver`] is dropped is dropped, as one in the buffer would be.
///
/// ```
/// let (tx, rx) = crossbeam_channel::unbounded();
/// let rx = gmp_chan::Receiver::from(rx);
/// tx.send(1).unwrap();
/// drop(tx);
/// assert_eq!(rx.iter().collect::<Vec<_>>(), [1]);
/// ```
impl<T: Send + 'static> From<crossbeam::Receiver<T>> for Receiver<T> {
    fn from(theirs: crossbeam::Receiver<T>) -> Receiver<T> {
        let (tx, rx) = bounded(1);
        start(move || inward(&theirs, &tx));
        rx
    }
}

/// A thread receives from the new channel and sends to ours. A value that it holds when our
/// channel is closed is dropped.
///
/// ```
/// let (tx, rx) = gmp_chan::unbounded();
/// let tx = crossbeam_channel::Sender::from(tx);
/// tx.send(1).unwrap();
/// drop(tx);
/// assert_eq!(rx.iter().collect::<Vec<_>>(), [1]);
/// ```
impl<T: Send + 'static> From<Sender<T>> for crossbeam::Sender<T> {
    fn from(ours: Sender<T>) -> crossbeam::Sender<T> {
        let (tx, rx) = crossbeam::bounded(1);
        start(move || inward(&rx, &ours));
        tx
    }
}

/// A thread receives from our channel and sends to the crossbeam channel. That the other
/// side is gone is noticed with the next value, which is dropped.
///
/// ```
/// let (tx, rx) = gmp_chan::unbounded();
/// let rx = crossbeam_channel::Receiver::from(rx);
/// tx.send(1).unwrap();
/// drop(tx);
/// assert_eq!(rx.iter().collect::<Vec<_>>(), [1]);
/// ```
impl<T: Send + 'static> From<Receiver<T>> for crossbeam::Receiver<T> {
    fn from(ours: Receiver<T>) -> crossbeam::Receiver<T> {
        let (tx, rx) = crossbeam::bounded(1);
        start(move || outward(&ours, &tx));
        rx
    }
}

/// A thread receives from the new channel and sends to the crossbeam channel. That the
/// other side is gone is noticed with the next value, which is dropped.
///
/// ```
/// let (tx, rx) = crossbeam_channel::unbounded();
/// let tx = gmp_chan::Sender::from(tx);
/// tx.send(1).unwrap();
/// drop(tx);
/// assert_eq!(rx.iter().collect::<Vec<_>>(), [1]);
/// ```
impl<T: Send + 'static> From<crossbeam::Sender<T>> for Sender<T> {
    fn from(theirs: crossbeam::Sender<T>) -> Sender<T> {
        let (tx, rx) = bounded(1);
        start(move || outward(&rx, &theirs));
        tx
    }
}

const BRIDGE_STACK: usize = 16 << 20;

fn start(bridge: impl FnOnce() + Send + 'static) {
    thread::Builder::new()
        .name("gmp-bridge".into())
        // Values of any size pass over it; what is not used costs address space only.
        .stack_size(BRIDGE_STACK)
        .spawn(bridge)
        .expect("no thread to be had for a bridge between channels");
}

fn outward<T>(from: &Receiver<T>, to: &crossbeam::Sender<T>) {
    for value in from {
        if to.send(value).is_err() {
            return;
        }
    }
}

fn inward<T>(from: &crossbeam::Receiver<T>, to: &Sender<T>) {
    // Blocked on their channel, it has to hear that ours has ended.
    let (stop, stopped) = crossbeam::bounded(1);
    let watch = to.chan().map(|chan| EndWatch::new(chan, Waker::from(Arc::new(Stop(stop)))));
    loop {
        let mut select = crossbeam::Select::new();
        let value = select.recv(from);
        select.recv(&stopped);
        let operation = select.select();
        if operation.index() != value {
            let _ = operation.recv(&stopped);
            break;
        }
        match operation.recv(from) {
            Ok(value) => {
                if to.send(value).is_err() {
                    break;
                }
            }
            Err(_) => break,
        }
    }
    drop(watch);
}

struct Stop(crossbeam::Sender<()>);

impl Wake for Stop {
    fn wake(self: Arc<Self>) {
        // Full or gone: it was told already, or does not listen any more.
        let _ = self.0.try_send(());
    }
}

/// Wakes somebody when a channel ends.
struct EndWatch<'a, T> {
    chan: &'a Chan<T>,
    /// On the heap, where it does not move.
    task: Box<TaskWaiter>,
}

impl<'a, T> EndWatch<'a, T> {
    fn new(chan: &'a Chan<T>, waker: Waker) -> EndWatch<'a, T> {
        let mut task = Box::new(TaskWaiter::new());
        let waiter = task.prepare(waker.clone(), ptr::null_mut(), Kind::Ending);
        let locked = chan.core().lock();
        let open = !chan.core().is_shut();
        if open {
            // SAFETY: the lock is held; the waiter stays until `drop` has unlinked it.
            unsafe { chan.core().receivers.push(waiter) };
        }
        drop(locked.unlock());
        if !open {
            waker.wake();
        }
        EndWatch { chan, task }
    }
}

impl<T> Drop for EndWatch<'_, T> {
    fn drop(&mut self) {
        let locked = self.chan.core().lock_inside();
        // SAFETY: the lock is held; queued in `new`, or not at all.
        unsafe { self.chan.core().receivers.remove(self.task.waiter.as_mut_ptr()) };
        drop(locked.unlock());
    }
}
