//! Figures as people read them, and the middle of several.

/// An amount in the unit that leaves one to three digits before the point.
pub(super) fn amount(value: f64, unit: &str) -> String {
    let (factor, unit) = scale(value, unit);
    format!("{} {unit}", digits(value * factor))
}

/// `least..greatest`, in the unit of `middle`.
pub(super) fn spread(least: f64, middle: f64, greatest: f64, unit: &str) -> String {
    let (factor, _) = scale(middle, unit);
    format!("{}..{}", digits(least * factor), digits(greatest * factor))
}

/// How many times as much: `4.9x`.
pub(super) fn times(ratio: f64) -> String {
    match ratio {
        ..0.0995 => format!("{ratio:.3}x"),
        // What is not equal is not to look so.
        0.995..1.005 if ratio != 1.0 => format!("{ratio:.3}x"),
        ..1.995 => format!("{ratio:.2}x"),
        ..9.95 => format!("{ratio:.1}x"),
        _ => format!("{ratio:.0}x"),
    }
}

/// How much more, in percent: `+1.2 %`.
pub(super) fn percent(ratio: f64) -> String {
    format!("{:+.1} %", (ratio - 1.0) * 100.0)
}

/// The next greater units, each with how many of the former it is.
const LADDERS: [&[(&str, f64)]; 3] = [
    &[("ns", 1.0), ("us", 1e3), ("ms", 1e3), ("s", 1e3)],
    &[("KiB", 1.0), ("MiB", 1024.0), ("GiB", 1024.0)],
    &[(RATE, 1.0), ("k/s", 1e3), ("M/s", 1e3)],
];

/// Of what is done in a second: the one unit of which more is better.
pub(super) const RATE: &str = "/s";

/// How many times as good `ours` is as `theirs`: as many a second, or as little of anything
/// else; `None` where one of them is nothing.
pub(super) fn advantage(ours: f64, theirs: f64, unit: &str) -> Option<f64> {
    let ratio = if unit == RATE { ours / theirs } else { theirs / ours };
    (ours > 0.0 && theirs > 0.0).then_some(ratio)
}

/// Whether it is a unit of memory.
pub(super) fn is_memory(unit: &str) -> bool {
    unit.ends_with("iB")
}

/// What to multiply `value` by, and the unit it then has.
fn scale(value: f64, unit: &str) -> (f64, &str) {
    let ladder = LADDERS.iter().find(|ladder| ladder.iter().any(|(name, _)| *name == unit));
    let above = ladder.into_iter().flat_map(|ladder| ladder.iter());
    let mut best = (1.0, unit);
    for (name, size) in above.skip_while(|(name, _)| *name != unit).skip(1) {
        // What would be printed as 1000 is as good as that.
        if value * best.0 < size - 0.5 {
            break;
        }
        best = (best.0 / size, name);
    }
    best
}

/// Three digits that count.
fn digits(value: f64) -> String {
    match value {
        ..9.995 => format!("{value:.2}"),
        ..99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// The middle of `values`, or between the two in the middle; 0 of none.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.get(sorted.len() / 2), sorted.len().is_multiple_of(2)) {
        (Some(upper), true) => f64::midpoint(sorted[sorted.len() / 2 - 1], *upper),
        (Some(middle), false) => *middle,
        (None, _) => 0.0,
    }
}

/// The geometric mean; `None` of none.
pub(super) fn geometric_mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let sum: f64 = values.iter().map(|value| value.ln()).sum();
    Some((sum / values.len() as f64).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_three_digits() {
        assert_eq!(amount(3.104, "ns"), "3.10 ns");
        assert_eq!(amount(38.62, "ns"), "38.6 ns");
        assert_eq!(amount(190.4, "ns"), "190 ns");
        assert_eq!(amount(999.6, "ns"), "1.00 us");
        assert_eq!(amount(1234.0, "ns"), "1.23 us");
        assert_eq!(amount(2_500_000.0, "ns"), "2.50 ms");
        assert_eq!(amount(1150.0, "ms"), "1.15 s");
        assert_eq!(amount(0.5, "ms"), "0.50 ms");
        assert_eq!(amount(512.0, "MiB"), "512 MiB");
        assert_eq!(amount(4096.0, "MiB"), "4.00 GiB");
        assert_eq!(amount(1536.0, "KiB"), "1.50 MiB");
        assert_eq!(amount(43_210.0, "/s"), "43.2 k/s");
        assert_eq!(amount(5.0, "apples"), "5.00 apples");
    }

    #[test]
    fn a_spread_is_in_the_unit_of_the_middle() {
        assert_eq!(spread(990.0, 1500.0, 2000.0, "ns"), "0.99..2.00");
        assert_eq!(spread(38.1, 38.6, 39.9, "ns"), "38.1..39.9");
    }

    #[test]
    fn ratios_are_short() {
        assert_eq!(times(0.574), "0.57x");
        assert_eq!(times(1.014), "1.01x");
        assert_eq!(times(0.0122), "0.012x");
        assert_eq!(times(0.998), "0.998x");
        assert_eq!(times(1.0), "1.00x");
        assert_eq!(times(4.93), "4.9x");
        assert_eq!(times(12.4), "12x");
        assert_eq!(percent(1.012), "+1.2 %");
        assert_eq!(percent(0.98), "-2.0 %");
    }

    #[test]
    fn more_a_second_is_better() {
        assert_eq!(advantage(10.0, 30.0, "ns"), Some(3.0));
        assert_eq!(advantage(30.0, 10.0, "/s"), Some(3.0));
        assert_eq!(advantage(0.0, 10.0, "us"), None);
        assert_eq!(advantage(10.0, 0.0, "/s"), None);
        assert!(is_memory("KiB") && is_memory("MiB") && !is_memory("/s") && !is_memory("us"));
    }

    #[test]
    fn the_middle_is_found() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median(&[]), 0.0);
        assert_eq!(geometric_mean(&[]), None);
        let mean = geometric_mean(&[2.0, 8.0]).unwrap();
        assert!((mean - 4.0).abs() < 1e-12, "{mean}");
    }
}
