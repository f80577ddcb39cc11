//! `JoinHandle`s in async code.

use crate::g::join::JoinHandle;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

/// A goroutine's result, awaited: what `handle.await` waits for. On any executor.
///
/// Dropping it detaches the goroutine, as dropping the handle does. Nothing is allocated.
///
/// ```
/// use std::future::IntoFuture;
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// let handle = rt.block_on_goroutine(|| gmp_core::spawn(|| 42));
/// let future = handle.into_future();
/// assert_eq!(gmp_core::block_on(future).unwrap(), 42);
/// ```
#[must_use = "futures do nothing unless polled"]
pub struct JoinFuture<T> {
    /// None once it was ready.
    handle: Option<JoinHandle<T>>,
}

impl<T> Unpin for JoinFuture<T> {}
impl<T> UnwindSafe for JoinFuture<T> {}
impl<T> RefUnwindSafe for JoinFuture<T> {}

impl<T> IntoFuture for JoinHandle<T> {
    type Output = thread::Result<T>;
    type IntoFuture = JoinFuture<T>;

    /// The goroutine's result, or the payload of its panic, as
    /// [`join`](JoinHandle::join) returns it.
    fn into_future(self) -> JoinFuture<T> {
        JoinFuture { handle: Some(self) }
    }
}

impl<T> Future for JoinFuture<T> {
    type Output = thread::Result<T>;

    /// # Panics
    /// If it was ready before.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<thread::Result<T>> {
        JoinHandle::poll(&mut self.handle, context.waker())
    }
}

impl<T> Drop for JoinFuture<T> {
    fn drop(&mut self) {
        let Some(handle) = self.handle.take() else { return };
        // Dropped last: that is user code, which may panic.
        let _waker = handle.take_waker_back();
        drop(handle);
    }
}

impl<T> fmt::Debug for JoinFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No name: at the end it may be the goroutine's to free.
        let id = self.handle.as_ref().map(JoinHandle::id);
        f.debug_struct("JoinFuture").field("id", &id).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[expect(unsafe_code, reason = "a waker that panics when it is cloned")]
mod tests {
    use super::*;
    use crate::{block_on, expand, gosched, spawn};
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::ptr::null;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
    use std::task::{RawWakerVTable, Wake, Waker};

    static UNCLONABLE: RawWakerVTable =
        RawWakerVTable::new(|_| panic!("cloned"), |_| {}, |_| {}, |_| {});

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Wakes>) {
            self.0.fetch_add(1, SeqCst);
        }
    }

    /// A poll that unwinds has left no waker behind, and the future can be polled again.
    #[test]
    fn a_clone_that_panics() {
        expand::run_test(|| {
            for waited in [false, true] {
                let end = Arc::new(AtomicBool::new(false));
                let ends = Arc::clone(&end);
                let mut future = spawn(move || {
                    while !ends.load(SeqCst) {
                        gosched();
                    }
                })
                .into_future();
                let wakes: Arc<Wakes> = Arc::default();
                let waker = Waker::from(Arc::clone(&wakes));
                let mut poll = |waker: &Waker| {
                    let mut context = Context::from_waker(waker);
                    catch_unwind(AssertUnwindSafe(|| Pin::new(&mut future).poll(&mut context)))
                };
                if waited {
                    assert!(poll(&waker).unwrap().is_pending());
                }
                // SAFETY: the functions of the table ask for nothing.
                let unclonable = unsafe { Waker::new(null(), &UNCLONABLE) };
                assert!(poll(&unclonable).is_err());
                drop(waker);
                assert_eq!(Arc::strong_count(&wakes), 1, "left behind");
                end.store(true, SeqCst);
                block_on(future).unwrap();
                assert_eq!(wakes.0.load(SeqCst), 0);
            }
        });
    }
}
