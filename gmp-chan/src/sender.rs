//! The sending side.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::ptr;
use std::time::{Duration, Instant};

use crossbeam_channel::{SendError, SendTimeoutError, TrySendError};

use crate::chan::{Chan, Core};
use crate::future::SendFuture;
use crate::handle::{Handle, Sending};
use crate::nil;
use crate::select::Limit;
use crate::timeout::send_within;

/// The sending side of a channel.
///
/// Clones are handles of the same channel. When the last one is dropped the channel is
/// shut: receivers get what is still buffered, then an error.
///
/// # Examples
///
/// ```
/// let (tx, rx) = gmp_chan::bounded(1);
/// let sender = std::thread::spawn(move || {
///     for word in ["one", "two", "three"] {
///         tx.send(word).unwrap();
///     }
/// });
/// assert_eq!(rx.iter().collect::<Vec<_>>(), ["one", "two", "three"]);
/// sender.join().unwrap();
/// ```
pub struct Sender<T> {
    /// `None`: the nil channel.
    pub(crate) handle: Option<Handle<T, Sending>>,
}

impl<T> UnwindSafe for Sender<T> {}
impl<T> RefUnwindSafe for Sender<T> {}

impl<T> Sender<T> {
    /// The channel; `None` is the nil one.
    #[inline(always)]
    pub(crate) fn chan(&self) -> Option<&Chan<T>> {
        self.handle.as_deref()
    }

    /// Where a select finds the channel; null is the nil one.
    #[inline(always)]
    pub(crate) fn as_core(&self) -> *const Core {
        self.chan().map_or(ptr::null(), Chan::as_core)
    }

    /// Sends a value, waiting while the channel is full.
    ///
    /// On a channel of capacity 0 the call returns when a receiver has taken the value,
    /// else when the value is in the buffer. Waiting senders are served in the order in
    /// which they came, and nobody overtakes them. A goroutine waits parked, a plain
    /// thread blocked.
    ///
    /// The value is copied, from stack to stack or by way of the buffer. Large ones (many
    /// KiB) are better sent in a `Box`: each copy takes time, and room on both stacks.
    ///
    /// # Errors
    ///
    /// The channel was closed or the last [`Receiver`](crate::Receiver) dropped, before the
    /// call or while it waited. The value comes back in the error.
    ///
    /// # Examples
    ///
    /// ```
    /// use gmp_chan::{SendError, bounded};
    ///
    /// let (tx, rx) = bounded(1);
    /// assert_eq!(tx.send(1), Ok(()));
    /// drop(rx);
    /// assert_eq!(tx.send(2), Err(SendError(2)));
    /// ```
    #[inline(always)]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        match self.chan() {
            Some(chan) => chan.send(value),
            None => nil::send(),
        }
    }

    /// Sends a value if that needs no waiting: to a receiver that waits, or into a buffer
    /// with room.
    ///
    /// A full channel costs three loads, no lock.
    ///
    /// # Errors
    ///
    /// [`TrySendError::Full`] if it would have to wait, [`TrySendError::Disconnected`] if
    /// the channel was closed or the last [`Receiver`](crate::Receiver) dropped. The value
    /// comes back in the error.
    ///
    /// # Examples
    ///
    /// ```
    /// use gmp_chan::{TrySendError, bounded};
    ///
    /// let (tx, rx) = bounded(1);
    /// assert_eq!(tx.try_send(1), Ok(()));
    /// assert_eq!(tx.try_send(2), Err(TrySendError::Full(2)));
    /// drop(rx);
    /// assert_eq!(tx.try_send(3), Err(TrySendError::Disconnected(3)));
    /// ```
    #[inline]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        match self.chan() {
            Some(chan) => chan.try_send(value),
            None => Err(TrySendError::Full(value)),
        }
    }

    /// Sends a value, waiting no longer than `timeout` while the channel is full.
    ///
    /// # Errors
    ///
    /// [`SendTimeoutError::Timeout`] if nobody took the value in time,
    /// [`SendTimeoutError::Disconnected`] as [`send`](Self::send). The value comes back in
    /// the error.
    ///
    /// ```
    /// use gmp_chan::{SendTimeoutError, bounded};
    /// use std::time::Duration;
    ///
    /// let (tx, _rx) = bounded(0);
    /// let sent = tx.send_timeout(1, Duration::from_millis(5));
    /// assert_eq!(sent, Err(SendTimeoutError::Timeout(1)));
    /// ```
    pub fn send_timeout(&self, value: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        send_within(self, value, || Limit::after(timeout))
    }

    /// Sends a value, waiting no longer than until `deadline` while the channel is full.
    ///
    /// # Errors
    ///
    /// As [`send_timeout`](Self::send_timeout).
    ///
    /// ```
    /// use gmp_chan::bounded;
    /// use std::time::Instant;
    ///
    /// let (tx, _rx) = bounded(1);
    /// let now = Instant::now();
    /// assert!(tx.send_deadline(1, now).is_ok());
    /// assert!(tx.send_deadline(2, now).is_err());
    /// ```
    pub fn send_deadline(&self, value: T, deadline: Instant) -> Result<(), SendTimeoutError<T>> {
        send_within(self, value, || Limit::at(deadline))
    }

    /// Sends a value from async code: the task waits, on whatever executor polls it.
    ///
    /// A task that waits stands in the same queue as goroutines and threads, and is served
    /// in turn. Dropping the future before it is ready drops the value, unless it was taken
    /// already; nothing is sent twice or in part.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// ```
    /// # let executor = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// # executor.block_on(async {
    /// let (tx, rx) = gmp_chan::bounded(0);
    /// let receiver = std::thread::spawn(move || rx.recv());
    /// tx.send_async("from a task").await.unwrap();
    /// assert_eq!(receiver.join().unwrap(), Ok("from a task"));
    /// # });
    /// ```
    pub fn send_async(&self, value: T) -> SendFuture<'_, T> {
        SendFuture::new(self, value)
    }

    /// Closes the channel for everyone, whatever handles exist.
    ///
    /// Buffered values can still be received. Senders that wait get their value back in a
    /// [`SendError`], receivers that wait get a [`RecvError`](crate::RecvError).
    ///
    /// # Panics
    ///
    /// With `close of nil channel` on a nil channel, with `close of closed channel` if either side called `close` before. Dropping all
    /// handles of a side shuts a channel too, but does not count as such a call.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = gmp_chan::bounded(2);
    /// let other = tx.clone();
    /// tx.send(7).unwrap();
    /// tx.close();
    /// assert!(other.send(8).is_err());
    /// assert_eq!(rx.recv(), Ok(7));
    /// assert!(rx.recv().is_err());
    /// ```
    #[track_caller]
    pub fn close(&self) {
        match self.chan() {
            Some(chan) => chan.close(),
            None => panic!("close of nil channel"),
        }
    }

    /// Whether sends fail now and for ever: the channel was closed, or the last
    /// [`Receiver`](crate::Receiver) was dropped.
    ///
    /// ```
    /// let (tx, rx) = gmp_chan::unbounded::<()>();
    /// assert!(!tx.is_closed());
    /// rx.close();
    /// assert!(tx.is_closed());
    /// ```
    #[inline]
    pub fn is_closed(&self) -> bool {
        self.chan().is_some_and(|chan| chan.core().is_shut())
    }

    /// How many values are buffered at this moment; always 0 for capacity 0. One load.
    ///
    /// ```
    /// let (tx, rx) = gmp_chan::unbounded();
    /// tx.send('a').unwrap();
    /// assert_eq!(tx.len(), 1);
    /// # drop(rx);
    /// ```
    #[inline]
    pub fn len(&self) -> usize {
        self.chan().map_or(0, Chan::len)
    }

    /// Whether no value is buffered at this moment; always true for capacity 0.
    ///
    /// ```
    /// let (tx, rx) = gmp_chan::bounded(1);
    /// assert!(tx.is_empty());
    /// tx.send('a').unwrap();
    /// assert!(!tx.is_empty());
    /// # drop(rx);
    /// ```
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the buffer has no room at this moment; always true for capacity 0, never
    /// for an unbounded channel.
    ///
    /// ```
    /// let (tx, rx) = gmp_chan::bounded(1);
    /// assert!(!tx.is_full());
    /// tx.send('a').unwrap();
    /// assert!(tx.is_full());
    /// # drop(rx);
    /// ```
    #[inline]
    pub fn is_full(&self) -> bool {
        self.chan().is_none_or(Chan::is_full)
    }

    /// How many values the buffer has room for; `None` if there is no limit.
    ///
    /// ```
    /// assert_eq!(gmp_chan::bounded::<()>(3).0.capacity(), Some(3));
    /// assert_eq!(gmp_chan::unbounded::<()>().0.capacity(), None);
    /// ```
    #[inline]
    pub fn capacity(&self) -> Option<usize> {
        self.chan().map_or(Some(0), Chan::capacity)
    }

    /// Whether both are handles of the same channel.
    ///
    /// ```
    /// let (tx, _rx) = gmp_chan::bounded::<()>(0);
    /// let (other, _rx) = gmp_chan::bounded::<()>(0);
    /// assert!(tx.same_channel(&tx.clone()));
    /// assert!(!tx.same_channel(&other));
    /// ```
    pub fn same_channel(&self, other: &Sender<T>) -> bool {
        match (&self.handle, &other.handle) {
            (Some(this), Some(other)) => this.same_channel(other),
            (None, None) => true,
            _ => false,
        }
    }

    /// How many senders wait at this moment. For tests, in place of sleeping.
    #[doc(hidden)]
    pub fn waiting_senders(&self) -> usize {
        self.chan().map_or(0, |chan| chan.core().waiting_senders())
    }

    /// How many receivers wait at this moment. For tests, in place of sleeping.
    #[doc(hidden)]
    pub fn waiting_receivers(&self) -> usize {
        self.chan().map_or(0, |chan| chan.core().waiting_receivers())
    }
}

impl<T> Clone for Sender<T> {
    #[inline]
    fn clone(&self) -> Sender<T> {
        Sender { handle: self.handle.clone() }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.chan() {
            Some(chan) => chan.debug(f, "Sender"),
            None => f.write_str("Sender(nil)"),
        }
    }
}
