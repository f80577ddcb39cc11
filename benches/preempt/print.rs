//! A line for each figure.

use std::time::Duration;

/// The median of some times in microseconds, and how bad the worst are.
pub(crate) fn latencies(name: &str, mut times: Vec<Duration>) {
    if times.is_empty() {
        println!("{name:<28}      none");
        return;
    }
    times.sort();
    let last = times.len() - 1;
    let us = |time: Duration| time.as_secs_f64() * 1e6;
    println!(
        "{name:<28} {:>9.1} us p50 ({:.1} p90, {:.1} p99, {:.1} most) n={}",
        us(times[last / 2]),
        us(times[last * 90 / 100]),
        us(times[last * 99 / 100]),
        us(times[last]),
        times.len(),
    );
}

/// The median of the rounds' figures, between the least and the most.
pub(crate) fn rounds(name: &str, unit: &str, mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let last = figures.len() - 1;
    let (median, min, max) = (figures[last / 2], figures[0], figures[last]);
    println!("{name:<28} {median:>9.2} {unit} ({min:.2} .. {max:.2}) n={}", figures.len());
    median
}
