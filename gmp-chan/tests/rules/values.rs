//! Values of all shapes, and what the types promise.

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::thread;

use crate::common::{until, watchdog};
use gmp_chan::{Receiver, Sender, TrySendError, bounded, unbounded};

/// Sends values over all paths: buffered, handed to a waiting receiver, taken from a
/// waiting sender, moved from a waiting sender into the buffer.
fn all_paths<T: Send + PartialEq + std::fmt::Debug + 'static>(make: impl Fn(u8) -> T) {
    let _watchdog = watchdog();
    for (tx, rx) in [bounded(0), bounded(1), bounded(3), unbounded()] {
        let blocked = rx.clone();
        let blocked = thread::spawn(move || blocked.recv().unwrap());
        until(|| rx.waiting_receivers() == 1);
        tx.send(make(0)).unwrap();
        assert_eq!(blocked.join().unwrap(), make(0));

        let values = 80;
        let sender = tx.clone();
        let (first, rest) = (make(1), (2..=values).map(&make).collect::<Vec<_>>());
        let sender = thread::spawn(move || {
            sender.send(first).unwrap();
            rest.into_iter().for_each(|value| sender.send(value).unwrap());
        });
        until(|| tx.waiting_senders() == 1 || tx.capacity().is_none());
        (1..=values).for_each(|n| assert_eq!(rx.recv().unwrap(), make(n)));
        sender.join().unwrap();
    }
}

#[test]
fn large() {
    all_paths(|n| [n; 4096]);
}

#[test]
fn owning() {
    all_paths(|n| vec![n.to_string(); usize::from(n)]);
}

#[test]
fn trait_objects() {
    #[derive(Debug, PartialEq)]
    struct Shout(u8);
    trait Speak: Send {
        fn word(&self) -> u8;
    }
    impl Speak for Shout {
        fn word(&self) -> u8 {
            self.0
        }
    }
    impl PartialEq for dyn Speak {
        fn eq(&self, other: &Self) -> bool {
            self.word() == other.word()
        }
    }
    impl std::fmt::Debug for dyn Speak {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{}", self.word())
        }
    }
    all_paths(|n| -> Box<dyn Speak> { Box::new(Shout(n)) });
}

#[derive(Debug, PartialEq)]
#[repr(align(256))]
struct Aligned(u8);

#[test]
fn over_aligned() {
    all_paths(Aligned);
    let (tx, rx) = unbounded();
    (0..100).for_each(|n| tx.send(Aligned(n)).unwrap());
    for (n, value) in rx.try_iter().enumerate() {
        assert_eq!((&raw const value).addr() % 256, 0);
        assert_eq!(usize::from(value.0), n);
    }
}

#[test]
fn zero_sized() {
    #[derive(Debug, PartialEq)]
    struct Nothing;
    all_paths(|_| Nothing);
    let (tx, rx) = bounded(2);
    tx.send(Nothing).unwrap();
    tx.send(Nothing).unwrap();
    assert_eq!(tx.try_send(Nothing), Err(TrySendError::Full(Nothing)));
    assert_eq!(rx.iter().take(2).count(), 2);
    let (tx, rx) = bounded(usize::MAX);
    tx.send(()).unwrap();
    assert_eq!((rx.capacity(), rx.len()), (Some(usize::MAX), 1));
}

/// A zero-sized value with a destructor is dropped once as well.
#[test]
fn zero_sized_with_drop() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static DROPS: AtomicUsize = AtomicUsize::new(0);
    struct Counted;
    impl Drop for Counted {
        fn drop(&mut self) {
            DROPS.fetch_add(1, Ordering::SeqCst);
        }
    }
    for (tx, rx) in [bounded(50), unbounded()] {
        let before = DROPS.load(Ordering::SeqCst);
        (0..50).for_each(|_| drop(tx.send(Counted)));
        (0..20).for_each(|_| drop(rx.recv()));
        assert_eq!(DROPS.load(Ordering::SeqCst), before + 20);
        drop(rx);
        assert_eq!(DROPS.load(Ordering::SeqCst), before + 50);
    }
}

#[test]
#[should_panic(expected = "makechan: size out of range")]
fn impossible_capacity() {
    bounded::<[u64; 64]>(usize::MAX / 16);
}

#[test]
fn debug_shows_the_state() {
    let (tx, rx) = bounded(4);
    tx.send(1).unwrap();
    assert_eq!(format!("{tx:?}"), "Sender { len: 1, capacity: Some(4), closed: false, .. }");
    rx.close();
    assert_eq!(format!("{rx:?}"), "Receiver { len: 1, capacity: Some(4), closed: true, .. }");
    assert_eq!(format!("{:?} {:?}", rx.iter(), rx.try_iter()), "Iter { .. } TryIter { .. }");
    assert_eq!(format!("{:?}", rx.into_iter()), "IntoIter { .. }");
}

#[test]
fn same_channel() {
    let (tx, rx) = unbounded::<u8>();
    let (other_tx, other_rx) = unbounded();
    assert!(tx.same_channel(&tx.clone()) && rx.same_channel(&rx.clone()));
    assert!(!tx.same_channel(&other_tx) && !rx.same_channel(&other_rx));
}

#[test]
fn handles_cross_threads_whatever_is_sync() {
    fn check<T: Send + Sync + UnwindSafe + RefUnwindSafe>() {}
    check::<Sender<std::cell::Cell<u8>>>();
    check::<Receiver<std::cell::Cell<u8>>>();
}

#[test]
fn errors_are_crossbeams() {
    let (tx, rx) = bounded(0);
    drop(rx);
    let _: crossbeam_channel::SendError<u8> = tx.send(1).unwrap_err();
    let _: crossbeam_channel::TrySendError<u8> = tx.try_send(1).unwrap_err();
    let (_, rx) = bounded::<u8>(0);
    let _: crossbeam_channel::RecvError = rx.recv().unwrap_err();
    let _: crossbeam_channel::TryRecvError = rx.try_recv().unwrap_err();
}
