//! Futures, both ways: goroutines that wait for futures, and async code that waits
//! for goroutines.
//!
//! * `block_on`: polls a future, and parks in between
//! * `waker`: what it gives the future, and what the poller knows it by
//! * `spawn`: a goroutine for a future
//! * `join`: a handle, awaited; the protocol is in `g/join.rs`, "Awaiting"
//!
//! # Waiting
//!
//! The caller of `block_on` (B) owns a `Slot`, whose other side is every waker (W):
//!
//! B: 1. poll   2. pending: `Slot::take`; woken meanwhile: to 1, after others have run if that
//!    happens again and again   3. `Slot::wait`: park until notified; to 1
//! W: 1. the caller makes true what is waited for   2. `Slot::notify`
//!
//! W comes to its step 2 before B's step 2, during step 3, or between them: `Slot` keeps the
//! notification, so B polls once more after W's step 1. A notification that comes
//! while B polls may tell of what that poll has seen: then the next one is for nothing, which
//! futures allow. After B is gone the `Slot` lives until the last waker, and is notified in
//! vain. W's step 2 is the runtime's own code, so the poller does it in the scheduler; a
//! waker of somebody else's is called by goroutines and threads only.

pub(crate) mod block_on;
pub(crate) mod join;
pub(crate) mod spawn;
pub(crate) mod waker;
