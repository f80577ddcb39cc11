//! What must not touch the heap: starting, running and ending goroutines that nobody joins,
//! and what they do to wait.
//!
//! The only test of its binary, because the counting allocator sees everybody. A thread of
//! the runtime may be born in a round and allocate then, so the best of a few rounds counts;
//! an allocation per goroutine would show in each, thousands of times.
#![cfg(not(feature = "generator"))]
#![expect(unsafe_code, reason = "a global allocator that counts")]
#![expect(clippy::redundant_closure, reason = "the closure form is what is tested")]

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use gmp::{go, gosched};
use support::{until, watchdog};

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller's promises are those of the system's allocator.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(ptr, layout) };
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: as above.
        unsafe { System.realloc(ptr, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const GOROUTINES: usize = 10_000;
const ROUNDS: usize = 5;

static RAN: AtomicUsize = AtomicUsize::new(0);

/// Starts all the goroutines, waits until each has run, and says what that allocated.
fn allocations(start: impl Fn(usize)) -> usize {
    let before = ALLOCATIONS.load(Relaxed);
    RAN.store(0, Relaxed);
    (0..GOROUTINES).for_each(start);
    until(|| RAN.load(Relaxed) == GOROUTINES);
    ALLOCATIONS.load(Relaxed) - before
}

#[track_caller]
fn none_allocated(what: &str, start: impl Fn(usize)) {
    // The pool, the queues and the timer heaps grow to the size they need.
    allocations(&start);
    let rounds: Vec<usize> = (0..ROUNDS).map(|_| allocations(&start)).collect();
    println!("{what}: {rounds:?} allocations");
    assert!(rounds.contains(&0), "{what} allocates: {rounds:?} in {GOROUTINES}");
}

fn ran() {
    RAN.fetch_add(1, Relaxed);
}

#[gmp::test]
fn fire_and_forget_allocates_nothing() {
    let _watchdog = watchdog();
    none_allocated("a closure", |_| drop(go!(|| ran())));
    none_allocated("a captured value", |n| {
        let payload = [n; 32];
        go!(move || {
            assert!(payload.iter().all(|&m| m == n));
            ran();
        });
    });
    none_allocated("a call with a result", |n| {
        fn call(n: usize) -> [usize; 16] {
            ran();
            [n; 16]
        }
        go!(call(n));
    });
    none_allocated("a future that is ready", |_| drop(gmp::spawn_future(async { ran() })));
    none_allocated("a static name", |_| drop(go!(<name = "static"> ran())));
    none_allocated("a stack of its own size", |_| drop(go!(<stack = 64 * 1024> ran())));
    none_allocated("a nested goroutine", |_| {
        go!(|| drop(go!(|| ran())));
    });
    none_allocated("yielding and sleeping", |n| {
        go!(move || {
            gosched();
            gmp::time::sleep(Duration::from_micros(n as u64 % 100));
            ran();
        });
    });
    none_allocated("joining", |n| {
        let handle = go!(move || {
            gosched();
            n
        });
        assert!(handle.join().is_ok_and(|m| m == n));
        ran();
    });
}
