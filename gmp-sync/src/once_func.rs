//! Functions that run once, however often they are called.

use std::any::Any;
use std::borrow::Cow;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, PoisonError};

use crate::once_lock::OnceLock;

/// Returns a function that calls `f` the first time it is called, and not again.
///
/// Calls that come while `f` runs wait for it; later ones cost one load. The function can
/// be cloned, shared and sent as far as `f` can; all clones are one. `f` is dropped when it
/// has run.
///
/// # Panics
///
/// If `f` panics, this call goes on panicking with the same payload, and each later one
/// panics with the same message (a payload that is no text is replaced by a text that says
/// so). An `f` that ends its goroutine by `goexit` counts as one that panicked without a
/// text. An `f` that calls the function it belongs to waits for ever.
///
/// # Examples
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering};
///
/// static CALLS: AtomicU32 = AtomicU32::new(0);
/// let init = gmp_sync::once_func(|| {
///     CALLS.fetch_add(1, Ordering::Relaxed);
/// });
/// let other = init.clone();
/// std::thread::spawn(move || other()).join().unwrap();
/// init();
/// assert_eq!(CALLS.load(Ordering::Relaxed), 1);
/// ```
pub fn once_func<F: FnOnce()>(f: F) -> impl Fn() + Clone {
    once_value(f)
}

/// Returns a function that calls `f` the first time it is called, and returns clones of what
/// `f` returned from then on.
///
/// For the rest it is as [`once_func`].
///
/// # Panics
///
/// When called: as [`once_func`] says, or if the clone panics.
///
/// # Examples
///
/// ```
/// let config = gmp_sync::once_value(|| vec!["a", "b"]); // expensive
/// assert_eq!(config(), ["a", "b"]);
/// assert_eq!(config(), ["a", "b"]);
/// ```
pub fn once_value<T: Clone, F: FnOnce() -> T>(f: F) -> impl Fn() -> T + Clone {
    let call = Arc::new(Call { result: OnceLock::new(), f: Mutex::new(Stage::Before(f)) });
    move || call.result()
}

/// The one call.
struct Call<T, F> {
    result: OnceLock<Result<T, Text>>,
    /// Used by who makes the result, one at a time: nobody ever waits for the mutex.
    f: Mutex<Stage<F>>,
}

/// What a panic said.
type Text = Cow<'static, str>;

enum Stage<F> {
    Before(F),
    /// It runs, or has run.
    Called,
    Panicked(Text),
}

impl<T: Clone, F: FnOnce() -> T> Call<T, F> {
    fn result(&self) -> T {
        match self.result.get_or_init(|| self.call()) {
            Ok(value) => value.clone(),
            Err(Cow::Borrowed(text)) => panic::panic_any(*text),
            Err(Cow::Owned(text)) => panic::panic_any(text.clone()),
        }
    }

    /// Calls `f`. Of an `f` that panics the result is left to the next who comes.
    #[cold]
    fn call(&self) -> Result<T, Text> {
        match self.replace(Stage::Called) {
            Stage::Before(f) => {
                Ok(panic::catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|payload| {
                    drop(self.replace(Stage::Panicked(text(&*payload))));
                    panic::resume_unwind(payload)
                }))
            }
            Stage::Panicked(text) => Err(text),
            Stage::Called => unreachable!("whoever calls leaves a result or what the panic said"),
        }
    }

    fn replace(&self, stage: Stage<F>) -> Stage<F> {
        mem::replace(&mut *self.f.lock().unwrap_or_else(PoisonError::into_inner), stage)
    }
}

/// What `payload` says.
fn text(payload: &(dyn Any + Send)) -> Text {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        Cow::Borrowed(text)
    } else if let Some(text) = payload.downcast_ref::<String>() {
        Cow::Owned(text.clone())
    } else {
        Cow::Borrowed("a function that runs once ended by goexit, or a panic without a text")
    }
}
