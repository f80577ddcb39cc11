//! Every value that is given to a channel is dropped once, whatever becomes of it: received,
//! left behind, given back, lost in a select, cancelled, or in the way of a panic.
//!
//! Values are of many sizes and alignments. The same tests run under AddressSanitizer, which
//! sees what a counter cannot.

mod borrowed;
mod bridges;
#[path = "../chan_async/by_hand.rs"]
mod by_hand;
mod endings;
mod forgotten;
mod futures;
mod kinds;
mod panics;
mod selects;
#[path = "../support/mod.rs"]
mod support;

use std::any::Any;
use std::sync::Mutex;
use std::thread;

use gmp::chan::{Receiver, Sender, bounded, unbounded};
use gmp::{Builder, JoinHandle};

/// One channel of each make.
fn channels<T>() -> [(Sender<T>, Receiver<T>); 4] {
    [bounded(0), bounded(1), bounded(5), unbounded()]
}

/// Those that keep values while nobody receives.
fn buffers<T>() -> [(Sender<T>, Receiver<T>); 3] {
    [bounded(1), bounded(5), unbounded()]
}

/// Room for the copies of the largest values that a build without optimisation makes.
const STACK: usize = 8 << 20;

/// A goroutine with room for the largest values.
fn start<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> JoinHandle<R> {
    Builder::new().stack_size(STACK).spawn(f).expect("a stack")
}

/// A thread with room for the largest values.
fn start_thread<R: Send + 'static>(
    f: impl FnOnce() -> R + Send + 'static,
) -> thread::JoinHandle<R> {
    thread::Builder::new().stack_size(STACK).spawn(f).expect("a thread")
}

/// What is never dropped, where a leak checker still finds it.
static KEPT: Mutex<Vec<Box<dyn Any + Send>>> = Mutex::new(Vec::new());

fn keep_for_ever(value: impl Any + Send) {
    KEPT.lock().unwrap().push(Box::new(value));
}

/// Checks a value and drops it.
#[expect(clippy::needless_pass_by_value, reason = "it is to be dropped")]
fn expect<V: kinds::Value>(value: V) {
    value.check();
}

#[track_caller]
fn join<T>(handle: JoinHandle<T>) -> T {
    handle.join().expect("the goroutine did not panic")
}
