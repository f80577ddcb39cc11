//! Selects that wait: whom they pair with, and what they leave behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use gmp::chan::{Receiver, Sender, bounded, unbounded};
use gmp::sync::WaitGroup;
use gmp::{go, select};

use crate::support::{Random, until};
use crate::{join, let_others_run};

/// A goroutine that offers a value and would take one on the same channel does not serve itself.
pub(crate) fn no_pairing_with_oneself() {
    let (tx, rx) = bounded(0);
    for _ in 0..10_000 {
        select! {
            tx <- 1 => panic!("sent to itself"),
            <-rx => panic!("received from itself"),
            tx <- 2 => panic!("sent to itself"),
            default => {}
        }
    }
    let (both_tx, both_rx) = (tx.clone(), rx.clone());
    let alone = go!(move || select! {
        both_tx <- 1 => 0,
        v = <-both_rx => v.unwrap(),
        both_tx <- 2 => 0,
    });
    until(|| tx.waiting_receivers() == 1 && tx.waiting_senders() == 2);
    let_others_run();
    assert!(!alone.is_finished());
    // Each of its arms serves somebody else.
    tx.send(3).unwrap();
    assert_eq!(join(alone), 3);
    assert_eq!((tx.waiting_receivers(), tx.waiting_senders()), (0, 0));
    let (both_tx, both_rx) = (tx.clone(), rx.clone());
    let alone = go!(move || select! { v = <-both_rx => v.unwrap(), both_tx <- 4 => 0 });
    until(|| tx.waiting_senders() == 1);
    assert_eq!((rx.recv(), join(alone)), (Ok(4), 0));
    assert_eq!((tx.waiting_receivers(), tx.waiting_senders()), (0, 0));
}

/// Those that wait on both sides of one channel pair with each other and with plain parties.
pub(crate) fn blocked_selects_pair_with_others() {
    const EACH: usize = 3_000;
    let (tx, rx) = bounded(0);
    let (sent, received) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (selects, plain) = (WaitGroup::new(), WaitGroup::new());
    // They go on until the close, so that there is a partner for whichever select is last.
    let (sender, count) = (tx.clone(), Arc::clone(&sent));
    plain.go(move || {
        while sender.send(0).is_ok() {
            count.fetch_add(1, SeqCst);
        }
    });
    let (receiver, count) = (rx.clone(), Arc::clone(&received));
    plain.go(move || _ = count.fetch_add(receiver.iter().count(), SeqCst));
    for _ in 0..4 {
        let (tx, rx) = (tx.clone(), rx.clone());
        let (sent, received) = (Arc::clone(&sent), Arc::clone(&received));
        selects.go(move || {
            for n in 0..EACH {
                let count = select! {
                    tx <- n => &sent,
                    v = <-rx => { v.unwrap(); &received },
                };
                count.fetch_add(1, SeqCst);
            }
        });
    }
    selects.wait();
    tx.close();
    plain.wait();
    assert_eq!(sent.load(SeqCst), received.load(SeqCst));
    assert!(sent.load(SeqCst) >= 4 * EACH / 2);
    assert_eq!((tx.waiting_receivers(), tx.waiting_senders()), (0, 0));
}

/// A channel on which nothing happens does not gather the selects that looked at it.
pub(crate) fn quiet_channels_stay_quiet() {
    const ROUNDS: usize = 10_000;
    let ((busy_tx, busy), (quiet_tx, quiet)) = (bounded(0), bounded::<usize>(0));
    let (full_tx, full) = bounded(1);
    full_tx.send(0).unwrap();
    let (listener, offerer) = (quiet.clone(), full_tx.clone());
    let selects = go!(move || {
        for n in 0..ROUNDS {
            select! {
                <-listener => panic!("it is quiet"),
                v = <-busy => assert_eq!(v, Ok(n)),
                offerer <- 1 => panic!("it is full"),
                <-listener => panic!("it is quiet"),
            }
        }
    });
    for n in 0..ROUNDS {
        busy_tx.send(n).unwrap();
        // One select at most is under way, with two arms here and one there.
        assert!(quiet_tx.waiting_receivers() <= 2, "{}", quiet_tx.waiting_receivers());
        assert!(full.waiting_senders() <= 1, "{}", full.waiting_senders());
    }
    join(selects);
    assert_eq!((quiet.waiting_receivers(), full.waiting_senders()), (0, 0));
    // Nobody is left to take what comes now.
    assert!(quiet_tx.try_send(1).is_err());
    assert_eq!((full.try_recv(), full.try_recv().is_err()), (Ok(0), true));
}

/// A select that was served on one channel is passed over on the other: whoever is behind it
/// is served instead.
pub(crate) fn losers_are_skipped() {
    for _ in 0..2_000 {
        let ((a_tx, a), (b_tx, b)) = (bounded(0), bounded(0));
        let (one, two) = (a.clone(), b.clone());
        let both = go!(move || select! { v = <-one => v, v = <-two => v });
        until(|| a_tx.waiting_receivers() == 1 && b_tx.waiting_receivers() == 1);
        let behind = go!(move || b.recv());
        until(|| b_tx.waiting_receivers() == 2);
        // Two who send at the same moment: the select can take one of the values only.
        let senders = [go!(move || a_tx.send(1).is_ok()), go!(move || b_tx.send(2).is_ok())];
        let got = join(both).unwrap();
        if got == 2 {
            assert_eq!(a.recv(), Ok(1), "it waits for somebody else");
            assert!(join(behind).is_err());
        } else {
            assert_eq!((got, join(behind)), (1, Ok(2)));
        }
        assert_eq!(senders.map(join), [true; 2]);
    }
}

/// Many selects over many channels, random arms on both sides: every value sent is received
/// once, and nobody is left waiting.
pub(crate) fn crowds_of_selects() {
    const CHANNELS: usize = 8;
    const SIDE: usize = 16;
    const EACH: usize = 1_000;
    let ends: Vec<(Sender<usize>, Receiver<usize>)> = (0..CHANNELS)
        .map(|n| if n == CHANNELS - 1 { unbounded() } else { bounded(n % 3) })
        .collect();
    let (sent, received) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (senders, receivers) = (WaitGroup::new(), WaitGroup::new());
    let (stop_tx, stop) = bounded::<()>(0);
    let random = Arc::new(Random::new());
    for side in 0..SIDE {
        let (mine, sent) = (ends.clone(), Arc::clone(&sent));
        let dice = Arc::clone(&random);
        senders.go(move || {
            for n in 0..EACH {
                let value = side * EACH + n;
                let pick = || &mine[dice.below(CHANNELS as u64) as usize].0;
                select! { pick() <- value => {}, pick() <- value => {}, pick() <- value => {} }
                sent.fetch_add(value, SeqCst);
            }
        });
        let (mine, received) = (ends.clone(), Arc::clone(&received));
        let dice = Arc::clone(&random);
        let stop = stop.clone();
        receivers.go(move || {
            loop {
                let pick = || &mine[dice.below(CHANNELS as u64) as usize].1;
                let (value, ok) = select! {
                    (v, ok) = <-pick() => (v, ok),
                    (v, ok) = <-pick() => (v, ok),
                    // Every channel has somebody who listens, so that no sender is stuck.
                    (v, ok) = <-mine[side % CHANNELS].1 => (v, ok),
                    <-stop => (None, false),
                };
                if !ok {
                    return;
                }
                received.fetch_add(value.unwrap(), SeqCst);
            }
        });
    }
    senders.wait();
    until(|| ends.iter().all(|(_, rx)| rx.is_empty()));
    stop_tx.close();
    receivers.wait();
    let all = SIDE * EACH;
    assert_eq!(sent.load(SeqCst), all * (all - 1) / 2);
    let left: usize = ends
        .iter()
        .map(|(tx, rx)| {
            assert_eq!((tx.waiting_senders(), rx.waiting_receivers()), (0, 0));
            rx.try_iter().sum::<usize>()
        })
        .sum();
    assert_eq!(received.load(SeqCst) + left, all * (all - 1) / 2);
}
