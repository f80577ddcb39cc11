//! The sending side.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use crossbeam_channel::{SendError, TrySendError};

use crate::handle::{Handle, Sending};

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
    pub(crate) chan: Handle<T, Sending>,
}

impl<T> UnwindSafe for Sender<T> {}
impl<T> RefUnwindSafe for Sender<T> {}

impl<T> Sender<T> {
    /// Sends a value, waiting while the channel is full.
    ///
    /// On a channel of capacity 0 the call returns when a receiver has taken the value,
    /// else when the value is in the buffer. Waiting senders are served in the order in
    /// which they came, and nobody overtakes them. A goroutine waits parked, a plain
    /// thread blocked.
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
    #[inline]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.chan.send(value)
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
        self.chan.try_send(value)
    }

    /// Closes the channel for everyone, whatever handles exist.
    ///
    /// Buffered values can still be received. Senders that wait get their value back in a
    /// [`SendError`], receivers that wait get a [`RecvError`](crate::RecvError).
    ///
    /// # Panics
    ///
    /// With `close of closed channel` if either side called `close` before. Dropping all
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
        self.chan.close();
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
        self.chan.is_shut()
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
        self.chan.len()
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
        self.chan.len() == 0
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
        self.chan.is_full()
    }

    /// How many values the buffer has room for; `None` if there is no limit.
    ///
    /// ```
    /// assert_eq!(gmp_chan::bounded::<()>(3).0.capacity(), Some(3));
    /// assert_eq!(gmp_chan::unbounded::<()>().0.capacity(), None);
    /// ```
    #[inline]
    pub fn capacity(&self) -> Option<usize> {
        self.chan.capacity()
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
        self.chan.same_channel(&other.chan)
    }

    /// How many senders wait at this moment. For tests, in place of sleeping.
    #[doc(hidden)]
    pub fn waiting_senders(&self) -> usize {
        self.chan.waiting_senders()
    }

    /// How many receivers wait at this moment. For tests, in place of sleeping.
    #[doc(hidden)]
    pub fn waiting_receivers(&self) -> usize {
        self.chan.waiting_receivers()
    }
}

impl<T> Clone for Sender<T> {
    #[inline]
    fn clone(&self) -> Sender<T> {
        Sender { chan: self.chan.clone() }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.chan.debug(f, "Sender")
    }
}
