//! A pipeline that is cancelled through a context: by whoever has enough, by a stage that
//! fails, by a deadline. In each case all goroutines end, and the context says why.
//!
//! ```text
//! cargo run --release --example pipeline_cancel
//! ```
//!
//! (`pipeline_md` does it by hand, with a channel `done`.)

#[path = "support/leftover.rs"]
mod leftover;

use std::time::Duration;

use gmp::chan::{Receiver, Sender, bounded};
use gmp::context::{self, Context};
use gmp::sync::{Arc, Group};
use gmp::{go, num_goroutine, select};

const SQUARERS: usize = 3;

#[gmp::main]
fn main() {
    enough();
    failure();
    deadline();
}

/// The first stage: numbers without end.
fn count(ctx: &Context) -> Receiver<u64> {
    let (out, numbers) = bounded(0);
    let ctx = ctx.clone();
    go! {
        let mut number = 1;
        while pass(&ctx, &out, number) {
            number += 1;
        }
    };
    numbers
}

/// The second stage, as often as one likes with the same `numbers` and `out`.
fn square(ctx: &Context, numbers: Receiver<u64>, out: Sender<u64>) {
    let ctx = ctx.clone();
    go! {
        for number in numbers {
            if !pass(&ctx, &out, number * number) {
                return;
            }
        }
    };
}

fn squares(ctx: &Context) -> Receiver<u64> {
    let numbers = count(ctx);
    let (out, squares) = bounded(0);
    for _ in 0..SQUARERS {
        square(ctx, numbers.clone(), out.clone());
    }
    squares
}

/// Sends `value`, unless it is time to stop: false.
fn pass<T>(ctx: &Context, out: &Sender<T>, value: T) -> bool {
    select! {
        sent = out <- value => sent.is_ok(),
        <-ctx.done() => false,
    }
}

/// The reader has enough.
fn enough() {
    let goroutines = num_goroutine();
    let (ctx, cancel) = context::background().with_cancel();
    let mut some: Vec<u64> = squares(&ctx).iter().take(1000).collect();
    let running = num_goroutine() - goroutines;
    cancel();
    leftover::assert_no_more_than(goroutines);
    some.sort();
    println!("1000 squares up to {}: {running} goroutines ran, none is left", some[999]);
    assert!(running <= 1 + SQUARERS);
    // Squarers overtake each other, by one number each.
    assert!(some.iter().zip(1..).all(|(square, n): (_, u64)| *square >= n * n));
    assert!(some[999] <= (1000 + SQUARERS as u64).pow(2));
}

/// A stage fails; the others learn of it, and so does who waits.
fn failure() {
    let goroutines = num_goroutine();
    let cause =
        |error: &String| -> context::Cause { Arc::new(std::io::Error::other(error.clone())) };
    let (group, ctx) = Group::with_context_cause(&context::background(), cause);
    let squares = squares(&ctx);
    group.go(move || {
        for square in squares {
            if square > 1_000_000 {
                return Err(format!("{square} has too many digits"));
            }
        }
        Ok(())
    });
    let error = group.wait().unwrap_err();
    let cause = ctx.cause().unwrap();
    println!("{error}; the stages were told: {cause}");
    assert_eq!(cause.to_string(), error);
    leftover::assert_no_more_than(goroutines);
}

/// Nobody has said when to stop but the clock.
fn deadline() {
    let goroutines = num_goroutine();
    let (ctx, _cancel) = context::background().with_timeout(Duration::from_millis(20));
    let sum: u128 = squares(&ctx).iter().map(u128::from).sum();
    println!("the sum of what was squared in 20 ms: {sum} ({})", ctx.err().unwrap());
    assert_eq!(ctx.err(), Some(context::ContextError::DeadlineExceeded));
    leftover::assert_no_more_than(goroutines);
}
