//! What an operand can be, and that places are borrowed and only for so long.

use std::collections::HashMap;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::{Arc, LazyLock, Mutex, RwLock};

use crate::given::*;

struct Ends {
    tx: Sender<u8>,
    rx: Receiver<u8>,
}

/// A user's own pointer.
struct Reader<T>(Receiver<T>);
struct Writer<T>(Sender<T>);

impl<T> Deref for Reader<T> {
    type Target = Receiver<T>;

    fn deref(&self) -> &Receiver<T> {
        &self.0
    }
}

impl<T> Deref for Writer<T> {
    type Target = Sender<T>;

    fn deref(&self) -> &Sender<T> {
        &self.0
    }
}

#[gmp::test]
fn owners_references_and_pointers() {
    on_both(|| {
        let (tx, rx) = unbounded::<u8>();
        // A macro, so that each operand is tried alone, among others, and with a condition.
        macro_rules! through {
            ($tx:expr, $rx:expr) => {
                let yes = rx.is_empty();
                select! { $tx <- 1 => {} }
                select! { v = <-$rx => assert_eq!(v, Ok(1)) }
                select! { $tx <- 2 => {} after(LONG) => unreachable!() }
                select! { v = <-$rx => assert_eq!(v, Ok(2)), after(LONG) => unreachable!() }
                select! { $tx <- 3, if yes => {} after(LONG) => unreachable!() }
                select! { v = <-$rx, if yes => assert_eq!(v, Ok(3)), after(LONG) => unreachable!() }
                select! { $tx <- 4, if yes => {} }
                select! { v = <-$rx, if yes => assert_eq!(v, Ok(4)) }
                select! { send($tx, 5) -> r => r.unwrap() }
                select! { recv($rx) -> v => assert_eq!(v, Ok(5)) }
            };
        }
        through!(tx, rx);
        through!(&tx, &rx);
        through!(&&&tx, &&&rx);
        through!(tx.clone(), rx.clone());
        through!((&tx, 0).0, (0, rx.clone()).1);
        through!({ &tx }, { rx.clone() });
        through!(
            if yes() { &tx } else { panic!() },
            match 1 {
                1 => &rx,
                _ => panic!(),
            }
        );
        through!(Some(&tx), Some(rx.clone()));
        through!(Some(&Some(tx.clone())), &Some(&rx));
        through!(Box::new(tx.clone()), *Box::new(&rx));
        through!(Rc::new(&tx), Arc::new(rx.clone()));
        let (shared_tx, shared_rx) = (Arc::new(tx.clone()), Rc::new(Some(rx.clone())));
        through!(shared_tx, shared_rx);
        let (w, r) = (Writer(tx.clone()), Reader(rx.clone()));
        through!(w, r);
        through!(&w, &&r);
        let by_reference = (&w, &r);
        through!(by_reference.0, by_reference.1);
        let (w, r) = (Rc::new(w), Arc::new(r));
        through!(w, r);
        through!(&w, **r);
        let (ends, index) = (vec![(tx.clone(), rx.clone())], 0);
        through!(ends[0].0, ends[index].1);
        through!(ends.first().map(|ends| &ends.0), ends.last().unwrap().1);
        let (tx_lock, rx_lock) = (Mutex::new(tx.clone()), RwLock::new(Some(rx.clone())));
        through!(*tx_lock.lock().unwrap(), *rx_lock.read().unwrap());
        through!(tx_lock.lock().unwrap(), rx_lock.read().unwrap());
        let map = HashMap::from([("ends", (tx.clone(), rx.clone()))]);
        through!(map["ends"].0, map.get("ends").map(|ends| &ends.1));
        let mut owned = (tx.clone(), rx.clone());
        through!(&mut owned.0, &mut owned.1);
        type Make<T> = Box<dyn Fn() -> T>;
        let (t, r) = (tx.clone(), rx.clone());
        let dynamic: (Make<Sender<u8>>, Make<Receiver<u8>>) =
            (Box::new(move || t.clone()), Box::new(move || r.clone()));
        through!(dynamic.0(), (dynamic.1)());
        static ENDS: LazyLock<Ends> = LazyLock::new(|| {
            let (tx, rx) = unbounded();
            Ends { tx, rx }
        });
        static READER: LazyLock<Receiver<u8>> = LazyLock::new(never);
        select! { ENDS.tx <- 1 => {} }
        select! { <-ENDS.rx => {} <-READER => unreachable!() }
    });
}

fn yes() -> bool {
    true
}

#[gmp::test]
fn types_still_unknown_are_inferred() {
    on_both(|| {
        let (tx, rx) = bounded(1);
        select! { tx <- 1_u8 => {} }
        select! { v = <-rx => assert_eq!(v, Ok(1)) }
        let (tx, rx) = bounded(1);
        select! { v = <-rx => assert!(v.is_ok()), tx <- 1_u16 => {} }
        let (tx, rx) = bounded(1);
        select! { v = <-rx, if false => assert!(v.is_ok()), send(tx, "a") -> _, if true => {} }
        let (tx, rx) = bounded(1);
        select! { Some(v) = <-rx => drop(v), default => {}, else => {} }
        tx.send(String::new()).unwrap();
        let choose = |tx: &Sender<_>| select! { tx <- 1_u8 => true, default => false };
        let (tx, rx) = bounded(1);
        assert!(choose(&tx));
        assert_eq!(rx.recv(), Ok(1));
    });
}

#[gmp::test]
fn generic_channels() {
    on_both(|| {
        fn forward<T: Send + 'static>(from: &Receiver<T>, to: &Sender<T>) -> Option<()> {
            let mut held = None;
            loop {
                select! {
                    (v, ok) = <-from, if held.is_none() => {
                        held = v;
                        if !ok {
                            return Some(());
                        }
                    }
                    to <- held.take()?, if held.is_some() => {}
                }
            }
        }
        fn chosen<R: Deref<Target = Receiver<u8>>>(of: R) -> u8 {
            select! { v = <-of => v.unwrap(), after(LONG) => 0 }
        }
        let (tx, rx) = holding([1, 2, 3]);
        tx.close();
        let (to, out) = unbounded();
        assert_eq!(forward(&rx, &to), Some(()));
        assert_eq!(chosen(&out), 1);
        assert_eq!(chosen(Box::new(out.clone())), 2);
        assert_eq!(chosen(Reader(out)), 3);
    });
}

#[gmp::test]
fn places_are_borrowed_until_the_body_runs() {
    on_both(|| {
        let (tx, rx) = holding([1, 2, 3, 4, 5]);
        let mut ends = Ends { tx, rx };
        select! { v = <-ends.rx => ends.rx = holding(v).1, default => unreachable!() }
        assert_eq!(ends.rx.recv(), Ok(1));
        select! { biased; v = <-ends.rx => drop((v, ends)), ends.tx <- 5 => unreachable!() }
        let (tx, rx) = holding([1, 2, 3, 4, 5]);
        let mut maybe = Some(rx);
        let mut got = 0;
        while maybe.is_some() {
            select! {
                v = <-maybe => {
                    got += v.unwrap();
                    if got > 5 {
                        maybe = None;
                    }
                }
                tx <- 0, if got > 100 => maybe = None,
            }
        }
        assert_eq!(got, 6);
        // Moved and dropped inside a body.
        let (tx, rx) = holding([1]);
        let moved = select! {
            v = <-rx => {
                assert_eq!(v, Ok(1));
                drop(tx);
                rx
            }
            tx <- 2, if rx.is_full() => {
                drop(tx);
                rx
            }
        };
        assert_eq!(moved.recv(), Err(RecvError));
        let mut all = vec![never(), holding([7]).1];
        let left = select! {
            biased;
            <-all[0] => all.remove(0),
            v = <-all[1] => {
                all.clear();
                all.push(holding(v).1);
                all.pop().unwrap()
            }
        };
        assert_eq!(left.recv(), Ok(7));
        let mut table = HashMap::from([(1, holding(["one"]))]);
        select! { <-table[&1].1 => drop(table.remove(&1)), default => unreachable!() }
        assert!(table.is_empty());
    });
}

#[gmp::test]
fn locks_held_for_an_operand_are_free_in_the_body() {
    on_both(|| {
        let (tx, rx) = full(1_u8);
        let lock = Mutex::new((tx, rx));
        let free = || drop(lock.try_lock().expect("the lock is free"));
        select! { v = <-lock.lock().unwrap().1 => { free(); assert!(v.is_ok()); } }
        select! { lock.lock().unwrap().0 <- 2 => free(), after(LONG) => unreachable!() }
        select! { lock.lock().unwrap().0 <- 2 => unreachable!(), default => free() }
        let yes = !lock.lock().unwrap().1.is_empty();
        select! { <-lock.lock().unwrap().1, if yes => free(), after(LONG) => unreachable!() }
        select! { <-lock.lock().unwrap().1, if yes => unreachable!(), default => free() }
        select! { send(lock.lock().unwrap().0, 3) -> _ => free(), after(LONG) => unreachable!() }
        select! { Some(9) = <-lock.lock().unwrap().1 => unreachable!(), else => free() }
    });
}

#[gmp::test]
fn the_same_channel_several_times() {
    on_both(|| {
        let (tx, rx) = bounded::<u8>(1);
        let mut sum = 0;
        for _ in 0..100 {
            select! {
                tx <- 1 => sum += 1,
                tx <- 1 => sum += 1,
                <-rx => sum -= 1,
                <-&rx => sum -= 1,
            }
        }
        assert_eq!(sum, 0);
        // A select does not meet itself.
        let (tx, rx) = bounded::<u8>(0);
        assert_eq!(select! { tx <- 1 => 1, <-rx => 2, default => 3 }, 3);
    });
}
