//! What the test binaries share.
#![allow(dead_code, reason = "each test binary uses its own part")]

pub(crate) mod child;
pub(crate) mod process;

use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long a test may take; children get less, so that they report first.
const LIMIT: Duration = Duration::from_secs(60);

/// Ends the process with a message if the result is not dropped in time.
#[track_caller]
pub(crate) fn watchdog() -> Sender<()> {
    watchdog_of(LIMIT)
}

#[track_caller]
pub(crate) fn watchdog_of(limit: Duration) -> Sender<()> {
    let place = Location::caller();
    let (alive, watched) = channel();
    thread::spawn(move || {
        if watched.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
            eprintln!("watchdog: what began at {place} hangs");
            // The numbers take locks of what hangs.
            thread::spawn(|| eprintln!("{:#?}", gmp::stats()));
            thread::sleep(Duration::from_secs(1));
            std::process::abort();
        }
    });
    alive
}

/// Lets others run until `done`; a watchdog ends it if that never happens.
pub(crate) fn until(done: impl Fn() -> bool) {
    while !done() {
        gmp::gosched();
    }
}

/// Waits for a plain thread without blocking the caller's own.
pub(crate) fn join_thread<T>(handle: thread::JoinHandle<T>) -> T {
    until(|| handle.is_finished());
    handle.join().expect("the thread did not panic")
}

/// Looks every few milliseconds until `done` or until `limit` has passed; says which.
pub(crate) fn within(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if done() {
            return true;
        }
        if start.elapsed() > limit {
            return false;
        }
        gmp::time::sleep(Duration::from_millis(5));
    }
}

/// Counts how often it and its clones were dropped.
#[derive(Clone, Default)]
pub(crate) struct Drops(Arc<AtomicUsize>);

/// One value whose drop is counted.
pub(crate) struct Counted(Arc<AtomicUsize>);

impl Drops {
    pub(crate) fn new() -> Drops {
        Drops::default()
    }

    pub(crate) fn value(&self) -> Counted {
        Counted(Arc::clone(&self.0))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.load(SeqCst)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// Random numbers for tests, from a seed that is printed; `GMP_TEST_SEED` sets it.
pub(crate) struct Random(AtomicU64);

impl Random {
    #[track_caller]
    pub(crate) fn new() -> Random {
        let given = std::env::var("GMP_TEST_SEED").ok().and_then(|text| text.parse().ok());
        let seed = given.unwrap_or_else(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            now.as_nanos() as u64
        });
        eprintln!("{}: GMP_TEST_SEED={seed}", Location::caller());
        Random(AtomicU64::new(seed))
    }

    /// A number below `n` (splitmix64).
    pub(crate) fn below(&self, n: u64) -> u64 {
        let step = 0x9e37_79b9_7f4a_7c15_u64;
        let mut z = self.0.fetch_add(step, SeqCst).wrapping_add(step);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

/// Keeps the caller's CPU and P busy until `done`, without entering the runtime.
pub(crate) fn spin_until(mut done: impl FnMut() -> bool) -> u64 {
    let mut rounds = 0;
    while !done() {
        rounds += 1;
        std::hint::spin_loop();
    }
    rounds
}
