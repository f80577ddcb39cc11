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

mod chan;
mod handle;
mod iter;
mod list;
mod receiver;
mod ring;
mod sender;
mod wait;

pub use crossbeam_channel::{
    RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};

pub use crate::iter::{IntoIter, Iter, TryIter};
pub use crate::receiver::Receiver;
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

fn endpoints<T>(chan: Chan<T>) -> (Sender<T>, Receiver<T>) {
    let (sending, receiving) = handle::share(chan);
    (Sender { chan: sending }, Receiver { chan: receiving })
}
