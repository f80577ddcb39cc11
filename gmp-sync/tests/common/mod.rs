//! What the tests of the synchronisation types share.

#![allow(dead_code, reason = "each test binary uses some of it")]

use std::any::Any;
use std::fs;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Ends the process if the result is not dropped within a minute: a hanging test fails.
#[track_caller]
pub(crate) fn watchdog() -> mpsc::Sender<()> {
    let place = Location::caller();
    let (alive, watched) = mpsc::channel();
    thread::spawn(move || {
        if watched.recv_timeout(Duration::from_secs(60)) == Err(RecvTimeoutError::Timeout) {
            eprintln!("the test at {place} hangs");
            std::process::abort();
        }
    });
    alive
}

/// Lets others run until `done`, on a goroutine or a plain thread.
pub(crate) fn until(done: impl Fn() -> bool) {
    while !done() {
        gmp_core::gosched();
    }
}

/// Runs `test` on a plain thread, then as a goroutine. There is a runtime both times.
#[track_caller]
pub(crate) fn on_both(test: fn()) {
    let _watchdog = watchdog();
    start();
    test();
    gmp_core::run_test(test);
}

/// Starts the runtime.
pub(crate) fn start() {
    gmp_core::run_test(|| ());
}

/// Runs `body` `goroutines` times at once on goroutines and, at the same time, `threads` times
/// on plain threads; with a number for each. Returns when all are done, on a plain thread.
#[track_caller]
pub(crate) fn crowd<F>(goroutines: usize, threads: usize, body: F)
where
    F: Fn(usize) + Send + Sync + 'static,
{
    start();
    let body = Arc::new(body);
    let of = |n: usize| {
        let body = Arc::clone(&body);
        move || body(n)
    };
    let on_threads: Vec<_> =
        (goroutines..goroutines + threads).map(|n| thread::spawn(of(n))).collect();
    let on_goroutines: Vec<_> = (0..goroutines).map(|n| gmp_core::spawn(of(n))).collect();
    on_goroutines.into_iter().for_each(|handle| handle.join().expect("no panic"));
    on_threads.into_iter().for_each(|handle| handle.join().expect("no panic"));
}

/// What the panic of `f` says.
#[track_caller]
pub(crate) fn message<T>(f: impl FnOnce() -> T) -> String {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(_) => panic!("no panic at {}", Location::caller()),
        Err(payload) => text(&*payload),
    }
}

pub(crate) fn text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).expect("a payload of text")
}

/// Counts the drops of its tokens.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drops(Arc<AtomicUsize>);

/// A value whose drop is counted.
#[derive(Debug)]
pub(crate) struct Token(Arc<AtomicUsize>);

impl Drops {
    pub(crate) fn token(&self) -> Token {
        Token(Arc::clone(&self.0))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// How many tokens and counters are alive.
    pub(crate) fn alive(&self) -> usize {
        Arc::strong_count(&self.0) - 1
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Random numbers for tests, from a seed that is printed; `GMP_TEST_SEED` sets it.
#[derive(Debug)]
pub(crate) struct Random(AtomicU64);

impl Random {
    #[track_caller]
    pub(crate) fn new() -> Random {
        let given = std::env::var("GMP_TEST_SEED").ok().and_then(|text| text.parse().ok());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let seed = given.unwrap_or(now.as_nanos() as u64);
        eprintln!("{}: GMP_TEST_SEED={seed}", Location::caller());
        Random(AtomicU64::new(seed))
    }

    /// A number below `n` (splitmix64).
    pub(crate) fn below(&self, n: u64) -> u64 {
        let step = 0x9e37_79b9_7f4a_7c15_u64;
        let mut z = self.0.fetch_add(step, Ordering::Relaxed).wrapping_add(step);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

/// Kilobytes of memory in use (a page is 4 KiB wherever gmp runs).
pub(crate) fn rss_kib() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").expect("/proc is mounted");
    let pages: u64 = statm.split(' ').nth(1).and_then(|n| n.parse().ok()).expect("a number");
    pages * 4
}
