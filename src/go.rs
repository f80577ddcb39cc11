//! `go!`: hands its tokens to the proc macro together with the name this crate
//! has in the user's crate, so that a renamed dependency works.

/// Starts a goroutine.
///
/// A call: as in Go, the function, the receiver and the arguments are evaluated
/// now, by the caller; the call itself runs on the new goroutine.
///
/// ```
/// use gmp::go;
/// # #[gmp::main]
/// # fn main() {
/// fn fib(n: u32) -> u64 {
///     if n < 2 { n.into() } else { fib(n - 1) + fib(n - 2) }
/// }
/// let handle = go!(fib(20));
/// assert_eq!(handle.join().unwrap(), 6765);
/// # }
/// ```
///
/// A block or a closure, captured by move:
///
/// ```
/// use gmp::go;
/// # #[gmp::main]
/// # fn main() {
/// let text = String::from("hello");
/// let a = go! { text.len() };
/// let b = go!(|| 2 + 2);
/// assert_eq!((a.join().unwrap(), b.join().unwrap()), (5, 4));
/// # }
/// ```
///
/// A call with a `;` behind it, `go!(f(rx.recv());)`, is such a block, too: all of
/// it, arguments included, runs on the goroutine.
///
/// A result type and options in angle brackets: `name`, `stack` (bytes, 16 KiB
/// to 1 GiB), `pinned`.
///
/// ```
/// use gmp::go;
/// # #[gmp::main]
/// # fn main() {
/// let handle = go!(<u64, name = "parser", stack = 1 << 20> { 7 });
/// assert_eq!(handle.name(), Some("parser"));
/// assert_eq!(handle.join().unwrap(), 7);
/// # }
/// ```
///
/// In a [`scope`](crate::scope), which comes first, it may borrow:
///
/// ```
/// use gmp::go;
/// # #[gmp::main]
/// # fn main() {
/// let numbers = vec![1, 2, 3];
/// let sum = gmp::scope(|s| go!(s, || numbers.iter().sum::<i32>()).join().unwrap());
/// assert_eq!(sum, 6);
/// # }
/// ```
///
/// The value is a [`JoinHandle`](crate::JoinHandle) (in a scope a
/// [`ScopedJoinHandle`](crate::ScopedJoinHandle)); dropping it detaches the
/// goroutine. Nothing is allocated on the heap for a goroutine that is not
/// joined: its closure is written onto its own stack.
///
/// # Panics
/// If no runtime has been started, or there is no stack to be had.
#[macro_export]
macro_rules! go {
    ($($tokens:tt)*) => {
        $crate::__private::go_impl! { [$crate] $($tokens)* }
    };
}
