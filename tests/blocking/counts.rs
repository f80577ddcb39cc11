//! Threads: one for each goroutine that blocks one, and a few.

use std::io::{Read, Write, pipe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use gmp::chan::bounded;
use gmp::{JoinHandle, go, gomaxprocs, gosched, stats};

use crate::os;
use crate::support::{until, within};

/// Threads that the runtime may have besides those at work: spare ones, three on a quiet
/// machine, up to 32 where new ones come too late, and one on its way.
const FEW: usize = 33;
const PATIENCE: Duration = Duration::from_secs(20);

/// A second goroutine's turns in a second.
fn rate() -> u64 {
    let (turns, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let (counted, stopped) = (Arc::clone(&turns), Arc::clone(&stop));
    let yields = go!(move || while !stopped.load(SeqCst) {
        counted.fetch_add(1, SeqCst);
        gosched();
    });
    gmp::time::sleep(Duration::from_millis(300));
    stop.store(true, SeqCst);
    yields.join().unwrap();
    turns.load(SeqCst)
}

pub(crate) fn many_readers() {
    // Many more than the spare ones.
    const READERS: usize = 100;
    let procs = gomaxprocs(0);
    // Whatever was started for other reasons is there before.
    let before = rate();
    assert_eq!(stats().blocked_threads, 0, "{}", stats());
    for round in 0..2 {
        let (handles, writers) = readers(READERS);
        let all = || stats().blocked_threads == READERS;
        assert!(within(PATIENCE, all), "round {round}: {}", stats());
        let most = procs + READERS + FEW;
        let few = || gmp::num_threads() <= most && os::runtime_threads() <= most;
        assert!(within(PATIENCE, few), "{} in /proc; {}", os::runtime_threads(), stats());
        assert!(os::runtime_threads() > READERS);
        let now = stats();
        println!("round {round}: {now}");
        assert!(now.threads > READERS && now.threads_created > READERS as u64, "{now}");
        // Those of the former round may still be about to end.
        assert!(within(PATIENCE, || gmp::num_goroutine() == READERS + 1), "{}", stats());
        // The others are as fast as before: the best of some counts.
        assert!(within(PATIENCE, || rate() > before / 2), "{before} before, {}", rate());
        assert_eq!(stats().blocked_threads, READERS, "{}", stats());
        for (n, mut writer) in writers.into_iter().enumerate() {
            writer.write_all(&n.to_ne_bytes()).unwrap();
        }
        for (n, handle) in handles.into_iter().enumerate() {
            assert_eq!(handle.join().unwrap(), n);
        }
        assert!(within(PATIENCE, || stats().blocked_threads == 0), "{}", stats());
    }
}

fn readers(n: usize) -> (Vec<JoinHandle<usize>>, Vec<std::io::PipeWriter>) {
    let read = |_| {
        let (mut reader, writer) = pipe().unwrap();
        let handle = go!(move || {
            let mut bytes = [0; size_of::<usize>()];
            reader.read_exact(&mut bytes).unwrap();
            usize::from_ne_bytes(bytes)
        });
        (handle, writer)
    };
    (0..n).map(read).unzip()
}

/// A thousand that wait for a channel, beside one that blocks.
pub(crate) fn channel_waiters() {
    const WAITERS: usize = 1_000;
    let (tx, rx) = bounded::<()>(0);
    let waits = |_| {
        let rx = rx.clone();
        go!(move || rx.recv_ok().1)
    };
    let handles: Vec<_> = (0..WAITERS).map(waits).collect();
    until(|| rx.waiting_receivers() == WAITERS);
    let (mut reader, mut writers) = readers(1);
    assert!(within(PATIENCE, || stats().blocked_threads == 1), "{}", stats());
    let now = stats();
    assert!(now.threads <= gomaxprocs(0) + 1 + FEW, "{now}");
    assert_eq!((now.goroutines, now.waiting), (WAITERS + 2, WAITERS + 1), "{now}");
    writers[0].write_all(&7_usize.to_ne_bytes()).unwrap();
    assert_eq!(reader.remove(0).join().unwrap(), 7);
    tx.close();
    assert!(handles.into_iter().all(|handle| !handle.join().unwrap()));
}
