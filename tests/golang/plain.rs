//! Channels without `select`: what Go's channel tests check, and its rules for sizes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use gmp::chan::{Receiver, RecvError, Sender, TryRecvError, TrySendError, bounded, unbounded};
use gmp::sync::WaitGroup;
use gmp::{go, gosched, select};

use crate::support::until;
use crate::{join, panic_text};

/// All capacities from 0 to 199: blocking, try operations, draining, closing, order, load.
pub(crate) fn chan() {
    for cap in 0..200 {
        empty_blocks_receivers(cap);
        full_blocks_senders(cap);
        closed_is_drained(cap);
        close_wakes(cap);
        values_are_in_order(cap);
        four_to_four(cap);
        length_and_capacity(cap);
    }
}

fn would_receive<T>(rx: &Receiver<T>) -> bool {
    select! { <-rx => true, default => false }
}

fn empty_blocks_receivers(cap: usize) {
    let (tx, rx) = bounded(cap);
    let (one, two) = (rx.clone(), rx.clone());
    let (plain, comma_ok) = (go!(move || one.recv()), go!(move || two.recv_ok()));
    until(|| rx.waiting_receivers() == 2);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty), "capacity {cap}");
    assert!(!would_receive(&rx));
    assert!(!plain.is_finished() && !comma_ok.is_finished());
    (0..2).for_each(|_| tx.send(7).unwrap());
    assert_eq!(join(plain), Ok(7));
    assert_eq!(join(comma_ok), (Some(7), true));
    assert!(!would_receive(&rx));
}

fn full_blocks_senders(cap: usize) {
    let (tx, rx) = bounded(cap);
    (0..cap).for_each(|n| tx.send(n).unwrap());
    let last = tx.clone();
    let sender = go!(move || last.send(cap));
    until(|| tx.waiting_senders() == 1);
    assert_eq!(tx.try_send(0), Err(TrySendError::Full(0)), "capacity {cap}");
    assert!(!select! { tx <- 0 => true, default => false });
    assert!(!sender.is_finished());
    assert_eq!(rx.iter().take(cap + 1).collect::<Vec<_>>(), (0..=cap).collect::<Vec<_>>());
    assert_eq!(join(sender), Ok(()));
}

fn closed_is_drained(cap: usize) {
    let (tx, rx) = bounded(cap);
    (0..cap).for_each(|n| tx.send(n).unwrap());
    tx.close();
    for n in 0..cap {
        let got = if n % 2 == 0 {
            rx.recv().ok()
        } else {
            select! { v = <-rx => v.ok() }
        };
        assert_eq!(got, Some(n));
    }
    for _ in 0..2 {
        assert_eq!(rx.recv(), Err(RecvError));
        assert_eq!(rx.recv_ok(), (None, false));
        assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
        assert!(!select! { (_, ok) = <-rx => ok });
    }
}

fn close_wakes(cap: usize) {
    let (tx, rx) = bounded::<usize>(cap);
    let receiver = {
        let rx = rx.clone();
        go!(move || rx.recv())
    };
    until(|| rx.waiting_receivers() == 1);
    tx.close();
    assert_eq!(join(receiver), Err(RecvError));
}

fn values_are_in_order(cap: usize) {
    let (tx, rx) = bounded(cap);
    go!(move || (0..100).for_each(|n| tx.send(n).unwrap()));
    (0..100).for_each(|n| assert_eq!(rx.recv(), Ok(n)));
}

/// Four senders of the same thousand values, four receivers: each value comes four times.
fn four_to_four(cap: usize) {
    const SIDE: usize = 4;
    const VALUES: usize = 1_000;
    let (tx, rx) = bounded(cap);
    let (report, reports) = bounded(0);
    for _ in 0..SIDE {
        let tx = tx.clone();
        go!(move || (0..VALUES).for_each(|n| tx.send(n).unwrap()));
        let (rx, report) = (rx.clone(), report.clone());
        go!(move || {
            let mut seen = vec![0; VALUES];
            (0..VALUES).for_each(|_| seen[rx.recv().unwrap()] += 1);
            report.send(seen).unwrap();
        });
    }
    let seen: Vec<Vec<usize>> = reports.iter().take(SIDE).collect();
    for value in 0..VALUES {
        assert_eq!(seen.iter().map(|counts| counts[value]).sum::<usize>(), SIDE, "of {value}");
    }
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
}

fn length_and_capacity(cap: usize) {
    let (tx, rx) = bounded(cap);
    assert_eq!((rx.len(), rx.capacity()), (0, Some(cap)));
    for n in 1..=cap {
        tx.send(n).unwrap();
        assert_eq!((tx.len(), rx.len()), (n, n));
    }
    assert_eq!((tx.is_full(), rx.is_empty()), (true, cap == 0));
}

/// A buffered value stays visible to a try-receive while the channel is being closed.
pub(crate) fn nonblock_recv_race() {
    for round in 0..10_000 {
        let (tx, rx) = bounded(1);
        tx.send(1).unwrap();
        let receiver = rx.clone();
        // It finds either the value or the end, never nothing.
        let looks = go!(move || would_receive(&receiver));
        tx.close();
        let _ = rx.recv();
        assert!(join(looks), "round {round}");
    }
}

/// 23 workers take 271,828 items until the channel is closed: count and sum are exact.
pub(crate) fn multi_consumer() {
    const WORKERS: usize = 23;
    const ITEMS: usize = 271_828;
    const PRIMES: [usize; 10] = [2, 3, 7, 11, 13, 17, 19, 23, 27, 31];
    let (work, todo) = bounded(WORKERS * 3);
    let (result, results) = bounded(WORKERS * 3);
    let workers = WaitGroup::new();
    for worker in 0..WORKERS {
        let (todo, result) = (todo.clone(), result.clone());
        workers.go(move || {
            for item in todo {
                // Uneven yields, so that the workers get out of step.
                if PRIMES[worker % PRIMES.len()] == item {
                    gosched();
                }
                result.send(item).unwrap();
            }
        });
    }
    let expected = (0..ITEMS).map(|n| PRIMES[n % PRIMES.len()]).sum::<usize>();
    go!(move || {
        (0..ITEMS).for_each(|n| work.send(PRIMES[n % PRIMES.len()]).unwrap());
        work.close();
        workers.wait();
        result.close();
    });
    let (count, sum) = results.iter().fold((0, 0), |(count, sum), item| (count + 1, sum + item));
    assert_eq!((count, sum), (ITEMS, expected));
}

trait Animal: Send {
    fn name(&self) -> String;
}

struct Named(String);

impl Animal for Named {
    fn name(&self) -> String {
        self.0.clone()
    }
}

struct Nameless;

impl Animal for Nameless {
    fn name(&self) -> String {
        "nobody".into()
    }
}

/// Boxed trait objects come through every way of sending them as they were.
pub(crate) fn boxed_traits() {
    type Boxed = Box<dyn Animal>;
    let (tx, rx) = bounded::<Boxed>(1);
    let (_other_tx, other) = bounded::<Boxed>(0);
    let expect = |name: &str| assert_eq!(rx.recv().unwrap().name(), name);
    for n in 0..100 {
        let make = || -> Boxed { Box::new(Named(n.to_string())) };
        tx.send(make()).unwrap();
        expect(&n.to_string());
        tx.send(Box::new(Nameless)).unwrap();
        expect("nobody");
        select! { tx <- make() => {}, default => panic!("there was room") }
        expect(&n.to_string());
        select! { tx <- make() => {}, <-other => panic!("nobody sends"), }
        expect(&n.to_string());
        assert!(tx.try_send(make()).is_ok());
        let refused = tx.try_send(Box::new(Nameless)).unwrap_err();
        assert_eq!(refused.into_inner().name(), "nobody");
        expect(&n.to_string());
    }
}

/// Elements without a size are counted, block and meet like all others.
pub(crate) fn zero_sized() {
    let (tx, rx) = bounded::<()>(3);
    (0..3).for_each(|n| {
        assert_eq!(tx.len(), n);
        tx.send(()).unwrap();
    });
    assert_eq!((rx.len(), rx.capacity(), tx.is_full()), (3, Some(3), true));
    assert_eq!(tx.try_send(()), Err(TrySendError::Full(())));
    let blocked = go!(move || tx.send(()));
    until(|| rx.waiting_senders() == 1);
    assert_eq!(rx.iter().count(), 4);
    assert_eq!(join(blocked), Ok(()));

    let (tx, rx) = bounded::<()>(0);
    assert_eq!(tx.try_send(()), Err(TrySendError::Full(())));
    let meets = go!(move || tx.send(()));
    until(|| rx.waiting_senders() == 1);
    assert!(!meets.is_finished());
    assert_eq!((rx.len(), rx.try_recv()), (0, Ok(())));
    assert_eq!(join(meets), Ok(()));

    // No memory is needed for a buffer of them.
    let (tx, rx) = bounded::<()>(1 << 40);
    (0..100).for_each(|_| tx.send(()).unwrap());
    assert_eq!((rx.len(), rx.capacity()), (100, Some(1 << 40)));
}

/// A buffer that cannot exist is a panic that can be recovered from.
pub(crate) fn size_out_of_range() {
    for cap in [usize::MAX, usize::MAX / 8 + 1, isize::MAX as usize / 8 + 1] {
        let text = panic_text(|| bounded::<u64>(cap));
        assert!(text.starts_with("makechan: size out of range"), "{text}");
    }
    let (tx, rx) = bounded(1);
    tx.send(1).unwrap();
    assert_eq!(rx.recv(), Ok(1));
}

/// A loop over a channel ends when it is closed and drained; leaving it early harms nothing.
pub(crate) fn ranges() {
    for (tx, rx) in [bounded(0), bounded(2), unbounded()] {
        let sender = tx.clone();
        let sends = go!(move || (0..10).for_each(|n| sender.send(n).unwrap()));
        for n in &rx {
            if n == 4 {
                break;
            }
        }
        assert_eq!(rx.iter().next(), Some(5));
        assert_eq!(rx.iter().take(4).sum::<i32>(), 6 + 7 + 8 + 9);
        join(sends);
        let (left, ended) = (rx.clone(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&ended);
        let range = go!(move || {
            let seen: Vec<i32> = left.into_iter().collect();
            count.fetch_add(1, SeqCst);
            seen
        });
        until(|| rx.waiting_receivers() == 1);
        tx.send(10).unwrap();
        until(|| rx.waiting_receivers() == 1);
        assert_eq!(ended.load(SeqCst), 0, "only the close ends it");
        tx.close();
        assert_eq!(join(range), [10]);
        assert_eq!(rx.iter().count(), 0);
    }
}

/// The k-th receive comes before the (k + cap)-th send completes: a channel is a semaphore.
pub(crate) fn channel_as_semaphore() {
    const GOROUTINES: usize = 50;
    for cap in [1, 3, 10] {
        let (tx, rx): (Sender<()>, Receiver<()>) = bounded(cap);
        let (inside, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let all = WaitGroup::new();
        for _ in 0..GOROUTINES {
            let (tx, rx, inside, most) = (tx.clone(), rx.clone(), inside.clone(), most.clone());
            all.go(move || {
                for _ in 0..100 {
                    tx.send(()).unwrap();
                    let now = inside.fetch_add(1, SeqCst) + 1;
                    most.fetch_max(now, SeqCst);
                    gosched();
                    inside.fetch_sub(1, SeqCst);
                    rx.recv().unwrap();
                }
            });
        }
        all.wait();
        assert!(most.load(SeqCst) <= cap, "{most:?} of {cap}");
        assert_eq!(rx.len(), 0);
    }
}
