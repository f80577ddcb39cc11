//! The harness of the benches: rounds of a fixed number of operations on the main
//! goroutine, one line of output per bench.
//!
//! Not one of the harnesses there are: they measure on threads of their own, and what is
//! measured here has to run on a goroutine.
#![allow(dead_code, reason = "`memory` takes no rounds, the others have no sizes")]

use std::time::{Duration, Instant};

/// A round's number of operations is a multiple of this, so that benches can deal them out
/// evenly to 2, 8 or 100 goroutines.
const GRAIN: u64 = 1_000;

/// What the command line asks for.
pub(crate) struct Harness {
    quick: bool,
    filter: Option<String>,
}

impl Harness {
    /// `[--quick] [FILTER]`; ends the process over anything else.
    pub(crate) fn from_args() -> Harness {
        let mut harness = Harness { quick: false, filter: None };
        for arg in std::env::args().skip(1) {
            match arg.as_str() {
                // What cargo adds.
                "--bench" => {}
                "--quick" => harness.quick = true,
                option if option.starts_with('-') || harness.filter.is_some() => {
                    eprintln!("unexpected argument {option:?}; usage: [--quick] [FILTER]");
                    std::process::exit(2);
                }
                _ => harness.filter = Some(arg),
            }
        }
        if cfg!(debug_assertions) && !harness.quick {
            println!("debug build, figures mean nothing: running as with --quick");
            harness.quick = true;
        }
        harness
    }

    /// Whether short rounds and small sizes are asked for.
    pub(crate) fn quick(&self) -> bool {
        self.quick
    }

    /// Whether the bench called `name` is to run.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.filter.as_deref().is_none_or(|filter| name.contains(filter))
    }

    /// Measures `round` on `procs` Ps; `round` does as many operations as it is told.
    pub(crate) fn run(&self, name: &str, procs: usize, mut round: impl FnMut(u64)) {
        if !self.wants(name) {
            return;
        }
        let (time, rounds) = if self.quick {
            (Duration::from_millis(2), 3)
        } else {
            (Duration::from_millis(100), 11)
        };
        let old_procs = gmp::gomaxprocs(procs);
        let ops = warm_up(time, &mut round);
        let mut each: Vec<f64> =
            (0..rounds).map(|_| timed(&mut round, ops).as_secs_f64() * 1e9 / ops as f64).collect();
        gmp::gomaxprocs(old_procs);
        each.sort_by(f64::total_cmp);
        let (median, min, max) = (each[each.len() / 2], each[0], each[each.len() - 1]);
        println!("{name:<28} {median:>9.1} ns/op ({min:.1} .. {max:.1}) n={rounds}x{ops}");
    }
}

/// Runs rounds of growing size, for `time` at least; returns how many operations take
/// about that long.
fn warm_up(time: Duration, round: &mut impl FnMut(u64)) -> u64 {
    let (start, mut ops) = (Instant::now(), GRAIN);
    loop {
        let took = timed(round, ops);
        // At most tenfold: the first rounds are slower than those to come.
        let factor = (time.as_secs_f64() / took.as_secs_f64()).min(10.0);
        if start.elapsed() >= time && factor < 2.0 {
            return ops;
        }
        ops = ((ops as f64 * factor) as u64).next_multiple_of(GRAIN);
    }
}

fn timed(round: &mut impl FnMut(u64), ops: u64) -> Duration {
    let start = Instant::now();
    round(ops);
    start.elapsed()
}
