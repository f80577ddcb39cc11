//! `Select`: choosing among a set of operations that is built at run time.

#![expect(unsafe_code, reason = "values move through memory whose type the channel knows")]

use std::alloc::Layout;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr;
use std::time::{Duration, Instant};

use crossbeam_channel::{ReadyTimeoutError, SelectTimeoutError, TryReadyError, TrySelectError};

use super::SelectedOperation;
use super::case::{Answer, Case, Op};
use super::run::{Aim, Limit, MOST_CASES, run};
use super::store::Store;
use crate::chan::Core;
use crate::{Receiver, Sender};

/// One operation that was added to a [`Select`].
#[derive(Clone, Copy)]
struct Added {
    /// `Recv` or `Promise`.
    op: Op,
    /// Null for the nil channel.
    core: *const Core,
    index: usize,
    /// The end that was added, to be recognised when the operation is completed.
    end: *const (),
}

/// Selects from a set of channel operations that is built at run time.
///
/// Operations are added with [`send`](Self::send) and [`recv`](Self::recv), which give
/// each an index. Then one of the selecting methods waits until at least one of them can
/// be done, chooses one of those at random, and returns it as a [`SelectedOperation`],
/// which must be completed. The `ready` methods only tell which one could be done, without
/// doing it; by the time it is tried somebody else may have been quicker.
///
/// As in Go, an operation on a channel that is closed can be done: it fails. An operation
/// on a nil channel ([`never`](crate::never)) can never be done.
///
/// A set may be used many times. Up to 8 operations need no allocation per selection, if
/// values to be received have at most 64 bytes; there may be up to 65,536.
///
/// # Examples
///
/// ```
/// use gmp_chan::{Select, unbounded};
///
/// let ends: Vec<_> = (0..3).map(|_| unbounded()).collect();
/// ends[1].0.send("hello").unwrap();
///
/// let mut select = Select::new();
/// for (_, receiver) in &ends {
///     select.recv(receiver);
/// }
/// let operation = select.select();
/// let index = operation.index();
/// assert_eq!(index, 1);
/// assert_eq!(operation.recv(&ends[index].1), Ok("hello"));
/// ```
#[derive(Clone)]
pub struct Select<'a> {
    added: Vec<Added>,
    next_index: usize,
    biased: bool,
    ends: PhantomData<&'a ()>,
}

// SAFETY: the set holds addresses only; what is behind them is used by methods that take
// the ends themselves, or through a channel's lock. Values go through the caller's hands.
unsafe impl Send for Select<'_> {}
// SAFETY: `&Select` gives access to nothing.
unsafe impl Sync for Select<'_> {}

impl<'a> Select<'a> {
    /// An empty set, which chooses at random among the operations that are ready.
    ///
    /// ```
    /// let mut select = gmp_chan::Select::new();
    /// assert!(select.try_select().is_err());
    /// ```
    pub fn new() -> Select<'a> {
        Select { added: Vec::with_capacity(4), next_index: 0, biased: false, ends: PhantomData }
    }

    /// An empty set, which chooses the operation that was added first among those that are
    /// ready.
    ///
    /// ```
    /// use gmp_chan::{Select, unbounded};
    ///
    /// let (tx1, rx1) = unbounded();
    /// let (tx2, rx2) = unbounded();
    /// tx1.send(1).unwrap();
    /// tx2.send(2).unwrap();
    /// let mut select = Select::new_biased();
    /// select.recv(&rx1);
    /// select.recv(&rx2);
    /// assert_eq!(select.select().recv(&rx1), Ok(1));
    /// ```
    pub fn new_biased() -> Select<'a> {
        Select { biased: true, ..Select::new() }
    }

    /// Adds a send. Returns its index: 0 for the operation that is added first, one more
    /// for each that follows.
    ///
    /// The value is given once the operation was chosen, to
    /// [`SelectedOperation::send`].
    ///
    /// ```
    /// use gmp_chan::{Select, bounded};
    ///
    /// let (tx, rx) = bounded(1);
    /// let mut select = Select::new();
    /// let index = select.send(&tx);
    /// let operation = select.select();
    /// assert_eq!(operation.index(), index);
    /// operation.send(&tx, 7).unwrap();
    /// assert_eq!(rx.recv(), Ok(7));
    /// ```
    pub fn send<T>(&mut self, sender: &'a Sender<T>) -> usize {
        self.add(Op::Promise, sender.as_core(), ptr::from_ref(sender).cast())
    }

    /// Adds a receive. Returns its index, as [`send`](Self::send) does.
    ///
    /// ```
    /// use gmp_chan::{Select, bounded};
    ///
    /// let (tx, rx) = bounded(1);
    /// tx.send(7).unwrap();
    /// let mut select = Select::new();
    /// select.recv(&rx);
    /// assert_eq!(select.select().recv(&rx), Ok(7));
    /// ```
    pub fn recv<T>(&mut self, receiver: &'a Receiver<T>) -> usize {
        self.add(Op::Recv, receiver.as_core(), ptr::from_ref(receiver).cast())
    }

    fn add(&mut self, op: Op, core: *const Core, end: *const ()) -> usize {
        let index = self.next_index;
        self.added.push(Added { op, core, index, end });
        self.next_index += 1;
        index
    }

    /// Removes an operation, so that it cannot be chosen any more. The indices of the
    /// others stay as they are; this one is not given again.
    ///
    /// # Panics
    ///
    /// If there was never an operation with this index, or it was removed already.
    ///
    /// ```
    /// use gmp_chan::{Select, bounded};
    ///
    /// let (_tx1, rx1) = bounded::<()>(0);
    /// let (tx2, rx2) = bounded::<()>(0);
    /// drop(tx2);
    /// let mut select = Select::new();
    /// select.recv(&rx1);
    /// let second = select.recv(&rx2);
    /// select.remove(second);
    /// assert!(select.try_ready().is_err());
    /// ```
    pub fn remove(&mut self, index: usize) {
        assert!(index < self.next_index, "index out of bounds; {index} >= {}", self.next_index,);
        let place = self.added.iter().position(|added| added.index == index);
        let place = place.expect("no operation with this index");
        self.added.remove(place);
    }

    /// Chooses an operation that can be done at once.
    ///
    /// # Errors
    ///
    /// No operation can be done without waiting.
    ///
    /// # Panics
    ///
    /// With more than 65,536 operations, as all methods that select.
    ///
    /// ```
    /// use gmp_chan::{Select, bounded};
    ///
    /// let (tx, rx) = bounded(1);
    /// let mut select = Select::new();
    /// select.recv(&rx);
    /// assert!(select.try_select().is_err());
    /// tx.send('a').unwrap();
    /// assert_eq!(select.try_select().unwrap().recv(&rx), Ok('a'));
    /// ```
    pub fn try_select(&mut self) -> Result<SelectedOperation<'a>, TrySelectError> {
        self.choose(Limit::Now).ok_or(TrySelectError)
    }

    /// Chooses an operation, waiting until one can be done.
    ///
    /// A goroutine waits parked, a plain thread blocked. If only operations on nil channels
    /// were added this waits for ever.
    ///
    /// # Panics
    ///
    /// If no operation was added.
    ///
    /// ```
    /// use gmp_chan::{Select, bounded};
    ///
    /// let (tx, rx) = bounded(0);
    /// let sender = std::thread::spawn(move || tx.send(1).unwrap());
    /// let mut select = Select::new();
    /// select.recv(&rx);
    /// assert_eq!(select.select().recv(&rx), Ok(1));
    /// sender.join().unwrap();
    /// ```
    pub fn select(&mut self) -> SelectedOperation<'a> {
        self.assert_not_empty();
        loop {
            if let Some(operation) = self.choose(Limit::Until(u64::MAX)) {
                return operation;
            }
        }
    }

    /// Chooses an operation, waiting no longer than `timeout`.
    ///
    /// # Errors
    ///
    /// No operation could be done in time.
    ///
    /// ```
    /// use gmp_chan::{Select, bounded};
    /// use std::time::Duration;
    ///
    /// let (_tx, rx) = bounded::<()>(0);
    /// let mut select = Select::new();
    /// select.recv(&rx);
    /// assert!(select.select_timeout(Duration::from_millis(5)).is_err());
    /// ```
    pub fn select_timeout(
        &mut self,
        timeout: Duration,
    ) -> Result<SelectedOperation<'a>, SelectTimeoutError> {
        self.choose(Limit::after(timeout)).ok_or(SelectTimeoutError)
    }

    /// Chooses an operation, waiting no longer than until `deadline`.
    ///
    /// # Errors
    ///
    /// No operation could be done in time.
    ///
    /// ```
    /// use gmp_chan::{Select, bounded};
    /// use std::time::Instant;
    ///
    /// let (_tx, rx) = bounded::<()>(0);
    /// let mut select = Select::new();
    /// select.recv(&rx);
    /// assert!(select.select_deadline(Instant::now()).is_err());
    /// ```
    pub fn select_deadline(
        &mut self,
        deadline: Instant,
    ) -> Result<SelectedOperation<'a>, SelectTimeoutError> {
        self.choose(Limit::at(deadline)).ok_or(SelectTimeoutError)
    }

    /// Finds an operation that could be done at once, without doing it. Returns its index.
    ///
    /// # Errors
    ///
    /// There is none.
    ///
    /// ```
    /// use gmp_chan::{Select, bounded};
    ///
    /// let (tx, rx) = bounded(1);
    /// let mut select = Select::new();
    /// select.recv(&rx);
    /// assert!(select.try_ready().is_err());
    /// tx.send(1).unwrap();
    /// assert_eq!(select.try_ready(), Ok(0));
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// ```
    pub fn try_ready(&mut self) -> Result<usize, TryReadyError> {
        self.watch(Limit::Now).ok_or(TryReadyError)
    }

    /// Waits until an operation could be done, without doing it. Returns its index.
    ///
    /// Somebody else may be quicker, so the operation is then to be tried.
    ///
    /// # Panics
    ///
    /// If no operation was added.
    ///
    /// ```
    /// use gmp_chan::{Select, bounded};
    ///
    /// let (tx, rx) = bounded::<u8>(0);
    /// drop(tx);
    /// let mut select = Select::new();
    /// select.recv(&rx);
    /// assert_eq!(select.ready(), 0);
    /// ```
    pub fn ready(&mut self) -> usize {
        self.assert_not_empty();
        loop {
            if let Some(index) = self.watch(Limit::Until(u64::MAX)) {
                return index;
            }
        }
    }

    /// Waits until an operation could be done, no longer than `timeout`.
    ///
    /// # Errors
    ///
    /// There was none in time.
    ///
    /// ```
    /// use gmp_chan::{Select, bounded};
    /// use std::time::Duration;
    ///
    /// let (_tx, rx) = bounded::<()>(0);
    /// let mut select = Select::new();
    /// select.recv(&rx);
    /// assert!(select.ready_timeout(Duration::from_millis(5)).is_err());
    /// ```
    pub fn ready_timeout(&mut self, timeout: Duration) -> Result<usize, ReadyTimeoutError> {
        self.watch(Limit::after(timeout)).ok_or(ReadyTimeoutError)
    }

    /// Waits until an operation could be done, no longer than until `deadline`.
    ///
    /// # Errors
    ///
    /// There was none in time.
    ///
    /// ```
    /// use gmp_chan::{Select, bounded};
    /// use std::time::Instant;
    ///
    /// let (_tx, rx) = bounded::<()>(0);
    /// let mut select = Select::new();
    /// select.recv(&rx);
    /// assert!(select.ready_deadline(Instant::now()).is_err());
    /// ```
    pub fn ready_deadline(&mut self, deadline: Instant) -> Result<usize, ReadyTimeoutError> {
        self.watch(Limit::at(deadline)).ok_or(ReadyTimeoutError)
    }

    #[track_caller]
    fn assert_not_empty(&self) {
        assert!(!self.added.is_empty(), "no operations have been added to `Select`");
    }

    fn watch(&self, limit: Limit) -> Option<usize> {
        let answer = Cell::new(Answer::NONE);
        let place = self.with_cases(ptr::null_mut(), &answer, |cases| {
            run(cases, self.biased, limit, Aim::Watch)
        })?;
        Some(self.added[place].index)
    }

    fn choose(&self, limit: Limit) -> Option<SelectedOperation<'a>> {
        let mut store = Store::new(self.largest_value());
        // One for all: only one will be chosen.
        let answer = Cell::new(Answer::NONE);
        let place = self.with_cases(store.place(), &answer, |cases| {
            run(cases, self.biased, limit, Aim::Commit)
        })?;
        let answer = answer.get();
        let Added { op, core, index, end } = self.added[place];
        // SAFETY: the operation was chosen just now, and its value, if any, is in `store`.
        Some(unsafe { SelectedOperation::new(op, core, index, end, answer, store) })
    }

    /// Room for any value that could be received: only one will.
    fn largest_value(&self) -> Layout {
        let (mut size, mut align) = (0, 1);
        for added in self.added.iter().filter(|added| added.op == Op::Recv) {
            // SAFETY: null, or a channel that lives for `'a`.
            if let Some(core) = unsafe { added.core.as_ref() } {
                size = core.ops.layout.size().max(size);
                align = core.ops.layout.align().max(align);
            }
        }
        Layout::from_size_align(size, align).unwrap_or(Layout::new::<()>())
    }

    /// Calls `f` with the operations as cases, on the stack if they are few.
    fn with_cases<R>(
        &self,
        slot: *mut (),
        answer: &Cell<Answer>,
        f: impl FnOnce(&mut [Case<'_>]) -> R,
    ) -> R {
        const FEW: usize = 8;
        let case = |added: &Added| {
            // SAFETY: the channel, unless null, lives for `'a`; there is room at `slot` for
            // each value that may be received, and promises have none.
            unsafe { Case::new(added.op, added.core, slot, Some(answer)) }
        };
        if self.added.len() > FEW {
            assert!(
                self.added.len() <= MOST_CASES,
                "a select has at most {MOST_CASES} operations, this one has {}",
                self.added.len(),
            );
            return f(&mut self.added.iter().map(case).collect::<Vec<_>>());
        }
        let mut cases = [const { MaybeUninit::<Case<'_>>::uninit() }; FEW];
        for (place, added) in cases.iter_mut().zip(&self.added) {
            place.write(case(added));
        }
        let first = cases.as_mut_ptr().cast::<Case<'_>>();
        // SAFETY: so many were written; a case needs no drop.
        f(unsafe { std::slice::from_raw_parts_mut(first, self.added.len()) })
    }
}

impl Default for Select<'_> {
    fn default() -> Self {
        Select::new()
    }
}

impl fmt::Debug for Select<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Select").field("operations", &self.added.len()).finish_non_exhaustive()
    }
}
