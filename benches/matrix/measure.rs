//! One row of the matrix: all columns in turn, again and again, so that whatever else the
//! machine does in the meantime meets all of them.

use std::thread;
use std::time::{Duration, Instant};

use gmp::chan::bounded;

use super::{Cap, Round};

/// A round's messages are a multiple of this, so that they can be dealt out evenly.
const GRAIN: u64 = 1_000;

/// What runs the round itself.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Player {
    Goroutine,
    Thread,
}

pub(crate) struct Column {
    pub(crate) player: Player,
    pub(crate) round: Round,
}

/// How long a round takes about, and how many are measured.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) round: Duration,
    pub(crate) rounds: usize,
}

/// The median of each column, in nanoseconds per message.
pub(crate) fn row(columns: &[Column], cap: Cap, effort: Effort) -> Vec<f64> {
    let messages: Vec<u64> =
        columns.iter().map(|column| messages(column, cap, effort.round)).collect();
    let mut each = vec![Vec::new(); columns.len()];
    for _ in 0..effort.rounds {
        for (i, column) in columns.iter().enumerate() {
            each[i].push(timed(column, cap, messages[i]).as_secs_f64() * 1e9 / messages[i] as f64);
        }
    }
    each.into_iter().map(median).collect()
}

/// Plays rounds of growing size; returns how many messages take about `time`.
fn messages(column: &Column, cap: Cap, time: Duration) -> u64 {
    let mut messages = GRAIN;
    loop {
        let took = timed(column, cap, messages);
        // At most tenfold: starting goroutines or threads weighs less in a longer round.
        let factor = (time.as_secs_f64() / took.as_secs_f64()).min(10.0);
        if factor < 1.5 {
            return messages;
        }
        messages = ((messages as f64 * factor) as u64).next_multiple_of(GRAIN);
    }
}

fn timed(column: &Column, cap: Cap, messages: u64) -> Duration {
    let round = column.round;
    let play = move || {
        let start = Instant::now();
        round(cap, messages);
        start.elapsed()
    };
    match column.player {
        Player::Goroutine => play(),
        Player::Thread => {
            // Waiting for a message parks this goroutine; to join would hold up its thread.
            let (tx, rx) = bounded(1);
            let thread = thread::spawn(move || tx.send(play()));
            let time = rx.recv();
            thread.join().unwrap().unwrap();
            time.unwrap()
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
