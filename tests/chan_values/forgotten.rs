//! A selected operation that is not completed: dropped, or forgotten for ever.
//!
//! Forgetting one keeps what it was given for ever: a value, a place in the buffer, a partner
//! that waits. It must not drop a value twice, or disturb others. The values own no memory
//! here, so that nothing leaks but they.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gmp::chan::{Select, SelectedOperation, bounded};

use crate::kinds::{Book, Value, each_plain_kind};
use crate::support::{until, watchdog};
use crate::{buffers, join, keep_for_ever, start};

/// How an operation can end that is not completed.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Dropped,
    Forgotten,
}

use End::{Dropped, Forgotten};

impl End {
    #[track_caller]
    fn of(self, operation: SelectedOperation<'_>) {
        match self {
            // Where a leak checker still finds what it owns.
            Forgotten => keep_for_ever((&raw const *Box::leak(Box::new(operation))).addr()),
            Dropped => {
                let payload = catch_unwind(AssertUnwindSafe(|| drop(operation))).unwrap_err();
                let text = payload.downcast_ref::<&str>().copied();
                let expected = "dropped `SelectedOperation` without completing the operation";
                assert_eq!(text, Some(expected));
            }
        }
    }

    /// All that is left of the channel is gone.
    #[track_caller]
    fn close(self, book: Book) {
        match self {
            Dropped => book.close(),
            Forgotten => {
                assert!(book.living() <= 1, "{} values leaked", book.living());
                book.leave_open();
            }
        }
    }
}

/// A receive out of a buffer.
#[gmp::test]
fn receives_of_buffered_values() {
    fn scenario<V: Value>(end: End) {
        for (tx, rx) in buffers::<V>() {
            let book = Book::open();
            let filled = tx.capacity().unwrap_or(40);
            (0..filled).for_each(|_| tx.send(V::make(&book)).unwrap());
            let mut cases = Select::new();
            cases.recv(&rx);
            end.of(cases.select());
            drop(cases);
            // The channel goes on.
            let left = rx.try_iter().inspect(V::check).count();
            assert!(left == filled || left == filled - 1, "{left} of {filled}");
            tx.send(V::make(&book)).unwrap();
            rx.recv().unwrap().check();
            tx.send(V::make(&book)).unwrap();
            drop((tx, rx));
            end.close(book);
        }
    }
    let _watchdog = watchdog();
    each_plain_kind!(scenario, Dropped);
    each_plain_kind!(scenario, Forgotten);
}

/// A receive from a sender that waits: the sender comes to an end all the same.
#[gmp::test]
fn receives_from_waiting_senders() {
    fn scenario<V: Value>(end: End) {
        for cap in [0, 1] {
            let (book, (tx, rx)) = (Book::open(), bounded::<V>(cap));
            (0..cap).for_each(|_| tx.send(V::make(&book)).unwrap());
            let (sender, value) = (tx.clone(), V::make(&book));
            let waits = start(move || sender.send(value).map_err(drop).is_ok());
            until(|| tx.waiting_senders() == 1);
            let mut cases = Select::new();
            cases.recv(&rx);
            end.of(cases.select());
            drop(cases);
            rx.try_iter().for_each(|value| value.check());
            tx.close();
            rx.try_iter().for_each(|value| value.check());
            join(waits);
            drop((tx, rx));
            end.close(book);
        }
    }
    let _watchdog = watchdog();
    each_plain_kind!(scenario, Dropped);
    each_plain_kind!(scenario, Forgotten);
}

/// A send into a buffer with room: nothing was sent. The room is free again, unless it was
/// forgotten who holds it.
#[gmp::test]
fn sends_into_buffers() {
    fn scenario<V: Value>(end: End) {
        for (tx, rx) in buffers::<V>() {
            let book = Book::open();
            let mut cases = Select::new();
            cases.send(&tx);
            end.of(cases.select());
            drop(cases);
            let kept = usize::from(end == Forgotten);
            for _ in 0..3 {
                let room = tx.capacity().map_or(40, |cap| cap - kept);
                (0..room).for_each(|_| tx.try_send(V::make(&book)).map_err(drop).unwrap());
                if tx.capacity().is_some() {
                    tx.try_send(V::make(&book)).map(drop).unwrap_err().into_inner().check();
                }
                assert_eq!(rx.try_iter().inspect(V::check).count(), room);
            }
            drop(tx.try_send(V::make(&book)));
            drop((tx, rx));
            book.close();
        }
    }
    let _watchdog = watchdog();
    each_plain_kind!(scenario, Dropped);
    each_plain_kind!(scenario, Forgotten);
}

/// A send to a receiver that waits: it goes on waiting, and gets the next value or the end.
#[gmp::test]
fn sends_to_waiting_receivers() {
    fn scenario<V: Value>() {
        for closed in [false, true] {
            let (book, (tx, rx)) = (Book::open(), bounded::<V>(0));
            let waits = start(move || rx.recv().map(|value| value.check()).is_ok());
            until(|| tx.waiting_receivers() == 1);
            let mut cases = Select::new();
            cases.send(&tx);
            Dropped.of(cases.select());
            drop(cases);
            if closed {
                tx.close();
            } else {
                tx.send(V::make(&book)).unwrap();
            }
            assert_eq!(join(waits), !closed);
            drop(tx);
            book.close();
        }
    }
    let _watchdog = watchdog();
    each_plain_kind!(scenario);
}

/// Of a forgotten send the receiver that was chosen waits for ever, and nobody else does.
#[gmp::test]
fn forgotten_sends_to_waiting_receivers() {
    fn scenario<V: Value>() {
        let (book, (tx, rx)) = (Book::open(), bounded::<V>(0));
        let receiver = rx.clone();
        let chosen = start(move || receiver.recv().map(|value| value.check()).is_ok());
        until(|| tx.waiting_receivers() == 1);
        let mut cases = Select::new();
        cases.send(&tx);
        Forgotten.of(cases.select());
        drop(cases);
        for _ in 0..3 {
            let receiver = rx.clone();
            let other = start(move || receiver.recv().unwrap().check());
            tx.send(V::make(&book)).unwrap();
            join(other);
        }
        tx.close();
        assert!(!chosen.is_finished() && rx.recv().is_err());
        keep_for_ever((tx, rx));
        book.close();
    }
    let _watchdog = watchdog();
    each_plain_kind!(scenario);
}

/// The set of operations can be used again, and other operations on it are as good as new.
#[gmp::test]
fn the_set_goes_on() {
    fn scenario<V: Value>(end: End) {
        let book = Book::open();
        let ((tx, rx), (other_tx, other)) = (bounded::<V>(3), bounded::<V>(3));
        let mut cases = Select::new_biased();
        let (first, second) = (cases.recv(&rx), cases.recv(&other));
        tx.send(V::make(&book)).unwrap();
        end.of(cases.select());
        rx.try_iter().for_each(|value| value.check());
        other_tx.send(V::make(&book)).unwrap();
        let picked = cases.select();
        assert_eq!(picked.index(), second);
        picked.recv(&other).unwrap().check();
        tx.send(V::make(&book)).unwrap();
        let picked = cases.try_select().unwrap();
        assert_eq!(picked.index(), first);
        picked.recv(&rx).unwrap().check();
        assert!(cases.try_select().is_err());
        drop(cases);
        drop((tx, rx));
        end.close(book);
    }
    let _watchdog = watchdog();
    each_plain_kind!(scenario, Dropped);
    each_plain_kind!(scenario, Forgotten);
}
