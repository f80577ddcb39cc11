//! The context of the calling goroutine.

use std::cell::RefCell;

use super::{Context, background};

gmp_core::goroutine_local! {
    static CURRENT: RefCell<Context> = RefCell::new(background());
}

/// The context that the caller works under: that of the innermost [`Context::enter`] that the
/// calling goroutine is in, which is where the bodies of `time::timeout` and of a group are;
/// [`background`] elsewhere.
///
/// Goroutines do not inherit it: give a context to a goroutine as an argument, or `enter` it
/// there. On a plain thread it is the thread's. Costs a few nanoseconds.
///
/// ```
/// use gmp_sync::context;
///
/// struct Request(u32);
///
/// fn request() -> u32 {
///     context::current().value::<Request>().map_or(0, |request| request.0)
/// }
///
/// assert_eq!(request(), 0);
/// let ctx = context::background().with_value(Request(7));
/// assert_eq!(ctx.enter(request), 7);
/// assert_eq!(request(), 0);
/// ```
pub fn current() -> Context {
    // A destructor of another goroutine-local value may come after the context is gone.
    CURRENT.try_with(|current| current.borrow().clone()).unwrap_or_default()
}

impl Context {
    /// Calls `f` with this context as the [`current`] one.
    ///
    /// ```
    /// use gmp_sync::context;
    ///
    /// let (ctx, cancel) = context::background().with_cancel();
    /// cancel();
    /// assert!(ctx.enter(|| context::current().err().is_some()));
    /// assert!(context::current().err().is_none());
    /// ```
    pub fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        let _outer = Outer(Some(swap(self.clone())));
        f()
    }
}

/// The context to go back to, also when the inside of `enter` panics.
struct Outer(Option<Context>);

impl Drop for Outer {
    fn drop(&mut self) {
        if let Some(outer) = self.0.take() {
            drop(swap(outer));
        }
    }
}

fn swap(ctx: Context) -> Context {
    let mut ctx = Some(ctx);
    let before =
        CURRENT.try_with(|current| ctx.take().map(|ctx| current.replace(ctx)).unwrap_or_default());
    before.unwrap_or_default()
}
