//! What crossbeam-channel's tests use of `std::thread` and `crossbeam_utils::thread`,
//! under the same names, on goroutines.

/// Takes the place of both modules.
pub mod thread {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

    pub use gmp::time::sleep;
    pub use gmp::{JoinHandle, ScopedJoinHandle, gosched as yield_now, spawn};
    pub use std::thread::{Result, panicking};

    /// As that of `crossbeam_utils`: handed to the body, and to all it spawns.
    #[derive(Debug)]
    pub struct Scope<'scope, 'env: 'scope>(&'scope gmp::Scope<'scope, 'env>);

    impl<'scope, 'env> Scope<'scope, 'env> {
        /// Starts a goroutine, which gets the scope too.
        pub fn spawn<F, T>(&self, f: F) -> ScopedJoinHandle<'scope, T>
        where
            F: FnOnce(&Scope<'scope, 'env>) -> T + Send + 'scope,
            T: Send + 'scope,
        {
            let inner = self.0;
            inner.spawn(move || f(&Scope(inner)))
        }
    }

    /// As that of `crossbeam_utils`: a panic of the body goes on, and one of a
    /// goroutine that nobody joined is returned.
    pub fn scope<'env, F, R>(f: F) -> Result<R>
    where
        F: for<'scope> FnOnce(&Scope<'scope, 'env>) -> R,
    {
        let whole = catch_unwind(AssertUnwindSafe(|| {
            gmp::scope(|inner| catch_unwind(AssertUnwindSafe(|| f(&Scope(inner)))))
        }));
        match whole {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(panic)) => resume_unwind(panic),
            Err(panic) => Err(panic),
        }
    }
}
