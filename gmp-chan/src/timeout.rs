//! Operations that wait no longer than they are told: a select of one case. The clock is
//! read only if they have to wait.

use crossbeam_channel::{RecvTimeoutError, SendTimeoutError, TryRecvError, TrySendError};

use crate::arm::{RecvArm, SendArm};
use crate::select::{Aim, Limit, run};
use crate::{Receiver, Sender};

pub(crate) fn send_within<T>(
    sender: &Sender<T>,
    value: T,
    limit: impl FnOnce() -> Limit,
) -> Result<(), SendTimeoutError<T>> {
    let value = match sender.try_send(value) {
        Ok(()) => return Ok(()),
        Err(TrySendError::Disconnected(value)) => {
            return Err(SendTimeoutError::Disconnected(value));
        }
        Err(TrySendError::Full(value)) => value,
    };
    let mut arm = SendArm::new(Some(sender), Some(value));
    match run(&mut [arm.case()], true, limit(), Aim::Commit) {
        Some(_) => arm.finish().map_err(|error| SendTimeoutError::Disconnected(error.0)),
        None => match arm.into_value() {
            Some(value) => Err(SendTimeoutError::Timeout(value)),
            None => Ok(()),
        },
    }
}

pub(crate) fn recv_within<T>(
    receiver: &Receiver<T>,
    limit: impl FnOnce() -> Limit,
) -> Result<T, RecvTimeoutError> {
    match receiver.try_recv() {
        Ok(value) => return Ok(value),
        Err(TryRecvError::Disconnected) => return Err(RecvTimeoutError::Disconnected),
        Err(TryRecvError::Empty) => {}
    }
    let mut arm = RecvArm::new(Some(receiver));
    match run(&mut [arm.case()], true, limit(), Aim::Commit) {
        Some(_) => arm.take().map_err(|_| RecvTimeoutError::Disconnected),
        None => Err(RecvTimeoutError::Timeout),
    }
}
