//! A web server without a limit: a goroutine per request, each of which waits for 100 ms, for a
//! database perhaps. Ten thousand requests at once are answered in about a second, by as many
//! threads as there are processors and a few more.
//!
//! ```text
//! cargo run --release --features http --example web_unlimited
//! cargo run --release --features http --example web_unlimited 127.0.0.1:8080
//! curl http://127.0.0.1:8080/tea
//! ```
//!
//! Without an address the example is its own client. What it does not have is anything that
//! keeps it from taking on more than it can do: see `web_rate_limited` and `web_worker_pool`.

#[path = "support/descriptors.rs"]
mod descriptors;
#[path = "support/load.rs"]
mod load;
#[path = "support/percentiles.rs"]
mod percentiles;
mod support;

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};
use std::{env, io};

use gmp::http::{Request, Server};
use gmp::{go, time};
use load::Summary;
use support::grouped;

const WORK: Duration = Duration::from_millis(100);

/// Requests under way, and the most there were.
static RUNNING: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

fn serve(server: &Server) -> io::Result<()> {
    server.serve(|request: Request| handle(request.uri().path()))
}

/// One request; it may take its time.
fn handle(path: &str) -> String {
    let running = RUNNING.fetch_add(1, SeqCst) + 1;
    MOST.fetch_max(running, SeqCst);
    time::sleep(WORK);
    RUNNING.fetch_sub(1, SeqCst);
    format!("{path}: done, beside {} others\n", running - 1)
}

#[gmp::main]
fn main() -> io::Result<()> {
    if let Some(addr) = env::args().nth(1) {
        let server = Server::bind(addr)?;
        println!("serving http://{}", server.local_addr()?);
        return serve(&server);
    }

    let server = Server::bind("127.0.0.1:0")?;
    let serving = server.clone();
    let served = go!(move || serve(&serving));
    load_test(&server);
    server.shutdown(Duration::from_secs(5))?;
    served.join().unwrap()
}

fn load_test(server: &Server) {
    let requests = descriptors::room_for(10_000, 2);
    let answers = load::all_at_once(server, requests);
    let start = Instant::now();
    let summary = Summary::of(answers.iter().take(requests));
    let total = start.elapsed();

    println!("{} requests of {WORK:?} answered in {total:.0?}:", grouped(requests));
    summary.print();
    let (most, after_each_other) = (MOST.load(SeqCst), WORK * requests as u32);
    println!("  {} handlers at the same time", grouped(most));
    println!("  after each other they would have taken {after_each_other:.0?}");

    assert_eq!(summary.count(200), requests);
    assert!(summary.took[&200].p50 >= WORK);
    assert!(total < Duration::from_secs(10), "took {total:?}");
    assert!(most > requests / 20, "only {most} at the same time");
    summary.assert_few_threads();
}
