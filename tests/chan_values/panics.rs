//! Panics in the way of values: in a `Drop`, in the expression that makes a value, in a
//! goroutine that holds a channel.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};

use gmp::chan::{RecvError, bounded, select, unbounded};

use crate::kinds::{Book, Value, each_kind, each_plain_kind};
use crate::support::{until, watchdog};
use crate::{channels, join, start};

/// What the panics of this file carry.
#[derive(Debug, PartialEq)]
struct Planned;

/// Checks that `f` ends in a planned panic.
#[track_caller]
fn panics<R>(f: impl FnOnce() -> R) {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(_) => panic!("it did not panic"),
        Err(payload) => assert_eq!(payload.downcast_ref(), Some(&Planned)),
    }
}

fn fails<T>() -> T {
    panic_any(Planned)
}

/// A value that panics when dropped, if it is told to.
struct Bomb<V> {
    armed: bool,
    _value: V,
}

impl<V: Value> Bomb<V> {
    fn new(book: &Book, armed: bool) -> Bomb<V> {
        Bomb { armed, _value: V::make(book) }
    }
}

impl<V> Drop for Bomb<V> {
    fn drop(&mut self) {
        if self.armed {
            fails::<()>();
        }
    }
}

/// The last receiver drops what is buffered; one value's panic does not save the others.
#[gmp::test]
fn drops_of_buffered_values() {
    fn scenario<V: Value>() {
        for armed in [0, 4, 9] {
            for sender_first in [false, true] {
                for (tx, rx) in [bounded(10), unbounded()] {
                    let book = Book::open();
                    (0..10).for_each(|n| tx.send(Bomb::<V>::new(&book, n == armed)).unwrap());
                    let mut tx = Some(tx);
                    if sender_first {
                        tx = None;
                    }
                    panics(|| drop(rx));
                    assert_eq!(book.living(), 0);
                    if let Some(tx) = tx {
                        assert!(tx.is_closed());
                        assert!(tx.send(Bomb::new(&book, false)).is_err());
                    }
                    book.close();
                }
            }
        }
    }
    each_kind!(scenario);
}

/// An arm's losing value panics in its `Drop`: the panic goes to who selects, the channels are
/// none the worse for it. Only what the other arm had received may be leaked, as Rust does with
/// the value of a block whose locals panic when they are dropped.
#[gmp::test]
fn drops_of_losing_values() {
    fn scenario<V: Value>() {
        for (tx, rx) in [bounded(2), unbounded()] {
            let (book, (full, _keep)) = (Book::open(), bounded::<Bomb<V>>(0));
            panics(|| {
                select! {
                    full <- Bomb::new(&book, true) => panic!("nobody receives"),
                    default => {},
                }
            });
            assert_eq!((book.living(), full.waiting_senders()), (0, 0));
            tx.send(V::make(&book)).unwrap();
            panics(|| {
                select! {
                    full <- Bomb::new(&book, true) => panic!("nobody receives"),
                    v = <-rx => v.unwrap().check(),
                }
            });
            assert!(book.living() <= 1 && rx.is_empty() && full.waiting_senders() == 0);
            tx.send(V::make(&book)).unwrap();
            rx.recv().unwrap().check();
            book.leave_open();
        }
    }
    each_plain_kind!(scenario);
}

/// The expression of a value to be sent panics: nothing was sent, nobody waits, and the values
/// of arms before it are dropped.
#[gmp::test]
fn values_that_cannot_be_made() {
    fn scenario<V: Value>() {
        for (tx, rx) in channels::<V>() {
            let book = Book::open();
            panics(|| tx.send(fails()));
            panics(|| select! { tx <- fails() => {} });
            panics(|| select! { tx <- fails() => {}, default => {} });
            panics(|| {
                select! {
                    tx <- V::make(&book) => panic!("not before all are evaluated"),
                    tx <- fails() => {},
                    <-rx => panic!("not before all are evaluated"),
                }
            });
            panics(|| select! { v = <-rx => drop(v), tx <- fails() => {} });
            assert_eq!((book.living(), rx.len()), (0, 0));
            assert_eq!((tx.waiting_senders(), tx.waiting_receivers()), (0, 0));
            goes_on(&book, &tx, &rx);
            book.close();
        }
    }
    let _watchdog = watchdog();
    each_kind!(scenario);
}

/// One value goes through.
fn goes_on<V: Value>(book: &Book, tx: &gmp::chan::Sender<V>, rx: &gmp::chan::Receiver<V>) {
    let receiver = rx.clone();
    let receives = start(move || receiver.recv().unwrap().check());
    tx.send(V::make(book)).unwrap();
    join(receives);
}

/// In crossbeam's form the value is made when its arm has been chosen. If that panics, the
/// partner waits on, and its turn is not lost.
#[gmp::test]
fn values_that_cannot_be_made_when_chosen() {
    fn scenario<V: Value>() {
        for (tx, rx) in channels::<V>() {
            let book = Book::open();
            let (receiver, (_idle_tx, idle)) = (rx.clone(), bounded::<V>(0));
            let waits = start(move || receiver.recv().map(|value| value.check()));
            until(|| tx.waiting_receivers() == 1);
            panics(|| {
                select! {
                    send(tx, fails()) -> _ => panic!("it was not sent"),
                    recv(idle) -> _ => panic!("nobody sends"),
                }
            });
            panics(|| select! { send(tx, fails()) -> _ => panic!("it was not sent") });
            tx.send(V::make(&book)).unwrap();
            assert_eq!(join(waits), Ok(()));
            assert_eq!((book.living(), rx.len()), (0, 0));
            // The same without anybody who waits, in a buffer with room.
            if tx.capacity() != Some(0) {
                panics(|| select! { send(tx, fails()) -> _ => {}, recv(idle) -> _ => {} });
                tx.send(V::make(&book)).unwrap();
                rx.recv().unwrap().check();
            }
            goes_on(&book, &tx, &rx);
            book.close();
        }
    }
    let _watchdog = watchdog();
    each_kind!(scenario);
}

/// A goroutine that unwinds lets go of its ends; what is buffered stays for the others.
#[gmp::test]
fn goroutines_that_unwind() {
    fn scenario<V: Value>() {
        for (tx, rx) in channels::<V>() {
            let book = Book::open();
            let buffered = tx.capacity() != Some(0);
            let (held, value) = (V::make(&book), buffered.then(|| V::make(&book)));
            let unwinds = start(move || {
                let _held = held;
                value.into_iter().for_each(|value| tx.send(value).unwrap());
                fails::<()>();
                drop(tx);
            });
            assert_eq!(unwinds.join().unwrap_err().downcast_ref(), Some(&Planned));
            assert_eq!((book.living(), rx.len()), (usize::from(buffered), usize::from(buffered)));
            if buffered {
                rx.recv().unwrap().check();
            }
            assert!(matches!(rx.recv(), Err(RecvError)));
            book.close();
        }
    }
    let _watchdog = watchdog();
    each_kind!(scenario);
}
