//! The sync types, timers and contexts on plain threads, in a process that never starts a
//! runtime; what they have of std's, checked on std's too; and goroutines together with
//! threads on one object, in processes of their own.

mod errors;
mod locks;
mod mixed;
#[path = "../support/mod.rs"]
mod support;
mod timers;
mod traits;
mod types;

/// Everything here holds for std's types as well: that is what "as std's" means.
mod with_gmp {
    use gmp::sync;

    include!("like_std.rs");
}

mod with_std {
    use std::sync;

    include!("like_std.rs");
}

use std::thread;

use support::child::{child, main, programs};
use support::watchdog;

#[test]
fn program() {
    programs(&[
        ("guards_across_parks", || main(mixed::guards_across_parks)),
        ("one_object", || main(mixed::one_object)),
        ("timers_and_contexts", || main(mixed::timers_and_contexts)),
        ("poisoning", || main(mixed::poisoning)),
    ]);
}

/// Goroutines and threads on one object.
fn mixed(program: &str) {
    let _watchdog = watchdog();
    for procs in [1, 2, 4] {
        child(program).procs(procs).run().exits(0);
    }
}

#[test]
fn guards_are_held_across_parks() {
    mixed("guards_across_parks");
}

#[test]
fn goroutines_and_threads_share_locks() {
    mixed("one_object");
}

#[test]
fn goroutines_and_threads_share_timers_and_contexts() {
    mixed("timers_and_contexts");
}

#[test]
fn goroutines_poison_as_threads_do() {
    mixed("poisoning");
}

/// Waits on a plain thread, without a runtime.
#[track_caller]
fn until(mut done: impl FnMut() -> bool) {
    while !done() {
        assert!(gmp::current().is_none());
        thread::yield_now();
    }
}

/// The threads of this process: the runtime's would be more, and have names.
#[test]
fn no_runtime_is_started() {
    let _watchdog = watchdog();
    let mutex = std::sync::Arc::new(gmp::sync::Mutex::new(0));
    let other = std::sync::Arc::clone(&mutex);
    thread::spawn(move || *other.lock().unwrap() += 1).join().unwrap();
    assert_eq!(*mutex.lock().unwrap(), 1);
    assert_eq!((gmp::num_threads(), gmp::num_goroutine()), (0, 0));
}
