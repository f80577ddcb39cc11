//! A thousand requests at a time, each by a goroutine that makes three blocking calls of 50,
//! 100 and 5 ms, through std only: the handler's code knows nothing of a scheduler.
//!
//! ```text
//! cargo run --release --example web_handler_blocking
//! ```
//!
//! With `GOMAXPROCS` = 8 and calls that keep their processor it would take 19 s. As blocked
//! threads lose theirs, all calls wait at the same time, and the server goes on: meanwhile a
//! health check that is due every 5 ms takes place. The same handlers on plain threads are
//! there for comparison.

#[path = "support/percentiles.rs"]
mod percentiles;
mod support;

use std::sync::{Condvar, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use gmp::chan::{Receiver, RecvTimeoutError, bounded};
use gmp::go;
use percentiles::Percentiles;
use support::{figure, grouped};

const HANDLERS: u64 = 1_000;
const PROCS: usize = 8;
const DATABASE: Duration = Duration::from_millis(50);
const SERVICE: Duration = Duration::from_millis(100);
const LOCK: Duration = Duration::from_millis(5);
const HEALTH_CHECK: Duration = Duration::from_millis(5);

/// One call after the other, on as many processors as there are.
const KEEPING_PROCESSORS: Duration =
    Duration::from_millis(HANDLERS * (50 + 100 + 5) / PROCS as u64);

/// A question to another service: when the answer is due, a number, where the answer goes.
type Question = (Instant, u64, mpsc::Sender<u64>);

#[gmp::main(gomaxprocs = PROCS, on_panic = "abort")]
fn main() {
    let (service, questions) = mpsc::channel::<Question>();
    thread::spawn(move || {
        for (due, number, answer) in questions {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            answer.send(number * number).unwrap();
        }
    });

    println!("{} handlers: 50 + 100 + 5 ms of blocking calls each", grouped(HANDLERS));
    serve("threads", &service, |handler| {
        thread::spawn(handler);
    });
    // Before the second time the threads exist already.
    for name in ["goroutines, GOMAXPROCS=8", "the same again"] {
        let total = serve(name, &service, |handler| {
            go!(handler());
        });
        assert!(total < KEEPING_PROCESSORS / 3, "blocked handlers kept their processors");
    }
}

/// One request.
fn handle(number: u64, service: &mpsc::Sender<Question>) {
    query_database();
    assert_eq!(ask(service, number), number * number);
    wait_for_lock();
}

fn query_database() {
    thread::sleep(DATABASE);
}

// The channels of std use thread-locals, so they are kept to a function that is not inlined
// into one in which goroutines change threads.
#[inline(never)]
fn ask(service: &mpsc::Sender<Question>, number: u64) -> u64 {
    let (answer, answered) = mpsc::channel();
    service.send((Instant::now() + SERVICE, number, answer)).unwrap();
    answered.recv().unwrap()
}

/// One that its owner does not give up in time.
fn wait_for_lock() {
    let taken = Mutex::new(true);
    let freed = Condvar::new();
    let wait = freed.wait_timeout_while(taken.lock().unwrap(), LOCK, |taken| *taken);
    assert!(wait.unwrap().1.timed_out());
}

/// Has all requests handled by what `start` runs a handler on; returns how long it took.
fn serve(
    name: &str,
    service: &mpsc::Sender<Question>,
    start: impl Fn(Box<dyn FnOnce() + Send>),
) -> Duration {
    let (stop, stopped) = bounded::<()>(0);
    let health = go!(move || check_health(&stopped));

    let begin = Instant::now();
    let (done, handled) = bounded(HANDLERS as usize);
    for number in 0..HANDLERS {
        let (service, done) = (service.clone(), done.clone());
        start(Box::new(move || {
            let begin = Instant::now();
            handle(number, &service);
            done.send(begin.elapsed()).unwrap();
        }));
    }
    let each: Vec<_> = handled.iter().take(HANDLERS as usize).collect();
    let total = begin.elapsed();

    stop.close();
    let (late, threads) = health.join().unwrap();
    let (each, late) = (Percentiles::of(each), Percentiles::of(late));
    println!("{name}:");
    println!("  all done after {total:.0?}, with up to {} threads", grouped(threads));
    println!("  from a handler's start to its end: {each}");
    println!("  lateness of a health check:        {late}");
    assert!(late.p50 < Duration::from_millis(50), "the server was stuck: {:?}", late.p50);
    total
}

/// Every 5 ms until `stopped`: how late each was, and the most threads there were.
fn check_health(stopped: &Receiver<()>) -> (Vec<Duration>, u64) {
    let (mut late, mut threads) = (Vec::new(), 0);
    loop {
        let due = Instant::now() + HEALTH_CHECK;
        if stopped.recv_timeout(HEALTH_CHECK) != Err(RecvTimeoutError::Timeout) {
            return (late, threads);
        }
        late.push(due.elapsed());
        threads = threads.max(figure("/proc/self/status", "Threads"));
    }
}
