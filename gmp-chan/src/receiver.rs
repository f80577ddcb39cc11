//! The receiving side.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::ptr;
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvError, RecvTimeoutError, TryRecvError};

use crate::chan::{Chan, Core};
use crate::future::RecvFuture;
use crate::handle::{Handle, Receiving};
use crate::iter::{IntoIter, Iter, TryIter};
use crate::nil;
use crate::select::Limit;
use crate::timeout::recv_within;

/// The receiving side of a channel.
///
/// Clones are handles of the same channel: each value goes to one of them. When the last
/// one is dropped the channel is shut and what is buffered is dropped.
///
/// # Examples
///
/// ```
/// let (tx, rx) = gmp_chan::unbounded();
/// let workers: Vec<_> = (0..3)
///     .map(|_| {
///         let rx = rx.clone();
///         std::thread::spawn(move || rx.iter().sum::<u32>())
///     })
///     .collect();
/// (1..=100).for_each(|n| tx.send(n).unwrap());
/// drop(tx);
/// let sums = workers.into_iter().map(|worker| worker.join().unwrap());
/// assert_eq!(sums.sum::<u32>(), 5050);
/// ```
pub struct Receiver<T> {
    /// `None`: the nil channel.
    pub(crate) handle: Option<Handle<T, Receiving>>,
}

impl<T> UnwindSafe for Receiver<T> {}
impl<T> RefUnwindSafe for Receiver<T> {}

impl<T> Receiver<T> {
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

    /// Receives a value, waiting while there is none.
    ///
    /// Values come in the order in which they were sent; waiting receivers are served in
    /// the order in which they came, and nobody overtakes them. A goroutine waits parked,
    /// a plain thread blocked.
    ///
    /// # Errors
    ///
    /// The channel was closed, or the last [`Sender`](crate::Sender) dropped, and nothing
    /// is buffered any more.
    ///
    /// # Examples
    ///
    /// ```
    /// use gmp_chan::{RecvError, bounded};
    ///
    /// let (tx, rx) = bounded(1);
    /// tx.send('a').unwrap();
    /// drop(tx);
    /// assert_eq!(rx.recv(), Ok('a'));
    /// assert_eq!(rx.recv(), Err(RecvError));
    /// ```
    #[inline(always)]
    pub fn recv(&self) -> Result<T, RecvError> {
        match self.chan() {
            Some(chan) => chan.recv(),
            None => nil::recv(),
        }
    }

    /// Receives a value if that needs no waiting: out of the buffer, or from a sender that
    /// waits.
    ///
    /// An empty channel costs three loads, no lock. A value sent before the channel was
    /// closed is never reported as missing.
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`] if it would have to wait, [`TryRecvError::Disconnected`] if
    /// the channel was closed, or the last [`Sender`](crate::Sender) dropped, and nothing
    /// is buffered any more.
    ///
    /// # Examples
    ///
    /// ```
    /// use gmp_chan::{TryRecvError, bounded};
    ///
    /// let (tx, rx) = bounded(1);
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    /// tx.send('a').unwrap();
    /// tx.close();
    /// assert_eq!(rx.try_recv(), Ok('a'));
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    /// ```
    #[inline]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        match self.chan() {
            Some(chan) => chan.try_recv(),
            None => Err(TryRecvError::Empty),
        }
    }

    /// Receives a value, waiting no longer than `timeout` while there is none.
    ///
    /// # Errors
    ///
    /// [`RecvTimeoutError::Timeout`] if no value came in time,
    /// [`RecvTimeoutError::Disconnected`] as [`recv`](Self::recv).
    ///
    /// ```
    /// use gmp_chan::{RecvTimeoutError, bounded};
    /// use std::time::Duration;
    ///
    /// let (_tx, rx) = bounded::<u8>(0);
    /// let received = rx.recv_timeout(Duration::from_millis(5));
    /// assert_eq!(received, Err(RecvTimeoutError::Timeout));
    /// ```
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        recv_within(self, || Limit::after(timeout))
    }

    /// Receives a value, waiting no longer than until `deadline` while there is none.
    ///
    /// # Errors
    ///
    /// As [`recv_timeout`](Self::recv_timeout).
    ///
    /// ```
    /// use gmp_chan::bounded;
    /// use std::time::Instant;
    ///
    /// let (tx, rx) = bounded(1);
    /// tx.send(1).unwrap();
    /// let now = Instant::now();
    /// assert_eq!(rx.recv_deadline(now), Ok(1));
    /// assert!(rx.recv_deadline(now).is_err());
    /// ```
    pub fn recv_deadline(&self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        recv_within(self, || Limit::at(deadline))
    }

    /// Receives a value in async code: the task waits, on whatever executor polls it.
    ///
    /// A task that waits stands in the same queue as goroutines and threads, and is served
    /// in turn. Dropping the future never loses a value: one that it was given and that was
    /// not polled for yet goes to the next in the queue, or back to the front of the
    /// channel, which may then hold more than its capacity.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    ///
    /// ```
    /// # let executor = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// # executor.block_on(async {
    /// let (tx, rx) = gmp_chan::bounded(0);
    /// let sender = std::thread::spawn(move || tx.send("from a thread"));
    /// assert_eq!(rx.recv_async().await, Ok("from a thread"));
    /// sender.join().unwrap().unwrap();
    /// # });
    /// ```
    pub fn recv_async(&self) -> RecvFuture<'_, T> {
        RecvFuture::new(self)
    }

    /// [`recv`](Self::recv) in Go's comma-ok form: the value and true, or `None` and false
    /// once the channel is closed and drained.
    ///
    /// ```
    /// let (tx, rx) = gmp_chan::bounded(1);
    /// tx.send('a').unwrap();
    /// tx.close();
    /// assert_eq!(rx.recv_ok(), (Some('a'), true));
    /// assert_eq!(rx.recv_ok(), (None, false));
    /// ```
    #[inline]
    pub fn recv_ok(&self) -> (Option<T>, bool) {
        match self.recv() {
            Ok(value) => (Some(value), true),
            Err(RecvError) => (None, false),
        }
    }

    /// Iterates over the values, waiting for each, until the channel is closed and drained.
    ///
    /// Leaving the loop early leaves the channel usable. `for value in &rx` is the same,
    /// and `for value in rx` takes the receiver along.
    ///
    /// ```
    /// let (tx, rx) = gmp_chan::unbounded();
    /// (0..4).for_each(|n| tx.send(n).unwrap());
    /// assert_eq!(rx.iter().take(2).collect::<Vec<_>>(), [0, 1]);
    /// tx.close();
    /// assert_eq!(rx.iter().collect::<Vec<_>>(), [2, 3]);
    /// ```
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { receiver: self }
    }

    /// Iterates over the values that are there, without waiting.
    ///
    /// ```
    /// let (tx, rx) = gmp_chan::unbounded();
    /// (0..3).for_each(|n| tx.send(n).unwrap());
    /// assert_eq!(rx.try_iter().collect::<Vec<_>>(), [0, 1, 2]);
    /// assert_eq!(rx.try_iter().next(), None);
    /// ```
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter { receiver: self }
    }

    /// Closes the channel for everyone, whatever handles exist.
    ///
    /// Buffered values can still be received. Senders that wait get their value back in a
    /// [`SendError`](crate::SendError), receivers that wait get a [`RecvError`].
    ///
    /// # Panics
    ///
    /// With `close of nil channel` on a nil channel, with `close of closed channel` if either side called `close` before. Dropping all
    /// handles of a side shuts a channel too, but does not count as such a call.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = gmp_chan::bounded(1);
    /// rx.close();
    /// assert!(tx.send("too late").is_err());
    /// ```
    #[track_caller]
    pub fn close(&self) {
        match self.chan() {
            Some(chan) => chan.close(),
            None => panic!("close of nil channel"),
        }
    }

    /// Whether no more values can be sent: the channel was closed, or the last
    /// [`Sender`](crate::Sender) was dropped. Values may still be buffered.
    ///
    /// ```
    /// let (tx, rx) = gmp_chan::unbounded();
    /// tx.send(1).unwrap();
    /// drop(tx);
    /// assert!(rx.is_closed());
    /// assert_eq!(rx.recv(), Ok(1));
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
    /// assert_eq!(rx.len(), 1);
    /// ```
    #[inline]
    pub fn len(&self) -> usize {
        self.chan().map_or(0, Chan::len)
    }

    /// Whether no value is buffered at this moment; always true for capacity 0.
    ///
    /// ```
    /// let (tx, rx) = gmp_chan::bounded(1);
    /// assert!(rx.is_empty());
    /// tx.send('a').unwrap();
    /// assert!(!rx.is_empty());
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
    /// tx.send('a').unwrap();
    /// assert!(rx.is_full());
    /// ```
    #[inline]
    pub fn is_full(&self) -> bool {
        self.chan().is_none_or(Chan::is_full)
    }

    /// How many values the buffer has room for; `None` if there is no limit.
    ///
    /// ```
    /// assert_eq!(gmp_chan::bounded::<()>(3).1.capacity(), Some(3));
    /// assert_eq!(gmp_chan::unbounded::<()>().1.capacity(), None);
    /// ```
    #[inline]
    pub fn capacity(&self) -> Option<usize> {
        self.chan().map_or(Some(0), Chan::capacity)
    }

    /// Whether both are handles of the same channel.
    ///
    /// ```
    /// let (_tx, rx) = gmp_chan::bounded::<()>(0);
    /// let (_tx, other) = gmp_chan::bounded::<()>(0);
    /// assert!(rx.same_channel(&rx.clone()));
    /// assert!(!rx.same_channel(&other));
    /// ```
    pub fn same_channel(&self, other: &Receiver<T>) -> bool {
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

impl<T> Clone for Receiver<T> {
    #[inline]
    fn clone(&self) -> Receiver<T> {
        Receiver { handle: self.handle.clone() }
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.chan() {
            Some(chan) => chan.debug(f, "Receiver"),
            None => f.write_str("Receiver(nil)"),
        }
    }
}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter { receiver: self }
    }
}
