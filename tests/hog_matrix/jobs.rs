//! What the goroutines of the matrix do: a unit of each, with a known answer.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::{Cell, RefCell};
use std::hint::black_box;
use std::io::{self, Read, Write, pipe};
use std::net::ToSocketAddrs;
use std::panic::{catch_unwind, panic_any};
use std::process::Command;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use gmp::chan::bounded;
use gmp::go;

use crate::os;
use crate::work::{Kind, integers};

/// What the goroutines share.
#[derive(Default)]
pub(crate) struct Shared {
    /// Both are the same whenever nobody holds the lock.
    pair: Mutex<(u64, u64)>,
    /// Goes up and down by one.
    gate: Mutex<bool>,
    moved: Condvar,
}

/// How long a unit may take, in rounds: a round is one slice for each goroutine.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// One second at most, whatever there is beside it: it waits for nobody's slices.
    Prompt,
    /// Computes, or waits for a lock that others hold while they compute: its turn comes once
    /// a round, and with it that of every holder before it.
    Light,
    /// Blocks a few times, and waits for its turn after each.
    Heavy,
}

pub(crate) struct Job {
    pub(crate) name: &'static str,
    pub(crate) weight: Weight,
    pub(crate) unit: fn(&Shared, u64),
}

const fn job(name: &'static str, weight: Weight, unit: fn(&Shared, u64)) -> Job {
    Job { name, weight, unit }
}

pub(crate) const JOBS: [Job; 18] = [
    job("ticker", Weight::Prompt, |_, _| gmp::time::sleep(Duration::from_millis(5))),
    job("integers", Weight::Light, |_, _| Kind::Integers.block()),
    job("floats", Weight::Light, |_, _| Kind::Floats.block()),
    job("memory", Weight::Light, |_, _| Kind::Memory.block()),
    job("stdout", Weight::Light, stdout),
    job("mutex", Weight::Light, mutex),
    job("locals", Weight::Light, locals),
    job("environment", Weight::Light, |_, _| assert!(std::env::var_os("PATH").is_some())),
    job("depth", Weight::Light, |_, n| assert_eq!(dig(100, n as u8), 100 * u64::from(n as u8))),
    job("condvar", Weight::Heavy, condvar),
    job("panics", Weight::Light, panics),
    job("backtraces", Weight::Heavy, backtraces),
    job("commands", Weight::Heavy, commands),
    job("threads", Weight::Heavy, threads),
    job("names", Weight::Heavy, names),
    job("sleeps", Weight::Heavy, |_, _| thread::sleep(Duration::from_millis(1))),
    job("pipes", Weight::Heavy, pipes),
    job("channels", Weight::Heavy, channels),
];

fn stdout(_: &Shared, n: u64) {
    let mut out = io::stdout().lock();
    writeln!(out, "a line of a hog's, begun {n}").unwrap();
    Kind::Integers.block();
    writeln!(out, "and ended {n}").unwrap();
    drop(out);
    (0..5).for_each(|_| Kind::Integers.block());
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panics under the lock")
}

fn mutex(shared: &Shared, n: u64) {
    let mut pair = lock(&shared.pair);
    pair.0 += n;
    Kind::Memory.block();
    pair.1 += n;
    assert_eq!(pair.0, pair.1);
    drop(pair);
    (0..5).for_each(|_| Kind::Integers.block());
}

/// Waits on a futex until another of its kind, or a thread, has passed the gate on.
fn condvar(shared: &Shared, n: u64) {
    let way = n.is_multiple_of(2);
    let helper = (n.is_multiple_of(16)).then(|| thread::spawn(move || integers(black_box(n | 1))));
    let mut gate = lock(&shared.gate);
    let mut waits = 0;
    while *gate != way && waits < 3 {
        // Alone, nobody else comes.
        gate = shared.moved.wait_timeout(gate, Duration::from_millis(1)).expect("as above").0;
        waits += 1;
    }
    *gate = !way;
    drop(gate);
    shared.moved.notify_one();
    if let Some(helper) = helper {
        assert_eq!(helper.join().unwrap(), integers(n | 1));
    }
}

thread_local! {
    static MARK: Cell<u64> = const { Cell::new(0) };
    static LIST: RefCell<Vec<u64>> = RefCell::new(Vec::with_capacity(4));
}

/// Nothing is held across a park: there is none in here.
#[inline(never)]
fn locals(_: &Shared, n: u64) {
    let (home, mark) = (os::tid(), n | 1);
    assert_eq!(MARK.replace(mark), 0);
    LIST.with_borrow_mut(|list| {
        list.extend([mark, mark + 1, mark + 2]);
        (0..5).for_each(|_| Kind::Memory.block());
        assert_eq!(list.drain(..).sum::<u64>(), 3 * mark + 3);
    });
    assert_eq!((MARK.replace(0), os::tid()), (mark, home));
}

#[inline(never)]
fn dig(depth: u64, mark: u8) -> u64 {
    let frame = [mark; 500];
    let frame = black_box(&frame);
    let below = if depth == 1 { 0 } else { dig(depth - 1, mark) };
    assert!(frame.iter().all(|&byte| byte == mark));
    below + u64::from(frame[250])
}

/// A panic that is part of the test.
#[derive(Debug, PartialEq)]
pub(crate) struct Wanted(u64);

struct Undone<'a>(&'a Cell<u32>);

impl Drop for Undone<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
        Kind::Integers.block();
    }
}

fn panics(_: &Shared, n: u64) {
    let undone = Cell::new(0);
    let caught = catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _outer = Undone(&undone);
        let _inner = Undone(&undone);
        panic_any(Wanted(n))
    }));
    let Err(payload) = caught;
    assert_eq!((payload.downcast_ref(), undone.get()), (Some(&Wanted(n)), 2));
    assert!(!thread::panicking());
}

fn backtraces(_: &Shared, _: u64) {
    let backtrace = Backtrace::force_capture();
    assert_eq!(backtrace.status(), BacktraceStatus::Captured);
}

fn commands(_: &Shared, n: u64) {
    let code = (n % 100) as i32;
    let status = Command::new("sh").args(["-c", &format!("exit {code}")]).status();
    assert_eq!(status.expect("there is a shell").code(), Some(code));
}

fn threads(_: &Shared, n: u64) {
    let text = n.to_string();
    let other = thread::spawn(move || {
        Kind::Memory.block();
        text.parse::<u64>()
    });
    assert_eq!(other.join().expect("right answers"), Ok(n));
}

fn names(_: &Shared, n: u64) {
    let port = n as u16;
    let mut found = ("localhost", port).to_socket_addrs().expect("localhost has a name");
    assert!(found.all(|address| address.ip().is_loopback() && address.port() == port));
}

fn pipes(_: &Shared, n: u64) {
    let (mut reader, mut writer) = pipe().unwrap();
    let other = thread::spawn(move || {
        thread::sleep(Duration::from_micros(n % 500));
        writer.write_all(&n.to_ne_bytes()).unwrap();
    });
    let mut bytes = [0; 8];
    reader.read_exact(&mut bytes).unwrap();
    assert_eq!(u64::from_ne_bytes(bytes), n);
    other.join().unwrap();
}

fn channels(_: &Shared, n: u64) {
    let (tx, rx) = bounded(n as usize % 3);
    let sender = go!(move || (0..3).for_each(|k| tx.send(n + k).unwrap()));
    assert_eq!(rx.iter().sum::<u64>(), 3 * n + 3);
    sender.join().unwrap();
}
