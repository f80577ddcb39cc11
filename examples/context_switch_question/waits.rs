//! The ways to wait, and what is noted when the wait is over.

use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use gmp::chan::{Receiver, Sender, bounded};
use gmp::time::sleep;
use gmp::{go, gosched};

pub(crate) const WAITERS: usize = 1_000;

/// Until the first sleeper wakes up.
const NAP: Duration = Duration::from_secs(1);
/// Between the last one and all of them at once.
const BREAK: Duration = Duration::from_millis(500);

/// Stamps are nanoseconds since then.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);
/// Waiters that exist.
static STARTED: AtomicUsize = AtomicUsize::new(0);
/// Places in `LATENESS` that are taken, and those that are filled.
static WOKEN: AtomicUsize = AtomicUsize::new(0);
static NOTED: AtomicUsize = AtomicUsize::new(0);
/// From a stamp to its waiter running, in nanoseconds.
static LATENESS: [AtomicU64; 2 * WAITERS] = [const { AtomicU64::new(0) }; 2 * WAITERS];

/// What a thousand wait for: a stamp, which is the time at which one was told to go on. Each
/// waits again and again, till the end of the process.
pub(crate) enum Wait {
    /// Goroutines that receive from one channel.
    Channel(Sender<u64>, Receiver<u64>),
    /// Goroutines that sleep until a time that is fixed from the start.
    Sleep { pace: Duration },
    /// Goroutines that read from one pipe.
    Read(PipeWriter, Arc<PipeReader>),
    /// Plain threads that do.
    Thread(PipeWriter, Arc<PipeReader>),
}

impl Wait {
    /// # Panics
    ///
    /// If there is no such kind.
    pub(crate) fn new(kind: &str, pace: Duration) -> Wait {
        let pipe = || pipe().map(|(reader, writer)| (writer, Arc::new(reader))).unwrap();
        LazyLock::force(&START);
        match kind {
            "channel" => {
                let (sender, receiver) = bounded(0);
                Wait::Channel(sender, receiver)
            }
            "sleep" => Wait::Sleep { pace },
            "read" => {
                let (writer, reader) = pipe();
                Wait::Read(writer, reader)
            }
            "thread" => {
                let (writer, reader) = pipe();
                Wait::Thread(writer, reader)
            }
            other => panic!("{other:?} is no way to wait"),
        }
    }

    /// Starts a thousand waiters; returns when all wait, or are just about to.
    pub(crate) fn start_all(&self) {
        for i in 0..WAITERS as u32 {
            match self {
                Wait::Channel(_, receiver) => {
                    let receiver = receiver.clone();
                    go!(move || waits(|| receiver.recv().ok()));
                }
                Wait::Sleep { pace } => {
                    let alone = NAP + *pace * i;
                    let mut times = [alone, together(*pace), Duration::MAX].into_iter();
                    go!(move || waits(|| times.next().map(sleep_until)));
                }
                Wait::Read(_, reader) => {
                    let reader = reader.clone();
                    go! {
                        waits(|| {
                            // As goroutines do between such calls: it needs a processor here.
                            gosched();
                            read(&reader)
                        });
                    };
                }
                Wait::Thread(_, reader) => {
                    let reader = reader.clone();
                    thread::spawn(move || waits(|| read(&reader)));
                }
            }
        }
        wait_until("started", WAITERS, || STARTED.load(Ordering::Relaxed));
        if let Wait::Read(..) = self {
            wait_until("blocked", WAITERS, || gmp::stats().blocked_threads);
        }
    }

    /// Wakes each once, some time after the one before.
    pub(crate) fn wake_each(&self, pace: Duration) {
        if let Wait::Sleep { .. } = self {
            return;
        }
        for _ in 0..WAITERS {
            self.wake();
            sleep(pace);
        }
    }

    /// Wakes as many, as soon as the one before runs; sleepers, all at once.
    pub(crate) fn wake_all(&self) {
        if let Wait::Sleep { pace } = self {
            sleep_until(together(*pace));
            return;
        }
        for woken in WAITERS..2 * WAITERS {
            self.wake();
            while NOTED.load(Ordering::Acquire) == woken {
                gosched();
            }
        }
    }

    fn wake(&self) {
        match self {
            Wait::Channel(sender, _) => sender.send(stamp()).unwrap(),
            // They know when.
            Wait::Sleep { .. } => {}
            Wait::Read(writer, _) | Wait::Thread(writer, _) => {
                (&*writer).write_all(&stamp().to_le_bytes()).unwrap();
            }
        }
    }
}

/// What a waiter does; `wait` returns a stamp.
fn waits(mut wait: impl FnMut() -> Option<u64>) {
    STARTED.fetch_add(1, Ordering::Relaxed);
    while let Some(woken) = wait() {
        let late = stamp().saturating_sub(woken);
        let place = WOKEN.fetch_add(1, Ordering::Relaxed);
        LATENESS[place].store(late, Ordering::Relaxed);
        NOTED.fetch_add(1, Ordering::Release);
    }
}

/// When sleepers who were woken one by one are woken all at once.
fn together(pace: Duration) -> Duration {
    NAP + pace * WAITERS as u32 + BREAK
}

fn read(mut pipe: &PipeReader) -> Option<u64> {
    let mut bytes = [0; 8];
    pipe.read_exact(&mut bytes).ok()?;
    Some(u64::from_le_bytes(bytes))
}

/// `time` is since `START`; returned as a stamp.
fn sleep_until(time: Duration) -> u64 {
    sleep(time.saturating_sub(START.elapsed()));
    time.as_nanos() as u64
}

fn stamp() -> u64 {
    START.elapsed().as_nanos() as u64
}

/// Waits until `count` have been woken; returns how late each was.
pub(crate) fn woken(count: usize) -> Vec<Duration> {
    wait_until("woken", count, || NOTED.load(Ordering::Acquire));
    let late = |late: &AtomicU64| Duration::from_nanos(late.load(Ordering::Relaxed));
    LATENESS[..count].iter().map(late).collect()
}

fn wait_until(what: &str, count: usize, counted: impl Fn() -> usize) {
    let start = Instant::now();
    while counted() < count {
        assert!(start.elapsed() < Duration::from_secs(20), "{} of {count} {what}", counted());
        sleep(Duration::from_micros(50));
    }
}
