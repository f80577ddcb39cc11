//! Iterators over received values.

use std::fmt;
use std::iter::FusedIterator;

use crate::Receiver;

/// Waits for each value, until the channel is closed and drained. Made by
/// [`Receiver::iter`].
///
/// ```
/// let (tx, rx) = gmp_chan::unbounded();
/// tx.send(1).unwrap();
/// tx.close();
/// let mut values = rx.iter();
/// assert_eq!((values.next(), values.next()), (Some(1), None));
/// ```
pub struct Iter<'a, T> {
    pub(crate) receiver: &'a Receiver<T>,
}

/// Takes the values that are there, without waiting. Made by [`Receiver::try_iter`].
///
/// ```
/// let (tx, rx) = gmp_chan::unbounded();
/// let mut values = rx.try_iter();
/// assert_eq!(values.next(), None);
/// tx.send(1).unwrap();
/// assert_eq!(values.next(), Some(1));
/// ```
pub struct TryIter<'a, T> {
    pub(crate) receiver: &'a Receiver<T>,
}

/// As [`Iter`], owning the receiver. Made by `into_iter`.
///
/// ```
/// let (tx, rx) = gmp_chan::unbounded();
/// (0..3).for_each(|n| tx.send(n).unwrap());
/// drop(tx);
/// let mut sum = 0;
/// for n in rx {
///     sum += n;
/// }
/// assert_eq!(sum, 3);
/// ```
pub struct IntoIter<T> {
    pub(crate) receiver: Receiver<T>,
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    #[inline(always)]
    fn next(&mut self) -> Option<T> {
        self.receiver.recv().ok()
    }
}

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    #[inline(always)]
    fn next(&mut self) -> Option<T> {
        self.receiver.try_recv().ok()
    }
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    #[inline(always)]
    fn next(&mut self) -> Option<T> {
        self.receiver.recv().ok()
    }
}

// A channel that was closed and drained stays so.
impl<T> FusedIterator for Iter<'_, T> {}
impl<T> FusedIterator for IntoIter<T> {}

impl<T> fmt::Debug for Iter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Iter { .. }")
    }
}

impl<T> fmt::Debug for TryIter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("TryIter { .. }")
    }
}

impl<T> fmt::Debug for IntoIter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("IntoIter { .. }")
    }
}
