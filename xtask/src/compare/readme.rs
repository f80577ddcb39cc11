//! README's section: the main rows, the picture, and where Go is better.

use std::fmt::Write as _;

use super::ratios::{self, Place};
use super::results::Results;
use super::rows::{self, Group, On};
use super::units;
use crate::Outcome;

const START: &str = "<!-- speed: written by `cargo x compare` -->";
const END: &str = "<!-- /speed -->";

use On::{Cpus, Whole};

/// The lines of the table.
const MAIN: &[(&str, On)] = &[
    ("spawn_exit", Cpus(1)),
    ("spawn_exit", Whole),
    ("yield", Cpus(1)),
    ("ping_pong", Cpus(1)),
    ("ping_pong", Cpus(2)),
    ("skynet", Whole),
    ("fib", Whole),
    ("sieve", Whole),
    ("spsc_0", Cpus(1)),
    ("spsc_128", Cpus(2)),
    ("mpmc_0", Whole),
    ("mpmc_128", Whole),
    ("select_2", Cpus(1)),
    ("select_16", Whole),
    ("mutex_1", Cpus(1)),
    ("mutex_8", Whole),
    ("timers", Whole),
    ("wake_p50", Cpus(2)),
    ("word_count", Whole),
    ("parked_time", Whole),
    ("parked_rss", Whole),
    ("http_1_rps", Whole),
    ("http_64_rps", Whole),
    ("http_64_p99", Whole),
    ("http_1000_rps", Whole),
    ("http_idle_rps", Whole),
    ("http_idle_memory", Whole),
    ("json_64_rps", Whole),
    ("tcp_64_rps", Whole),
];

/// Why Go is better where it is, as far as it is known.
const WHY: &[(&str, &str)] = &[
    ("parked_rss", "a stack takes a page of 4 KiB at least, Go's starts at 2 KiB"),
    (
        "parked_tables",
        "stacks lie 256 KiB apart, eight to a page of the tables; Go's lie side by side",
    ),
];

/// The section, without its marks.
pub(super) fn section(results: &Results, picture: bool) -> String {
    let fact = |name| results.fact(name);
    let mut text = format!(
        "## Speed\n\nMedians of {} rounds in which the contenders took turns, on {} ({} CPUs, {}), \
         {}.\n{}.\n\n",
        fact("rounds"),
        fact("machine"),
        fact("cpus"),
        fact("kernel"),
        fact("date"),
        versions(results)
    );
    text += &table(results);
    text += &means(results);
    if picture {
        text += "\n![How many times as fast as Go, row by row](compare/results.svg)\n";
    }
    text += &better(results);
    let took = match fact("took") {
        "" => String::new(),
        took => format!(" (it took {took} here)"),
    };
    let _ = writeln!(
        text,
        "\n`cargo x compare` measures all of it on your machine{took}, `cargo x compare --quick`\n\
         gives a first impression; `--setup` gets Go, if you have none. All rows, with may,\n\
         crossbeam-channel and plain threads: [results](compare/RESULTS.md). What is measured, and\n\
         how it is kept fair: [compare](compare/README.md)."
    );
    text
}

fn versions(results: &Results) -> String {
    let known = [("gmp", "gmp"), ("rustc", "rustc"), ("go", "Go"), ("tokio", "tokio")];
    let known = known.iter().filter(|(name, _)| !results.fact(name).is_empty());
    let named: Vec<String> =
        known.map(|(name, title)| format!("{title} {}", results.fact(name))).collect();
    named.join(", ")
}

fn table(results: &Results) -> String {
    let others: Vec<_> = [("go", "Go"), ("tokio", "tokio")]
        .into_iter()
        .filter(|(name, _)| results.has(name))
        .collect();
    let mut text = String::from("| | gmp |");
    for (_, title) in &others {
        let _ = write!(text, " {title} | {title} / gmp |");
    }
    let _ = writeln!(text, "\n|---|---|{}", "---|---|".repeat(others.len()));
    for (name, on) in MAIN {
        let procs = on.procs(results.cpus());
        let Some((row, figure)) = rows::find(name) else { continue };
        let place = Place { row, figure, procs };
        let Some(gmp) = place.of(results, "gmp") else { continue };
        let cpus = if procs == 1 { "1 CPU".to_owned() } else { format!("{procs} CPUs") };
        let ours = units::amount(gmp.median, figure.unit);
        let _ = write!(text, "| {}, {cpus} | {ours} |", figure.about);
        for (name, _) in &others {
            let theirs = place.of(results, name);
            let amount = theirs.map_or("-".to_owned(), |m| units::amount(m.median, figure.unit));
            let ratio = place.over_gmp(results, name).map_or("-".to_owned(), units::times);
            let _ = write!(text, " {amount} | {ratio} |");
        }
        text += "\n";
    }
    text
}

fn means(results: &Results) -> String {
    let Some((mean, rows)) = ratios::mean(results, &[Group::Scheduler, Group::Channels]) else {
        return String::new();
    };
    let mut text = format!(
        "\nGo's time over gmp's, on the geometric mean of the {rows} rows of scheduler and channels: \
         {}.\n",
        units::times(mean)
    );
    if let Some((mean, rows)) = ratios::mean(results, &[Group::Network]) {
        let _ = writeln!(
            text,
            "gmp's requests per second over Go's, on the geometric mean of the {rows} rows of the \
             network: {}.",
            units::times(mean)
        );
    }
    text
}

fn better(results: &Results) -> String {
    if !results.has("go") {
        return String::new();
    }
    let lost = ratios::lost(results, "go");
    if lost.is_empty() {
        return "\nGo is better in none of the rows.\n".to_owned();
    }
    let mut text = String::from("\nWhere Go is still better:\n\n");
    for (place, ratio) in lost {
        let why = WHY.iter().find(|(name, _)| *name == place.name());
        let why = why.map_or(String::new(), |(_, why)| format!("; {why}"));
        let _ =
            writeln!(text, "* `{place}`, {}: {}{why}.", units::times(ratio), place.figure.about);
    }
    text
}

/// `readme` with `section` between its marks.
pub(super) fn splice(readme: &str, section: &str) -> Outcome<String> {
    let parts = readme.split_once(START).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    match parts {
        Some((before, after)) if !after.contains(START) => {
            Ok(format!("{before}{START}\n{section}{END}{after}"))
        }
        _ => Err(format!("README.md: needs `{START}`, and `{END}` after it, once")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::results::tests::measured;
    use super::*;

    fn results() -> Results {
        let measured = vec![
            measured("yield", 1, "gmp", 12.0),
            measured("yield", 1, "go", 96.0),
            measured("fib", 2, "gmp", 20.0),
            measured("fib", 2, "go", 40.0),
            measured("fib", 2, "tokio", 50.0),
            measured("parked_rss", 2, "gmp", 4096.0),
            measured("parked_rss", 2, "go", 2560.0),
        ];
        let facts = [
            ("date", "2026-01-02"),
            ("machine", "Some CPU"),
            ("cpus", "2"),
            ("kernel", "Linux 6.1"),
            ("gmp", "abc"),
            ("go", "1.27"),
            ("rounds", "5"),
            ("took", "40 min"),
        ];
        let facts = facts.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Results { facts: facts.into(), measured, ..Results::default() }
    }

    #[test]
    fn the_section_says_it_all() {
        let text = section(&results(), true);
        for part in [
            "took turns, on Some CPU (2 CPUs, Linux 6.1), 2026-01-02.\ngmp abc, Go 1.27.\n\n",
            "| | gmp | Go | Go / gmp | tokio | tokio / gmp |\n|---|---|---|---|---|---|\n\
             | yield to another goroutine, 1 CPU | 12.0 ns | 96.0 ns | 8.0x | - | - |\n",
            "every call, 2 CPUs | 20.0 ms | 40.0 ms | 2.0x | 50.0 ms | 2.5x |\n",
            "mean of the 2 rows of scheduler and channels: 4.0x.\n",
            "](compare/results.svg)\n",
            "* `parked_rss/2P`, 0.62x: a million goroutines that wait: memory; a stack takes",
            "machine (it took 40 min here), ",
        ] {
            assert!(text.contains(part), "no {part:?} in:\n{text}");
        }
    }

    #[test]
    fn requests_per_second_are_compared_the_other_way_round() {
        let mut results = results();
        results.measured.push(measured("tcp_64_rps", 2, "gmp", 90_000.0));
        results.measured.push(measured("tcp_64_rps", 2, "go", 45_000.0));
        let text = section(&results, true);
        for part in [
            "64 connections: requests per second, 2 CPUs | 90.0 k/s | 45.0 k/s | 2.0x | - | - |\n",
            "channels: 4.0x.\ngmp's requests per second over Go's, on the geometric mean of the 1 \
             rows of the network: 2.0x.\n",
        ] {
            assert!(text.contains(part), "no {part:?} in:\n{text}");
        }
        assert!(!text.contains("* `tcp_64_rps"), "{text}");
    }

    #[test]
    fn without_go_nothing_is_said_of_it() {
        let mut results = results();
        results.measured.retain(|measured| measured.contender != "go");
        results.facts.retain(|(name, _)| name != "go");
        let text = section(&results, false);
        assert!(text.contains("| | gmp | tokio | tokio / gmp |\n|---|---|---|---|\n"), "{text}");
        assert!(!text.contains("better") && !text.contains("mean") && !text.contains("svg"));
    }

    #[test]
    fn the_section_lies_between_its_marks() {
        let readme = format!("a\n{START}\nold\n{END}\nb\n");
        assert_eq!(splice(&readme, "new\n").unwrap(), format!("a\n{START}\nnew\n{END}\nb\n"));
        assert_eq!(splice(&readme, "").unwrap(), format!("a\n{START}\n{END}\nb\n"));
        assert!(splice("a\n", "").is_err());
        assert!(splice(&format!("{END}{START}"), "").is_err());
        assert!(splice(&format!("{readme}{readme}"), "").is_err());
    }
}
