//! A worker pool whose jobs may fail: so many workers in a group, fed through a channel. The
//! first error stops the rest, and comes out of `wait`. The same in fewer lines: a goroutine
//! for each job, in a group with a limit.
//!
//! ```text
//! cargo run --release --example worker_pool
//! ```
//!
//! (`worker_pool_cpu` is a pool without errors, one worker for each processor.)

#[path = "support/leftover.rs"]
mod leftover;

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use gmp::chan::{bounded, unbounded};
use gmp::context;
use gmp::sync::{Arc, Group};
use gmp::{num_goroutine, select, time};

const JOBS: usize = 1000;
const WORKERS: usize = 20;

/// What a job fails with.
#[derive(Debug, PartialEq)]
struct NoSuchPage(usize);

impl fmt::Display for NoSuchPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no page {}", self.0)
    }
}

/// Where pages come from, one millisecond each.
#[derive(Default)]
struct Site {
    missing: Option<usize>,
    fetched: AtomicUsize,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl Site {
    fn fetch(&self, page: usize) -> Result<String, NoSuchPage> {
        let at_once = self.at_once.fetch_add(1, SeqCst) + 1;
        self.most_at_once.fetch_max(at_once, SeqCst);
        time::sleep(Duration::from_millis(1));
        self.at_once.fetch_sub(1, SeqCst);
        self.fetched.fetch_add(1, SeqCst);
        if self.missing == Some(page) { Err(NoSuchPage(page)) } else { Ok(format!("page {page}")) }
    }
}

type Pool = fn(&Arc<Site>) -> Result<Vec<String>, NoSuchPage>;

#[gmp::main]
fn main() {
    let goroutines = num_goroutine();
    for (name, pool) in [("workers", with_workers as Pool), ("a limit", with_a_limit as Pool)] {
        let start = Instant::now();
        let site = Arc::new(Site::default());
        let mut pages = pool(&site).unwrap();
        println!("{name}: {} pages of 1 ms each in {:.1?}", pages.len(), start.elapsed());
        pages.sort();
        pages.dedup();
        assert_eq!(pages.len(), JOBS);

        let broken = Arc::new(Site { missing: Some(20), ..Site::default() });
        let error = pool(&broken).unwrap_err();
        let fetched = broken.fetched.load(SeqCst);
        println!("  {error}: stopped after {fetched} of them");
        assert_eq!(error, NoSuchPage(20));
        assert!(fetched < JOBS);
        for site in [site, broken] {
            assert!(site.most_at_once.load(SeqCst) <= WORKERS);
        }
    }
    leftover::assert_no_more_than(goroutines);
}

/// Workers that live as long as the pool; what is dear to set up is set up once for each.
fn with_workers(site: &Arc<Site>) -> Result<Vec<String>, NoSuchPage> {
    let (group, ctx) = Group::with_context(&context::background());
    let (feed, queue) = bounded(WORKERS);
    let (put, pages) = unbounded();
    for _ in 0..WORKERS {
        let (queue, put, site) = (queue.clone(), put.clone(), site.clone());
        group.go(move || {
            for page in queue {
                put.send(site.fetch(page)?).unwrap();
            }
            Ok(())
        });
    }
    group.go(move || {
        for page in 0..JOBS {
            select! {
                feed <- page => {}
                <-ctx.done() => break,
            }
        }
        Ok(())
    });
    drop((queue, put));
    group.wait()?;
    Ok(pages.iter().collect())
}

/// A goroutine for each job. `go` waits while as many as the limit says are running.
fn with_a_limit(site: &Arc<Site>) -> Result<Vec<String>, NoSuchPage> {
    let (group, ctx) = Group::with_context(&context::background());
    group.set_limit(WORKERS);
    let (put, pages) = unbounded();
    for page in 0..JOBS {
        if ctx.err().is_some() {
            break;
        }
        let (put, site) = (put.clone(), site.clone());
        group.go(move || {
            put.send(site.fetch(page)?).unwrap();
            Ok(())
        });
    }
    drop(put);
    group.wait()?;
    Ok(pages.iter().collect())
}
