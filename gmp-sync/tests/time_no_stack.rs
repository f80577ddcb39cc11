//! Timers that start goroutines when there are no stacks left: they are late, and none is
//! lost.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use common::{until, watchdog};
use gmp_chan::{Receiver, Sender, bounded};
use gmp_sync::time::{Timer, after_func};

/// Starts goroutines that wait for `release`, until there are no more to be had. The caller,
/// a goroutine, then does so, too. How many they are is sent to `full`.
fn use_all_stacks(release: &Receiver<()>, full: &Sender<usize>) {
    let mut count = 1;
    loop {
        let released = release.clone();
        match gmp_core::Builder::new().spawn(move || released.recv().unwrap()) {
            Ok(_) => count += 1,
            Err(error) => {
                assert_eq!(error.kind(), std::io::ErrorKind::OutOfMemory);
                full.send(count).unwrap();
                return release.recv().unwrap();
            }
        }
    }
}

/// `enough`: how many have to end before there is a stack for who has none.
fn calls_wait_for_stacks(enough: usize) {
    let (release, released) = bounded(0);
    let (full, is_full) = bounded(0);
    drop(gmp_core::spawn(move || use_all_stacks(&released, &full)));
    let crowd = is_full.recv().unwrap();
    println!("{crowd} stacks");
    let calls = Arc::new(AtomicUsize::new(0));
    let call = || {
        let calls = Arc::clone(&calls);
        after_func(Duration::ZERO, move || {
            calls.fetch_add(1, SeqCst);
        })
    };
    let timers = [call(), call(), call()];
    let start = Instant::now();
    until(|| start.elapsed() > Duration::from_millis(5));
    assert_eq!(calls.load(SeqCst), 0);
    if gmp_core::current().is_some() {
        // What was put off has not begun.
        assert!(timers[0].stop() && !timers[0].reset(Duration::ZERO));
        assert!(timers[1].reset(Duration::ZERO));
    }
    assert_eq!(calls.load(SeqCst), 0);
    let enough = enough.min(crowd);
    (0..enough).for_each(|_| release.send(()).unwrap());
    until(|| calls.load(SeqCst) == 3);
    (enough..crowd).for_each(|_| release.send(()).unwrap());
    assert!(!timers.iter().any(Timer::stop));
    until(|| gmp_core::num_goroutine() <= usize::from(gmp_core::current().is_some()));
}

#[test]
fn calls_that_find_no_stack_come_later() {
    let _watchdog = watchdog();
    // The largest stacks, of which there are the fewest.
    let builder = gmp_core::Runtime::builder().gomaxprocs(1).stack_size(gmp_core::MAX_STACK_SIZE);
    // SAFETY: nothing here is bound to a thread.
    #[expect(unsafe_code, reason = "a runtime with few stacks")]
    let runtime = unsafe { builder.start() }.unwrap();
    runtime.block_on_goroutine(|| calls_wait_for_stacks(1));
    // The P keeps some for goroutines that are started on it.
    calls_wait_for_stacks(usize::MAX);
}
