//! Values that are received, left in a buffer, or given back to who wanted to send them.

use std::time::{Duration, Instant};

use gmp::chan::{
    Receiver, RecvTimeoutError, SendTimeoutError, Sender, TryRecvError, TrySendError, bounded,
    unbounded,
};

use crate::kinds::{Book, Value, each_kind};
use crate::support::{Random, until, watchdog};
use crate::{channels, expect, join, start};

const NOW: Duration = Duration::ZERO;
const SOON: Duration = Duration::from_millis(1);

/// Received in every way there is, each value is its receiver's and dropped once.
#[gmp::test]
fn received() {
    fn scenario<V: Value>() {
        for (tx, rx) in channels::<V>() {
            let book = Book::open();
            let mine: Vec<V> = (0..60).map(|_| V::make(&book)).collect();
            let sender = start(move || mine.into_iter().for_each(|value| tx.send(value).unwrap()));
            let patient = Duration::from_secs(60);
            for n in 0..10 {
                expect(rx.recv().unwrap());
                expect(rx.recv_ok().0.unwrap());
                expect(rx.recv_timeout(patient).unwrap());
                expect(rx.recv_deadline(Instant::now() + patient).unwrap());
                expect(rx.iter().next().unwrap());
                if n < 9 {
                    let tried = || rx.try_recv().map(expect);
                    until(|| tried() != Err(TryRecvError::Empty));
                }
            }
            expect(rx.into_iter().next().unwrap());
            join(sender);
            assert_eq!((book.living(), book.made()), (0, 60));
            book.close();
        }
    }
    let _watchdog = watchdog();
    each_kind!(scenario);
}

/// Handed over from stack to stack, whichever side came first.
#[gmp::test]
fn handed_over() {
    fn scenario<V: Value>() {
        for (tx, rx) in channels::<V>() {
            let book = Book::open();
            for _ in 0..5 {
                let receiver = rx.clone();
                let waits = start(move || expect(receiver.recv().unwrap()));
                until(|| tx.waiting_receivers() == 1);
                tx.send(V::make(&book)).unwrap();
                join(waits);
                assert_eq!(book.living(), 0);
            }
            let Some(cap) = tx.capacity() else { continue };
            (0..cap).for_each(|_| tx.send(V::make(&book)).unwrap());
            for _ in 0..5 {
                let (sender, value) = (tx.clone(), V::make(&book));
                let waits = start(move || sender.send(value).unwrap());
                until(|| tx.waiting_senders() == 1);
                expect(rx.recv().unwrap());
                join(waits);
            }
            assert_eq!(book.living(), cap);
            drop((tx, rx));
            book.close();
        }
    }
    let _watchdog = watchdog();
    each_kind!(scenario);
}

/// Every fill of a buffer that is closed, drained in part, and left.
#[gmp::test]
fn closed_with_values_buffered() {
    fn scenario<V: Value>() {
        for make in [|| bounded(7), || unbounded()] as [fn() -> (Sender<V>, Receiver<V>); 2] {
            for (filled, drained) in [(0, 0), (1, 0), (1, 1), (7, 0), (7, 3), (7, 7)] {
                let (book, (tx, rx)) = (Book::open(), make());
                (0..filled).for_each(|_| tx.send(V::make(&book)).unwrap());
                tx.close();
                let refused = tx.send(V::make(&book)).unwrap_err();
                expect(refused.into_inner());
                assert_eq!(book.living(), filled, "closing drops nothing");
                (0..drained).for_each(|_| expect(rx.recv().unwrap()));
                assert_eq!(book.living(), filled - drained);
                drop(tx);
                assert_eq!(book.living(), filled - drained);
                drop(rx);
                book.close();
            }
        }
    }
    each_kind!(scenario);
}

/// Values outlive the last sender, and end with the last receiver, at once.
#[gmp::test]
fn disconnected_with_values_buffered() {
    fn scenario<V: Value>() {
        // An unbounded channel keeps them in blocks of some tens: more than two of those.
        for (make, fills) in [
            ((|| bounded(4)) as fn() -> (Sender<V>, Receiver<V>), 0..=4),
            (|| unbounded(), 28..=33),
            (|| unbounded(), 61..=70),
        ] {
            for filled in fills {
                // The buffer does not begin at its first slot.
                for turn in [0, 1, 3] {
                    let (book, (tx, rx)) = (Book::open(), make());
                    for _ in 0..turn {
                        tx.send(V::make(&book)).unwrap();
                        expect(rx.recv().unwrap());
                    }
                    (0..filled).for_each(|_| tx.send(V::make(&book)).unwrap());
                    let other = rx.clone();
                    drop(rx);
                    assert_eq!(book.living(), filled);
                    if turn == 1 {
                        drop(tx);
                        assert_eq!(book.living(), filled);
                        drop(other);
                    } else {
                        drop(other);
                        assert_eq!(book.living(), 0, "nobody can receive them any more");
                        expect(tx.send(V::make(&book)).unwrap_err().into_inner());
                        assert!(matches!(
                            tx.try_send(V::make(&book)),
                            Err(TrySendError::Disconnected(_))
                        ));
                    }
                    book.close();
                }
            }
        }
    }
    each_kind!(scenario);
}

/// Senders that wait get their values back when the channel ends, those in the buffer stay.
#[gmp::test]
fn given_back_to_blocked_senders() {
    fn scenario<V: Value>(end: fn(&Sender<V>, Receiver<V>) -> Option<Receiver<V>>) {
        const SENDERS: usize = 10;
        for cap in [0, 1, 5] {
            let (book, (tx, rx)) = (Book::open(), bounded(cap));
            (0..cap).for_each(|_| tx.send(V::make(&book)).unwrap());
            let blocked: Vec<_> = (0..SENDERS)
                .map(|_| {
                    let (tx, value) = (tx.clone(), V::make(&book));
                    start(move || expect(tx.send(value).unwrap_err().into_inner()))
                })
                .collect();
            until(|| tx.waiting_senders() == SENDERS);
            let rx = end(&tx, rx);
            blocked.into_iter().for_each(join);
            let left = if rx.is_some() { cap } else { 0 };
            assert_eq!(book.living(), left);
            assert_eq!(rx.into_iter().flatten().map(expect).count(), left);
            drop(tx);
            book.close();
        }
    }
    fn close<V>(tx: &Sender<V>, rx: Receiver<V>) -> Option<Receiver<V>> {
        tx.close();
        Some(rx)
    }
    fn leave<V>(_: &Sender<V>, rx: Receiver<V>) -> Option<Receiver<V>> {
        drop(rx);
        None
    }
    let _watchdog = watchdog();
    each_kind!(scenario, close);
    each_kind!(scenario, leave);
}

/// What could not be sent in time, or not at once, comes back.
#[gmp::test]
fn given_back_in_errors() {
    fn scenario<V: Value>() {
        for cap in [0, 1, 5] {
            let (book, (tx, rx)) = (Book::open(), bounded(cap));
            (0..cap).for_each(|_| tx.send(V::make(&book)).unwrap());
            for timeout in [NOW, SOON] {
                match tx.send_timeout(V::make(&book), timeout) {
                    Err(SendTimeoutError::Timeout(value)) => value.check(),
                    other => panic!("{other:?}"),
                }
                match tx.send_deadline(V::make(&book), Instant::now() + timeout) {
                    Err(SendTimeoutError::Timeout(value)) => value.check(),
                    other => panic!("{other:?}"),
                }
            }
            match tx.try_send(V::make(&book)) {
                Err(TrySendError::Full(value)) => value.check(),
                other => panic!("{other:?}"),
            }
            assert_eq!((book.living(), tx.waiting_senders()), (cap, 0));
            assert_eq!(rx.try_iter().map(expect).count(), cap);
            assert!(matches!(rx.recv_timeout(SOON), Err(RecvTimeoutError::Timeout)));
            assert_eq!(tx.waiting_receivers(), 0);
            drop(rx);
            match tx.send_timeout(V::make(&book), SOON) {
                Err(SendTimeoutError::Disconnected(value)) => value.check(),
                other => panic!("{other:?}"),
            }
            book.close();
        }
    }
    let _watchdog = watchdog();
    each_kind!(scenario);
}

/// Timeouts that race with receivers: a value is either received or comes back.
#[gmp::test]
fn timed_sends_race_with_receivers() {
    fn scenario<V: Value>() {
        const ROUNDS: usize = 300;
        for cap in [0, 1] {
            let (book, (tx, rx)) = (Book::open(), bounded::<V>(cap));
            let random = Random::new();
            let receiver = start(move || {
                let mut received = 0;
                loop {
                    let timeout = Duration::from_micros(random.below(60));
                    match rx.recv_timeout(timeout) {
                        Ok(value) => {
                            value.check();
                            received += 1;
                        }
                        Err(RecvTimeoutError::Timeout) => {}
                        Err(RecvTimeoutError::Disconnected) => return received,
                    }
                }
            });
            let random = Random::new();
            let mut sent = 0;
            for _ in 0..ROUNDS {
                let timeout = Duration::from_micros(random.below(60));
                match tx.send_timeout(V::make(&book), timeout) {
                    Ok(()) => sent += 1,
                    Err(SendTimeoutError::Timeout(value)) => value.check(),
                    Err(SendTimeoutError::Disconnected(_)) => panic!("who left?"),
                }
            }
            drop(tx);
            assert_eq!(join(receiver), sent);
            assert_eq!(book.made(), ROUNDS);
            book.close();
        }
    }
    let _watchdog = watchdog();
    each_kind!(scenario);
}

/// Sends, receives, a close and the leaving of all sides at once, at any moment.
#[gmp::test]
fn everything_ends_at_once() {
    fn scenario<V: Value>() {
        let random = Random::new();
        for round in 0..60 {
            let book = Book::open();
            let (tx, rx) = channels::<V>().into_iter().nth(round % 4).unwrap();
            let mut all = Vec::new();
            for _ in 0..3 {
                let (tx, count) = (tx.clone(), random.below(12));
                let values: Vec<V> = (0..count).map(|_| V::make(&book)).collect();
                all.push(start(move || {
                    for value in values {
                        if let Err(refused) = tx.send(value) {
                            expect(refused.into_inner());
                        }
                    }
                }));
                let (rx, count) = (rx.clone(), random.below(12) as usize);
                all.push(start(move || rx.iter().take(count).for_each(expect)));
            }
            drop(rx);
            if random.below(2) == 0 {
                (0..random.below(8)).for_each(|_| gmp::gosched());
                tx.close();
            }
            drop(tx);
            all.into_iter().for_each(join);
            book.close();
        }
    }
    let _watchdog = watchdog();
    each_kind!(scenario);
}
