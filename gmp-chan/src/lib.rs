//! Go's channels, typed, with crossbeam-channel's names and errors.
//!
//! A channel hands values from senders to receivers, first in, first out. [`bounded`]
//! makes one with a buffer of fixed size, or with none: then a send and a receive meet.
//! [`unbounded`] makes one whose sends never wait. Both ends can be cloned and shared.
//!
//! Who has to wait is parked if it is a goroutine, blocked if it is a plain thread;
//! the two can meet on one channel, and threads need no runtime. Waiters are served
//! strictly in the order in which they came. A sender that finds a receiver waiting
//! gives it the value directly, so who is woken has its result and never looks again.
//!
//! A channel ends in one of three ways: [`Sender::close`] or [`Receiver::close`] by
//! anyone, the last [`Sender`] dropped, or the last [`Receiver`] dropped. In the first
//! two what is buffered can still be received; in the third it is dropped.
//!
//! # Examples
//!
//! ```
//! use std::thread;
//!
//! let (tx, rx) = gmp_chan::bounded(0);
//! let server = thread::spawn(move || {
//!     for (n, reply) in rx {
//!         let (n, reply): (u64, gmp_chan::Sender<u64>) = (n, reply);
//!         reply.send(n * n).unwrap();
//!     }
//! });
//! let (reply, answer) = gmp_chan::bounded(1);
//! tx.send((12, reply)).unwrap();
//! assert_eq!(answer.recv(), Ok(144));
//! drop(tx);
//! server.join().unwrap();
//! ```

#[doc(hidden)]
pub mod arm;
mod bridge;
mod chan;
mod clocks;
mod future;
mod handle;
mod iter;
mod list;
#[cfg(gmp_loom)]
#[doc(hidden)]
pub mod loom_rt;
#[cfg(all(test, gmp_loom))]
mod loom_tests;
mod nil;
mod prim;
mod receiver;
mod ring;
mod select;
mod sender;
mod timeout;
mod wait;

pub use crossbeam_channel::{
    ReadyTimeoutError, RecvError, RecvTimeoutError, SelectTimeoutError, SendError,
    SendTimeoutError, TryReadyError, TryRecvError, TrySelectError, TrySendError,
};
#[cfg(not(gmp_loom))]
use gmp_core::rt;
#[cfg(gmp_loom)]
use loom_rt as rt;

#[doc(hidden)]
pub use crate::clocks::go;
pub use crate::clocks::{after, at, tick};
pub use crate::future::{RecvFuture, SendFuture};
pub use crate::iter::{IntoIter, Iter, TryIter};
pub use crate::receiver::Receiver;
pub use crate::select::{Select, SelectedOperation};
pub use crate::sender::Sender;

use crate::chan::Chan;

/// Makes a channel that buffers up to `cap` values; with `cap` 0 a send waits until a
/// receiver takes the value.
///
/// The buffer is allocated here, `cap` times the size of a value.
///
/// # Panics
///
/// With `makechan: size out of range` if a buffer of that size cannot exist.
///
/// # Examples
///
/// ```
/// let (tx, rx) = gmp_chan::bounded(2);
/// tx.send(1).unwrap();
/// tx.send(2).unwrap();
/// assert!(tx.try_send(3).is_err());
/// assert_eq!(rx.recv(), Ok(1));
/// ```
///
/// A rendezvous:
///
/// ```
/// let (tx, rx) = gmp_chan::bounded(0);
/// assert!(tx.try_send("nobody waits for it").is_err());
/// let receiver = std::thread::spawn(move || rx.recv());
/// tx.send("hello").unwrap();
/// assert_eq!(receiver.join().unwrap(), Ok("hello"));
/// ```
#[track_caller]
pub fn bounded<T>(cap: usize) -> (Sender<T>, Receiver<T>) {
    endpoints(Chan::bounded(cap))
}

/// Makes a channel that buffers any number of values: a send never waits.
///
/// Memory is taken in blocks of 31 values. A channel that is drained as fast as it is
/// filled goes round in two blocks.
///
/// # Examples
///
/// ```
/// let (tx, rx) = gmp_chan::unbounded();
/// (0..1000).for_each(|n| tx.send(n).unwrap());
/// assert_eq!(rx.len(), 1000);
/// assert_eq!(rx.recv(), Ok(0));
/// ```
pub fn unbounded<T>() -> (Sender<T>, Receiver<T>) {
    endpoints(Chan::unbounded())
}

/// A receiver that never receives anything: receiving waits for ever, in a select the
/// operation is never chosen. Allocates nothing.
///
/// It is the receiving side of Go's nil channel. Useful as an operation that is switched
/// off in a select.
///
/// ```
/// use std::time::Duration;
///
/// let rx = gmp_chan::never::<u8>();
/// assert!(rx.try_recv().is_err());
/// assert!(rx.recv_timeout(Duration::from_millis(1)).is_err());
/// ```
pub fn never<T>() -> Receiver<T> {
    Receiver { handle: None }
}

/// Go's nil channel: sending and receiving wait for ever, attempts that do not wait find it
/// full and empty, in a select its operations are never chosen. Allocates nothing.
///
/// `close` on either end panics with `close of nil channel`.
///
/// ```
/// let (tx, rx) = gmp_chan::nil::<u8>();
/// assert!(tx.try_send(1).is_err());
/// assert!(rx.try_recv().is_err());
/// assert_eq!((tx.capacity(), rx.len()), (Some(0), 0));
/// ```
pub fn nil<T>() -> (Sender<T>, Receiver<T>) {
    (Sender { handle: None }, Receiver { handle: None })
}

fn endpoints<T>(chan: Chan<T>) -> (Sender<T>, Receiver<T>) {
    let (sending, receiving) = handle::share(chan);
    (Sender { handle: Some(sending) }, Receiver { handle: Some(receiving) })
}
