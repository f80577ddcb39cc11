//! How channels end, and that every value is dropped exactly once in each ending.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use crate::common::{Book, Random, Token, until, watchdog};
use gmp_chan::{Receiver, RecvError, Sender, TryRecvError, TrySendError, bounded, unbounded};

fn channels<T>() -> Vec<(Sender<T>, Receiver<T>)> {
    vec![bounded(0), bounded(1), bounded(40), unbounded()]
}

/// Sends as many tokens as the channel takes without waiting, up to 100.
fn fill(book: &Book, tx: &Sender<Token>) -> usize {
    (0..100).take_while(|_| tx.try_send(book.token()).is_ok()).count()
}

#[test]
fn drained() {
    for (tx, rx) in channels() {
        let book = Book::default();
        let count = fill(&book, &tx);
        tx.close();
        let before = book.dropped();
        assert_eq!(rx.iter().count(), count);
        assert_eq!(book.dropped(), before + count);
        drop((tx, rx));
        book.check();
    }
}

#[test]
fn receiver_dropped_first() {
    for (tx, rx) in channels() {
        let book = Book::default();
        fill(&book, &tx);
        drop(rx);
        book.check();
        assert!(tx.is_closed());
        assert_eq!(tx.len(), 0);
        assert!(tx.send(book.token()).is_err());
        assert!(matches!(tx.try_send(book.token()), Err(TrySendError::Disconnected(_))));
        drop(tx);
        book.check();
    }
}

#[test]
fn sender_dropped_first() {
    for (tx, rx) in channels() {
        let book = Book::default();
        let count = fill(&book, &tx);
        drop(tx);
        assert!(rx.is_closed());
        assert_eq!(rx.try_recv().is_ok(), count > 0);
        drop(rx);
        book.check();
    }
}

#[test]
fn half_drained_round_the_ring() {
    for (tx, rx) in channels() {
        let book = Book::default();
        for _ in 0..5 {
            let count = fill(&book, &tx);
            rx.try_iter().take(count * 2 / 3).for_each(drop);
        }
        drop((rx, tx));
        book.check();
    }
}

/// Blocks a sender per token on a full channel, shuts it by `end`, and expects all tokens
/// back in errors.
fn with_blocked_senders(end: impl Fn(&Sender<Token>, Receiver<Token>)) {
    let _watchdog = watchdog();
    for cap in [0, 2] {
        let book = Book::default();
        let (tx, rx) = bounded(cap);
        let full = fill(&book, &tx);
        let senders = [0; 3].map(|_| {
            let (tx, token) = (tx.clone(), book.token());
            thread::spawn(move || {
                let id = token.id;
                assert_eq!(tx.send(token).unwrap_err().into_inner().id, id);
            })
        });
        until(|| tx.waiting_senders() == 3);
        end(&tx, rx);
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        drop(tx);
        assert_eq!(full, cap);
        book.check();
    }
}

#[test]
fn close_gives_blocked_senders_their_values_back() {
    with_blocked_senders(|tx, _rx| tx.close());
    with_blocked_senders(|_tx, rx| rx.close());
}

#[test]
fn last_receiver_dropped_under_blocked_senders() {
    with_blocked_senders(|_tx, rx| {
        drop(rx.clone());
        assert!(!rx.is_closed());
        drop(rx);
    });
}

#[test]
fn last_sender_dropped_under_blocked_receivers() {
    let _watchdog = watchdog();
    for (tx, rx) in channels::<u32>() {
        let receivers = [0; 3].map(|_| {
            let rx = rx.clone();
            thread::spawn(move || rx.recv())
        });
        until(|| rx.waiting_receivers() == 3);
        drop(tx.clone());
        assert!(!rx.is_closed());
        drop(tx);
        for receiver in receivers {
            assert_eq!(receiver.join().unwrap(), Err(RecvError));
        }
    }
}

#[test]
fn closing_twice_panics() {
    fn message(closing: impl FnOnce()) -> &'static str {
        let payload = catch_unwind(AssertUnwindSafe(closing)).unwrap_err();
        payload.downcast_ref::<&str>().copied().expect("a plain message")
    }
    for (tx, rx) in channels::<u32>() {
        tx.close();
        assert_eq!(message(|| tx.close()), "close of closed channel");
        assert_eq!(message(|| rx.close()), "close of closed channel");
        assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected), "still usable");
    }
}

#[test]
fn a_side_that_left_is_not_a_close() {
    for (tx, rx) in channels::<u32>() {
        drop(tx);
        rx.close();
    }
    for (tx, rx) in channels::<u32>() {
        drop(rx);
        tx.close();
    }
}

/// A value whose `drop` uses the channel it was in: it must not run under the lock.
struct Nosy(Sender<Option<Nosy>>);

impl Drop for Nosy {
    fn drop(&mut self) {
        assert!(self.0.is_closed());
        assert_eq!(self.0.waiting_senders(), 0);
        assert!(self.0.try_send(None).is_err());
    }
}

#[test]
fn values_are_dropped_outside_of_the_lock() {
    let _watchdog = watchdog();
    for cap in [Some(5), None] {
        let (tx, rx) = cap.map_or_else(unbounded, bounded);
        (0..5).for_each(|_| tx.send(Some(Nosy(tx.clone()))).unwrap());
        drop(rx);
    }
}

/// Panics when dropped, if armed.
struct Bomb {
    armed: bool,
    _token: Token,
}

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(!self.armed, "bomb");
    }
}

#[test]
fn a_panicking_drop_spares_the_other_values() {
    for (tx, rx) in [bounded(1), bounded(40), unbounded()] {
        let book = Book::default();
        for n in 0..tx.capacity().unwrap_or(100) {
            let bomb = Bomb { armed: n % 7 == 0, _token: book.token() };
            assert!(tx.send(bomb).is_ok());
        }
        assert!(catch_unwind(AssertUnwindSafe(|| drop(rx))).is_err());
        assert!(tx.is_closed());
        drop(tx);
        book.check();
    }
}

/// Random operations by threads that come and go, until someone closes or all leave.
#[test]
fn random_endings() {
    let _watchdog = watchdog();
    for seed in 0..120 {
        println!("seed {seed}");
        let book = Book::default();
        let mut random = Random::new(seed);
        let (tx, rx) = match random.below(4) {
            0 => unbounded(),
            cap => bounded(cap as usize - 1),
        };
        thread::scope(|scope| {
            for n in 0..3 {
                let (tx, book, mut random) = (tx.clone(), &book, Random::new(seed * 100 + n));
                scope.spawn(move || send_at_random(&tx, book, &mut random));
                let (rx, mut random) = (rx.clone(), Random::new(seed * 200 + n));
                scope.spawn(move || receive_at_random(&rx, &mut random));
            }
            // The last handles go with the threads.
            drop((tx, rx));
        });
        book.check();
    }
}

fn send_at_random(tx: &Sender<Token>, book: &Book, random: &mut Random) {
    for _ in 0..random.below(200) {
        match random.below(300) {
            0 => drop(catch_unwind(AssertUnwindSafe(|| tx.close()))),
            1..150 => drop(tx.try_send(book.token())),
            _ => drop(tx.send(book.token())),
        }
    }
}

fn receive_at_random(rx: &Receiver<Token>, random: &mut Random) {
    for _ in 0..random.below(200) {
        match random.below(300) {
            0 => drop(catch_unwind(AssertUnwindSafe(|| rx.close()))),
            1..150 => drop(rx.try_recv()),
            _ => drop(rx.recv()),
        }
    }
}
