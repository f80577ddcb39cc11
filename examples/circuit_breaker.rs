//! A circuit breaker before a service that goes down for a while. Without it every request
//! waits for a timeout of a service that is known to be down, and keeps it busy when it tries
//! to come up; with it only a few do, the others fail at once.
//!
//! ```text
//! cargo run --release --example circuit_breaker
//! ```

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use gmp::sync::{Arc, BreakerError, BreakerState, CircuitBreaker, WaitGroup};
use gmp::time;

const CLIENTS: usize = 20;
const REQUESTS: usize = 50;
const FAILURES: u32 = 5;
const OPEN_FOR: Duration = Duration::from_millis(20);
/// How long it takes to find out that the service is down.
const TIMEOUT: Duration = Duration::from_millis(5);

#[derive(Default)]
struct Service {
    down: AtomicBool,
    /// Requests that came while it was down.
    in_vain: AtomicUsize,
}

impl Service {
    fn request(&self) -> Result<&'static str, &'static str> {
        if self.down.load(SeqCst) {
            self.in_vain.fetch_add(1, SeqCst);
            time::sleep(TIMEOUT);
            return Err("timed out");
        }
        time::sleep(Duration::from_micros(100));
        Ok("welcome")
    }
}

#[gmp::main]
fn main() {
    let service = Arc::new(Service::default());
    let breaker = CircuitBreaker::builder().failures(FAILURES).open_for(OPEN_FOR).build();
    let breaker = Arc::new(breaker);

    service.down.store(true, SeqCst);
    let without = clients(&service, |service| service.request().is_ok());
    let hits_without = service.in_vain.swap(0, SeqCst);
    println!("down, {} requests:", CLIENTS * REQUESTS);
    println!("  without a breaker {hits_without} reach it, in {:.1?}", without.time);
    assert_eq!(hits_without, CLIENTS * REQUESTS);

    let start = Instant::now();
    let guarded = {
        let breaker = breaker.clone();
        move |service: &Service| breaker.call(|| service.request()).is_ok()
    };
    let with = clients(&service, guarded.clone());
    let hits = service.in_vain.load(SeqCst);
    println!("  with one {hits} do, in {:.1?}", with.time);
    assert_eq!((without.served, with.served), (0, 0));
    // Who was under way when it opened, and then one at a time to see whether it is up.
    let probes = start.elapsed().as_nanos() / OPEN_FOR.as_nanos() + 1;
    assert!(hits <= CLIENTS + FAILURES as usize + probes as usize);

    service.down.store(false, SeqCst);
    let up = Instant::now();
    while let Err(error) = breaker.call(|| service.request()) {
        match error {
            BreakerError::Open { retry_after } => time::sleep(retry_after),
            BreakerError::Inner(error) => panic!("{error}, but it is up"),
        }
    }
    println!("up again: known after {:.1?}", up.elapsed());
    assert_eq!(breaker.state(), BreakerState::Closed);
    assert_eq!(clients(&service, guarded).served, CLIENTS * REQUESTS);
}

struct Outcome {
    served: usize,
    time: Duration,
}

/// Clients, all at once; `request` says whether it was served.
fn clients<F>(service: &Arc<Service>, request: F) -> Outcome
where
    F: Fn(&Service) -> bool + Clone + Send + 'static,
{
    let start = Instant::now();
    let (served, wg) = (Arc::new(AtomicUsize::new(0)), WaitGroup::new());
    for _ in 0..CLIENTS {
        let (service, request, served) = (service.clone(), request.clone(), served.clone());
        wg.go(move || {
            let mine = (0..REQUESTS).filter(|_| request(&service)).count();
            served.fetch_add(mine, SeqCst);
        });
    }
    wg.wait();
    Outcome { served: served.load(SeqCst), time: start.elapsed() }
}
