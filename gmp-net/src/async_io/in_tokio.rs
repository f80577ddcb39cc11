//! `in_tokio`.

use std::future::{IntoFuture, poll_fn};
use std::pin::pin;

use gmp_core::{lock_os_thread, unlock_os_thread};
use tokio::runtime::Handle;

/// The future `future`, polled with a tokio runtime entered: for tokio's own types, and what
/// is made of them, in goroutines.
///
/// They find their runtime through the thread, where [`Handle::enter`] puts it. A goroutine
/// must not do so itself and then wait: it may go on on another thread, where nothing was
/// entered, while others on this one find a runtime that is not theirs, and the guard is dropped
/// on the wrong thread. Here the runtime is entered for each poll and left again, and the
/// goroutine is [locked](lock_os_thread) to its thread meanwhile, in case
/// the future itself waits as goroutines do.
///
/// Types that ask for a runtime when they are made (`tokio::time::sleep`, for one) are to be made
/// inside of `future`. The runtime must have threads of its own, or be driven elsewhere: it is its
/// timers and its poller that wake the goroutine.
///
/// ```
/// use std::time::Duration;
/// use tokio::time;
///
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// let mut tokio = tokio::runtime::Builder::new_multi_thread();
/// let tokio = tokio.worker_threads(1).enable_time().build()?;
/// let handle = tokio.handle().clone();
/// let late = rt.block_on_goroutine(move || {
///     gmp_core::block_on(gmp_net::in_tokio(&handle, async {
///         time::timeout(Duration::from_millis(5), std::future::pending::<()>()).await
///     }))
/// });
/// assert!(late.is_err());
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn in_tokio<F: IntoFuture>(
    runtime: &Handle,
    future: F,
) -> impl Future<Output = F::Output> + use<F> {
    let runtime = runtime.clone();
    async move {
        let mut future = pin!(future.into_future());
        poll_fn(|context| {
            let _here = Here::stay();
            let _entered = runtime.enter();
            future.as_mut().poll(context)
        })
        .await
    }
}

/// While it lives the goroutine stays on its thread, alone.
struct Here;

impl Here {
    fn stay() -> Here {
        lock_os_thread();
        Here
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        unlock_os_thread();
    }
}
