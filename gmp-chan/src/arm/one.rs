//! `select!` with a single arm: the plain operation, and Go's non-blocking one.

use crossbeam_channel::{RecvError, SendError, TryRecvError, TrySendError};

use super::forever;
use crate::{Receiver, Sender};

/// Receives; for ever if there is no channel.
#[inline]
pub fn recv_one<T>(receiver: Option<&Receiver<T>>) -> Result<T, RecvError> {
    match receiver {
        Some(receiver) => receiver.recv(),
        None => forever(),
    }
}

/// Receives if that needs no waiting.
#[inline]
pub fn try_recv_one<T>(receiver: Option<&Receiver<T>>) -> Option<Result<T, RecvError>> {
    match receiver?.try_recv() {
        Ok(value) => Some(Ok(value)),
        Err(TryRecvError::Disconnected) => Some(Err(RecvError)),
        Err(TryRecvError::Empty) => None,
    }
}

/// Sends; for ever if there is no channel.
#[inline]
pub fn send_one<T>(sender: Option<&Sender<T>>, value: T) -> Result<(), SendError<T>> {
    match sender {
        Some(sender) => sender.send(value),
        None => forever(),
    }
}

/// Sends if that needs no waiting; else the value is dropped.
#[inline]
pub fn try_send_one<T>(sender: Option<&Sender<T>>, value: T) -> Option<Result<(), SendError<T>>> {
    match sender?.try_send(value) {
        Ok(()) => Some(Ok(())),
        Err(TrySendError::Disconnected(value)) => Some(Err(SendError(value))),
        Err(TrySendError::Full(_)) => None,
    }
}

/// The result of a send in Go's way.
///
/// # Panics
/// With `send on closed channel` if it failed.
#[inline]
#[track_caller]
pub fn sent<T>(result: Result<(), SendError<T>>) {
    if let Err(SendError(value)) = result {
        drop(value);
        send_on_closed();
    }
}

#[cold]
#[track_caller]
fn send_on_closed() -> ! {
    panic!("send on closed channel")
}
