//! Goroutines for futures.

use super::block_on::block_on;
use crate::g::join::JoinHandle;
use crate::g::spawn::{Builder, spawn_failed};
use std::future::IntoFuture;
use std::io;

/// Starts a goroutine that waits for `future`: `spawn` of a [`block_on`].
///
/// The future lies on the goroutine's stack, and may wait as goroutines do.
///
/// # Panics
/// As [`spawn`](crate::spawn).
///
/// ```
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// rt.block_on_goroutine(|| {
///     let answer = gmp_core::spawn_future(async { 6 * 7 });
///     let handle = gmp_core::spawn_future(async move { answer.await.unwrap() + 1 });
///     assert_eq!(handle.join().unwrap(), 43);
/// });
/// ```
#[track_caller]
pub fn spawn_future<F>(future: F) -> JoinHandle<F::Output>
where
    F: IntoFuture + Send + 'static,
    F::Output: Send + 'static,
{
    match Builder::new().spawn_future(future) {
        Ok(handle) => handle,
        Err(error) => spawn_failed(&error),
    }
}

impl Builder {
    /// Starts a goroutine that waits for `future`; see [`spawn_future`].
    ///
    /// # Errors
    /// As [`spawn`](Builder::spawn).
    ///
    /// # Panics
    /// If no runtime has been started.
    ///
    /// ```
    /// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
    /// let handle = gmp_core::Builder::new()
    ///     .name("answer")
    ///     .spawn_future(async { gmp_core::current().unwrap().name().map(str::to_owned) })
    ///     .unwrap();
    /// assert_eq!(handle.join().unwrap().as_deref(), Some("answer"));
    /// ```
    #[track_caller]
    pub fn spawn_future<F>(self, future: F) -> io::Result<JoinHandle<F::Output>>
    where
        F: IntoFuture + Send + 'static,
        F::Output: Send + 'static,
    {
        self.spawn(move || block_on(future))
    }
}
