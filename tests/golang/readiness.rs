//! When an arm is ready, and that a default is taken only if none was at one moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;

use gmp::chan::{Receiver, RecvError, Select, Sender, TryRecvError, bounded, unbounded};
use gmp::{go, gosched, select};

use crate::support::{join_thread, until};
use crate::{join, panic_text};

const ROUNDS: usize = 100_000;

/// One of two channels holds a value at any time, so a select of both never defaults.
pub(crate) fn nonblock_select_race() {
    one_is_always_ready(|second| second.send(1).unwrap());
}

/// The same, the second channel being made ready by its close.
pub(crate) fn nonblock_select_race_with_close() {
    one_is_always_ready(|second| second.close());
}

fn one_is_always_ready(make_ready: fn(&Sender<u32>)) {
    let (report, done) = bounded(1);
    for round in 0..ROUNDS {
        let ((first_tx, first), (second_tx, second)) = (bounded(1), bounded(1));
        first_tx.send(1).unwrap();
        let (report, one, two) = (report.clone(), first.clone(), second.clone());
        go!(move || {
            let ready = select! { <-one => true, <-two => true, default => false };
            report.send(ready).unwrap();
        });
        make_ready(&second_tx);
        select! { <-first => {}, default => {} }
        assert!(done.recv().unwrap(), "round {round}: no channel was ready");
    }
}

/// Looks at both channels, without taking anything, until `stop`; says how often.
fn observe(here: &Receiver<usize>, there: &Receiver<usize>, stop: &AtomicBool) -> usize {
    let mut looks = 0;
    while !stop.load(SeqCst) || looks < 10_000 {
        let mut cases = Select::new();
        cases.recv(here);
        cases.recv(there);
        assert!(cases.try_ready().is_ok(), "nothing was ready at look {looks}");
        looks += 1;
        if looks % 64 == 0 {
            gosched();
        }
    }
    looks
}

/// A token that is put into one channel before it is taken from the other is always seen.
pub(crate) fn token_between_channels() {
    const MOVES: usize = 20_000;
    let (stop, started) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (here, there) = (bounded(1), unbounded());
    here.0.send(0).unwrap();
    let look = {
        let (here, there) = (here.1.clone(), there.1.clone());
        let (stop, started) = (Arc::clone(&stop), Arc::clone(&started));
        move || {
            started.fetch_add(1, SeqCst);
            observe(&here, &there, &stop)
        }
    };
    let observers = [gmp::spawn(look.clone()), gmp::spawn(look.clone())];
    let from_outside = thread::spawn(look);
    until(|| started.load(SeqCst) == 3);
    for n in 0..MOVES {
        there.0.send(n).unwrap();
        here.1.recv().unwrap();
        here.0.send(n).unwrap();
        there.1.recv().unwrap();
        if n % 16 == 0 {
            gosched();
        }
    }
    stop.store(true, SeqCst);
    assert!(observers.map(join).into_iter().all(|looks| looks >= 10_000));
    assert!(join_thread(from_outside) >= 10_000);
}

/// The same for selects that take the token, and put it back where it was.
pub(crate) fn token_taken_and_put_back() {
    const LOOKS: usize = 10_000;
    // So many others to look at that the token has time to move on meanwhile.
    let idle: Vec<_> = (0..100).map(|_| bounded::<usize>(0)).collect();
    for on_thread in [false, true] {
        let (here, there) = (unbounded(), unbounded());
        here.0.send(0).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let mover = {
            let ((here_tx, here), (there_tx, there)) = (here.clone(), there.clone());
            let stop = Arc::clone(&stop);
            move || {
                while !stop.load(SeqCst) {
                    (0..64).for_each(|n| {
                        there_tx.send(n).unwrap();
                        here.recv().unwrap();
                        here_tx.send(n).unwrap();
                        there.recv().unwrap();
                    });
                    gosched();
                }
            }
        };
        let moved = if on_thread { Err(thread::spawn(mover)) } else { Ok(gmp::spawn(mover)) };
        let ((here_tx, here), (there_tx, there)) = (here, there);
        let mut cases = Select::new();
        let first = cases.recv(&here);
        idle.iter().for_each(|(_, rx)| _ = cases.recv(rx));
        cases.recv(&there);
        for look in 0..LOOKS {
            select! {
                v = <-here => here_tx.send(v.unwrap()).unwrap(),
                v = <-there => there_tx.send(v.unwrap()).unwrap(),
                default => panic!("nothing was ready at look {look}"),
            }
            let Ok(picked) = cases.try_select() else { panic!("nothing was ready at {look}") };
            if picked.index() == first {
                here_tx.send(picked.recv(&here).unwrap()).unwrap();
            } else {
                there_tx.send(picked.recv(&there).unwrap()).unwrap();
            }
            if look % 64 == 0 {
                gosched();
            }
        }
        stop.store(true, SeqCst);
        match moved {
            Ok(handle) => join(handle),
            Err(handle) => join_thread(handle),
        }
    }
}

/// One value in two channels with room for one each: a send always finds room.
pub(crate) fn room_between_channels() {
    const MOVES: usize = 20_000;
    let ((a_tx, a), (b_tx, b)) = (bounded(1), bounded(1));
    a_tx.send(0).unwrap();
    let mover = {
        let (a_tx, a, b_tx, b) = (a_tx.clone(), a.clone(), b_tx.clone(), b.clone());
        go!(move || {
            for n in 0..MOVES {
                a.recv().unwrap();
                b_tx.send(n).unwrap();
                b.recv().unwrap();
                a_tx.send(n).unwrap();
            }
        })
    };
    let mut asked = 0;
    while !mover.is_finished() || asked < 10_000 {
        let mut cases = Select::new();
        cases.send(&a_tx);
        cases.send(&b_tx);
        assert!(cases.try_ready().is_ok(), "no room at look {asked}");
        asked += 1;
        if asked % 16 == 0 {
            gosched();
        }
    }
    join(mover);
}

/// Whether the arm is taken although there is a default.
fn receives<T>(rx: &Receiver<T>) -> bool {
    select! { <-rx => true, default => false }
}

fn sends<T>(tx: &Sender<T>, value: T) -> bool {
    select! { tx <- value => true, default => false }
}

/// Buffered values, room, waiting peers (plain or selecting), and a close make an arm ready.
pub(crate) fn what_is_ready() {
    let (tx, rx) = bounded(1);
    assert!(!receives(&rx));
    assert!(sends(&tx, 1));
    assert!(!sends(&tx, 2));
    assert!(receives(&rx));

    let (tx, rx) = bounded(0);
    assert!(!sends(&tx, 1) && !receives(&rx));
    for selecting in [false, true] {
        let (peer, idle) = (rx.clone(), gmp::chan::never::<i32>());
        let receiver = go!(move || {
            if selecting {
                select! { v = <-peer => v, v = <-idle => v }
            } else {
                peer.recv()
            }
        });
        until(|| tx.waiting_receivers() == 1);
        assert!(sends(&tx, 3) && !sends(&tx, 4));
        assert_eq!(join(receiver), Ok(3));
        let (peer, idle) = (tx.clone(), gmp::chan::never::<i32>());
        let sender = go!(move || {
            if selecting {
                select! { peer <- 5 => {}, <-idle => {} }
            } else {
                peer.send(5).unwrap();
            }
        });
        until(|| rx.waiting_senders() == 1);
        assert!(receives(&rx) && !receives(&rx));
        join(sender);
    }

    tx.close();
    assert!(receives(&rx), "a closed channel can be received from");
    // A try-send to a closed channel panics too: it does not fall to the default.
    assert_eq!(panic_text(|| sends(&tx, 6)), "send on closed channel");

    let (tx, rx) = bounded(2);
    tx.send(1).unwrap();
    tx.close();
    assert_eq!(select! { v = <-rx => v, default => Ok(0) }, Ok(1));
    assert_eq!(select! { v = <-rx => v, default => Ok(0) }, Err(RecvError));
}

/// A select of one case is the plain operation: it waits, meets, ends and fails like it.
pub(crate) fn one_case_is_the_plain_operation() {
    for cap in [0, 1] {
        let (tx, rx) = bounded(cap);
        let (sender, receiver) = (tx.clone(), rx.clone());
        let receives = go!(move || select! { v = <-receiver => v });
        until(|| tx.waiting_receivers() == 1);
        select! { tx <- 1 => {} }
        assert_eq!(join(receives), Ok(1));
        assert_eq!((rx.try_recv(), tx.waiting_receivers()), (Err(TryRecvError::Empty), 0));
        (0..cap).for_each(|_| tx.send(2).unwrap());
        let sends = go!(move || select! { sender <- 3 => {} });
        until(|| rx.waiting_senders() == 1);
        (0..cap).for_each(|_| assert_eq!(rx.recv(), Ok(2)));
        assert_eq!(rx.recv(), Ok(3));
        join(sends);
        tx.close();
        assert_eq!(select! { v = <-rx => v }, Err(RecvError));
        assert_eq!(select! { (v, ok) = <-rx => (v, ok) }, (None, false));
        assert_eq!(panic_text(|| select! { tx <- 4 => {} }), "send on closed channel");
        let given_back = select! { r = tx <- 5 => r };
        assert_eq!(given_back.unwrap_err().into_inner(), 5);
    }
}
