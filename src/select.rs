//! `select!` and `select_biased!`: they hand their tokens to the proc macros together with
//! the name this crate has in the user's crate, so that a renamed dependency works.

/// Waits until one of several channel operations can be done, and does it.
///
/// ```
/// use gmp::prelude::*;
/// use std::time::Duration;
///
/// # #[gmp::main]
/// # fn main() {
/// let (numbers, rx) = gmp::chan::bounded(1);
/// let (log, lines) = gmp::chan::unbounded();
/// go!(move || numbers.send(7));
///
/// let answer = select! {
///     Some(n) = <-rx => n * 6,
///     after(Duration::from_secs(5)) => panic!("nobody sent anything"),
///     else => panic!("closed"),
/// };
/// assert_eq!(answer, 42);
///
/// select! {
///     log <- format!("the answer is {answer}") => {}
///     default => println!("the log is full"),
/// }
/// assert_eq!(lines.recv().unwrap(), "the answer is 42");
/// # }
/// ```
///
/// It is Go's `select`: an arm is an operation, `=>`, and what to do once it is done. Of the
/// arms that are ready one is chosen at random, each with the same chance; if none is, the
/// goroutine parks, or the plain thread blocks, until one is. Exactly one operation is done,
/// the others leave no trace. The value of the arm is the value of the `select!`.
///
/// Arms are separated by commas; after a body in braces none is needed, as in a `match`.
/// There can be any number of them. A set of channels that is known only at run time is for
/// [`Select`](crate::chan::Select).
///
/// # Receiving
///
/// A name takes the `Result`, which is an error once the channel is closed and drained:
///
/// ```
/// # use gmp::select;
/// use gmp::chan::{RecvError, bounded};
///
/// let (tx, rx) = bounded(1);
/// tx.send('a').unwrap();
/// tx.close();
/// let received = select! { v = <-rx => v };
/// assert_eq!(received, Ok('a'));
/// let received = select! { v = <-rx => v };
/// assert_eq!(received, Err(RecvError));
/// ```
///
/// A pattern that may fail to match is over an `Option`: `None` stands for a closed channel.
/// What it does not match is taken by an `else` arm, which stands last and is required then:
///
/// ```
/// # use gmp::select;
/// enum Event {
///     Key(char),
///     Quit,
/// }
///
/// let (tx, events) = gmp::chan::unbounded();
/// tx.send(Event::Key('x')).unwrap();
/// tx.send(Event::Quit).unwrap();
/// let mut typed = String::new();
/// loop {
///     select! {
///         Some(Event::Key(key)) = <-events => typed.push(key),
///         else => break, // Event::Quit, or the channel is closed
///     }
/// }
/// assert_eq!(typed, "x");
/// ```
///
/// A pair is Go's comma-ok, an `Option` of the value and whether there is one. Without a
/// name, or with `_`, the value is dropped at once:
///
/// ```
/// # use gmp::select;
/// let (tx, rx) = gmp::chan::bounded(2);
/// tx.send(1).unwrap();
/// tx.send(2).unwrap();
/// tx.close();
/// select! { (v, ok) = <-rx => assert_eq!((v, ok), (Some(1), true)) }
/// select! { <-rx => println!("something came") }
/// select! { (v, ok) = <-rx => assert_eq!((v, ok), (None, false)) }
/// ```
///
/// # Sending
///
/// As in Go the value is evaluated once, on entry, whichever arm is chosen in the end. If
/// the arm is chosen while the channel is closed, that is a panic:
///
/// ```should_panic
/// # use gmp::select;
/// let (tx, rx) = gmp::chan::bounded(1);
/// select! { tx <- "first" => assert_eq!(rx.len(), 1) }
/// tx.close();
/// select! { tx <- "second" => {} } // send on closed channel
/// ```
///
/// With a name before it the result is given instead, and the value comes back in the error:
///
/// ```
/// # use gmp::select;
/// use gmp::chan::SendError;
///
/// let (tx, rx) = gmp::chan::bounded(1);
/// drop(rx);
/// select! { r = tx <- 5 => assert_eq!(r, Err(SendError(5))) }
/// ```
///
/// # Not waiting for ever
///
/// `default` runs when no other arm is ready, `default(timeout)` when none has become so in
/// time, and `after(duration)` is an arm that becomes ready then. All three may stand
/// anywhere; there is at most one `default`.
///
/// ```
/// # use gmp::select;
/// use std::time::Duration;
///
/// let (_tx, rx) = gmp::chan::bounded::<u8>(1);
/// let ms = Duration::from_millis;
/// let how = select! { v = <-rx => format!("{v:?}"), default => "not yet".to_owned() };
/// assert_eq!(how, "not yet");
/// select! { _ = <-rx => unreachable!(), default(ms(1)) => {} }
/// select! {
///     _ = <-rx => unreachable!(),
///     after(ms(1)) => println!("late"),
///     after(ms(1000)) => println!("very late"),
/// }
/// ```
///
/// `select! {}` has nothing to wait for and blocks for ever; its type is `!`.
///
/// # Switching arms off
///
/// `, if condition` may follow any operation. While it is false the arm is not there, and
/// its expressions are not evaluated. Go's nil channel does the same: an operand that is
/// `None` is never ready.
///
/// ```
/// # use gmp::select;
/// let (tx, rx) = gmp::chan::unbounded();
/// let (out, outcome) = gmp::chan::bounded(1);
/// (0..4).for_each(|n| tx.send(n).unwrap());
/// drop(tx);
/// let mut open = Some(rx);
/// let mut held = Vec::new();
/// while open.is_some() || !held.is_empty() {
///     select! {
///         (v, ok) = <-open => if ok { held.extend(v) } else { open = None },
///         out <- held[0], if !held.is_empty() => {
///             held.remove(0);
///             outcome.recv().unwrap();
///         }
///     }
/// }
/// ```
///
/// # Operands
///
/// An operand is any expression that is a [`Sender`](crate::chan::Sender) or
/// [`Receiver`](crate::chan::Receiver), a reference or a smart pointer to one, or an
/// `Option` of any of these. A place (a variable, a field, an element) is borrowed, never
/// moved, and only until the operation is done: the body may assign to it or move it.
///
/// All operands, values, conditions and durations are evaluated once, in source order,
/// before the choice.
///
/// ```
/// # use gmp::select;
/// use gmp::chan::{Receiver, never};
///
/// struct Worker {
///     jobs: Vec<Receiver<u32>>,
///     stop: Option<Receiver<()>>,
/// }
///
/// impl Worker {
///     fn step(&mut self, spare: &Receiver<u32>) -> Option<u32> {
///         select! {
///             v = <-self.jobs[0] => v.ok(),
///             v = <-spare => v.ok(),
///             v = <-never::<u32>() => v.ok(),
///             <-self.stop => {
///                 self.stop = None;
///                 None
///             }
///         }
///     }
/// }
///
/// let (tx, jobs) = gmp::chan::bounded(1);
/// tx.send(3).unwrap();
/// let mut worker = Worker { jobs: vec![jobs], stop: None };
/// assert_eq!(worker.step(&never()), Some(3));
/// ```
///
/// # Bodies
///
/// A body is part of the function around it: `break`, `continue`, `return` and `?` do there
/// what they do anywhere. When it runs nothing is borrowed any more, and the values of the
/// arms that were not chosen are gone.
///
/// ```
/// # use gmp::select;
/// fn sum(rx: &gmp::chan::Receiver<&str>) -> Result<i32, std::num::ParseIntError> {
///     let mut sum = 0;
///     loop {
///         select! {
///             Some(text) = <-rx => sum += text.parse::<i32>()?,
///             else => return Ok(sum),
///         }
///     }
/// }
///
/// let (tx, rx) = gmp::chan::unbounded();
/// ["1", "2", "x"].map(|text| tx.send(text).unwrap());
/// assert!(sum(&rx).is_err());
/// tx.close();
/// assert_eq!(sum(&rx), Ok(0));
/// ```
///
/// # In order
///
/// With `biased;` first the first arm that is ready is taken, in source order; a `default`
/// stands at the end then. [`select_biased!`](crate::select_biased!) is the same.
///
/// ```
/// # use gmp::select;
/// let (urgent, first) = gmp::chan::bounded(1);
/// let (usual, second) = gmp::chan::bounded(1);
/// urgent.send("urgent").unwrap();
/// usual.send("usual").unwrap();
/// let which = select! {
///     biased;
///     v = <-first => v,
///     v = <-second => v,
/// };
/// assert_eq!(which, Ok("urgent"));
/// ```
///
/// # crossbeam's form
///
/// The words of `crossbeam_channel::select!` work too, also beside arrows, so that a program
/// changes only its `use` lines. They always give the `Result`, and the value of `send` is
/// evaluated only once its arm was chosen, as there. A pattern that may fail needs an
/// `else`, as with arrows.
///
/// ```
/// use gmp::chan::{bounded, select};
/// use std::time::Duration;
///
/// let (tx, rx) = bounded(1);
/// for _ in 0..2 {
///     select! {
///         send(tx, rx.len()) -> result => result.unwrap(),
///         recv(rx) -> n => assert_eq!(n, Ok(0)),
///         default(Duration::from_secs(1)) => panic!("not ready"),
///     }
/// }
/// ```
///
/// # Panics
/// With `send on closed channel` if an arm `tx <- value` is chosen while the channel is
/// closed, or all its receivers are gone.
///
/// # Cost
/// Nothing is allocated: the arms are an array on the stack, and the choice is one call. One
/// channel, with or without `default`, costs what the plain operation does.
#[macro_export]
macro_rules! select {
    ($($tokens:tt)*) => {
        $crate::__private::select_impl! { [$crate] $($tokens)* }
    };
}

/// [`select!`](crate::select!), but the first arm that is ready is taken, in source order.
///
/// All forms of arms are the same; `default` may stand anywhere, and runs when no other arm
/// is ready. `select! { biased; .. }` says the same, with the `default` last.
///
/// ```
/// use gmp::chan::{select_biased, unbounded};
///
/// let (tx, urgent) = unbounded();
/// let (_usual, rx) = unbounded();
/// tx.send("now").unwrap();
/// let which = select_biased! {
///     recv(urgent) -> v => v,
///     v = <-rx => v,
///     default => Ok("nothing"),
/// };
/// assert_eq!(which, Ok("now"));
/// ```
#[macro_export]
macro_rules! select_biased {
    ($($tokens:tt)*) => {
        $crate::__private::select_biased_impl! { [$crate] $($tokens)* }
    };
}
