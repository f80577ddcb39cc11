//! Values that borrow from the stack of who made the channel, on plain threads.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

use gmp::chan::{bounded, select, unbounded};

use crate::support::watchdog;

/// Counts its drop where it was told to, on somebody's stack.
struct Borrowed<'a>(&'a AtomicUsize, &'a str);

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// Scoped threads send and receive what they borrow; all is dropped before the scope ends.
#[test]
fn values_borrow_from_the_scope() {
    let _watchdog = watchdog();
    const VALUES: usize = 500;
    for cap in [Some(0), Some(3), None] {
        let (drops, text) = (AtomicUsize::new(0), String::from("borrowed"));
        let received = AtomicUsize::new(0);
        {
            let (tx, rx) = cap.map_or_else(unbounded, bounded);
            let (_idle_tx, idle) = bounded::<Borrowed<'_>>(0);
            thread::scope(|scope| {
                for _ in 0..2 {
                    let tx = tx.clone();
                    scope.spawn(|| {
                        let tx = tx;
                        (0..VALUES).for_each(|_| tx.send(Borrowed(&drops, &text)).unwrap());
                    });
                }
                for selecting in [false, true] {
                    let (rx, idle, received) = (rx.clone(), idle.clone(), &received);
                    scope.spawn(move || {
                        for _ in 0..VALUES {
                            let value = match selecting {
                                false => rx.recv(),
                                true => select! { v = <-rx => v, v = <-idle => v },
                            };
                            assert_eq!(value.unwrap().1, "borrowed");
                            received.fetch_add(1, SeqCst);
                        }
                    });
                }
            });
            assert_eq!((received.load(SeqCst), drops.load(SeqCst)), (2 * VALUES, 2 * VALUES));
            // What is left inside goes with the channel, while what it borrows still lives.
            if cap != Some(0) {
                (0..3).for_each(|_| tx.send(Borrowed(&drops, &text)).unwrap());
            }
            assert_eq!(drops.load(SeqCst), 2 * VALUES);
        }
        let left = if cap == Some(0) { 0 } else { 3 };
        assert_eq!(drops.load(SeqCst), 2 * VALUES + left);
    }
}

/// A channel of references, which have no `Drop` at all, across a scope.
#[test]
fn references_come_through() {
    let _watchdog = watchdog();
    let words: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    let (tx, rx) = bounded::<&str>(2);
    let joined = thread::scope(|scope| {
        let receiver = scope.spawn(|| rx.iter().collect::<Vec<&str>>().join(" "));
        words.iter().for_each(|word| tx.send(word).unwrap());
        tx.close();
        receiver.join().unwrap()
    });
    assert_eq!(joined, words.join(" "));
}
