//! The nil channel: what is sent to it or received from it waits for ever.

use crate::rt::{Critical, WaitReason};

#[cold]
pub(crate) fn send() -> ! {
    Critical::enter().park_for_ever(WaitReason::ChanSendNil)
}

#[cold]
pub(crate) fn recv() -> ! {
    Critical::enter().park_for_ever(WaitReason::ChanReceiveNil)
}
