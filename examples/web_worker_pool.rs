//! A web server with a pool: 100 workers take jobs from a queue with room for 10,000, so never
//! more than 100 jobs run, whatever comes. Who finds the queue full gets 503 at once, who has
//! waited for 5 s gets 408, and his job is not begun any more.
//!
//! ```text
//! cargo run --release --features http --example web_worker_pool
//! cargo run --release --features http --example web_worker_pool 127.0.0.1:8080
//! curl http://127.0.0.1:8080/
//! ```
//!
//! Without an address the example is its own client.

#[path = "support/descriptors.rs"]
mod descriptors;
#[path = "support/leftover.rs"]
mod leftover;
#[path = "support/load.rs"]
mod load;
#[path = "support/percentiles.rs"]
mod percentiles;
mod support;

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};
use std::{env, io};

use gmp::chan::{Receiver, Sender, bounded};
use gmp::http::{Request, Server, StatusCode};
use gmp::{go, select, time};
use load::Summary;
use support::grouped;

const WORKERS: usize = 100;
const QUEUE: usize = 10_000;
const TIMEOUT: Duration = Duration::from_secs(5);
const WORK: Duration = Duration::from_millis(10);

/// Jobs that were begun, those under way, and the most that were.
static BEGUN: AtomicUsize = AtomicUsize::new(0);
static RUNNING: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

struct Job {
    /// When its client goes.
    until: Instant,
    result: Sender<String>,
}

fn worker(jobs: &Receiver<Job>, work: impl Fn()) {
    for job in jobs {
        if Instant::now() >= job.until {
            continue;
        }
        BEGUN.fetch_add(1, SeqCst);
        MOST.fetch_max(RUNNING.fetch_add(1, SeqCst) + 1, SeqCst);
        work();
        RUNNING.fetch_sub(1, SeqCst);
        // An error: the client has gone in the meantime.
        let _ = job.result.send("done\n".to_owned());
    }
}

struct Pool<W> {
    queue: usize,
    timeout: Duration,
    work: W,
}

impl<W: Fn() + Clone + Send + 'static> Pool<W> {
    /// Starts the workers, and answers requests with their help.
    fn serve(self, server: &Server) -> io::Result<()> {
        let Pool { queue, timeout, work } = self;
        let (queue, jobs) = bounded(queue);
        for _ in 0..WORKERS {
            let (jobs, work) = (jobs.clone(), work.clone());
            go!(move || worker(&jobs, work));
        }
        // The queue goes with the handler, and the workers with the queue.
        server.serve(move |_: Request| {
            let (result, answer) = bounded(1);
            select! {
                queue <- Job { until: Instant::now() + timeout, result } => {}
                default => return (StatusCode::SERVICE_UNAVAILABLE, "the queue is full\n".into()),
            }
            let late = || (StatusCode::REQUEST_TIMEOUT, "it took too long\n".into());
            select! {
                Some(text) = <-answer => (StatusCode::OK, text),
                after(timeout) => late(),
                // A worker found the job to be late, and let it go.
                else => late(),
            }
        })
    }
}

#[gmp::main]
fn main() -> io::Result<()> {
    let pool = Pool { queue: QUEUE, timeout: TIMEOUT, work: || time::sleep(WORK) };
    if let Some(addr) = env::args().nth(1) {
        let server = Server::bind(addr)?;
        println!("serving http://{}", server.local_addr()?);
        return pool.serve(&server);
    }
    in_time(pool)?;
    overloaded()
}

/// All wait in the queue, and are served in time.
fn in_time(pool: Pool<impl Fn() + Clone + Send + 'static>) -> io::Result<()> {
    let clients = descriptors::room_for(5_000, 2);
    println!("{} jobs of {WORK:?} for {WORKERS} workers:", grouped(clients));
    load_test(pool, |server| {
        let answers = load::all_at_once(server, clients);
        let start = Instant::now();
        let summary = Summary::of(answers.iter().take(clients));
        let total = start.elapsed();
        println!("  all done in {total:.1?}, at most {} at the same time", MOST.load(SeqCst));
        summary.print();
        assert_eq!(summary.count(200), clients);
        assert!(total >= WORK * (clients / WORKERS) as u32 / 2);
        summary.assert_few_threads();
    })
}

/// Jobs that do not end, a small queue, and little patience.
fn overloaded() -> io::Result<()> {
    const FEW: usize = 500;
    let (opener, gate) = bounded::<()>(0);
    let work = move || assert!(gate.recv().is_err());
    let (clients, timeout) = (2 * FEW, Duration::from_millis(300));
    println!("{} jobs without end, and a queue of {FEW}:", grouped(clients));
    BEGUN.store(0, SeqCst);
    load_test(Pool { queue: FEW, timeout, work }, |server| {
        let summary = Summary::of(load::all_at_once(server, clients).iter().take(clients));
        summary.print();
        let (full, late) = (summary.count(503), summary.count(408));
        assert_eq!(full + late, clients);
        assert!((FEW..=FEW + WORKERS).contains(&late), "{late} were let into the queue");
        assert!(summary.took[&408].p50 >= timeout);
        summary.assert_few_threads();
        opener.close();
    })?;
    // Those that were in the queue have been thrown away.
    let begun = BEGUN.load(SeqCst);
    println!("  {begun} were begun");
    assert!(begun <= WORKERS);
    Ok(())
}

/// Runs a server while `test` is its client.
fn load_test<W>(pool: Pool<W>, test: impl FnOnce(&Server)) -> io::Result<()>
where
    W: Fn() + Clone + Send + 'static,
{
    let goroutines = gmp::num_goroutine();
    let server = Server::bind("127.0.0.1:0")?;
    let serving = server.clone();
    let served = go!(move || pool.serve(&serving));
    test(&server);
    server.shutdown(Duration::from_secs(5))?;
    served.join().unwrap()?;
    leftover::assert_no_more_than(goroutines);
    assert!(MOST.load(SeqCst) <= WORKERS);
    Ok(())
}
