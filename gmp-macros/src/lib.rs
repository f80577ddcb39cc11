//! The macros of `gmp`. Users reach them through that crate, as `gmp::go!`, `gmp::select!`,
//! `gmp::main` and `gmp::test`; this one is not meant to be depended on.
//!
//! Each macro has a folder and goes through the same steps: parse, check, expand, and a
//! fallback that keeps one mistake from turning into many errors.

mod attr;
mod constant;
#[cfg(test)]
mod fuzz;
mod go;
mod main_fn;
mod select;
mod suggest;
mod test_fn;

use proc_macro::TokenStream;

/// What `go!` expands to. The first token is `[$crate]`, the path of `gmp`.
#[doc(hidden)]
#[proc_macro]
pub fn go_impl(input: TokenStream) -> TokenStream {
    go::go(input.into()).into()
}

/// What `select!` expands to. The first token is `[$crate]`, the path of `gmp`.
#[doc(hidden)]
#[proc_macro]
pub fn select_impl(input: TokenStream) -> TokenStream {
    select::select(input.into(), select::Order::Random).into()
}

/// What `select_biased!` expands to. The first token is `[$crate]`, the path of `gmp`.
#[doc(hidden)]
#[proc_macro]
pub fn select_biased_impl(input: TokenStream) -> TokenStream {
    select::select(input.into(), select::Order::Source).into()
}

/// Starts the runtime and runs the body of `main` as the main goroutine.
///
/// When the body returns the process ends, as in Go: other goroutines are not waited for.
/// `main` may return what any `main` may; an `Err` is printed as `Error: {e:?}` and the
/// process exits with status 1.
///
/// ```
/// use gmp::go;
///
/// #[gmp::main]
/// fn main() -> Result<(), std::num::ParseIntError> {
///     let n: u64 = "20".parse()?;
///     let doubled = go!(move || n * 2);
///     assert_eq!(doubled.join().unwrap(), 40);
///     Ok(())
/// }
/// ```
///
/// # The contract
///
/// This attribute is a signature under the one contract of `gmp`, which code without it
/// signs in the `unsafe` block around `RuntimeBuilder::start`:
///
/// > A goroutine may resume on another thread after a park. So nothing that is bound to a
/// > thread may be held across a call that can park: no borrow of a thread-local, and no
/// > `Rc` (or other shared value that is not `Send`) cloned out of one.
///
/// Calls that can park are those that wait (a channel, a lock of `gmp::sync`, a join, a
/// sleep, a socket of `gmp::net`) and `gosched`. Without them nothing moves: a goroutine
/// that is preempted stays on its thread, and so does one that is unwinding from a panic. A
/// value of the goroutine's own that is not `Send`, such as an `Rc` made inside it, moves
/// along and is safe to hold.
///
/// What to use instead of a thread-local is `goroutine_local!`; a goroutine that must hold
/// thread-bound values across waits is started with `go!(<pinned> ..)`.
///
/// # Arguments
///
/// All are optional, and given as `#[gmp::main(gomaxprocs = 4, max_threads = 500)]`. Values
/// are expressions, evaluated once before the runtime starts. They take precedence over the
/// environment.
///
/// | argument | meaning | default |
/// |---|---|---|
/// | `gomaxprocs = n` | how many goroutines run at the same time, at least 1 | `GOMAXPROCS`, else what CPU affinity and cgroup quotas allow |
/// | `max_threads = n` | how many threads may exist for goroutines, running and blocked ones together, at least 1 | 10,000 |
/// | `max_threads_exit = bool` | what happens at that limit. `false`: goroutines wait for a thread. `true`: the process ends with status 2 and `fatal error: thread exhaustion`, as in Go | `false` |
/// | `stack_size = bytes` | the stack a goroutine gets unless it asks for another, 16 KiB to 1 GiB; reserved, not used up | 262,144 |
/// | `on_panic = ".."` | `"isolate"`: a panic ends its goroutine alone. `"abort"`: it ends the process with status 2, as in Go | `"isolate"` |
/// | `crate = path` | where `gmp` is found when the dependency was renamed | `::gmp` |
///
/// The main goroutine itself has 8 MiB of stack, as the main thread of a std program has, or
/// `stack_size` where that is more.
///
/// ```
/// #[gmp::main(
///     gomaxprocs = 2,
///     max_threads = 64,
///     max_threads_exit = true,
///     stack_size = 128 * 1024,
///     on_panic = "abort",
/// )]
/// fn main() {
///     assert_eq!(gmp::gomaxprocs(0), 2);
/// }
/// ```
///
/// # Errors
///
/// Wrong arguments, and a function that is not a plain `fn main()` (`async`, generic, with
/// parameters, ..), are compile errors. If the runtime cannot start, the reason is printed
/// and the exit status is 1.
///
/// # Panics
///
/// A panic of the main goroutine ends the process with status 101, or 2 with
/// `on_panic = "abort"`.
#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    main_fn::main(args.into(), &item.into()).into()
}

/// A test whose body is a goroutine.
///
/// It is a `#[test]` in all else: it runs under `cargo test`, may return a `Result`, and is
/// combined with `#[should_panic]`, `#[ignore]` and lint attributes as any test. All tests
/// of a process share one runtime, started by the first of them with the settings found in
/// the environment; each gets a goroutine of its own.
///
/// ```
/// use gmp::go;
///
/// fn fib(n: u64) -> u64 {
///     if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
/// }
///
/// #[gmp::test]
/// fn fib_on_a_goroutine() {
///     let handle = go!(fib(10));
///     assert_eq!(handle.join().unwrap(), 55);
/// }
///
/// #[gmp::test]
/// #[should_panic(expected = "as it should")]
/// fn panics() {
///     panic!("as it should");
/// }
///
/// #[gmp::test]
/// fn reads() -> Result<(), std::num::ParseIntError> {
///     assert_eq!(fib("7".parse()?), 13);
///     Ok(())
/// }
/// # fn main() {}
/// ```
///
/// # The contract
///
/// Like [`macro@main`], this attribute is a signature under the contract of `gmp`: nothing
/// that is bound to a thread is held across a call that can park.
///
/// # Arguments
///
/// `crate = path` says where `gmp` is found when the dependency was renamed:
/// `#[gmp::test(crate = "renamed")]`.
///
/// # Panics
///
/// A panic of the body is the test's.
#[proc_macro_attribute]
pub fn test(args: TokenStream, item: TokenStream) -> TokenStream {
    test_fn::test(args.into(), &item.into()).into()
}
