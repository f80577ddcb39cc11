//! `block_on`.

use super::waker::{Lazy, as_ours};
use crate::g::spawn::gosched;
use crate::rt::WaitReason;
use std::future::IntoFuture;
use std::pin::pin;
use std::task::{Context, Poll};

/// Polls in a row, each of a future that was woken during the one before, before others
/// get their turn: who wakes himself wants that others run.
const EAGER: u32 = 16;

/// Waits for a future: parks the goroutine, blocks a plain thread.
///
/// The future is polled here, on the caller's stack, whenever it has been woken; in between
/// the goroutine's thread runs others. It needs no executor. What it
/// waits for must come from somewhere, though: types of tokio need a tokio runtime
/// that is entered while they are polled, those of this library need nothing. Calls may be
/// nested: a future may itself call `block_on`, or wait in any way that goroutines do.
///
/// It need not be `Send`, but the goroutine may change threads between two polls and at each
/// such wait: the one contract of this library holds for what lives in the future, too.
///
/// About as much as a channel's hand-off each time it has to wait; one allocation if it has
/// to wait at all. A plain thread needs no runtime.
///
/// # Panics
/// With the future's panic.
///
/// ```
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// let sum = rt.block_on_goroutine(|| {
///     let handles = [1, 2, 3].map(|n| gmp_core::spawn(move || n * n));
///     gmp_core::block_on(async {
///         let mut sum = 0;
///         for handle in handles {
///             sum += handle.await.unwrap();
///         }
///         sum
///     })
/// });
/// assert_eq!(sum, 14);
/// ```
pub fn block_on<F: IntoFuture>(future: F) -> F::Output {
    let mut future = pin!(future.into_future());
    let lazy = Lazy::new();
    let first = lazy.with(|waker| future.as_mut().poll(&mut Context::from_waker(waker)));
    if let Poll::Ready(output) = first {
        return output;
    }
    let waker = lazy.into_waker();
    let Some(shared) = as_ours(&waker) else {
        crate::fatal("block_on does not know its own waker")
    };
    let mut in_a_row = 0;
    loop {
        if shared.slot.take() {
            in_a_row += 1;
            if in_a_row % EAGER == 0 {
                gosched();
            }
        } else {
            in_a_row = 0;
            shared.slot.wait(WaitReason::Future);
        }
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
    }
}
