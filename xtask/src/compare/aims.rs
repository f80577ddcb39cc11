//! What the figures were to be, and whether they are.

use super::ratios::{self, Place};
use super::results::Results;
use super::rows::{self, Group, On};
use super::units;

/// An aim, what was measured, and whether that reaches it.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) aim: String,
    pub(super) measured: String,
    pub(super) reached: Option<bool>,
}

use On::{Cpus, Whole};

/// Figures of gmp, each at most so much, in its row's unit.
const BOUNDS: &[(&str, On, f64)] = &[
    ("spawn_exit", Cpus(1), 40.0),
    ("yield", Cpus(1), 15.0),
    ("spsc_0", Cpus(1), 32.0),
    ("spsc_128", Cpus(1), 15.0),
    ("spsc_128", Cpus(2), 20.0),
    ("mpmc_0", Cpus(2), 110.0),
    ("mpmc_128", Cpus(2), 30.0),
    ("select_2", Cpus(1), 90.0),
    ("select_4_ready", Cpus(1), 45.0),
    ("select_default", Cpus(1), 3.1),
    ("mutex_1", Cpus(1), 10.0),
    ("mutex_8", Cpus(2), 60.0),
    ("skynet", Whole, 350.0),
    ("fib", Whole, 25.0),
    ("sieve", Whole, 60.0),
    ("parked_time", Whole, 1800.0),
    // 4.7 GB.
    ("parked_rss", Whole, 4.7e9 / (1 << 20) as f64),
];

/// The geometric mean of Go's times over ours, for scheduler and channels.
const MEAN: f64 = 4.0;
/// What work that only computes may take beside plain threads.
const CPU: f64 = 1.03;
/// How many times as many requests gmp is to answer in a second as Go.
const RATE: f64 = 1.8;

pub(super) fn verdicts(results: &Results) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> = BOUNDS.iter().map(|aim| bound(results, *aim)).collect();
    verdicts.push(mean(results));
    let served = |place: Place| place.row.group == Group::Network;
    let times = |place: Place| place.is_time() && !served(place);
    let others = |place: Place| !served(place);
    let cpu = |place: Place| place.row.group == Group::Cpu;
    for (aim, other, of, least) in [
        ("at least as fast as Go in every row", "go", &times as &dyn Fn(Place) -> bool, 1.0),
        ("ahead of may in every row that may runs", "may", &others, 1.0),
        ("ahead of tokio in every row that tokio runs", "tokio", &others, 1.0),
        ("work that computes within 3 % of plain threads", "threads", &cpu, 1.0 / CPU),
    ] {
        verdicts.push(every(results, aim, other, of, least));
    }
    if ratios::places(results).into_iter().any(|p| served(p) && p.of(results, "gmp").is_some()) {
        verdicts.extend(network(results));
    }
    verdicts
}

/// The aims of the network's rows.
fn network(results: &Results) -> Vec<Verdict> {
    let served = |place: Place| place.row.group == Group::Network;
    let rates = |place: Place| served(place) && place.is_main();
    let tails = |place: Place| served(place) && place.figure.suffix == "_p99";
    let memory = |place: Place| served(place) && !place.is_time();
    let rate = format!("{RATE}x Go's requests per second");
    [
        (rate.as_str(), "go", &rates as &dyn Fn(Place) -> bool, RATE),
        ("as many requests per second as tokio, at least", "tokio", &rates, 1.0),
        ("99th percentiles no worse than Go's", "go", &tails, 1.0),
        ("99th percentiles no worse than tokio's", "tokio", &tails, 1.0),
        ("an idle connection in less memory than Go's", "go", &memory, 1.0),
    ]
    .map(|(aim, other, of, least)| every(results, aim, other, of, least))
    .into()
}

fn bound(results: &Results, (name, on, limit): (&str, On, f64)) -> Verdict {
    let procs = on.procs(results.cpus());
    let unit = rows::find(name).map_or("", |(_, figure)| figure.unit);
    let found = results.get(name, procs, "gmp");
    Verdict {
        aim: format!("`{name}/{procs}P` at most {}", units::amount(limit, unit)),
        measured: found.map_or("-".to_owned(), |found| units::amount(found.median, unit)),
        reached: found.map(|found| found.median <= limit),
    }
}

fn mean(results: &Results) -> Verdict {
    let mean = ratios::mean(results, &[Group::Scheduler, Group::Channels]);
    Verdict {
        aim: format!("{MEAN}x Go on the geometric mean of scheduler and channels"),
        measured: mean
            .map_or("-".to_owned(), |(mean, rows)| format!("{}, {rows} rows", units::times(mean))),
        reached: mean.map(|(mean, _)| mean >= MEAN),
    }
}

/// An aim for all rows that `of` picks: `other` takes at least so many times as long as gmp.
fn every(
    results: &Results,
    aim: &str,
    other: &str,
    of: &dyn Fn(Place) -> bool,
    least: f64,
) -> Verdict {
    let mut ratios = ratios::against(results, other);
    ratios.retain(|(place, _)| of(*place));
    let good = ratios.iter().filter(|(_, ratio)| *ratio >= least).count();
    let worst = ratios.iter().min_by(|(_, a), (_, b)| a.total_cmp(b));
    Verdict {
        aim: aim.to_owned(),
        measured: worst.map_or("-".to_owned(), |(place, ratio)| {
            format!("{good} of {} rows, least `{place}` {}", ratios.len(), units::times(*ratio))
        }),
        reached: worst.map(|_| good == ratios.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::results::tests::measured;
    use super::*;

    fn results() -> Results {
        let measured = vec![
            measured("yield", 1, "gmp", 15.0),
            measured("yield", 1, "go", 75.0),
            measured("fib", 2, "gmp", 25.5),
            measured("fib", 2, "go", 87.0),
            measured("fib", 2, "may", 25.0),
            measured("parked_rss", 2, "gmp", 4400.0),
            measured("parked_rss", 2, "go", 2600.0),
            measured("matmul", 1, "gmp", 102.9),
            measured("matmul", 1, "threads", 100.0),
            measured("matmul", 2, "gmp", 52.0),
            measured("matmul", 2, "threads", 50.0),
        ];
        let facts = vec![("cpus".to_owned(), "2".to_owned())];
        Results { facts, measured, ..Results::default() }
    }

    #[test]
    fn aims_are_judged() {
        let verdicts = verdicts(&results());
        let of = |aim: &str| {
            let found = verdicts.iter().find(|verdict| verdict.aim.starts_with(aim));
            let Verdict { measured, reached, .. } = found.unwrap_or_else(|| panic!("no {aim}"));
            (measured.as_str(), *reached)
        };
        assert_eq!(of("`yield/1P` at most 15.0 ns"), ("15.0 ns", Some(true)));
        assert_eq!(of("`fib/2P` at most 25.0 ms"), ("25.5 ms", Some(false)));
        assert_eq!(of("`sieve/2P`"), ("-", None));
        assert_eq!(of("`parked_rss/2P` at most 4.38 GiB"), ("4.30 GiB", Some(true)));
        // sqrt(5.0 * 3.41)
        assert_eq!(of("4x Go"), ("4.1x, 2 rows", Some(true)));
        assert_eq!(of("at least as fast as Go"), ("2 of 2 rows, least `fib/2P` 3.4x", Some(true)));
        assert_eq!(of("ahead of may"), ("0 of 1 rows, least `fib/2P` 0.98x", Some(false)));
        assert_eq!(of("ahead of tokio"), ("-", None));
        let cpu = of("work that computes");
        assert_eq!(cpu, ("1 of 2 rows, least `matmul/2P` 0.96x", Some(false)));
        assert!(!verdicts.iter().any(|verdict| verdict.aim.contains("requests per second")));
    }

    #[test]
    fn the_network_has_aims_of_its_own() {
        let mut results = results();
        for (name, gmp, go, tokio) in [
            ("http_64_rps", 190.0, 100.0, 200.0),
            ("tcp_64_rps", 170.0, 100.0, 170.0),
            ("tcp_64_p99", 10.0, 20.0, 10.0),
            ("http_idle_memory", 6.0, 12.0, 3.0),
        ] {
            for (of, median) in [("gmp", gmp), ("go", go), ("tokio", tokio)] {
                results.measured.push(measured(name, 2, of, median));
            }
        }
        let verdicts = verdicts(&results);
        let of = |aim: &str| {
            let found = verdicts.iter().find(|verdict| verdict.aim.starts_with(aim));
            let Verdict { measured, reached, .. } = found.unwrap_or_else(|| panic!("no {aim}"));
            (measured.as_str(), *reached)
        };
        assert_eq!(of("1.8x Go's"), ("1 of 2 rows, least `tcp_64_rps/2P` 1.70x", Some(false)));
        let tokio = of("as many requests per second as tokio");
        assert_eq!(tokio, ("1 of 2 rows, least `http_64_rps/2P` 0.95x", Some(false)));
        let tails = of("99th percentiles no worse than tokio's");
        assert_eq!(tails, ("1 of 1 rows, least `tcp_64_p99/2P` 1.00x", Some(true)));
        let memory = of("an idle connection");
        assert_eq!(memory, ("1 of 1 rows, least `http_idle_memory/2P` 2.0x", Some(true)));
        // They are no rows of the others.
        assert_eq!(of("at least as fast as Go").0, "2 of 2 rows, least `fib/2P` 3.4x");
        assert_eq!(of("ahead of tokio"), ("-", None));
    }
}
