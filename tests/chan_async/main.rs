//! Channels in async code: `send_async` and `recv_async`, polled by hand and on tokio.

mod by_hand;
mod cancelling;
mod on_tokio;
mod polling;
#[path = "../support/mod.rs"]
mod support;
mod timers;
