//! Operations that wait no longer than they are told.

use std::thread;
use std::time::{Duration, Instant};

use gmp::chan::{
    ReadyTimeoutError, RecvError, RecvTimeoutError, Select, SelectTimeoutError, SendTimeoutError,
    TrySendError, after, bounded, unbounded,
};
use gmp::go;

use crate::support::{Random, join_thread, until};
use crate::{NOW, SOON, on_both};

/// Far enough to never come, and more than an `Instant` can be added.
const NEVER: Duration = Duration::MAX;

/// A timed operation that cannot be done waits as long as it was told, not less.
#[gmp::test]
fn timeouts_are_never_early() {
    on_both(|| {
        let (tx, rx) = bounded(0);
        for wait in [NOW, Duration::from_nanos(1), Duration::from_micros(500), SOON] {
            let start = Instant::now();
            assert_eq!(rx.recv_timeout(wait), Err(RecvTimeoutError::Timeout));
            assert!(start.elapsed() >= wait);
            let start = Instant::now();
            assert_eq!(tx.send_timeout(1, wait), Err(SendTimeoutError::Timeout(1)));
            assert!(start.elapsed() >= wait);
            let due = Instant::now() + wait;
            assert_eq!(rx.recv_deadline(due), Err(RecvTimeoutError::Timeout));
            assert!(Instant::now() >= due);
            let due = Instant::now() + wait;
            assert_eq!(tx.send_deadline(1, due), Err(SendTimeoutError::Timeout(1)));
            assert!(Instant::now() >= due);
            let mut cases = Select::new();
            cases.recv(&rx);
            cases.send(&tx);
            let start = Instant::now();
            assert_eq!(cases.select_timeout(wait).map(|_| ()), Err(SelectTimeoutError));
            assert!(start.elapsed() >= wait);
            let due = Instant::now() + wait;
            assert_eq!(cases.ready_deadline(due), Err(ReadyTimeoutError));
            assert!(Instant::now() >= due);
            assert_eq!(cases.ready_timeout(wait), Err(ReadyTimeoutError));
            assert_eq!(cases.select_deadline(due).map(|_| ()), Err(SelectTimeoutError));
        }
        assert_eq!((tx.waiting_senders(), tx.waiting_receivers()), (0, 0));
    });
}

/// What can be done at once is done, also when there is no time left.
#[gmp::test]
fn no_time_is_enough_for_what_is_ready() {
    on_both(|| {
        let past = Instant::now().checked_sub(SOON).expect("the clock runs for a while");
        for (tx, rx) in [bounded(1), unbounded()] {
            assert_eq!(tx.send_timeout(1, NOW), Ok(()));
            assert_eq!(rx.recv_timeout(NOW), Ok(1));
            assert_eq!(tx.send_deadline(2, past), Ok(()));
            assert_eq!(rx.recv_deadline(past), Ok(2));
            tx.send(3).unwrap();
            let mut cases = Select::new();
            let index = cases.recv(&rx);
            assert_eq!(cases.ready_timeout(NOW), Ok(index));
            assert_eq!(cases.ready_deadline(past), Ok(index));
            assert_eq!(cases.select_timeout(NOW).unwrap().recv(&rx), Ok(3));
            tx.send(4).unwrap();
            assert_eq!(cases.select_deadline(past).unwrap().recv(&rx), Ok(4));
            drop(cases);
            tx.send(5).unwrap();
            tx.close();
            assert_eq!(tx.send_timeout(6, NOW), Err(SendTimeoutError::Disconnected(6)));
            assert_eq!(tx.send_deadline(6, past), Err(SendTimeoutError::Disconnected(6)));
            assert_eq!(rx.recv_timeout(NOW), Ok(5));
            assert_eq!(rx.recv_timeout(NOW), Err(RecvTimeoutError::Disconnected));
            assert_eq!(rx.recv_deadline(past), Err(RecvTimeoutError::Disconnected));
        }
    });
}

/// A timeout beyond what the clock can count is for ever, not a panic and not soon.
#[gmp::test]
fn endless_timeouts() {
    on_both(|| {
        for (tx, rx) in [bounded(0), bounded(1), unbounded()] {
            let receiver = rx.clone();
            let receives = go!(move || receiver.recv_timeout(NEVER));
            until(|| tx.waiting_receivers() == 1);
            assert_eq!(tx.send_timeout(1, NEVER), Ok(()));
            assert_eq!(receives.join().unwrap(), Ok(1));
            let receiver = rx.clone();
            let selects = thread::spawn(move || {
                let mut cases = Select::new();
                cases.recv(&receiver);
                cases.select_timeout(NEVER).map(|picked| picked.recv(&receiver))
            });
            until(|| tx.waiting_receivers() == 1);
            tx.close();
            assert_eq!(join_thread(selects), Ok(Err(RecvError)));
        }
        let timer = after(NEVER);
        assert_eq!(timer.recv_timeout(Duration::from_millis(1)), Err(RecvTimeoutError::Timeout));
    });
}

/// Somebody serves, or ends, an operation before its time is over.
#[gmp::test]
fn served_in_time() {
    on_both(|| {
        for _ in 0..100 {
            let (tx, rx) = bounded(0);
            let receiver = rx.clone();
            let receives = go!(move || receiver.recv_timeout(Duration::from_secs(60)));
            until(|| tx.waiting_receivers() == 1);
            tx.send(1).unwrap();
            assert_eq!(receives.join().unwrap(), Ok(1));
            let sender = tx.clone();
            let sends = thread::spawn(move || sender.send_timeout(2, Duration::from_secs(60)));
            until(|| rx.waiting_senders() == 1);
            assert_eq!(rx.recv(), Ok(2));
            assert_eq!(join_thread(sends), Ok(()));
            let sender = tx.clone();
            let sends = go!(move || sender.send_timeout(3, Duration::from_secs(60)));
            until(|| rx.waiting_senders() == 1);
            rx.close();
            assert_eq!(sends.join().unwrap(), Err(SendTimeoutError::Disconnected(3)));
            let due = Instant::now() + Duration::from_secs(60);
            assert_eq!(rx.recv_deadline(due), Err(RecvTimeoutError::Disconnected));
        }
    });
}

/// Who has timed out has left the line: those behind move up, and what comes is theirs.
#[gmp::test]
fn who_timed_out_is_passed_over() {
    on_both(|| {
        let (tx, rx) = bounded(0);
        let (impatient, patient) = (rx.clone(), rx.clone());
        let first = go!(move || impatient.recv_timeout(SOON));
        until(|| tx.waiting_receivers() == 1 || first.is_finished());
        let second = go!(move || patient.recv());
        assert_eq!(first.join().unwrap(), Err(RecvTimeoutError::Timeout));
        until(|| tx.waiting_receivers() > 0);
        assert_eq!(tx.waiting_receivers(), 1);
        tx.send(1).unwrap();
        assert_eq!(second.join().unwrap(), Ok(1));
        assert_eq!(tx.try_send(2), Err(TrySendError::Full(2)));
    });
}

/// Timeouts on both sides that race with the service: each value is received, or came back.
#[gmp::test]
fn timeouts_race_with_service() {
    on_both(|| {
        const VALUES: u64 = 2_000;
        for cap in [0, 2] {
            let ((tx, rx), random) = (bounded(cap), Random::new());
            let sends = go!(move || {
                let mut sent = Vec::new();
                for n in 0..VALUES {
                    let wait = Duration::from_micros(random.below(80));
                    match tx.send_timeout(n, wait) {
                        Ok(()) => sent.push(n),
                        Err(error) => assert_eq!(error, SendTimeoutError::Timeout(n)),
                    }
                }
                sent
            });
            let (mut received, random) = (Vec::new(), Random::new());
            loop {
                match rx.recv_timeout(Duration::from_micros(random.below(80))) {
                    Ok(n) => received.push(n),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            }
            assert_eq!(received, sends.join().unwrap());
        }
    });
}
