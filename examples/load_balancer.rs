//! A load balancer: one goroutine gives each request to the worker that has the fewest, and is
//! told when one is done. It owns the numbers, so it needs no lock.
//!
//! ```text
//! cargo run --release --example load_balancer
//! ```
//!
//! Work is uneven: some requests are a hundred times as heavy as others. Workers that take their
//! turns, one request each, pile them up behind the heavy ones.

#[path = "support/leftover.rs"]
mod leftover;
#[path = "support/percentiles.rs"]
mod percentiles;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use gmp::chan::{Receiver, Sender, bounded, unbounded};
use gmp::{JoinHandle, go, num_goroutine, select, time};

use percentiles::Percentiles;

const WORKERS: usize = 8;
const REQUESTERS: usize = 24;
const EACH: usize = 40;

/// Work to do, and where to send the answer: a channel of the requester's own.
struct Request {
    work: Box<dyn FnOnce() -> usize + Send>,
    answer: Sender<usize>,
}

/// How a balancer chooses.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Choice {
    InTurn,
    FewestPending,
}

/// What a balancer did.
struct Report {
    by_worker: Vec<usize>,
    most_pending: usize,
}

struct Balancer {
    choice: Choice,
    workers: Vec<Sender<Request>>,
    /// (requests it has, number) of each worker: the first is the one with the fewest.
    pool: BTreeSet<(usize, usize)>,
    pending: Vec<usize>,
    report: Report,
}

impl Balancer {
    /// Starts one; it ends when all senders of requests are gone and all is done.
    fn start(choice: Choice, requests: Receiver<Request>) -> JoinHandle<Report> {
        let (done, finished) = bounded(0);
        let workers = (0..WORKERS).map(|number| worker(number, done.clone())).collect();
        let mut balancer = Balancer {
            choice,
            workers,
            pool: (0..WORKERS).map(|number| (0, number)).collect(),
            pending: vec![0; WORKERS],
            report: Report { by_worker: vec![0; WORKERS], most_pending: 0 },
        };
        go!(<Report> {
            balancer.balance(requests, &finished);
            balancer.report
        })
    }

    fn balance(&mut self, requests: Receiver<Request>, finished: &Receiver<usize>) {
        let mut requests = Some(requests);
        while requests.is_some() || self.pending.iter().any(|pending| *pending > 0) {
            select! {
                request = <-requests => match request {
                    Ok(request) => self.dispatch(request),
                    Err(_) => requests = None,
                },
                worker = <-finished => self.change(worker.unwrap(), |pending| pending - 1),
            }
        }
    }

    fn dispatch(&mut self, request: Request) {
        let handled: usize = self.report.by_worker.iter().sum();
        let worker = match self.choice {
            Choice::InTurn => handled % WORKERS,
            Choice::FewestPending => self.pool.first().unwrap().1,
        };
        self.workers[worker].send(request).unwrap();
        self.change(worker, |pending| pending + 1);
        self.report.by_worker[worker] += 1;
        self.report.most_pending = self.report.most_pending.max(self.pending[worker]);
    }

    fn change(&mut self, worker: usize, to: impl FnOnce(usize) -> usize) {
        let pending = &mut self.pending[worker];
        assert!(self.pool.remove(&(*pending, worker)));
        *pending = to(*pending);
        self.pool.insert((*pending, worker));
    }
}

/// Answers one request after the other. Its queue is not longer than there are requesters.
fn worker(number: usize, done: Sender<usize>) -> Sender<Request> {
    let (give, requests) = unbounded::<Request>();
    go! {
        for Request { work, answer } in requests {
            let result = work();
            // The balancer knows before the requester, who will ask again.
            done.send(number).unwrap();
            answer.send(result).unwrap();
        }
    };
    give
}

/// Asks, waits for the answer, and asks again. Returns how long each took.
fn requester(number: usize, requests: &Sender<Request>) -> Vec<Duration> {
    let (answer, answers) = bounded(1);
    let ask = |n: usize| {
        let start = Instant::now();
        let heavy = (number + n).is_multiple_of(20);
        let work = Box::new(move || {
            time::sleep(Duration::from_micros(if heavy { 5_000 } else { 50 }));
            n * n
        });
        requests.send(Request { work, answer: answer.clone() }).unwrap();
        assert_eq!(answers.recv(), Ok(n * n));
        start.elapsed()
    };
    (0..EACH).map(ask).collect()
}

#[gmp::main]
fn main() {
    let goroutines = num_goroutine();
    for choice in [Choice::InTurn, Choice::FewestPending] {
        let (ask, requests) = bounded(0);
        let balancer = Balancer::start(choice, requests);
        let requesters: Vec<JoinHandle<Vec<Duration>>> = (0..REQUESTERS)
            .map(|number| {
                let ask = ask.clone();
                go!(<Vec<Duration>> { requester(number, &ask) })
            })
            .collect();
        drop(ask);
        let times = requesters.into_iter().flat_map(|requester| requester.join().unwrap());
        let times = Percentiles::of(times.collect());
        let report = balancer.join().unwrap();
        println!("{choice:?}: {times}");
        println!("  requests of each worker: {:?}", report.by_worker);
        println!("  at most {} were with one", report.most_pending);

        assert_eq!(report.by_worker.iter().sum::<usize>(), REQUESTERS * EACH);
        assert!(report.most_pending <= REQUESTERS);
        if choice == Choice::FewestPending {
            // Nobody gets another one while someone has fewer.
            assert!(report.most_pending <= REQUESTERS.div_ceil(WORKERS));
        }
    }
    leftover::assert_no_more_than(goroutines);
}
