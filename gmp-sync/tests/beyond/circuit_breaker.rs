//! `CircuitBreaker`: what counts, and how many calls go through. The states themselves are
//! tested beside the machine, with a clock of its own.

use std::convert::Infallible;
use std::error::Error;
use std::mem::ManuallyDrop;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use crate::common::{Random, crowd, message, on_both, until, watchdog};
use gmp_chan::bounded;
use gmp_core::{Goexit, goexit, gosched, spawn};
use gmp_sync::{BreakerError, BreakerState, CircuitBreaker};

const HOUR: Duration = Duration::from_secs(3600);

fn fail(breaker: &CircuitBreaker) {
    let result = breaker.call(|| Err::<Infallible, _>("this failure belongs to the test"));
    assert_eq!(result, Err(BreakerError::Inner("this failure belongs to the test")));
}

fn assert_open(breaker: &CircuitBreaker) {
    assert_eq!(breaker.state(), BreakerState::Open);
    let refused = breaker.call(|| -> Result<(), &str> { unreachable!("it is open") });
    let Err(BreakerError::Open { retry_after }) = refused else { panic!("{refused:?}") };
    assert!(!retry_after.is_zero() && retry_after <= HOUR);
}

/// One that is open now, and half-open as soon as the clock has moved on.
fn half_open(probes: u32, successes: u32) -> CircuitBreaker {
    let builder = CircuitBreaker::builder().failures(1).open_for(Duration::ZERO);
    let breaker = builder.probes(probes).successes(successes).build();
    fail(&breaker);
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    breaker
}

#[test]
fn defaults() {
    on_both(|| {
        let breaker = CircuitBreaker::new();
        assert_eq!(format!("{breaker:?}"), "CircuitBreaker { state: Closed, .. }");
        (0..4).for_each(|_| fail(&breaker));
        assert_eq!(breaker.call(|| Ok::<_, Infallible>(7)), Ok(7));
        (0..4).for_each(|_| fail(&breaker));
        assert_eq!(breaker.state(), BreakerState::Closed);
        fail(&breaker);
        assert_open(&breaker);
    });
}

#[test]
fn zero_is_refused() {
    let builder = CircuitBreaker::builder;
    let pass = "pass 1 or more";
    assert_eq!(message(|| builder().failures(0)), format!("CircuitBreaker: `failures(0)`: {pass}"));
    assert_eq!(message(|| builder().probes(0)), format!("CircuitBreaker: `probes(0)`: {pass}"));
    assert!(message(|| builder().successes(0)).ends_with(pass));
}

#[test]
fn not_to_return_is_a_failure() {
    on_both(|| {
        let breaker = CircuitBreaker::builder().failures(3).open_for(HOUR).build();
        let breaker = Arc::new(breaker);
        let panics = || breaker.call(|| -> Result<(), ()> { panic!("it belongs to the test") });
        assert_eq!(message(panics), "it belongs to the test");
        for swallowed in [false, true] {
            assert_eq!(breaker.state(), BreakerState::Closed);
            let breaker = breaker.clone();
            let exits = spawn(move || {
                breaker.call(|| {
                    if !swallowed {
                        goexit();
                    }
                    let _kept = ManuallyDrop::new(catch_unwind(|| goexit()));
                    Ok::<_, Infallible>(())
                })
            });
            assert!(exits.join().unwrap_err().is::<Goexit>());
        }
        assert_open(&breaker);
    });
}

#[test]
fn it_closes_after_successful_probes() {
    on_both(|| {
        let breaker = half_open(1, 3);
        for _ in 0..3 {
            assert_eq!(breaker.state(), BreakerState::HalfOpen);
            assert_eq!(breaker.call(|| Ok::<_, Infallible>(())), Ok(()));
        }
        assert_eq!(breaker.state(), BreakerState::Closed);
    });
}

#[test]
fn it_stays_open_for_as_long_as_it_says() {
    on_both(|| {
        let open_for = Duration::from_millis(20);
        let breaker = CircuitBreaker::builder().failures(1).open_for(open_for).build();
        let start = Instant::now();
        fail(&breaker);
        let mut refused = Duration::MAX;
        while let Err(BreakerError::Open { retry_after }) = breaker.call(|| Ok::<_, Infallible>(()))
        {
            assert!(retry_after <= refused, "it comes nearer");
            refused = retry_after;
            gosched();
        }
        assert!(start.elapsed() >= open_for);
        assert_eq!(breaker.state(), BreakerState::Closed);
    });
}

/// While the probes run, everybody else is refused, without being told when to come again.
#[test]
fn no_more_probes_than_the_budget() {
    on_both(|| {
        let breaker = Arc::new(half_open(3, 3));
        let (open, gate) = bounded::<()>(0);
        let running = Arc::new(AtomicUsize::new(0));
        let probes: Vec<_> = (0..3)
            .map(|_| {
                let (breaker, gate, running) = (breaker.clone(), gate.clone(), running.clone());
                spawn(move || {
                    breaker.call(|| {
                        running.fetch_add(1, SeqCst);
                        assert!(gate.recv().is_err());
                        Ok::<_, Infallible>(())
                    })
                })
            })
            .collect();
        until(|| running.load(SeqCst) == 3);
        for _ in 0..50 {
            let refused = breaker.call(|| -> Result<(), Infallible> { unreachable!() });
            assert_eq!(refused, Err(BreakerError::Open { retry_after: Duration::ZERO }));
        }
        open.close();
        assert!(probes.into_iter().all(|probe| probe.join().unwrap() == Ok(())));
        assert_eq!(breaker.state(), BreakerState::Closed);
    });
}

/// A call that began before the breaker opened succeeds long after.
#[test]
fn a_late_result_does_not_count() {
    on_both(|| {
        let breaker = CircuitBreaker::builder().failures(1).open_for(HOUR).build();
        let breaker = Arc::new(breaker);
        let (begin, begun) = bounded::<()>(0);
        let (open, gate) = bounded::<()>(0);
        let late = {
            let breaker = breaker.clone();
            spawn(move || {
                breaker.call(|| {
                    begin.close();
                    assert!(gate.recv().is_err());
                    Ok::<_, Infallible>("late")
                })
            })
        };
        assert!(begun.recv().is_err());
        fail(&breaker);
        open.close();
        assert_eq!(late.join().unwrap(), Ok("late"));
        assert_open(&breaker);
    });
}

#[test]
fn errors_show_what_happened() {
    let number: Result<u32, _> = CircuitBreaker::new().call(|| "x".parse());
    let error = number.unwrap_err();
    assert_eq!(error.to_string(), "invalid digit found in string");
    assert!(error.source().is_none());
    let open = |ms| BreakerError::<Infallible>::Open { retry_after: Duration::from_millis(ms) };
    assert_eq!(open(30).to_string(), "circuit breaker is open: retry after 30ms");
    let half = "circuit breaker is half-open: other calls try whether it works";
    assert_eq!(open(0).to_string(), half);
}

/// All at once, with failures by chance: every call is made or refused, and no probe is lost, so
/// the breaker can always be closed again.
#[test]
fn stress() {
    const PROBES: u32 = 2;
    let _watchdog = watchdog();
    let random = Random::new();
    let (through, refused) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    crowd(6, 3, {
        let breaker = CircuitBreaker::builder()
            .failures(2)
            .open_for(Duration::from_micros(50))
            .probes(PROBES)
            .successes(4)
            .build();
        let (through, refused) = (through.clone(), refused.clone());
        move |_| {
            for _ in 0..2_000 {
                let result = breaker.call(|| {
                    through.fetch_add(1, SeqCst);
                    (0..random.below(3)).for_each(|_| gosched());
                    if random.below(3) == 0 { Err(()) } else { Ok(()) }
                });
                refused.fetch_add(
                    usize::from(matches!(result, Err(BreakerError::Open { .. }))),
                    SeqCst,
                );
            }
            // Whatever state it is in now, it closes again.
            while breaker.state() != BreakerState::Closed {
                let _ = breaker.call(|| Ok::<_, Infallible>(()));
                gosched();
            }
        }
    });
    let (through, refused) = (through.load(SeqCst), refused.load(SeqCst));
    eprintln!("{through} went through, {refused} were refused");
    assert_eq!(through + refused, 9 * 2_000);
    assert!(through > 0 && refused > 0);
}
