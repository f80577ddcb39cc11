//! What the tests share.

pub(crate) use std::cell::RefCell;
pub(crate) use std::time::Duration;

pub(crate) use gmp::chan::{
    Receiver, RecvError, SendError, Sender, bounded, never, select_biased, unbounded,
};
pub(crate) use gmp::select;

use crate::support::{join_thread, watchdog};

/// Longer than any test takes.
pub(crate) const LONG: Duration = Duration::from_secs(3600);

/// Runs `test` on the calling goroutine, then on a plain thread.
#[track_caller]
pub(crate) fn on_both(test: fn()) {
    let _watchdog = watchdog();
    assert!(gmp::current().is_some());
    test();
    let thread = std::thread::spawn(move || {
        assert!(gmp::current().is_none());
        test();
    });
    join_thread(thread);
}

/// A channel with these values in it.
pub(crate) fn holding<T>(values: impl IntoIterator<Item = T>) -> (Sender<T>, Receiver<T>) {
    let (tx, rx) = unbounded();
    values.into_iter().for_each(|value| tx.send(value).unwrap());
    (tx, rx)
}

/// A channel that is closed and drained.
pub(crate) fn closed<T>() -> (Sender<T>, Receiver<T>) {
    let (tx, rx) = bounded(1);
    tx.close();
    (tx, rx)
}

/// A channel with one value in it and room for no more.
pub(crate) fn full<T>(value: T) -> (Sender<T>, Receiver<T>) {
    let (tx, rx) = bounded(1);
    tx.send(value).unwrap();
    (tx, rx)
}

/// Notes what was evaluated, in order.
#[derive(Default)]
pub(crate) struct Notes(RefCell<Vec<&'static str>>);

impl Notes {
    pub(crate) fn note<T>(&self, what: &'static str, value: T) -> T {
        self.0.borrow_mut().push(what);
        value
    }

    pub(crate) fn take(&self) -> Vec<&'static str> {
        self.0.take()
    }
}
