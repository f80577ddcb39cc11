//! `RateLimiter` by the real clock. How tokens are counted is tested beside the bucket, with
//! a clock of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::{Random, crowd, message, on_both, until, watchdog};
use gmp_core::spawn;
use gmp_sync::RateLimiter;
use gmp_sync::context::{ContextError, background};

/// So slow that no second token comes during a test: one in 1000 s.
const SLOW: f64 = 0.001;

#[test]
fn what_cannot_work_is_refused() {
    for rate in [0.0, -0.0, -1.0, f64::NAN, f64::NEG_INFINITY] {
        let message = message(|| RateLimiter::new(rate, 1));
        assert!(message.contains("pass a rate above zero, or f64::INFINITY"), "{message}");
    }
    for rate in [1.0, f64::INFINITY] {
        assert!(message(|| RateLimiter::new(rate, 0)).contains("pass 1 or more"));
    }
    let limiter = RateLimiter::new(1.0, 10);
    let refused = "RateLimiter: 11 tokens at once, but the burst is 10";
    assert!(message(|| limiter.wait_n(11)).starts_with(refused));
    assert!(message(|| limiter.wait_n_ctx(&background(), 11)).starts_with(refused));
    assert!(!limiter.allow_n(11));
    assert!(limiter.allow_n(10), "nothing was taken");
}

#[test]
fn a_burst_and_then_nothing() {
    on_both(|| {
        let limiter = RateLimiter::new(SLOW, 5);
        assert_eq!((0..20).filter(|_| limiter.allow()).count(), 5);
        assert!(limiter.allow_n(0), "none are always there");
        assert!(limiter.tokens() < 0.1);
        let debug = "RateLimiter { per_second: 0.001, burst: 5, .. }";
        assert_eq!(format!("{limiter:?}"), debug);
    });
}

#[test]
fn infinity_is_no_limit() {
    on_both(|| {
        let limiter = RateLimiter::new(f64::INFINITY, 1);
        assert!((0..1000).all(|n| limiter.allow() && limiter.allow_n(n)));
        limiter.wait_n(usize::MAX);
        assert_eq!(limiter.wait_n_ctx(&background(), 1000), Ok(()));
    });
}

#[test]
fn waiting_is_never_too_short() {
    on_both(|| {
        let limiter = RateLimiter::new(1000.0, 3);
        let start = Instant::now();
        limiter.wait_n(3);
        for n in 1..=20 {
            if n % 2 == 0 {
                limiter.wait();
            } else {
                limiter.wait_ctx(&background()).unwrap();
            }
            assert!(start.elapsed() >= Duration::from_millis(n), "token {n} came early");
        }
    });
}

/// Goroutines and threads ask, wait, and give up. What they got fits into the time it took.
#[test]
fn stress() {
    const RATE: f64 = 20_000.0;
    const BURST: usize = 50;
    let _watchdog = watchdog();
    let random = Random::new();
    let (limiter, got) = (Arc::new(RateLimiter::new(RATE, BURST)), Arc::new(AtomicUsize::new(0)));
    let start = Instant::now();
    crowd(6, 3, {
        let (limiter, got) = (limiter.clone(), got.clone());
        move |_| {
            for _ in 0..100 {
                let n = 1 + random.below(8) as usize;
                let passed = match random.below(4) {
                    0 => limiter.allow_n(n),
                    1 => {
                        limiter.wait_n(n);
                        true
                    }
                    2 => {
                        let patience = Duration::from_micros(random.below(4_000));
                        let (context, cancel) = background().with_timeout(patience);
                        let result = limiter.wait_n_ctx(&context, n);
                        cancel();
                        result.is_ok()
                    }
                    _ => {
                        let (context, cancel) = background().with_cancel();
                        let canceller = thread::spawn(move || cancel.cancel());
                        let result = limiter.wait_n_ctx(&context, n);
                        until(|| canceller.is_finished());
                        result.is_ok()
                    }
                };
                got.fetch_add(if passed { n } else { 0 }, SeqCst);
            }
        }
    });
    let allowed = BURST as f64 + RATE * start.elapsed().as_secs_f64();
    let got = got.load(SeqCst);
    assert!(got as f64 <= allowed, "{got} tokens, but no more than {allowed} could be there");
    assert!(got > BURST);
}

#[test]
fn a_deadline_too_early_fails_at_once_and_takes_nothing() {
    on_both(|| {
        let limiter = RateLimiter::new(SLOW, 1);
        assert!(limiter.allow());
        let start = Instant::now();
        let (context, cancel) = background().with_timeout(Duration::from_secs(500));
        for _ in 0..100 {
            assert_eq!(limiter.wait_ctx(&context), Err(ContextError::DeadlineExceeded));
        }
        assert!(start.elapsed() < Duration::from_secs(10));
        assert!(limiter.tokens() >= 0.0, "{}", limiter.tokens());
        assert_eq!(context.err(), None);
        cancel();
    });
}

#[test]
fn a_context_that_is_done_takes_nothing() {
    on_both(|| {
        let limiter = RateLimiter::new(SLOW, 1);
        let (context, cancel) = background().with_cancel();
        cancel();
        assert_eq!(limiter.wait_ctx(&context), Err(ContextError::Canceled));
        let (context, _cancel) = background().with_timeout(Duration::ZERO);
        assert_eq!(limiter.wait_ctx(&context), Err(ContextError::DeadlineExceeded));
        assert!(limiter.allow());
    });
}

/// The deadline is in time for the token, but the token is not there yet when it passes.
#[test]
fn the_token_of_who_gives_up_goes_back() {
    on_both(|| {
        let limiter = Arc::new(RateLimiter::new(SLOW, 1));
        assert!(limiter.allow());
        let wait = || {
            let (context, cancel) = background().with_timeout(Duration::from_secs(1_000_000));
            let limiter = limiter.clone();
            (spawn(move || limiter.wait_ctx(&context)), cancel)
        };
        for _ in 0..20 {
            let (waiter, cancel) = wait();
            until(|| limiter.tokens() < -0.5);
            cancel();
            assert_eq!(waiter.join().unwrap(), Err(ContextError::Canceled));
            assert!(limiter.tokens() > -0.5, "{}", limiter.tokens());
        }

        // Somebody else counts on the first one's token being used.
        let (first, cancel_first) = wait();
        until(|| limiter.tokens() < -0.5);
        let (second, cancel_second) = wait();
        until(|| limiter.tokens() < -1.5);
        cancel_first();
        assert_eq!(first.join().unwrap(), Err(ContextError::Canceled));
        assert!(limiter.tokens() < -1.5, "{}", limiter.tokens());
        cancel_second();
        assert_eq!(second.join().unwrap(), Err(ContextError::Canceled));
        assert!(limiter.tokens() < -0.5 && limiter.tokens() > -1.5, "{}", limiter.tokens());
    });
}
