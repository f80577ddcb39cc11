//! Our streams as async code reads and writes them: [`AsyncStream`], and goroutines that use
//! tokio's own types: `in_tokio`.
//!
//! Each feature adds the traits of one family: `hyper` hyper's `rt::Read` and `rt::Write`,
//! `tokio` tokio's `AsyncRead` and `AsyncWrite`, `futures` those of futures. An
//! [`AsyncStream`] may be polled by any executor: by `block_on` in a goroutine, where its
//! task is made ready like any other goroutine, or by somebody else's, whose waker is called.

mod attempt;
#[cfg(feature = "futures")]
mod futures;
#[cfg(feature = "hyper")]
mod hyper;
#[cfg(feature = "tokio")]
mod in_tokio;
mod stream;
#[cfg(feature = "tokio")]
mod tokio;

#[cfg(feature = "tokio")]
pub use in_tokio::in_tokio;
pub use stream::{AsyncStream, Stream};
