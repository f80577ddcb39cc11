//! What Go's tests of `select` check.

use std::time::Instant;

use gmp::chan::{Receiver, RecvError, Select, Sender, bounded, never};
use gmp::sync::WaitGroup;
use gmp::{go, gosched, select};

use crate::support::until;
use crate::{join, panic_text};

/// Ten goroutines on four channels of mixed capacities, 100,000 values per channel from each
/// side: plain operations, and selects whose arms are made nil once they have had their share.
pub(crate) fn select_stress() {
    const EACH: usize = 100_000;
    let ends: [(Sender<usize>, Receiver<usize>); 4] = [0, 0, 2, 3].map(bounded);
    let all = WaitGroup::new();
    for (tx, rx) in ends.clone() {
        all.go(move || (0..EACH).for_each(|n| tx.send(n).unwrap()));
        all.go(move || (0..EACH).for_each(|_| _ = rx.recv().unwrap()));
    }
    let [(t0, r0), (t1, r1), (t2, r2), (t3, r3)] = ends.clone();
    all.go(move || send_to_each([&t0, &t1, &t2, &t3], EACH));
    all.go(move || receive_from_each([&r0, &r1, &r2, &r3], EACH));
    all.wait();
    for (tx, rx) in ends {
        assert_eq!((rx.len(), tx.waiting_senders(), rx.waiting_receivers()), (0, 0, 0));
    }
}

fn send_to_each(to: [&Sender<usize>; 4], each: usize) {
    let mut open = to.map(Some);
    let mut sent = [0; 4];
    while open.iter().any(Option::is_some) {
        // Not in the order in which the receiving side has them.
        let n = select! {
            open[3] <- sent[3] => 3,
            open[2] <- sent[2] => 2,
            open[0] <- sent[0] => 0,
            open[1] <- sent[1] => 1,
        };
        sent[n] += 1;
        if sent[n] == each {
            open[n] = None;
        }
    }
    assert_eq!(sent, [each; 4]);
}

fn receive_from_each(from: [&Receiver<usize>; 4], each: usize) {
    let mut open = from.map(Some);
    let mut received = [0; 4];
    while open.iter().any(Option::is_some) {
        let n = select! {
            v = <-open[0] => { v.unwrap(); 0 },
            v = <-open[1] => { v.unwrap(); 1 },
            v = <-open[2] => { v.unwrap(); 2 },
            v = <-open[3] => { v.unwrap(); 3 },
        };
        received[n] += 1;
        if received[n] == each {
            open[n] = None;
        }
    }
    assert_eq!(received, [each; 4]);
}

/// Two arms that send different values on one channel are both taken: each more than 10 %.
pub(crate) fn pseudo_random_send() {
    const VALUES: usize = 100;
    for cap in [0, 100] {
        let (tx, rx) = bounded(cap);
        let receiver = go!(move || {
            let mut counts = [0; 2];
            for _ in 0..VALUES {
                gosched();
                counts[rx.recv().unwrap()] += 1;
            }
            counts
        });
        for _ in 0..VALUES {
            select! {
                tx <- 0 => {},
                tx <- 1 => {},
            }
        }
        let counts = join(receiver);
        assert!(counts.iter().all(|&n: &usize| n > VALUES / 10), "capacity {cap}: {counts:?}");
    }
}

/// What a receive would have assigned to stays as it was if the close of another channel is
/// what the select sees; also if the channels stand in several arms.
pub(crate) fn untouched_destinations() {
    for duplicates in [false, true] {
        let ((_keep, quiet), (closing, closed)) = (bounded::<u32>(0), bounded::<u32>(0));
        let (one, two) = (quiet.clone(), closed.clone());
        let selects = go!(move || {
            let (mut from_quiet, mut from_closed) = (Some(1), Some(2));
            if duplicates {
                select! {
                    v = <-one => from_quiet = v.ok(),
                    v = <-two => from_closed = v.ok(),
                    v = <-two => from_closed = v.ok(),
                    v = <-two => from_closed = v.ok(),
                    v = <-one => from_quiet = v.ok(),
                    v = <-one => from_quiet = v.ok(),
                }
            } else {
                select! {
                    v = <-one => from_quiet = v.ok(),
                    v = <-two => from_closed = v.ok(),
                }
            }
            (from_quiet, from_closed)
        });
        let arms = if duplicates { 3 } else { 1 };
        until(|| quiet.waiting_receivers() == arms && closed.waiting_receivers() == arms);
        closing.close();
        assert_eq!(join(selects), (Some(1), None));
        assert_eq!(quiet.waiting_receivers(), 0);
    }
}

/// 65,536 cases on one channel work, ready or not; one more is refused with a clear message.
pub(crate) fn select_max_cases() {
    const MOST: usize = 65_536;
    let (tx, rx) = bounded::<u32>(1);
    let mut cases = Select::new();
    for n in 0..MOST {
        assert_eq!(cases.recv(&rx), n);
    }
    assert!(cases.try_select().is_err());
    tx.send(1).unwrap();
    let picked = cases.select();
    assert!(picked.index() < MOST);
    assert_eq!(picked.recv(&rx), Ok(1));

    let sender = tx.clone();
    let others = go!(move || {
        until(|| sender.waiting_receivers() == MOST);
        sender.send(2).unwrap();
        until(|| sender.waiting_receivers() == 0);
        sender.close();
    });
    let start = Instant::now();
    let picked = cases.select();
    assert_eq!(picked.recv(&rx), Ok(2));
    println!("{MOST} cases blocked and woken in {:?}", start.elapsed());
    join(others);
    let picked = cases.select();
    assert_eq!(picked.recv(&rx), Err(RecvError));
    drop(cases);

    let mut cases = Select::new();
    let text = panic_text(|| {
        (0..=MOST).for_each(|_| _ = cases.recv(&rx));
        drop(cases.try_select());
    });
    assert!(text.contains("65536"), "{text}");
}

/// A select of nothing but a default takes it, every time.
pub(crate) fn select_nop() {
    let mut taken = 0;
    for _ in 0..100 {
        select! { default => taken += 1 }
        assert!(Select::new().try_select().is_err());
    }
    assert_eq!(taken, 100);
}

/// Sending and receiving on one channel in one select: legal, and on an unbuffered one the
/// partner is always the other goroutine.
pub(crate) fn self_select() {
    for cap in [0, 10] {
        let (tx, rx) = bounded(cap);
        let sides = [0, 1].map(|side| {
            let (tx, rx) = (tx.clone(), rx.clone());
            go!(move || {
                let (mut sent, mut received) = (0, 0);
                for round in 0..1_000 {
                    let got = if side == 0 || round % 2 == 0 {
                        select! { tx <- side => None, v = <-rx => v.ok() }
                    } else {
                        select! { v = <-rx => v.ok(), tx <- side => None }
                    };
                    assert!(cap > 0 || got != Some(side), "received from itself");
                    match got {
                        Some(_) => received += 1,
                        None => sent += 1,
                    }
                }
                (sent, received)
            })
        });
        let [(sent, received), (other_sent, other_received)] = sides.map(join);
        assert_eq!(sent + other_sent, received + other_received + rx.len());
        if cap == 0 {
            assert_eq!((sent, received), (other_received, other_sent));
        }
    }
}

/// A goroutine may wait on one channel in several arms; leaving them harms nobody else's place.
pub(crate) fn duplicate_channel() {
    for _ in 0..100 {
        let ((c_tx, c), (d_tx, d)) = (bounded(0), bounded(0));
        let twice = {
            let c = c.clone();
            go!(move || select! { v = <-c => v, v = <-c => v, v = <-d => v })
        };
        until(|| c.waiting_receivers() == 2 && d_tx.waiting_receivers() == 1);
        let behind = {
            let c = c.clone();
            go!(move || c.recv())
        };
        until(|| c.waiting_receivers() == 3);
        d_tx.send(7).unwrap();
        assert_eq!(join(twice), Ok(7));
        assert_eq!(c.waiting_receivers(), 1);
        c_tx.send(8).unwrap();
        assert_eq!(join(behind), Ok(8));
    }
}

/// Two selects that face each other on the same channels always find together.
pub(crate) fn facing_selects() {
    const ROUNDS: usize = 20_000;
    let ((a_tx, a), (b_tx, b)) = (bounded(0), bounded(0));
    let ((a_tx2, a2), (b_tx2, b2)) = ((a_tx.clone(), a.clone()), (b_tx.clone(), b.clone()));
    let one = go!(move || {
        let mut counts = [0; 2];
        for n in 0..ROUNDS {
            select! { a_tx <- n => counts[0] += 1, v = <-b => { assert_eq!(v, Ok(n)); counts[1] += 1 } }
        }
        counts
    });
    let other = go!(move || {
        let mut counts = [0; 2];
        for n in 0..ROUNDS {
            select! { b_tx2 <- n => counts[1] += 1, v = <-a2 => { assert_eq!(v, Ok(n)); counts[0] += 1 } }
        }
        counts
    });
    assert_eq!(join(one), join(other));
    assert_eq!(
        (a.waiting_receivers(), b_tx.waiting_receivers(), a_tx2.waiting_senders()),
        (0, 0, 0)
    );
    drop(b2);

    // All four on one side, with a bystander that is never ready.
    let (quiet, (tx, rx)) = (never::<usize>(), bounded(0));
    let all = WaitGroup::new();
    for _ in 0..2 {
        let (tx, quiet) = (tx.clone(), quiet.clone());
        all.go(move || {
            (0..ROUNDS).for_each(|n| select! { tx <- n => {}, <-quiet => panic!("never") });
        });
    }
    let mut sum = 0;
    for _ in 0..2 * ROUNDS {
        select! { <-quiet => panic!("never"), v = <-rx => sum += v.unwrap() }
    }
    all.wait();
    assert_eq!(sum, ROUNDS * (ROUNDS - 1));
}
