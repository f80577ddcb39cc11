//! Warming up, measuring, and what comes out of it.

use std::time::{Duration, Instant};

use crate::{Ask, GRAIN, timed};

/// One figure of a row; less is better.
#[derive(Debug)]
pub struct Figure {
    /// Follows the row's name, where a row has several figures.
    pub suffix: &'static str,
    /// The figure itself.
    pub median: f64,
    /// The least of the samples.
    pub min: f64,
    /// The greatest of the samples.
    pub max: f64,
    /// `ns`, `us`, `ms`, `MiB`.
    pub unit: &'static str,
    /// How many samples.
    pub samples: usize,
    /// How many operations are in a sample.
    pub ops: u64,
}

impl Figure {
    /// One value of one measurement.
    pub fn single(suffix: &'static str, value: f64, unit: &'static str) -> Figure {
        Figure { suffix, median: value, min: value, max: value, unit, samples: 1, ops: 1 }
    }

    /// The middle of `values`, which must not be empty.
    fn of(mut values: Vec<f64>, unit: &'static str, ops: u64) -> Figure {
        values.sort_by(f64::total_cmp);
        let (samples, median) = (values.len(), values[values.len() / 2]);
        let (min, max) = (values[0], values[samples - 1]);
        Figure { suffix: "", median, min, max, unit, samples, ops }
    }

    /// The line it is printed as.
    pub fn line(&self, contender: &str, row: &str, procs: usize) -> String {
        let Figure { suffix, median, min, max, unit, samples, ops } = self;
        let name = format!("{row}{suffix}/{procs}P");
        format!("{name} {contender} {median:.3} {min:.3} {max:.3} {unit} {samples}x{ops}")
    }
}

/// The median and the 99th percentile of `times`, which must not be empty, as `_p50` and
/// `_p99` in microseconds.
pub fn percentiles(mut times: Vec<Duration>) -> Vec<Figure> {
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e6;
    let (min, max) = (at(0), at(100));
    [("_p50", at(50)), ("_p99", at(99))]
        .map(|(suffix, median)| Figure {
            suffix,
            median,
            min,
            max,
            unit: "us",
            samples: times.len(),
            ops: 1,
        })
        .into()
}

pub(crate) fn each(ask: &Ask, round: fn(u64)) -> Figure {
    let time = ask.pick(Duration::from_millis(5), Duration::from_millis(60));
    let (ops, took) = warm_up(time, round);
    // One of a round that takes long: it has thousands of operations in any case.
    let samples = if took > 5 * time { 1 } else { ask.samples };
    let sample = |_| timed(|| round(ops)).as_secs_f64() * 1e9 / ops as f64;
    Figure::of((0..samples).map(sample).collect(), "ns", ops)
}

/// The first time is not measured, unless it took seconds: such a job is warm enough by
/// itself. There are as many samples as fit into a second, up to what was asked for.
pub(crate) fn whole(ask: &Ask, job: fn(&Ask) -> Duration) -> Figure {
    let first = job(ask).as_secs_f64();
    if first > 3.0 {
        return Figure::of(vec![first * 1e3], "ms", 1);
    }
    let samples = ask.samples.min(1 + (1.0 / first) as usize);
    let sample = |_| job(ask).as_secs_f64() * 1e3;
    Figure::of((0..samples).map(sample).collect(), "ms", 1)
}

/// Runs rounds of growing size, for `time` at least; returns how many operations take about
/// that long, and how long the last round took.
fn warm_up(time: Duration, round: fn(u64)) -> (u64, Duration) {
    let (start, mut ops) = (Instant::now(), GRAIN);
    loop {
        let took = timed(|| round(ops));
        // At most tenfold: the first rounds are slower than those to come.
        let factor = (time.as_secs_f64() / took.as_secs_f64()).min(10.0);
        if start.elapsed() >= time && factor < 2.0 {
            return (ops, took);
        }
        ops = ((ops as f64 * factor) as u64).next_multiple_of(GRAIN).max(GRAIN);
    }
}
