//! Values that take part in a select: the winner's, and those of the arms that lose.

use std::sync::Arc;
use std::time::Duration;

use gmp::chan::{Select, Sender, bounded, nil, select};

use crate::kinds::{Book, Value, each_kind};
use crate::support::{Random, until, watchdog};
use crate::{buffers, channels, expect, join, start};

const SOON: Duration = Duration::from_millis(1);

/// What losing arms would have sent is dropped when the select has chosen, before its body runs.
#[gmp::test]
fn losing_sends_drop_their_values() {
    fn scenario<V: Value>() {
        let book = Book::open();
        let ((full, _keep), (ready, rx)) = (bounded::<V>(0), bounded::<V>(1));
        let (nil_tx, _nil) = nil::<V>();
        for _ in 0..20 {
            let before = book.made();
            select! {
                full <- V::make(&book) => panic!("nobody receives"),
                ready <- V::make(&book) => assert_eq!(book.living(), 1),
                nil_tx <- V::make(&book) => panic!("nil"),
                full <- V::make(&book) => panic!("nobody receives"),
            }
            assert_eq!(book.made(), before + 4);
            select! {
                v = <-rx => {
                    expect(v.unwrap());
                    assert_eq!(book.living(), 0);
                }
                full <- V::make(&book) => panic!("nobody receives"),
            }
            select! {
                full <- V::make(&book) => panic!("nobody receives"),
                nil_tx <- V::make(&book) => panic!("nil"),
                default => assert_eq!(book.living(), 0),
            }
            select! { full <- V::make(&book) => panic!("nobody receives"), default => {} }
            select! {
                full <- V::make(&book) => panic!("nobody receives"),
                after(SOON) => assert_eq!(book.living(), 0),
            }
            select! {
                r = full <- V::make(&book) => drop(r),
                default(SOON) => assert_eq!(book.living(), 0),
            }
        }
        book.close();
    }
    let _watchdog = watchdog();
    each_kind!(scenario);
}

/// A select that waited: one value goes over, the others are dropped.
#[gmp::test]
fn blocked_selects_move_one_value() {
    fn scenario<V: Value>() {
        let book = Book::open();
        for round in 0..20 {
            let ends = [bounded::<V>(0), bounded::<V>(0)];
            let [(a_tx, a), (b_tx, b)] = ends.clone();
            let values = [V::make(&book), V::make(&book)];
            let sends = start(move || {
                let [to_a, to_b] = values;
                select! { a_tx <- to_a => 0, b_tx <- to_b => 1 }
            });
            until(|| a.waiting_senders() == 1 && b.waiting_senders() == 1);
            expect(ends[round % 2].1.recv().unwrap());
            assert_eq!(join(sends), round % 2);
            assert_eq!((a.waiting_senders(), b.waiting_senders()), (0, 0));
            assert_eq!(book.living(), 0);

            let receives = start(move || {
                select! { v = <-a => expect(v.unwrap()), v = <-b => expect(v.unwrap()) }
            });
            let tx = &ends[round % 2].0;
            until(|| tx.waiting_receivers() == 1);
            tx.send(V::make(&book)).unwrap();
            join(receives);
            assert_eq!(book.living(), 0);
        }
        book.close();
    }
    let _watchdog = watchdog();
    each_kind!(scenario);
}

/// A select whose channels end: what it wanted to send comes back, or goes with the panic.
#[gmp::test]
fn selects_on_channels_that_end() {
    fn scenario<V: Value>() {
        let book = Book::open();
        for by_close in [true, false] {
            let ((tx, rx), (other, idle)) = (bounded::<V>(0), bounded::<V>(0));
            let (one, two, three) = (tx.clone(), tx.clone(), idle.clone());
            let values = [V::make(&book), V::make(&book)];
            let given_back = start(move || {
                let [first, second] = values;
                select! {
                    r = one <- first => expect(r.unwrap_err().into_inner()),
                    r = one <- second => expect(r.unwrap_err().into_inner()),
                    <-idle => panic!("nobody sends"),
                }
            });
            let value = V::make(&book);
            let panics = start(move || select! { two <- value => {}, v = <-three => drop(v) });
            until(|| rx.waiting_senders() == 3 && other.waiting_receivers() == 2);
            if by_close {
                rx.close();
            } else {
                drop(rx);
            }
            join(given_back);
            let payload = panics.join().unwrap_err();
            assert_eq!(payload.downcast_ref(), Some(&"send on closed channel"));
            assert_eq!(book.living(), 0);
            drop(tx);
        }
        book.close();
    }
    let _watchdog = watchdog();
    each_kind!(scenario);
}

/// Refutable patterns and comma-ok: what is taken is dropped once, also where it misses.
#[gmp::test]
fn patterns_that_miss() {
    fn scenario<V: Value>() {
        for (tx, rx) in buffers::<V>() {
            let book = Book::open();
            tx.send(V::make(&book)).unwrap();
            select! { Some(value) = <-rx => value.check(), else => panic!("there is a value") }
            tx.send(V::make(&book)).unwrap();
            select! { None = <-rx => panic!("there is a value"), else => {} }
            assert_eq!(book.living(), 0);
            tx.send(V::make(&book)).unwrap();
            select! { <-rx => assert_eq!(book.living(), 0) }
            tx.send(V::make(&book)).unwrap();
            select! { (value, true) = <-rx => value.unwrap().check(), else => panic!("a value") }
            tx.send(V::make(&book)).unwrap();
            let kept = select! { v = <-rx => v };
            assert_eq!(book.living(), 1);
            expect(kept.unwrap());
            tx.close();
            select! { Some(value) = <-rx => drop(value), else => {} }
            book.close();
        }
    }
    each_kind!(scenario);
}

/// Dynamic sets of operations, completed as they should be.
#[gmp::test]
fn dynamic_selects() {
    fn scenario<V: Value>() {
        const VALUES: usize = 100;
        for (tx, rx) in channels::<V>() {
            let (book, (_idle_tx, idle)) = (Book::open(), bounded::<V>(0));
            let mine: Vec<V> = (0..VALUES).map(|_| V::make(&book)).collect();
            let sender = start(move || send_by_select(&tx, mine));
            let mut received = 0;
            loop {
                let mut cases = Select::new();
                let (wanted, _) = (cases.recv(&rx), cases.recv(&idle));
                let picked = match received % 3 {
                    0 => cases.select(),
                    1 => match cases.select_timeout(SOON) {
                        Ok(picked) => picked,
                        Err(_) => continue,
                    },
                    _ => match cases.try_select() {
                        Ok(picked) => picked,
                        Err(_) => {
                            gmp::gosched();
                            continue;
                        }
                    },
                };
                assert_eq!(picked.index(), wanted);
                match picked.recv(&rx) {
                    Ok(value) => value.check(),
                    Err(_) => break,
                }
                received += 1;
            }
            join(sender);
            assert_eq!(received, VALUES);
            book.close();
        }
    }
    let _watchdog = watchdog();
    each_kind!(scenario);
}

fn send_by_select<V: Value>(tx: &Sender<V>, values: Vec<V>) {
    let (full, _keep) = bounded::<V>(0);
    for value in values {
        let mut cases = Select::new();
        let (_, wanted) = (cases.send(&full), cases.send(tx));
        let picked = cases.select();
        assert_eq!(picked.index(), wanted);
        assert!(picked.send(tx, value).is_ok());
    }
}

/// The chosen operation meets a channel that ends in between: the value comes back.
#[gmp::test]
fn dynamic_sends_to_closed_channels() {
    fn scenario<V: Value>() {
        for (tx, rx) in channels::<V>() {
            let book = Book::open();
            rx.close();
            let mut cases = Select::new();
            cases.send(&tx);
            let refused = cases.select().send(&tx, V::make(&book)).unwrap_err();
            expect(refused.into_inner());
            book.close();
        }
    }
    each_kind!(scenario);
}

/// Selects on both sides of several channels, with timeouts, until a close in between.
#[gmp::test]
fn storms_of_selects() {
    fn scenario<V: Value>() {
        const EACH: usize = 60;
        let (book, random) = (Book::open(), Arc::new(Random::new()));
        let ends = [bounded::<V>(0), bounded(0), bounded(1)];
        let (mut senders, mut receivers) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            let [(a, _), (b, _), (c, _)] = ends.clone();
            let values: Vec<[V; 2]> = (0..EACH).map(|_| [V::make(&book), V::make(&book)]).collect();
            let random = Arc::clone(&random);
            senders.push(start(move || {
                for [first, second] in values {
                    let patience = Duration::from_micros(random.below(200));
                    let (from, to) = if random.below(2) == 0 { (&a, &b) } else { (&b, &c) };
                    select! {
                        r = from <- first, if random.below(3) > 0 => r.map_err(drop).unwrap(),
                        r = to <- second => r.map_err(drop).unwrap(),
                        after(patience) => {}
                    }
                }
            }));
            let [(_, a), (_, b), (_, c)] = ends.clone();
            receivers.push(start(move || {
                let mut open = true;
                while open {
                    open = select! {
                        v = <-a => v.map(expect).is_ok(),
                        v = <-b => v.map(expect).is_ok(),
                        v = <-c => v.map(expect).is_ok(),
                    };
                }
            }));
        }
        senders.into_iter().for_each(join);
        ends.iter().for_each(|(tx, _)| tx.close());
        receivers.into_iter().for_each(join);
        drop(ends);
        assert_eq!(book.made(), 3 * EACH * 2);
        book.close();
    }
    let _watchdog = watchdog();
    each_kind!(scenario);
}
