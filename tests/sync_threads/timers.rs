//! Timers and contexts on threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use gmp::context::{ContextError, background};
use gmp::select;
use gmp::time::{Ticker, Timer, after, after_func, sleep};

use crate::support::{Drops, watchdog};

const MS: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3_600);
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn sleeping() {
    let _watchdog = watchdog();
    for time in [Duration::ZERO, MS, 7 * MS] {
        let start = Instant::now();
        sleep(time);
        assert!(start.elapsed() >= time);
        assert!(after(time).recv().unwrap() >= start + time);
    }
}

#[test]
fn timers() {
    let _watchdog = watchdog();
    let start = Instant::now();
    let timer = Timer::new(5 * MS);
    assert!(timer.chan().recv().unwrap() >= start + 5 * MS);
    assert!(!timer.stop() && !timer.reset(HOUR) && timer.reset(HOUR));
    // Reset under a thread that waits.
    thread::scope(|s| {
        let waiter = s.spawn(|| timer.chan().recv().unwrap());
        crate::until(|| timer.chan().waiting_receivers() == 1);
        let before = Instant::now();
        assert!(timer.reset(5 * MS));
        assert!(waiter.join().unwrap() >= before + 5 * MS);
    });
    assert!(timer.chan().try_recv().is_err() && !timer.stop());
}

#[test]
fn functions() {
    let _watchdog = watchdog();
    let (calls, drops) = (Arc::new(AtomicUsize::new(0)), Drops::new());
    let (tell, told) = channel();
    let (counter, value) = (Arc::clone(&calls), drops.value());
    let timer = after_func(2 * MS, move || {
        let _value = &value;
        // Neither the thread that armed it nor a goroutine.
        assert!(gmp::current().is_none());
        tell.send((counter.fetch_add(1, SeqCst), thread::current().id())).unwrap();
    });
    let (first, id) = told.recv_timeout(PATIENCE).unwrap();
    assert!(first == 0 && id != thread::current().id());
    assert!(!timer.reset(HOUR) && timer.reset(MS));
    assert_eq!(told.recv_timeout(PATIENCE).unwrap().0, 1);
    assert!(!timer.reset(HOUR) && timer.stop() && !timer.stop());
    drop(timer);
    assert!(told.recv_timeout(PATIENCE).is_err(), "its function is dropped");
    assert_eq!((drops.count(), calls.load(SeqCst)), (1, 2));
}

/// One whose function takes its time does not hold up the others.
#[test]
fn slow_functions() {
    const TIMERS: usize = 20;
    let _watchdog = watchdog();
    let ((hold, held), (tell, told)) = (gmp::chan::bounded::<()>(0), channel());
    let timers: Vec<_> = (0..TIMERS)
        .map(|n| {
            let (held, tell) = (held.clone(), tell.clone());
            after_func(n as u32 % 3 * MS, move || {
                tell.send(()).unwrap();
                let _ = held.recv();
            })
        })
        .collect();
    (0..TIMERS).for_each(|_| told.recv_timeout(PATIENCE).unwrap());
    hold.close();
    drop(timers);
}

#[test]
fn tickers() {
    let _watchdog = watchdog();
    let start = Instant::now();
    let ticker = Ticker::new(3 * MS);
    let first = ticker.chan().recv().unwrap();
    for n in 2..6 {
        let tick = ticker.chan().recv().unwrap();
        assert_eq!((tick - first).as_nanos() % (3 * MS).as_nanos(), 0);
        assert!(start.elapsed() >= n * 3 * MS);
    }
    ticker.stop();
    select! {
        <-ticker.chan() => panic!("it is stopped"),
        after(10 * MS) => {}
    }
}

#[test]
fn contexts() {
    let _watchdog = watchdog();
    let (parent, cancel) = background().with_cancel();
    let (timed, _cancel) = parent.with_timeout(5 * MS);
    let (child, _cancel) = parent.with_timeout(HOUR);
    assert_eq!(timed.done().recv_ok(), (None, false));
    assert!(timed.err() == Some(ContextError::DeadlineExceeded) && child.err().is_none());
    let (tell, told) = channel();
    let after = child.after_func(move || tell.send(thread::current().id()).unwrap());
    thread::scope(|s| {
        let waiter = s.spawn(|| {
            select! {
                <-child.done() => child.err(),
                after(HOUR) => None,
            }
        });
        crate::until(|| child.done().waiting_receivers() == 1);
        cancel();
        assert_eq!(waiter.join().unwrap(), Some(ContextError::Canceled));
    });
    assert_ne!(told.recv_timeout(PATIENCE).unwrap(), thread::current().id());
    assert!(!after.stop());
}

/// A deadline ends a context while nobody looks.
#[test]
fn deadlines_without_anybody_waiting() {
    let _watchdog = watchdog();
    let (tell, told) = channel();
    let (ctx, _cancel) = background().with_timeout(3 * MS);
    let _after = ctx.after_func(move || tell.send(()).unwrap());
    told.recv_timeout(PATIENCE).unwrap();
    assert_eq!(ctx.err(), Some(ContextError::DeadlineExceeded));
}
