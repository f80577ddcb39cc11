//! `blocking(..)`: a hint, and otherwise a plain call.

use std::io::{Read, Write, pipe};
use std::panic::{catch_unwind, panic_any};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use gmp::chan::bounded;
use gmp::{Goexit, JoinHandle, blocking, go, goexit, gomaxprocs, gosched, stats};

use crate::os;
use crate::support::{join_thread, spin_until, until, within};

pub(crate) fn results() {
    assert_eq!(blocking(|| 7), 7);
    let mut text = String::from("a");
    // It borrows, and gives what cannot be copied.
    let moved = blocking(|| {
        text.push('b');
        std::mem::take(&mut text)
    });
    assert_eq!((moved.as_str(), text.as_str()), ("ab", ""));
    // Short, a million times, and the P stays.
    let before = stats().handoffs;
    assert_eq!((0..1_000_000_u64).map(|n| blocking(|| n)).sum::<u64>(), 499_999_500_000);
    println!("{} hand-offs", stats().handoffs - before);
    // Nested.
    let nested = || blocking(|| blocking(|| 1) + blocking(|| blocking(|| 2)));
    assert_eq!(nested(), 3);
    assert_eq!(go!(nested()).join().unwrap(), 3);
    // Panics and exits go through, from the inner one to the outer one and beyond.
    let caught = catch_unwind(|| blocking(|| blocking(|| panic_any(4))));
    assert_eq!(*caught.unwrap_err().downcast::<i32>().unwrap(), 4);
    let inner = blocking(|| catch_unwind(|| blocking(|| panic_any(5))).is_err());
    assert!(inner);
    let slow = go!(blocking(|| {
        thread::sleep(Duration::from_millis(5));
        panic_any(6)
    }));
    assert_eq!(*slow.join().unwrap_err().downcast::<i32>().unwrap(), 6);
    let exit = go!(blocking(|| {
        thread::sleep(Duration::from_millis(5));
        goexit()
    }));
    assert!(exit.join().unwrap_err().is::<Goexit>());
    // And the scheduler is as it was.
    (0..100).for_each(|n| assert_eq!(go!(move || blocking(|| n)).join().unwrap(), n));
}

/// Whatever parks, in the middle of a section, before and after the P was taken away.
pub(crate) fn parks() {
    const GOROUTINES: u64 = 20;
    let handles: Vec<JoinHandle<u64>> = (0..GOROUTINES)
        .map(|n| {
            go!(move || blocking(|| {
                let (tx, rx) = bounded(0);
                let sender = go!(move || blocking(|| tx.send(n).unwrap()));
                if n.is_multiple_of(2) {
                    thread::sleep(Duration::from_millis(1));
                }
                let got = rx.recv().unwrap();
                gosched();
                gmp::time::sleep(Duration::from_micros(100));
                thread::sleep(Duration::from_micros(100));
                blocking(|| {
                    thread::sleep(Duration::from_millis(1));
                    sender.join().unwrap();
                });
                gmp::scope(|s| drop(s.spawn(gosched)));
                got
            }))
        })
        .collect();
    for (n, handle) in handles.into_iter().enumerate() {
        assert_eq!(handle.join().unwrap(), n as u64);
    }
    // Even who changes the number of Ps.
    let procs = gomaxprocs(0);
    assert_eq!(blocking(|| gomaxprocs(procs + 1)), procs);
    assert_eq!(blocking(|| gomaxprocs(procs)), procs + 1);
    (0..100).for_each(|n| assert_eq!(go!(move || n).join().unwrap(), n));
}

/// A section that computes, as a call into a C library might: others run meanwhile.
pub(crate) fn gives_way() {
    let procs = gomaxprocs(0);
    let (begun, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let computing: Vec<_> = (0..procs + 1)
        .map(|_| {
            let (begun, over) = (Arc::clone(&begun), Arc::clone(&over));
            go!(blocking(|| {
                begun.fetch_add(1, SeqCst);
                let home = os::tid();
                let rounds = spin_until(|| over.load(SeqCst));
                assert_eq!(os::tid(), home);
                rounds
            }))
        })
        .collect();
    until(|| begun.load(SeqCst) == procs + 1);
    // Those that block, too.
    let (readers, writers): (Vec<_>, Vec<_>) = (0..procs + 2)
        .map(|_| {
            let (mut reader, writer) = pipe().unwrap();
            let reads = go!(blocking(|| {
                let mut byte = [0];
                reader.read_exact(&mut byte).map(|()| byte[0])
            }));
            (reads, writer)
        })
        .unzip();
    let blocked = || stats().blocked_threads >= procs + 2;
    assert!(within(Duration::from_secs(20), blocked), "{}", stats());
    for (n, mut writer) in writers.into_iter().enumerate() {
        writer.write_all(&[n as u8]).unwrap();
    }
    for (n, reader) in readers.into_iter().enumerate() {
        assert_eq!(reader.join().unwrap().unwrap(), n as u8);
    }
    over.store(true, SeqCst);
    assert!(computing.into_iter().all(|handle| handle.join().unwrap() > 0));
}

/// Without signals, who computes outside a section keeps its P: also behind a section, however
/// that was left.
pub(crate) fn is_over() {
    let sections: [fn(); 5] = [
        || (),
        || blocking(|| ()),
        || blocking(|| thread::sleep(Duration::from_millis(20))),
        || drop(catch_unwind(|| blocking(|| blocking(|| panic_any(1))))),
        || {
            blocking(|| {
                gosched();
                drop(catch_unwind(|| blocking(|| panic_any(1))));
                gmp::time::sleep(Duration::from_millis(1));
            });
        },
    ];
    for (n, section) in sections.into_iter().enumerate() {
        section();
        let ran = Arc::new(AtomicBool::new(false));
        let other = {
            let ran = Arc::clone(&ran);
            go!(move || ran.store(true, SeqCst))
        };
        let start = Instant::now();
        spin_until(|| start.elapsed() > Duration::from_millis(100));
        assert!(!ran.load(SeqCst), "section {n} goes on behind its end");
        other.join().unwrap();
    }
    // The outer one goes on behind the inner one's end.
    let ran = Arc::new(AtomicBool::new(false));
    let other = {
        let ran = Arc::clone(&ran);
        go!(move || ran.store(true, SeqCst))
    };
    blocking(|| {
        assert_eq!(blocking(|| 3), 3);
        drop(catch_unwind(|| blocking(|| panic_any(1))));
        spin_until(|| ran.load(SeqCst));
    });
    other.join().unwrap();
}

pub(crate) fn on_threads() {
    let on_thread = thread::spawn(|| {
        assert_eq!(blocking(|| blocking(|| 3) + 1), 4);
        assert!(catch_unwind(|| blocking(|| panic_any(1))).is_err());
        let (tx, rx) = bounded(0);
        go!(move || tx.send(8).unwrap());
        blocking(|| rx.recv())
    });
    assert_eq!(join_thread(on_thread), Ok(8));
}

pub(crate) fn without_runtime() -> ExitCode {
    assert_eq!(blocking(|| 7), 7);
    assert!(catch_unwind(|| blocking(|| panic_any(1))).is_err());
    ExitCode::SUCCESS
}
