//! What the channel tests share.

#![allow(dead_code, reason = "each test binary uses some of it")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Ends the process if it is not dropped within a minute: a hanging test fails.
pub(crate) struct Watchdog(
    #[expect(dead_code, reason = "dropping it ends the watch")] mpsc::Sender<()>,
);

#[track_caller]
pub(crate) fn watchdog() -> Watchdog {
    let place = std::panic::Location::caller();
    let (alive, watched) = mpsc::channel();
    thread::spawn(move || {
        if watched.recv_timeout(Duration::from_secs(60)) == Err(RecvTimeoutError::Timeout) {
            eprintln!("the test at {place} hangs");
            std::process::abort();
        }
    });
    Watchdog(alive)
}

/// Gives the CPU away until `done`.
pub(crate) fn until(done: impl Fn() -> bool) {
    while !done() {
        thread::yield_now();
    }
}

/// Counts the drops of its tokens.
#[derive(Clone, Default)]
pub(crate) struct Book(Arc<Mutex<Vec<Arc<AtomicUsize>>>>);

/// A value that reports its drop to its book.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) id: usize,
    drops: Arc<AtomicUsize>,
}

impl Book {
    pub(crate) fn token(&self) -> Token {
        let drops = Arc::new(AtomicUsize::new(0));
        let mut entries = self.0.lock().unwrap();
        entries.push(drops.clone());
        Token { id: entries.len() - 1, drops }
    }

    /// How many tokens were dropped so far.
    pub(crate) fn dropped(&self) -> usize {
        self.0.lock().unwrap().iter().map(|drops| drops.load(Ordering::SeqCst)).sum()
    }

    /// Every token ever made was dropped, once.
    #[track_caller]
    pub(crate) fn check(&self) {
        for (id, drops) in self.0.lock().unwrap().iter().enumerate() {
            assert_eq!(drops.load(Ordering::SeqCst), 1, "drops of token {id}");
        }
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::SeqCst);
    }
}

/// Random numbers for schedules (xorshift).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}
