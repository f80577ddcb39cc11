//! A worker that limits itself. As many requests as a channel has room run at once, a further
//! one is told at once that the worker is busy. Another limit, in time: requests that start at
//! the pace of a ticker.
//!
//! ```text
//! cargo run --release --example rate_limited_worker
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use gmp::chan::{Receiver, Sender, bounded, tick};
use gmp::{JoinHandle, go, select, time};

const LIMIT: usize = 8;

#[derive(Debug, PartialEq)]
enum Answer {
    Done,
    Busy,
}

/// Requests that run hold one place each in a channel of places.
struct Worker {
    enter: Sender<()>,
    leave: Receiver<()>,
    running: AtomicUsize,
    most_running: AtomicUsize,
}

impl Worker {
    fn new(limit: usize) -> Worker {
        let (enter, leave) = bounded(limit);
        Worker { enter, leave, running: AtomicUsize::new(0), most_running: AtomicUsize::new(0) }
    }

    fn request(&self, work: impl FnOnce()) -> Answer {
        select! {
            self.enter <- () => {}
            default => return Answer::Busy,
        }
        let running = self.running.fetch_add(1, SeqCst) + 1;
        self.most_running.fetch_max(running, SeqCst);
        work();
        self.running.fetch_sub(1, SeqCst);
        self.leave.recv().unwrap();
        Answer::Done
    }
}

#[gmp::main]
fn main() {
    at_once(100);
    with_retries(50, 20);
    paced(25, Duration::from_millis(2));
}

/// `requests` come while none ends: it is known how many are refused.
fn at_once(requests: usize) {
    let worker = Arc::new(Worker::new(LIMIT));
    let (opener, gate) = bounded::<()>(0);
    let (answer, answers) = bounded(0);
    for _ in 0..requests {
        let (worker, gate, answer) = (worker.clone(), gate.clone(), answer.clone());
        go! {
            let outcome = worker.request(|| assert!(gate.recv().is_err()));
            answer.send(outcome).unwrap();
        };
    }
    drop(answer);
    for _ in LIMIT..requests {
        assert_eq!(answers.recv(), Ok(Answer::Busy));
    }
    opener.close();
    let served = answers.iter().inspect(|answer| assert_eq!(*answer, Answer::Done)).count();
    println!("{requests} requests at once: {served} served, {} refused", requests - served);
    assert_eq!(served, LIMIT);
    assert_eq!(worker.most_running.load(SeqCst), LIMIT);
}

/// Clients that try again, some time after they were refused, until all theirs are served.
fn with_retries(clients: usize, requests: usize) {
    let worker = Arc::new(Worker::new(LIMIT));
    let start = Instant::now();
    let clients: Vec<JoinHandle<usize>> = (0..clients)
        .map(|_| {
            let worker = worker.clone();
            go!(<usize> { client(&worker, requests) })
        })
        .collect();
    let served = clients.len() * requests;
    let refused: usize = clients.into_iter().map(|client| client.join().unwrap()).sum();
    let most = worker.most_running.load(SeqCst);
    println!("{served} served in {:.1?}, after {refused} refusals", start.elapsed());
    println!("  at most {most} of them ran at once");
    assert!(most <= LIMIT);
    assert_eq!(worker.running.load(SeqCst), 0);
}

/// Returns how often it was refused.
fn client(worker: &Worker, requests: usize) -> usize {
    let mut refused = 0;
    for _ in 0..requests {
        while worker.request(|| time::sleep(Duration::from_micros(200))) == Answer::Busy {
            refused += 1;
            time::sleep(Duration::from_micros(500));
        }
    }
    refused
}

/// One request for each tick; further ones wait for theirs.
fn paced(requests: u32, pace: Duration) {
    let (sender, queue) = bounded(requests as usize);
    for number in 0..requests {
        sender.send(number).unwrap();
    }
    drop(sender);
    let start = Instant::now();
    let ticks = tick(pace);
    for number in queue {
        ticks.recv().unwrap();
        assert!(start.elapsed() >= pace * (number + 1), "request {number} began too early");
    }
    println!("{requests} requests, one every {pace:?}, began within {:.1?}", start.elapsed());
}
