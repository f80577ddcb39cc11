//! `SingleFlight`, `RateLimiter` and `CircuitBreaker` on threads.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use gmp::context::{ContextError, background};
use gmp::sync::{BreakerError, BreakerState, CircuitBreaker, RateLimiter, SingleFlight};

use crate::support::watchdog;
use crate::until;

const MS: Duration = Duration::from_millis(1);

#[test]
fn single_flight() {
    const THREADS: usize = 6;
    let _watchdog = watchdog();
    let (flights, calls) = (SingleFlight::new(), AtomicUsize::new(0));
    let begin = Barrier::new(2);
    thread::scope(|s| {
        let leader = s.spawn(|| {
            flights.work("key", || {
                begin.wait();
                begin.wait();
                calls.fetch_add(1, SeqCst) + 1
            })
        });
        begin.wait();
        let work = || flights.work("key", || calls.fetch_add(1, SeqCst) + 1);
        let others: Vec<_> = (0..THREADS).map(|_| s.spawn(work)).collect();
        until(|| flights.sharing(&"key").is_some_and(|n| n >= THREADS));
        begin.wait();
        assert_eq!(leader.join().unwrap(), 1);
        assert!(others.into_iter().all(|other| other.join().unwrap() == 1));
    });
    assert_eq!(flights.work("key", || 7), 7, "the next one calls again");
}

#[test]
fn rate_limiter() {
    let _watchdog = watchdog();
    let start = Instant::now();
    let limiter = RateLimiter::new(1_000.0, 5);
    thread::scope(|s| {
        for _ in 0..5 {
            s.spawn(|| (0..5).for_each(|_| limiter.wait()));
        }
    });
    // 25 events, 5 of them at once.
    assert!(start.elapsed() >= 20 * MS, "{:?}", start.elapsed());
    let slow = RateLimiter::new(0.001, 1);
    assert!(slow.allow() && !slow.allow());
    let (ctx, cancel) = background().with_cancel();
    thread::scope(|s| {
        let waiter = s.spawn(|| slow.wait_ctx(&ctx));
        thread::sleep(MS);
        cancel();
        assert_eq!(waiter.join().unwrap(), Err(ContextError::Canceled));
    });
}

#[test]
fn circuit_breaker() {
    const OPEN: Duration = Duration::from_millis(20);
    let _watchdog = watchdog();
    let breaker =
        CircuitBreaker::builder().failures(2).open_for(OPEN).probes(1).successes(1).build();
    let fails = || breaker.call(|| Err::<(), _>("down"));
    assert!((0..2).all(|_| matches!(fails(), Err(BreakerError::Inner("down")))));
    let opened = Instant::now();
    let state = breaker.state();
    assert!(state == BreakerState::Open || opened.elapsed() >= OPEN);
    until(|| breaker.call(|| Ok::<_, &str>(())).is_ok());
    assert_eq!(breaker.state(), BreakerState::Closed);
}
