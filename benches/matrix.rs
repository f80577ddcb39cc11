//! A matrix of channel uses and capacities: channels of this crate between goroutines and
//! between plain threads, next to crossbeam-channel and to `std::sync::mpsc`.
//!
//! ```text
//! cargo bench --bench matrix [-- [--quick] [FILTER]]
//! ```
//!
//! In nanoseconds per message, the median of rounds that are played in turn. `gmp/cb` is what
//! the channels of this crate take on threads, relative to crossbeam's.
//!
//! - `seq`: one sends as many as there is room for, a thousand if there is no limit, then
//!   receives them.
//! - `spsc`, `mpsc`, `mpmc`: one or four send, one or four receive.
//! - `select_rx`: four send over a channel each, one receives by a select of the four.
//! - `select_both`: four send by selects of four channels, four receive likewise.
//!
//! Selects are by `Select`, in rows named `dyn`, and by `select!`. The capacities are 0, 1,
//! 128 and unbounded; goroutines run on as many Ps as the process gets.

mod harness;
#[path = "matrix/measure.rs"]
mod measure;
#[path = "matrix/std_mpsc.rs"]
mod std_mpsc;

use std::fmt;
use std::time::Duration;

use harness::Harness;
use measure::{Column, Effort, Player};

mod gmp_goroutines {
    use std::hint::black_box;

    use gmp::chan::{Receiver, Select, Sender, bounded, select, unbounded};
    use gmp::scope;

    use super::{Cap, Rounds};

    include!("matrix/rounds.rs");
}

mod gmp_threads {
    use std::hint::black_box;
    use std::thread::scope;

    use gmp::chan::{Receiver, Select, Sender, bounded, select, unbounded};

    use super::{Cap, Rounds};

    include!("matrix/rounds.rs");
}

mod crossbeam_threads {
    use std::hint::black_box;
    use std::thread::scope;

    use crossbeam_channel::{Receiver, Select, Sender, bounded, select, unbounded};

    use super::{Cap, Rounds};

    include!("matrix/rounds.rs");
}

#[derive(Clone, Copy)]
enum Cap {
    Bounded(usize),
    Unbounded,
}

impl Cap {
    /// `n` messages in parts that find room.
    fn bursts(self, n: u64) -> impl Iterator<Item = u64> {
        let size = match self {
            Cap::Bounded(cap) => cap,
            Cap::Unbounded => 1000,
        };
        (0..n).step_by(size).map(move |sent| (n - sent).min(size as u64))
    }
}

impl fmt::Display for Cap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cap::Bounded(cap) => cap.fmt(f),
            Cap::Unbounded => "unbounded".fmt(f),
        }
    }
}

/// Passes so many messages.
type Round = fn(Cap, u64);

/// A way to play each round.
struct Rounds {
    seq: Round,
    spsc: Round,
    mpsc: Round,
    mpmc: Round,
    select_rx_dynamic: Round,
    select_rx_macro: Round,
    select_both_dynamic: Round,
    select_both_macro: Round,
}

/// The name of a row, the round of those who have all rounds, that of the standard library.
type Use = (&'static str, fn(&Rounds) -> Round, Option<Round>);

const USES: [Use; 8] = [
    ("seq", |rounds| rounds.seq, Some(std_mpsc::seq)),
    ("spsc", |rounds| rounds.spsc, Some(std_mpsc::spsc)),
    ("mpsc", |rounds| rounds.mpsc, Some(std_mpsc::mpsc)),
    ("mpmc", |rounds| rounds.mpmc, None),
    ("select_rx_dyn", |rounds| rounds.select_rx_dynamic, None),
    ("select_rx", |rounds| rounds.select_rx_macro, None),
    ("select_both_dyn", |rounds| rounds.select_both_dynamic, None),
    ("select_both", |rounds| rounds.select_both_macro, None),
];

const CAPS: [Cap; 4] = [Cap::Bounded(0), Cap::Bounded(1), Cap::Bounded(128), Cap::Unbounded];

#[gmp::main]
fn main() {
    let harness = Harness::from_args();
    // 31 rows of at most four columns: below two minutes.
    let effort = if harness.quick() {
        Effort { round: Duration::from_millis(1), rounds: 3 }
    } else {
        Effort { round: Duration::from_millis(50), rounds: 11 }
    };
    println!("ns per message; goroutines on {} Ps", gmp::gomaxprocs(0));
    print!("{:<26} {:>10} {:>10} {:>10} {:>10}", "", "goroutines", "threads", "crossbeam", "std");
    println!(" {:>7}", "gmp/cb");
    for (name, round, std_round) in USES {
        for cap in CAPS {
            let full_name = format!("{name}/{cap}");
            // With no room, one alone would wait for ever.
            let possible = name != "seq" || !matches!(cap, Cap::Bounded(0));
            if possible && harness.wants(&full_name) {
                row(&full_name, round, std_round, cap, effort);
            }
        }
    }
}

fn row(name: &str, round: fn(&Rounds) -> Round, std: Option<Round>, cap: Cap, effort: Effort) {
    let goroutines = Column { player: Player::Goroutine, round: round(&gmp_goroutines::ROUNDS) };
    let on_threads = |round| Column { player: Player::Thread, round };
    let mut columns = vec![
        goroutines,
        on_threads(round(&gmp_threads::ROUNDS)),
        on_threads(round(&crossbeam_threads::ROUNDS)),
    ];
    columns.extend(std.map(on_threads));
    let medians = measure::row(&columns, cap, effort);
    print!("{name:<26}");
    for median in &medians {
        print!(" {median:>10.1}");
    }
    let gap = 11 * (4 - medians.len());
    println!("{:gap$} {:>7.2}", "", medians[1] / medians[2]);
}
