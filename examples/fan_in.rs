//! Fan-in: several channels become one. With a goroutine for each, for any number of them; with
//! `select!`, for a few that are known. Nobody holds up the others, and each one's messages
//! stay in order.
//!
//! ```text
//! cargo run --release --example fan_in
//! ```

#[path = "support/leftover.rs"]
mod leftover;

use std::time::{Duration, Instant};

use gmp::chan::{Receiver, bounded};
use gmp::{go, num_goroutine, select, time};

const EACH: usize = 20;

/// What a source says, and how many it said before.
struct Message {
    from: &'static str,
    number: usize,
}

#[gmp::main]
fn main() {
    let goroutines = num_goroutine();
    let [slow, quick] = [Duration::from_millis(2), Duration::from_micros(100)];

    let start = Instant::now();
    let names = ["Ann", "Joe", "Eve", "Tom"];
    let all = merge(names.map(|name| talk(name, if name == "Ann" { slow } else { quick })));
    listen("a goroutine for each", &names, all);
    // Ann alone took as long.
    println!("  all of it in {:.1?}", start.elapsed());

    listen("select", &["Ann", "Joe"], either(talk("Ann", slow), talk("Joe", quick)));

    // Whoever has heard enough just leaves.
    let heard = merge(names.map(|name| talk(name, quick))).into_iter().take(10).count();
    println!("left after {heard} messages");
    leftover::assert_no_more_than(goroutines);
}

/// A source: a goroutine that says something now and then, until nobody listens.
fn talk(from: &'static str, pause: Duration) -> Receiver<Message> {
    let (say, said) = bounded(0);
    go! {
        for number in 0..EACH {
            time::sleep(pause);
            if say.send(Message { from, number }).is_err() {
                return;
            }
        }
    };
    said
}

/// All of `inputs` as one channel, which ends when the last of them does.
fn merge(inputs: impl IntoIterator<Item = Receiver<Message>>) -> Receiver<Message> {
    let (out, merged) = bounded(0);
    for input in inputs {
        let out = out.clone();
        go! {
            for message in input {
                if out.send(message).is_err() {
                    return;
                }
            }
        };
    }
    merged
}

/// The same for two, in one goroutine. A channel that has ended becomes `None`, which is never
/// ready.
fn either(one: Receiver<Message>, other: Receiver<Message>) -> Receiver<Message> {
    let (out, merged) = bounded(0);
    go! {
        let (mut one, mut other) = (Some(one), Some(other));
        while one.is_some() || other.is_some() {
            let message = select! {
                message = <-one => message.inspect_err(|_| one = None),
                message = <-other => message.inspect_err(|_| other = None),
            };
            if message.is_ok_and(|message| out.send(message).is_err()) {
                return;
            }
        }
    };
    merged
}

/// Hears them all out.
fn listen(how: &str, names: &[&'static str], messages: Receiver<Message>) {
    let mut heard = vec![0; names.len()];
    let mut turns = 0;
    let mut last = "";
    for Message { from, number } in messages {
        let who = names.iter().position(|name| *name == from).unwrap();
        assert_eq!(number, heard[who], "what {from} says stays in order");
        heard[who] += 1;
        turns += usize::from(last != from);
        last = from;
    }
    println!("{how}: {heard:?} messages of {names:?}, in {turns} turns");
    assert_eq!(heard, vec![EACH; names.len()]);
    assert!(turns >= names.len());
}
