//! Nil and closed channels: what blocks for ever, what ends, what panics and with which text.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use gmp::chan::{
    Receiver, RecvError, RecvTimeoutError, SendError, SendTimeoutError, Sender, TryRecvError,
    TrySendError, bounded, never, nil, unbounded,
};
use gmp::{JoinHandle, go, select};

use crate::support::until;
use crate::{join, let_others_run, panic_text};

/// Long enough to be told from nothing.
const SOON: Duration = Duration::from_millis(5);

/// Sends, receives and loops block for ever; try operations fail, timed ones time out; a close
/// panics; nothing is ever buffered.
pub(crate) fn nil_channels() {
    let (tx, rx) = nil::<u32>();
    let (sender, receiver, ranger, stranger) = (tx.clone(), rx.clone(), rx.clone(), never::<u32>());
    let blocked: [JoinHandle<()>; 4] = [
        go!(move || sender.send(1).unwrap()),
        go!(move || _ = receiver.recv()),
        go!(move || ranger.iter().for_each(drop)),
        go!(move || _ = stranger.recv()),
    ];
    assert_eq!(tx.try_send(2), Err(TrySendError::Full(2)));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(rx.try_iter().next(), None);
    assert_eq!(tx.send_timeout(3, SOON), Err(SendTimeoutError::Timeout(3)));
    assert_eq!(rx.recv_timeout(SOON), Err(RecvTimeoutError::Timeout));
    assert_eq!(panic_text(|| tx.close()), "close of nil channel");
    assert_eq!(panic_text(|| rx.close()), "close of nil channel");
    assert_eq!((tx.len(), rx.len(), tx.capacity(), rx.capacity()), (0, 0, Some(0), Some(0)));
    assert_eq!((tx.is_closed(), rx.is_closed()), (false, false));
    drop(tx);
    assert_eq!(rx.recv_timeout(SOON), Err(RecvTimeoutError::Timeout), "nil never ends");
    let_others_run();
    assert!(blocked.iter().all(|handle| !handle.is_finished()));
}

/// Arms of nil channels never fire, whatever spells the nil; the others are not disturbed.
pub(crate) fn nil_channels_in_select() {
    let (nil_tx, nil_rx) = nil::<u32>();
    let (mut no_tx, mut no_rx): (Option<&Sender<u32>>, Option<&Receiver<u32>>) = (None, None);
    let (tx, rx) = unbounded();
    for n in 0..1_000 {
        tx.send(n).unwrap();
        let got = select! {
            nil_tx <- 1 => panic!("nil"),
            <-nil_rx => panic!("nil"),
            no_tx <- 1 => panic!("nil"),
            v = <-rx => v,
            <-no_rx => panic!("nil"),
        };
        assert_eq!(got, Ok(n));
        select! {
            nil_tx <- 1 => panic!("nil"),
            <-nil_rx => panic!("nil"),
            no_tx <- 1 => panic!("nil"),
            <-no_rx => panic!("nil"),
            default => {}
        }
    }
    // A place can be made nil, and a channel again, from one round to the next.
    no_tx = Some(&tx);
    for round in 0..4 {
        let arm = select! { no_tx <- 7 => 's', v = <-no_rx => { assert_eq!(v, Ok(7)); 'r' } };
        assert_eq!(arm, if round % 2 == 0 { 's' } else { 'r' });
        (no_tx, no_rx) = if arm == 's' { (None, Some(&rx)) } else { (Some(&tx), None) };
    }

    // All nil, and no default: it blocks for ever.
    let blocked = go!(move || select! {
        nil_tx <- 1 => {},
        <-nil_rx => {},
    });
    let alone = go!(|| {
        let rx: Option<Receiver<u32>> = None;
        select! { <-rx => {} }
    });
    let_others_run();
    assert!(!blocked.is_finished() && !alone.is_finished());
}

/// A select without arms blocks its goroutine for ever, and nobody else.
pub(crate) fn empty_select() {
    let ran = Arc::new(AtomicUsize::new(0));
    let blocked: Vec<JoinHandle<()>> = (0..10)
        .map(|_| {
            let ran = Arc::clone(&ran);
            go!(move || {
                ran.fetch_add(1, SeqCst);
                select! {}
            })
        })
        .collect();
    until(|| ran.load(SeqCst) == 10);
    let_others_run();
    assert!(blocked.iter().all(|handle| !handle.is_finished()));
    assert_eq!(join(go!(|| 1)), 1);
}

/// Sends fail, buffered values are still received, then the end is reported for ever; a second
/// close panics from either side, and the channel is none the worse for it.
pub(crate) fn closed_channels() {
    for buffered in [0, 1, 5] {
        for by_receiver in [false, true] {
            for (tx, rx) in [bounded(buffered), unbounded()] {
                let values = 0..buffered as i32;
                values.clone().for_each(|n| tx.send(n).unwrap());
                if by_receiver {
                    rx.close();
                } else {
                    tx.close();
                }
                assert!(tx.is_closed() && rx.is_closed());
                assert_eq!(tx.send(9), Err(SendError(9)));
                assert_eq!(tx.try_send(9), Err(TrySendError::Disconnected(9)));
                assert_eq!(tx.send_timeout(9, SOON), Err(SendTimeoutError::Disconnected(9)));
                assert_eq!(panic_text(|| tx.close()), "close of closed channel");
                assert_eq!(panic_text(|| rx.close()), "close of closed channel");
                assert_eq!(rx.len(), buffered);
                values.for_each(|n| assert_eq!(rx.recv_ok(), (Some(n), true)));
                for _ in 0..3 {
                    assert_eq!(rx.recv_ok(), (None, false));
                    assert_eq!(rx.recv(), Err(RecvError));
                    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
                    assert_eq!(rx.recv_timeout(SOON), Err(RecvTimeoutError::Disconnected));
                }
            }
        }
    }
}

/// Each blocked party comes back once, receivers with nothing, senders with their value, and
/// blocks again as well as before.
pub(crate) fn close_wakes_each_once() {
    const EACH: usize = 200;
    let (gate, passed) = (bounded::<()>(0), Arc::new(AtomicUsize::new(0)));
    let ((tx, rx), (empty_tx, empty)) = (bounded(1), bounded::<usize>(0));
    let idle = never::<usize>();
    tx.send(EACH).unwrap();
    let mut all = Vec::new();
    for n in 0..EACH {
        let (gate, passed) = (gate.1.clone(), Arc::clone(&passed));
        // By turns plain operations and selects.
        let (tx, empty, idle) = (tx.clone(), empty.clone(), idle.clone());
        let wait_again = move || {
            passed.fetch_add(1, SeqCst);
            gate.recv().unwrap();
        };
        let again = wait_again.clone();
        all.push(go!(move || {
            let sent = if n % 2 == 0 {
                tx.send(n)
            } else {
                select! { r = tx <- n => r }
            };
            assert_eq!(sent, Err(SendError(n)));
            wait_again();
        }));
        all.push(go!(move || {
            let got = match n % 2 {
                0 => empty.recv(),
                _ => select! { v = <-empty => v, v = <-idle => v },
            };
            assert_eq!(got, Err(RecvError));
            again();
        }));
    }
    until(|| rx.waiting_senders() == EACH && empty.waiting_receivers() == EACH);
    assert_eq!(passed.load(SeqCst), 0);
    tx.close();
    empty_tx.close();
    until(|| gate.1.waiting_receivers() == 2 * EACH);
    let_others_run();
    // A wake-up too many would have let somebody through here.
    assert_eq!((passed.load(SeqCst), gate.1.waiting_receivers()), (2 * EACH, 2 * EACH));
    assert_eq!((rx.waiting_senders(), empty.waiting_receivers()), (0, 0));
    (0..2 * EACH).for_each(|_| gate.0.send(()).unwrap());
    all.into_iter().for_each(join);
    assert_eq!(rx.iter().collect::<Vec<_>>(), [EACH], "what was buffered is still there");
}

/// An arm that sends to a closed channel panics when it is picked, and only then.
pub(crate) fn closed_send_arms() {
    let ((closed, _rx), (ready_tx, ready)) = (bounded(0), bounded(1));
    closed.close();
    let mut panics = 0;
    for n in 0..1_000 {
        ready_tx.send(n).unwrap();
        let taken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            select! { closed <- 1 => panic!("it is closed"), v = <-ready => v.unwrap() }
        }));
        match taken {
            Ok(value) => assert_eq!(value, n),
            Err(payload) => {
                assert_eq!(crate::text_of(payload.as_ref()), "send on closed channel");
                assert_eq!(ready.try_recv(), Ok(n), "the other arm was left alone");
                panics += 1;
            }
        }
    }
    assert!((100..900).contains(&panics), "{panics} of 1000");
    assert_eq!(panic_text(|| select! { closed <- 1 => {} }), "send on closed channel");
    let default = || select! { closed <- 1 => {}, default => {} };
    assert_eq!(panic_text(default), "send on closed channel");
    // In the form that asks for a result there is one.
    let result = select! { r = closed <- 1 => r, v = <-ready => { v.unwrap(); Ok(()) } };
    assert_eq!(result, Err(SendError(1)));
}

/// A select that waits to send panics when the channel is closed under it; one that would
/// receive as well leaves no trace on the other channel.
pub(crate) fn blocked_send_arm_is_closed() {
    for by_receiver in [false, true] {
        let ((tx, rx), (idle_tx, idle)) = (bounded(0), bounded::<u32>(0));
        let receiver = idle.clone();
        let (one, two) = (tx.clone(), tx.clone());
        let alone = go!(move || panic_text(|| select! { one <- 1 => {} }));
        let among = go!(move || panic_text(|| select! { two <- 2 => {}, <-receiver => {} }));
        until(|| rx.waiting_senders() == 2 && idle.waiting_receivers() == 1);
        if by_receiver {
            drop(rx);
        } else {
            tx.close();
        }
        assert_eq!(join(alone), "send on closed channel");
        assert_eq!(join(among), "send on closed channel");
        assert_eq!((tx.waiting_senders(), idle_tx.waiting_receivers()), (0, 0));
    }
}
