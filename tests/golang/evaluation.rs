//! What a select evaluates, when, and how often.

use std::cell::RefCell;

use gmp::chan::{Receiver, Sender, bounded, never, nil, unbounded};
use gmp::select;

/// Writes down what is evaluated.
#[derive(Default)]
struct Log(RefCell<Vec<&'static str>>);

impl Log {
    fn of<T>(&self, what: &'static str, value: T) -> T {
        self.0.borrow_mut().push(what);
        value
    }

    #[track_caller]
    fn is(&self, expected: &[&str]) {
        assert_eq!(self.0.take(), expected);
    }
}

/// All channels and all values to be sent, each once, in the order of the source, whether the
/// arm is chosen or not; with and without a default.
pub(crate) fn operands_are_evaluated_once_in_order() {
    let log = Log::default();
    let ((idle_tx, idle), (tx, rx)) = (bounded(0), unbounded());
    for _ in 0..100 {
        tx.send(1).unwrap();
        select! {
            log.of("a", &idle_tx) <- log.of("value of a", 1) => panic!("nobody receives"),
            _ = <-log.of("b", &idle) => panic!("nobody sends"),
            v = <-log.of("c", &rx) => assert_eq!(v, Ok(1)),
            log.of("d", idle_tx.clone()) <- log.of("value of d", 2) => panic!("nobody receives"),
        }
        log.is(&["a", "value of a", "b", "c", "d", "value of d"]);
        select! {
            <-log.of("a", &rx) => panic!("it is empty"),
            log.of("b", &idle_tx) <- log.of("value of b", 2) => panic!("nobody receives"),
            default => log.of("default", ()),
        }
        log.is(&["a", "b", "value of b", "default"]);
        select! {
            log.of("a", &tx) <- log.of("value of a", 3) => {}
        }
        log.is(&["a", "value of a"]);
        assert_eq!(select! { v = <-log.of("a", &rx) => v }, Ok(3));
        log.is(&["a"]);
    }
}

/// Also those of nil channels, of which no arm ever fires.
pub(crate) fn nil_operands_are_evaluated_too() {
    let log = Log::default();
    let (nil_tx, nil_rx) = nil::<u32>();
    let (no_tx, no_rx): (Option<&Sender<u32>>, Option<&Receiver<u32>>) = (None, None);
    for _ in 0..100 {
        let taken = select! {
            log.of("a", no_tx) <- log.of("value of a", 1) => 'a',
            <-log.of("b", no_rx) => 'b',
            log.of("c", &nil_tx) <- log.of("value of c", 2) => 'c',
            <-log.of("d", &nil_rx) => 'd',
            <-log.of("e", never::<u32>()) => 'e',
            default => 'f',
        };
        assert_eq!(taken, 'f');
        log.is(&["a", "value of a", "b", "c", "value of c", "d", "e"]);
    }
}

/// Where its condition is false neither the channel nor the value of an arm is evaluated.
pub(crate) fn disabled_arms_evaluate_nothing() {
    let log = Log::default();
    let (tx, rx) = bounded(1);
    for _ in 0..100 {
        select! {
            log.of("a", &tx) <- log.of("value of a", 1), if log.of("no", false) => panic!("off"),
            log.of("b", &tx) <- log.of("value of b", 2), if log.of("yes", true) => {},
            <-log.of("c", &rx), if log.of("no", false) => panic!("off"),
        }
        let seen = log.0.take();
        assert_eq!(seen.iter().filter(|what| **what == "no").count(), 2, "{seen:?}");
        let rest: Vec<_> = seen.into_iter().filter(|what| *what != "no").collect();
        assert_eq!(rest, ["yes", "b", "value of b"]);
        assert_eq!(rx.try_recv(), Ok(2));
    }
}

/// One body runs, the chosen arm's; its value is the select's.
pub(crate) fn losing_bodies_do_not_run() {
    let log = Log::default();
    let (tx, rx) = unbounded();
    let mut chosen = [0; 2];
    for n in 0..200 {
        tx.send(n).unwrap();
        tx.send(n).unwrap();
        let value = select! {
            v = <-rx => log.of("first", v.unwrap()),
            v = <-rx => log.of("second", v.unwrap() + 1_000),
        };
        let first = value < 1_000;
        log.is(&[if first { "first" } else { "second" }]);
        chosen[usize::from(first)] += 1;
        assert_eq!((rx.len(), value % 1_000), (1, n), "one value was taken");
        assert_eq!(rx.recv(), Ok(n));
    }
    assert!(chosen.iter().all(|&n| n > 20), "{chosen:?}");
}
