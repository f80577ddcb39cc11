//! Asynchronous sends and receives that are dropped at every stage of their life.

use gmp::chan::{Receiver, RecvError, SendError, Sender, TryRecvError, bounded};

use crate::by_hand::ByHand;
use crate::kinds::{Book, Value, each_kind};
use crate::support::{Random, until, watchdog};
use crate::{channels, join, keep_for_ever, start};

/// A receive that was never polled has received nothing; a send has sent nothing.
#[gmp::test]
fn never_polled() {
    fn scenario<V: Value>() {
        for (tx, rx) in channels::<V>() {
            let book = Book::open();
            if tx.capacity() != Some(0) {
                tx.send(V::make(&book)).unwrap();
            }
            drop(rx.recv_async());
            drop(tx.send_async(V::make(&book)));
            let buffered = usize::from(tx.capacity() != Some(0));
            assert_eq!((rx.len(), book.living()), (buffered, buffered));
            assert_eq!((rx.waiting_receivers(), rx.waiting_senders()), (0, 0));
            rx.try_iter().for_each(|value| value.check());
            book.close();
        }
    }
    each_kind!(scenario);
}

/// Polled until they are done: each value arrives once.
#[gmp::test]
fn completed() {
    fn scenario<V: Value>() {
        for (tx, rx) in channels::<V>() {
            let book = Book::open();
            let values: Vec<V> = (0..20).map(|_| V::make(&book)).collect();
            let sender = start(move || {
                for value in values {
                    assert!(ByHand::new(tx.send_async(value)).finish().is_ok());
                }
            });
            (0..20).for_each(|_| ByHand::new(rx.recv_async()).finish().unwrap().check());
            join(sender);
            assert!(matches!(ByHand::new(rx.recv_async()).finish(), Err(RecvError)));
            book.close();
        }
    }
    let _watchdog = watchdog();
    each_kind!(scenario);
}

/// Dropped while they wait: nobody is left in the queue, the send's value is dropped.
#[gmp::test]
fn dropped_while_waiting() {
    fn scenario<V: Value>() {
        for cap in [0, 1, 5] {
            let (book, (tx, rx)) = (Book::open(), bounded::<V>(cap));
            let mut waiting = ByHand::new(rx.recv_async());
            assert!(waiting.poll().is_none() && waiting.poll().is_none());
            assert_eq!((tx.waiting_receivers(), waiting.wakers_kept()), (1, 1));
            drop(waiting);
            assert_eq!(tx.waiting_receivers(), 0);
            (0..cap).for_each(|_| tx.send(V::make(&book)).unwrap());
            let mut waiting = ByHand::new(tx.send_async(V::make(&book)));
            assert!(waiting.poll().is_none() && waiting.poll().is_none());
            assert_eq!((tx.waiting_senders(), book.living()), (1, cap + 1));
            drop(waiting);
            assert_eq!((tx.waiting_senders(), book.living()), (0, cap));
            assert_eq!(rx.try_iter().inspect(V::check).count(), cap);
            book.close();
        }
    }
    each_kind!(scenario);
}

/// Served, and then dropped instead of polled: a received value is not lost, whether somebody
/// waits for it or comes later; a sent one was received.
#[gmp::test]
fn served_but_not_polled() {
    fn scenario<V: Value>() {
        for (tx, rx) in channels::<V>() {
            for somebody_waits in [true, false] {
                let book = Book::open();
                let mut served = ByHand::new(rx.recv_async());
                assert!(served.poll().is_none());
                let behind = somebody_waits.then(|| {
                    let rx = rx.clone();
                    start(move || rx.recv().unwrap().check())
                });
                until(|| tx.waiting_receivers() == 1 + usize::from(somebody_waits));
                let (sender, value) = (tx.clone(), V::make(&book));
                let sends = start(move || sender.send(value).unwrap());
                until(|| served.wakes() > 0);
                drop(served);
                match behind {
                    Some(behind) => join(behind),
                    None => until(|| match rx.try_recv() {
                        Ok(value) => {
                            value.check();
                            true
                        }
                        Err(error) => {
                            assert_eq!(error, TryRecvError::Empty);
                            false
                        }
                    }),
                }
                join(sends);
                assert_eq!((rx.len(), tx.waiting_receivers()), (0, 0));
                book.close();
            }
            let Some(cap) = tx.capacity() else { continue };
            let book = Book::open();
            (0..cap).for_each(|_| tx.send(V::make(&book)).unwrap());
            let mut served = ByHand::new(tx.send_async(V::make(&book)));
            assert!(served.poll().is_none());
            let receiver = rx.clone();
            let takes = start(move || (0..=cap).for_each(|_| receiver.recv().unwrap().check()));
            until(|| served.wakes() > 0);
            drop(served);
            join(takes);
            book.close();
        }
    }
    let _watchdog = watchdog();
    each_kind!(scenario);
}

/// A channel that ends under a future that waits: polled, it gives the value back; dropped, it
/// drops it.
#[gmp::test]
fn ended_while_waiting() {
    fn scenario<V: Value>(end: fn(&Sender<V>, Receiver<V>)) {
        for cap in [0, 1, 5] {
            let (book, (tx, rx)) = (Book::open(), bounded::<V>(cap));
            (0..cap).for_each(|_| tx.send(V::make(&book)).unwrap());
            let mut polled = ByHand::new(tx.send_async(V::make(&book)));
            let mut dropped = ByHand::new(tx.send_async(V::make(&book)));
            assert!(polled.poll().is_none() && dropped.poll().is_none());
            end(&tx, rx);
            assert_eq!((polled.wakes(), dropped.wakes()), (1, 1));
            match polled.poll() {
                Some(Err(SendError(value))) => value.check(),
                other => panic!("{:?}", other.is_some()),
            }
            drop(dropped);
            match ByHand::new(tx.send_async(V::make(&book))).poll() {
                Some(Err(SendError(value))) => value.check(),
                other => panic!("{:?}", other.is_some()),
            }
            assert_eq!(tx.waiting_senders(), 0);
            drop(polled);
            book.close();
        }
        let (tx, rx) = bounded::<V>(0);
        let futures = [ByHand::new(rx.recv_async()), ByHand::new(rx.recv_async())];
        let [mut polled, mut dropped] = futures;
        assert!(polled.poll().is_none() && dropped.poll().is_none());
        tx.close();
        assert!(matches!(polled.poll(), Some(Err(RecvError))));
        drop(dropped);
        assert_eq!(rx.waiting_receivers(), 0);
    }
    each_kind!(scenario, |tx, _rx| tx.close());
    each_kind!(scenario, |_tx, rx| drop(rx));
}

/// A future that waits and is never touched again is served in its turn, and keeps what it was
/// given; everybody else is served as ever.
#[gmp::test]
fn kept_for_ever() {
    fn scenario<V: Value>() {
        for cap in [0, 1, 5] {
            let (book, (tx, rx)) = (Book::open(), bounded::<V>(cap));
            let (sender, receiver): (&Sender<V>, &Receiver<V>) =
                (Box::leak(Box::new(tx.clone())), Box::leak(Box::new(rx.clone())));
            let mut kept = ByHand::new(receiver.recv_async());
            assert!(kept.poll().is_none());
            keep_for_ever((kept, receiver));
            tx.send(V::make(&book)).unwrap();
            assert_eq!((rx.len(), book.living()), (0, 1));
            goes_on(&book, &tx, &rx);
            (0..cap).for_each(|_| tx.send(V::make(&book)).unwrap());
            let mut kept = ByHand::new(sender.send_async(V::make(&book)));
            assert!(kept.poll().is_none());
            keep_for_ever((kept, sender));
            (0..=cap).for_each(|_| rx.recv().unwrap().check());
            goes_on(&book, &tx, &rx);
            tx.close();
            assert_eq!(book.living(), 1);
            book.leave_open();
        }
    }
    let _watchdog = watchdog();
    each_kind!(scenario);
}

fn goes_on<V: Value>(book: &Book, tx: &Sender<V>, rx: &Receiver<V>) {
    let receiver = rx.clone();
    let receives = start(move || receiver.recv().unwrap().check());
    tx.send(V::make(book)).unwrap();
    join(receives);
}

/// Futures that are polled a few times and then dropped, at any moment, against plain senders
/// and receivers: all that was sent is received.
#[gmp::test]
fn cancelled_at_any_moment() {
    fn scenario<V: Value>() {
        const VALUES: usize = 150;
        for cap in [0, 1, 5] {
            let (book, (tx, rx)) = (Book::open(), bounded::<V>(cap));
            let values: Vec<V> = (0..VALUES).map(|_| V::make(&book)).collect();
            let (sender, random) = (tx.clone(), Random::new());
            let sends = start(move || {
                let mut sent = 0;
                for (n, value) in values.into_iter().enumerate() {
                    if n % 2 == 0 {
                        sender.send(value).map_err(drop).unwrap();
                        sent += 1;
                    } else {
                        sent += usize::from(impatient(&random, sender.send_async(value)).is_some());
                    }
                }
                sent
            });
            drop(tx);
            let random = Random::new();
            let mut received = 0;
            loop {
                match impatient(&random, rx.recv_async()) {
                    Some(Ok(value)) => value.check(),
                    Some(Err(RecvError)) => break,
                    None => match rx.try_recv() {
                        Ok(value) => value.check(),
                        Err(_) => continue,
                    },
                }
                received += 1;
            }
            // A send that was served before it was dropped counts for the receiver alone.
            let sent = join(sends);
            assert!((sent..=VALUES).contains(&received), "{received} of {sent}, {VALUES}");
            book.close();
        }
    }
    let _watchdog = watchdog();
    each_kind!(scenario);
}

/// Polls a future up to three times, with pauses, and gives up.
fn impatient<F: Future>(random: &Random, future: F) -> Option<F::Output> {
    let mut future = ByHand::new(future);
    for _ in 0..=random.below(3) {
        if let Some(output) = future.poll() {
            return Some(output);
        }
        (0..random.below(3)).for_each(|_| gmp::gosched());
    }
    None
}
