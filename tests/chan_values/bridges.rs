//! Values that go over a bridge to or from a crossbeam channel, in each of its four forms.
//!
//! On plain threads: waiting in crossbeam's calls would block a goroutine's thread.

use gmp::chan::{Receiver, SendError, Sender};

use crate::kinds::{Book, Value, each_kind};
use crate::support::{until, watchdog};
use crate::{channels, start_thread};

type Put<V> = Box<dyn Fn(V) -> Result<(), SendError<V>> + Send>;
type Take<V> = Box<dyn Fn() -> Option<V> + Send>;

/// The ends of a way that crosses a bridge.
struct Way<V> {
    put: Put<V>,
    take: Take<V>,
}

fn into_ours<V>(tx: Sender<V>) -> Put<V>
where
    V: Send + 'static,
{
    Box::new(move |value| tx.send(value))
}

fn into_theirs<V: Send + 'static>(tx: crossbeam_channel::Sender<V>) -> Put<V> {
    Box::new(move |value| tx.send(value))
}

fn from_ours<V: Send + 'static>(rx: Receiver<V>) -> Take<V> {
    Box::new(move || rx.recv().ok())
}

fn from_theirs<V: Send + 'static>(rx: crossbeam_channel::Receiver<V>) -> Take<V> {
    Box::new(move || rx.recv().ok())
}

/// Every conversion, over channels of every make.
fn ways<V: Value>() -> Vec<Way<V>> {
    let mut ways = Vec::new();
    for (tx, rx) in channels::<V>() {
        ways.push(Way { put: into_ours(tx), take: from_theirs(rx.into()) });
    }
    for (tx, rx) in channels::<V>() {
        ways.push(Way { put: into_theirs(tx.into()), take: from_ours(rx) });
    }
    for cap in [Some(0), Some(1), Some(5), None] {
        let theirs = || cap.map_or_else(crossbeam_channel::unbounded, crossbeam_channel::bounded);
        let (tx, rx) = theirs();
        ways.push(Way { put: into_theirs(tx), take: from_ours(rx.into()) });
        let (tx, rx) = theirs();
        ways.push(Way { put: into_ours(tx.into()), take: from_theirs(rx) });
    }
    ways
}

/// Everything sent arrives, in order of sending, and the end of the senders after it.
#[test]
fn everything_arrives() {
    fn scenario<V: Value>() {
        for way in ways::<V>() {
            let book = Book::open();
            let values: Vec<V> = (0..50).map(|_| V::make(&book)).collect();
            let Way { put, take } = way;
            let sends = start_thread(move || values.into_iter().all(|value| put(value).is_ok()));
            (0..50).for_each(|_| take().unwrap().check());
            assert!(sends.join().unwrap());
            assert!(take().is_none(), "the senders have left");
            book.close();
        }
    }
    let _watchdog = watchdog();
    start_thread(|| each_kind!(scenario)).join().unwrap();
}

/// The receivers leave early: senders learn of it, and what was under way is dropped.
#[test]
fn receivers_leave() {
    fn scenario<V: Value>() {
        for way in ways::<V>() {
            let book = Book::open();
            let Way { put, take } = way;
            put(V::make(&book)).map_err(drop).unwrap();
            take().unwrap().check();
            drop(take);
            until(|| match put(V::make(&book)) {
                Ok(()) => false,
                Err(SendError(value)) => {
                    value.check();
                    true
                }
            });
            drop(put);
            // The bridge lets go of the last one when it has noticed.
            until(|| book.living() == 0);
            book.close();
        }
    }
    let _watchdog = watchdog();
    start_thread(|| each_kind!(scenario)).join().unwrap();
}

/// Both sides leave while values are buffered on both sides of the bridge.
#[test]
fn everybody_leaves() {
    fn scenario<V: Value>() {
        for way in ways::<V>() {
            let book = Book::open();
            let values: Vec<V> = (0..20).map(|_| V::make(&book)).collect();
            let Way { put, take } = way;
            let sends = start_thread(move || values.into_iter().for_each(|value| drop(put(value))));
            (0..3).for_each(|_| take().unwrap().check());
            drop(take);
            sends.join().unwrap();
            until(|| book.living() == 0);
            book.close();
        }
    }
    let _watchdog = watchdog();
    start_thread(|| each_kind!(scenario)).join().unwrap();
}
