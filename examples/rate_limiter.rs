//! A limit in requests a second, with a burst for those who were quiet: a token bucket. Who
//! comes too early waits for a token, is turned away, or waits only if the token comes in time.
//!
//! ```text
//! cargo run --release --example rate_limiter
//! ```

use std::sync::Arc;
use std::time::{Duration, Instant};

use gmp::context::{self, ContextError};
use gmp::sync::RateLimiter;
use gmp::{JoinHandle, go};

/// Requests a second.
const RATE: f64 = 1000.0;
const BURST: usize = 20;

#[gmp::main]
fn main() {
    waiting(10, 15);
    turned_away(1000);
    in_time_or_not_at_all(100, Duration::from_millis(30));
}

/// How many the limiter may have let through by now.
fn allowed_since(start: Instant) -> usize {
    BURST + (RATE * start.elapsed().as_secs_f64()) as usize
}

/// Clients that share a limiter: a burst at once, then all of them together at its pace.
fn waiting(clients: usize, each: usize) {
    let start = Instant::now();
    let limiter = Arc::new(RateLimiter::new(RATE, BURST));
    let clients: Vec<JoinHandle<Vec<Duration>>> = (0..clients)
        .map(|_| {
            let limiter = limiter.clone();
            go!(<Vec<Duration>> {
                let requests = (0..each).map(|_| {
                    limiter.wait();
                    start.elapsed()
                });
                requests.collect()
            })
        })
        .collect();
    let mut times: Vec<_> = clients.into_iter().flat_map(|client| client.join().unwrap()).collect();
    times.sort();
    println!("{} requests wait:", times.len());
    for count in [1, BURST, 2 * BURST, times.len()] {
        println!("  {count} of them passed within {:.1?}", times[count - 1]);
    }
    for (before, time) in times.iter().enumerate() {
        let tokens = (before + 1).saturating_sub(BURST);
        assert!(*time >= Duration::from_secs_f64(tokens as f64 / RATE), "{before} passed already");
    }
}

/// A server that answers "too many requests" at once.
fn turned_away(requests: usize) {
    let start = Instant::now();
    let limiter = RateLimiter::new(RATE, BURST);
    let served = (0..requests).filter(|_| limiter.allow()).count();
    println!("{requests} requests at once: {served} served, {} turned away", requests - served);
    assert!(served >= BURST && served <= allowed_since(start));
}

/// Requests that are of use only for so long. Whether the token comes in time is known at once,
/// so nobody waits in vain.
fn in_time_or_not_at_all(requests: usize, patience: Duration) {
    let start = Instant::now();
    let limiter = Arc::new(RateLimiter::new(RATE, BURST));
    let (ctx, _cancel) = context::background().with_timeout(patience);
    let requests: Vec<JoinHandle<(Result<(), ContextError>, Duration)>> = (0..requests)
        .map(|_| {
            let (limiter, ctx) = (limiter.clone(), ctx.clone());
            go!(<(Result<(), ContextError>, Duration)> {
                let came = Instant::now();
                (limiter.wait_ctx(&ctx), came.elapsed())
            })
        })
        .collect();
    let (passed, gave_up): (Vec<_>, Vec<_>) =
        requests.into_iter().map(|r| r.join().unwrap()).partition(|(result, _)| result.is_ok());
    let longest = |of: &[(_, Duration)]| of.iter().map(|(_, time)| *time).max().unwrap_or_default();
    println!("within {patience:?}, {} requests pass, {} cannot", passed.len(), gave_up.len());
    println!("  the longest that passed waited {:.1?}", longest(&passed));
    println!("  the longest that did not knew after {:.1?}", longest(&gave_up));
    assert!(passed.len() <= allowed_since(start));
    assert!(gave_up.iter().all(|(result, _)| *result == Err(ContextError::DeadlineExceeded)));
}
