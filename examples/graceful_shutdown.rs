//! Graceful shutdown: on SIGINT a server takes no more requests, finishes those it has begun,
//! and tells the ones that take too long to stop. Here the example sends itself the signal, at
//! a moment when it is known what is under way.
//!
//! ```text
//! cargo run --release --example graceful_shutdown
//! ```

#[path = "support/leftover.rs"]
mod leftover;

use std::convert::Infallible;
use std::process::{self, Command};
use std::time::{Duration, Instant};

use gmp::chan::{Receiver, Sender, bounded, unbounded};
use gmp::context::{self, Context};
use gmp::signal::{self, Signal};
use gmp::sync::Group;
use gmp::time::timeout;
use gmp::{go, num_goroutine, select};

const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(3600);
/// How long those that were begun may go on when the server is told to stop.
const GRACE: Duration = Duration::from_millis(200);

/// Something that takes a time, and where to say how it ended.
struct Request {
    takes: Duration,
    answer: Sender<Answer>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    Done,
    /// It took too long, and was stopped.
    Interrupted,
}

/// What a server did.
#[derive(Debug, PartialEq)]
struct Report {
    begun: usize,
    drained_in_time: bool,
}

/// Serves until a signal comes, or there are no clients any more.
fn serve(requests: Receiver<Request>, signals: &Receiver<Signal>) -> Report {
    let (ctx, cancel) = context::background().with_cancel();
    let group = Group::<Infallible>::new();
    let mut begun = 0;
    loop {
        select! {
            Some(request) = <-requests => {
                begun += 1;
                let ctx = ctx.clone();
                group.go(move || {
                    handle(&ctx, request);
                    Ok(())
                });
            }
            Some(signal) = <-signals => {
                println!("{signal}: no more requests after {begun}");
                // Once more ends the program at once.
                signal::stop(signals);
                break;
            }
            else => break,
        }
    }
    // From now on clients are refused.
    drop(requests);
    let running = group.clone();
    let drained_in_time = timeout(GRACE, move || running.wait()).is_ok();
    if !drained_in_time {
        println!("not all have ended within {GRACE:?}: the others are told to stop");
        cancel();
        let Ok(()) = group.wait();
    }
    Report { begun, drained_in_time }
}

/// Works on a request, and looks whether it should stop.
fn handle(ctx: &Context, Request { takes, answer }: Request) {
    let outcome = select! {
        after(takes) => Answer::Done,
        <-ctx.done() => Answer::Interrupted,
    };
    answer.send(outcome).unwrap();
}

#[gmp::main]
fn main() {
    shut_down(20, 0);
    shut_down(20, 3);
}

/// A server gets `short` and `long` requests, then the signal, while clients keep coming.
fn shut_down(short: usize, long: usize) {
    let goroutines = num_goroutine();
    let signals = signal::notify(&[Signal::INT]);
    let (connect, requests) = bounded(0);
    let server = go!(<Report> { serve(requests, &signals) });
    let (answer, answers) = unbounded();
    let request = |takes| connect.send(Request { takes, answer: answer.clone() });
    for _ in 0..short {
        request(SHORT).unwrap();
    }
    for _ in 0..long {
        request(LONG).unwrap();
    }

    interrupt_myself();
    let start = Instant::now();
    let mut late = 0;
    while request(SHORT).is_ok() {
        late += 1;
    }
    let report = server.join().unwrap();
    println!("shut down in {:.1?}: {report:?}", start.elapsed());

    let answers: Vec<Answer> = answers.try_iter().collect();
    let count = |of| answers.iter().filter(|answer| **answer == of).count();
    println!("  {} done, {} interrupted", count(Answer::Done), count(Answer::Interrupted));
    assert_eq!(report.begun, short + long + late, "who was not refused was served");
    assert_eq!(answers.len(), report.begun, "and got an answer");
    assert!(count(Answer::Interrupted) >= long);
    assert!(long == 0 || !report.drained_in_time);
    leftover::assert_no_more_than(goroutines);
}

/// What Ctrl-C does.
fn interrupt_myself() {
    let kill = format!("kill -INT {}", process::id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}
