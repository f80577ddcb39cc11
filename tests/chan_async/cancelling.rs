//! Futures that are dropped before they are done: nobody else loses anything by it.

use gmp::chan::{TryRecvError, TrySendError, bounded, unbounded};
use gmp::go;

use crate::by_hand::ByHand;
use crate::support::{Random, until, watchdog};

/// One that waits and is dropped leaves the line, and its waker with it.
#[test]
fn dropped_futures_leave_the_line() {
    let (tx, rx) = bounded(0);
    let mut line: Vec<_> = (0..5).map(|_| ByHand::new(rx.recv_async())).collect();
    assert!(line.iter_mut().all(|receive| receive.poll().is_none()));
    // From the head, the middle and the tail.
    for n in [0, 1, 2] {
        let waiting = line.len();
        assert_eq!(line[n].wakers_kept(), 1);
        drop(line.remove(n));
        assert_eq!(tx.waiting_receivers(), waiting - 1);
    }
    tx.send(1).unwrap();
    tx.send(2).unwrap();
    assert_eq!(tx.try_send(3), Err(TrySendError::Full(3)));
    assert_eq!((line[0].poll(), line[1].poll()), (Some(Ok(1)), Some(Ok(2))));

    let (tx, rx) = bounded(0);
    let mut line: Vec<_> = (0..5).map(|n| ByHand::new(tx.send_async(n))).collect();
    assert!(line.iter_mut().all(|send| send.poll().is_none()));
    for n in [0, 1, 2] {
        let waiting = line.len();
        drop(line.remove(n));
        assert_eq!(rx.waiting_senders(), waiting - 1);
    }
    assert_eq!((rx.recv(), rx.recv()), (Ok(1), Ok(3)));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
}

/// A receive that was served and is dropped unpolled passes the value on to the next who
/// waits, whatever that one is; the wake-up is not lost.
#[gmp::test]
fn a_served_receive_passes_its_value_on() {
    let _watchdog = watchdog();
    for (tx, rx) in [bounded(0), bounded(1), bounded(3), unbounded()] {
        // To another task.
        let [mut first, mut second] = [rx.recv_async(), rx.recv_async()].map(ByHand::new);
        assert!(first.poll().is_none() && second.poll().is_none());
        let sender = tx.clone();
        let sends = go!(move || sender.send(1).unwrap());
        until(|| first.wakes() == 1);
        assert_eq!(second.wakes(), 0);
        drop(first);
        until(|| second.wakes() == 1);
        assert_eq!(second.poll(), Some(Ok(1)));
        sends.join().unwrap();
        // To a goroutine.
        let mut first = ByHand::new(rx.recv_async());
        assert!(first.poll().is_none());
        let receiver = rx.clone();
        let second = go!(move || receiver.recv());
        until(|| tx.waiting_receivers() == 2);
        let sender = tx.clone();
        let sends = go!(move || sender.send(2).unwrap());
        until(|| first.wakes() == 1);
        drop(first);
        assert_eq!(second.join().unwrap(), Ok(2));
        sends.join().unwrap();
        assert_eq!((rx.len(), tx.waiting_receivers()), (0, 0));
    }
}

/// If nobody waits the value is there for who comes next, before those sent after it.
#[gmp::test]
fn a_served_receive_gives_its_value_back() {
    let _watchdog = watchdog();
    for (tx, rx) in [bounded(0), bounded(1), bounded(3), unbounded()] {
        let mut served = ByHand::new(rx.recv_async());
        assert!(served.poll().is_none());
        let sender = tx.clone();
        let sends = go!(move || (1..=5).for_each(|n| sender.send(n).unwrap()));
        until(|| served.wakes() == 1);
        drop(served);
        assert_eq!(rx.iter().take(5).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        sends.join().unwrap();
        // Then everything is as it was.
        assert_eq!((rx.len(), rx.try_recv()), (0, Err(TryRecvError::Empty)));
        let fits = tx.capacity().unwrap_or(50);
        (0..fits).for_each(|n| tx.try_send(n).unwrap());
        assert_eq!(tx.try_send(fits).is_err(), tx.capacity().is_some());
        assert_eq!(rx.try_iter().count(), fits + usize::from(tx.capacity().is_none()));
    }
}

/// After the channel was closed too: a value that was sent is received.
#[gmp::test]
fn a_served_receive_is_dropped_after_the_close() {
    let _watchdog = watchdog();
    for (tx, rx) in [bounded(0), bounded(1), unbounded()] {
        let mut served = ByHand::new(rx.recv_async());
        assert!(served.poll().is_none());
        tx.send(1).unwrap();
        tx.close();
        drop(served);
        assert_eq!(rx.recv_ok(), (Some(1), true));
        assert_eq!(rx.recv_ok(), (None, false));
    }
}

/// Several receives, served and dropped in any order: all the values are received, those that
/// were given back first before those that were never given.
#[test]
fn values_come_back_in_front() {
    for (tx, rx) in [bounded(0), bounded(2), unbounded()] {
        let mut served: Vec<_> = (0..4).map(|_| ByHand::new(rx.recv_async())).collect();
        assert!(served.iter_mut().all(|receive| receive.poll().is_none()));
        (0..4).for_each(|n| tx.send(n).unwrap());
        let later = tx.capacity().unwrap_or(2);
        (4..4 + later).for_each(|n| tx.send(n).unwrap());
        // From the last to the first, so that the order comes out as it was.
        while served.pop().is_some() {}
        // The channel holds more than it would take.
        assert_eq!((rx.len(), tx.try_send(9).is_ok()), (4 + later, tx.capacity().is_none()));
        let all: Vec<usize> = rx.try_iter().take(4 + later).collect();
        assert_eq!(all, (0..4 + later).collect::<Vec<_>>());
        rx.try_iter().for_each(drop);
        assert_eq!(tx.try_send(1).is_ok(), tx.capacity() != Some(0));
    }
}

/// A send that was served is done: dropping it takes nothing back.
#[test]
fn a_served_send_stays_sent() {
    for cap in [0, 1, 3] {
        let (tx, rx) = bounded(cap);
        (0..cap).for_each(|n| tx.send(n).unwrap());
        let mut sends: Vec<_> = (0..3).map(|n| ByHand::new(tx.send_async(cap + n))).collect();
        assert!(sends.iter_mut().all(|send| send.poll().is_none()));
        let mut received = vec![rx.recv().unwrap()];
        assert_eq!(sends.iter().map(ByHand::wakes).collect::<Vec<_>>(), [1, 0, 0]);
        drop(sends.remove(0));
        // The others are in the line as before.
        received.extend((0..cap + 2).map(|_| rx.recv().unwrap()));
        assert_eq!(received, (0..cap + 3).collect::<Vec<_>>());
        assert!(sends.iter_mut().all(|send| send.poll() == Some(Ok(()))));
    }
}

/// Two receives of which the loser is dropped, over and over: nothing that was sent is lost
/// between them.
#[gmp::test]
fn races_between_two_channels() {
    const EACH: u64 = 3_000;
    let _watchdog = watchdog();
    for cap in [0, 1] {
        let ends = [bounded(cap), bounded(cap)];
        let senders =
            ends.clone().map(|(tx, _)| go!(move || (0..EACH).for_each(|n| tx.send(n).unwrap())));
        let [(one_tx, one), (two_tx, two)] = ends;
        drop((one_tx, two_tx));
        let random = Random::new();
        let (mut sum, mut count) = (0, 0);
        while count < 2 * EACH {
            let (mut first, mut second) =
                (ByHand::new(one.recv_async()), ByHand::new(two.recv_async()));
            let got = loop {
                if let Some(Ok(n)) = first.poll() {
                    break n;
                }
                if let Some(Ok(n)) = second.poll() {
                    break n;
                }
                // Long enough, at times, for both to be served.
                (0..random.below(4)).for_each(|_| gmp::gosched());
            };
            sum += got;
            count += 1;
        }
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        assert_eq!(sum, 2 * (EACH * (EACH - 1) / 2));
        assert!(one.is_empty() && two.is_empty());
    }
}
