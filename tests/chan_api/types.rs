//! Nil ends, error types, and what all types can do.

use std::fmt::Debug;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::time::Instant;

use gmp::chan::{
    ReadyTimeoutError, Receiver, RecvError, RecvTimeoutError, Select, SelectTimeoutError,
    SendError, SendTimeoutError, Sender, TryReadyError, TryRecvError, TrySendError, bounded, never,
    nil,
};

use crate::{NOW, on_both, panic_text};

/// Nil ends of a channel answer every question, and are one channel.
#[gmp::test]
fn nil_ends() {
    on_both(|| {
        let (tx, rx) = nil::<u32>();
        assert_eq!(tx.try_send(1), Err(TrySendError::Full(1)));
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
        assert_eq!(tx.send_deadline(1, Instant::now()), Err(SendTimeoutError::Timeout(1)));
        assert_eq!(rx.recv_deadline(Instant::now()), Err(RecvTimeoutError::Timeout));
        assert_eq!((tx.is_empty(), tx.is_full(), tx.len()), (true, true, 0));
        assert_eq!((rx.is_empty(), rx.is_full(), rx.len()), (true, true, 0));
        assert_eq!((tx.capacity(), rx.capacity()), (Some(0), Some(0)));
        assert!(!tx.is_closed() && !rx.is_closed());
        assert!(tx.same_channel(&nil().0) && rx.same_channel(&never()));
        assert!(!rx.same_channel(&bounded(0).1));
        assert_eq!(panic_text(|| tx.close()), "close of nil channel");
        assert_eq!(panic_text(|| rx.close()), "close of nil channel");
        let mut cases = Select::new();
        cases.send(&tx);
        cases.recv(&rx);
        assert_eq!(cases.try_ready(), Err(TryReadyError));
        assert_eq!(cases.select_timeout(NOW).map(|_| ()), Err(SelectTimeoutError));
        let debug = format!("{tx:?} {rx:?}");
        assert!(debug.contains("Sender") && debug.contains("Receiver"), "{debug}");
    });
}

/// Errors are crossbeam's own types, with their texts.
#[test]
fn errors_are_crossbeam_s() {
    let (tx, rx) = bounded::<u32>(0);
    let full: crossbeam_channel::TrySendError<u32> = tx.try_send(1).unwrap_err();
    let empty: crossbeam_channel::TryRecvError = rx.try_recv().unwrap_err();
    let late: crossbeam_channel::RecvTimeoutError = rx.recv_timeout(NOW).unwrap_err();
    let given_back: crossbeam_channel::SendTimeoutError<u32> = tx.send_timeout(1, NOW).unwrap_err();
    let mut cases = Select::new();
    cases.recv(&rx);
    let select: crossbeam_channel::TrySelectError = cases.try_select().unwrap_err();
    let timeout: crossbeam_channel::SelectTimeoutError = cases.select_timeout(NOW).unwrap_err();
    let ready: crossbeam_channel::TryReadyError = cases.try_ready().unwrap_err();
    let not_ready: crossbeam_channel::ReadyTimeoutError = cases.ready_timeout(NOW).unwrap_err();
    assert!(full.is_full() && empty.is_empty() && late.is_timeout() && given_back.is_timeout());
    assert_eq!((ready, not_ready), (TryReadyError, ReadyTimeoutError));
    let texts = [select.to_string(), timeout.to_string()];
    assert!(texts.iter().all(|text| !text.is_empty()));
    rx.close();
    let closed: crossbeam_channel::SendError<u32> = tx.send(1).unwrap_err();
    let ended: crossbeam_channel::RecvError = rx.recv().unwrap_err();
    assert_eq!((closed, ended), (SendError(1), RecvError));
}

/// Ends and sets of operations can go where crossbeam's can.
#[test]
fn auto_traits() {
    struct NotSync(#[expect(dead_code, reason = "it makes the type not Sync")] std::cell::Cell<u8>);
    fn shared<T: Send + Sync + UnwindSafe + RefUnwindSafe + Clone + Debug>() {}
    fn sent<T: Send + Sync>() {}
    shared::<Sender<NotSync>>();
    shared::<Receiver<NotSync>>();
    sent::<Select<'_>>();
    sent::<gmp::chan::IntoIter<NotSync>>();
    sent::<gmp::chan::Iter<'_, u32>>();
    sent::<gmp::chan::TryIter<'_, u32>>();
}
