//! Bridges between channels of gmp and of crossbeam: a part of a program that has not moved
//! yet goes on as it was.

mod support;

use std::thread;
use std::time::Duration;

use gmp::chan::{bounded, never, select, unbounded};
use gmp::go;
use support::child::{child, programs};
use support::{join_thread, process, until, watchdog};

const VALUES: u64 = 500;
const SUM: u64 = VALUES * (VALUES - 1) / 2;

/// A crossbeam receiver made of ours gives what is sent to ours, in order, then the end.
#[gmp::test]
fn our_receiver_becomes_theirs() {
    let _watchdog = watchdog();
    for (tx, rx) in [bounded(0), bounded(1), bounded(64), unbounded()] {
        let theirs: crossbeam_channel::Receiver<u64> = rx.into();
        go!(move || (0..VALUES).for_each(|n| tx.send(n).unwrap()));
        let old_code = thread::spawn(move || theirs.iter().collect::<Vec<u64>>());
        assert_eq!(join_thread(old_code), (0..VALUES).collect::<Vec<u64>>());
    }
}

/// What is sent to a crossbeam sender made of ours comes out of our receiver.
#[gmp::test]
fn our_sender_becomes_theirs() {
    let _watchdog = watchdog();
    for (tx, rx) in [bounded(0), bounded(1), bounded(64), unbounded()] {
        let theirs: crossbeam_channel::Sender<u64> = tx.into();
        let old_code = thread::spawn(move || (0..VALUES).for_each(|n| theirs.send(n).unwrap()));
        assert_eq!(rx.iter().collect::<Vec<u64>>(), (0..VALUES).collect::<Vec<u64>>());
        join_thread(old_code);
    }
}

/// A receiver of ours made of crossbeam's: goroutines park on it.
#[gmp::test]
fn their_receiver_becomes_ours() {
    let _watchdog = watchdog();
    for cap in [Some(0), Some(1), Some(64), None] {
        let (tx, rx) = cap.map_or_else(crossbeam_channel::unbounded, crossbeam_channel::bounded);
        let ours: gmp::chan::Receiver<u64> = rx.into();
        let waits = {
            let ours = ours.clone();
            go!(move || ours.recv())
        };
        until(|| ours.waiting_receivers() == 1);
        tx.send(VALUES).unwrap();
        assert_eq!(waits.join().unwrap(), Ok(VALUES));
        let old_code = thread::spawn(move || (0..VALUES).for_each(|n| tx.send(n).unwrap()));
        assert_eq!(ours.iter().collect::<Vec<u64>>(), (0..VALUES).collect::<Vec<u64>>());
        join_thread(old_code);
    }
}

/// A sender of ours made of crossbeam's: `close` reaches their receivers as the end.
#[gmp::test]
fn their_sender_becomes_ours() {
    let _watchdog = watchdog();
    for cap in [Some(0), Some(1), Some(64), None] {
        let (tx, rx) = cap.map_or_else(crossbeam_channel::unbounded, crossbeam_channel::bounded);
        let ours: gmp::chan::Sender<u64> = tx.into();
        let (kept, sender) = (ours.clone(), ours.clone());
        go!(move || {
            (0..VALUES).for_each(|n| sender.send(n).unwrap());
            sender.close();
        });
        let old_code = thread::spawn(move || rx.iter().collect::<Vec<u64>>());
        assert_eq!(join_thread(old_code), (0..VALUES).collect::<Vec<u64>>());
        assert!(kept.is_closed() && ours.send(1).is_err());
    }
}

/// Our `select!` takes what comes over a bridge, theirs what goes over one.
#[gmp::test]
fn bridges_in_selects() {
    let _watchdog = watchdog();
    let (their_tx, their_rx) = crossbeam_channel::bounded(1);
    let (our_tx, our_rx) = bounded(1);
    let from_them: gmp::chan::Receiver<u64> = their_rx.into();
    let to_us: crossbeam_channel::Sender<u64> = our_tx.into();
    let (idle, nobody) = (never::<u64>(), crossbeam_channel::never::<u64>());
    let old_code = thread::spawn(move || {
        for n in 0..VALUES {
            crossbeam_channel::select! {
                send(their_tx, n) -> sent => sent.unwrap(),
                send(to_us, n) -> sent => sent.unwrap(),
                recv(nobody) -> _ => panic!("nobody sends"),
            }
        }
    });
    let (mut sum, mut open) = (0, [true; 2]);
    while open.contains(&true) {
        let (way, value) = select! {
            v = <-from_them, if open[0] => (0, v),
            v = <-our_rx, if open[1] => (1, v),
            <-idle => panic!("nobody sends"),
        };
        match value {
            Ok(n) => sum += n,
            Err(_) => open[way] = false,
        }
    }
    join_thread(old_code);
    assert_eq!(sum, SUM);
}

/// Four there, four back: values come home over a chain of bridges, in order.
#[gmp::test]
fn bridges_in_a_row() {
    let _watchdog = watchdog();
    let (tx, mut rx) = bounded(1);
    for _ in 0..4 {
        let theirs: crossbeam_channel::Receiver<u64> = rx.into();
        rx = theirs.into();
    }
    go!(move || (0..VALUES).for_each(|n| tx.send(n).unwrap()));
    assert_eq!(rx.iter().collect::<Vec<u64>>(), (0..VALUES).collect::<Vec<u64>>());
}

/// The far side leaves, and the near side is told, also while nothing is sent.
#[gmp::test]
fn an_end_is_noticed() {
    let _watchdog = watchdog();
    // Their receiver goes: our sender fails.
    let (tx, rx) = bounded(0);
    let theirs: crossbeam_channel::Receiver<u64> = rx.into();
    drop(theirs);
    until(|| tx.send(1).is_err());
    // Our receiver goes: their sender fails.
    let (tx, rx) = bounded::<u64>(0);
    let theirs: crossbeam_channel::Sender<u64> = tx.into();
    drop(rx);
    until(|| theirs.send(1).is_err());
    // Our sender goes: their receiver, that already waits, is told.
    let (tx, rx) = bounded::<u64>(0);
    let theirs: crossbeam_channel::Receiver<u64> = rx.into();
    let waits = thread::spawn(move || theirs.recv());
    drop(tx);
    assert!(join_thread(waits).is_err());
    // Their sender goes: a goroutine that is parked is told.
    let (tx, rx) = crossbeam_channel::bounded::<u64>(0);
    let ours: gmp::chan::Receiver<u64> = rx.into();
    let waits = {
        let ours = ours.clone();
        go!(move || ours.recv())
    };
    until(|| ours.waiting_receivers() == 1);
    drop(tx);
    assert!(waits.join().unwrap().is_err());
}

#[test]
fn program() {
    programs(&[("come_and_go", || {
        come_and_go();
        std::process::ExitCode::SUCCESS
    })]);
}

/// Makes and ends many bridges, without a runtime.
fn come_and_go() {
    let threads = process::threads();
    for round in 0..50 {
        let (tx, rx) = bounded::<u64>(round % 3);
        let theirs: crossbeam_channel::Receiver<u64> = rx.into();
        let sends = thread::spawn(move || (0..10).for_each(|n| tx.send(n).unwrap()));
        assert_eq!(theirs.iter().sum::<u64>(), 45);
        sends.join().unwrap();
    }
    // Their threads end on their own, a moment after the last handle.
    while process::threads() > threads {
        thread::sleep(Duration::from_millis(1));
    }
    println!("bridges=gone");
}

/// A bridge needs no runtime, and its thread ends with its channels.
#[test]
fn bridges_end_with_their_channels() {
    let _watchdog = watchdog();
    child("come_and_go").run().exits(0).prints("bridges=gone");
}
