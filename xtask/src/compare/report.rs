//! `compare/RESULTS.md`: every figure, and what they come to.

use std::fmt::Write as _;

use super::aims;
use super::contenders::TITLES;
use super::ratios;
use super::results::Results;
use super::rows::{self, Group};
use super::table::{figures, places, table};
use super::units;

/// What the facts are called.
const FACTS: [(&str, &str); 15] = [
    ("date", "Date"),
    ("machine", "CPU"),
    ("cpus", "CPUs"),
    ("memory", "Memory"),
    ("kernel", "Kernel"),
    ("gmp", "gmp, commit"),
    ("rustc", "rustc"),
    ("go", "Go"),
    ("tokio", "tokio"),
    ("hyper", "hyper"),
    ("may", "may"),
    ("may_minihttp", "may_minihttp"),
    ("crossbeam", "crossbeam-channel"),
    ("command", "Command"),
    ("took", "It took"),
];

pub(super) fn render(results: &Results, picture: bool) -> String {
    let mut text = String::from(
        "# Results\n\n\
         Written by `cargo x compare`, from `results.tsv`. What the rows are, and how it is\n\
         kept fair: [README](README.md).\n\n",
    );
    text += &table(&["", ""], &facts(results));
    let rounds = results.fact("rounds");
    let _ = writeln!(
        text,
        "\nLess is better in every table. A figure is the median of {rounds} rounds, in which the \
         contenders\ntook turns; below it, for gmp and Go, the least and the greatest round. In \
         parentheses: how\nmany times gmp's figure it is. Bold: the best. `/2P`: with 2 CPUs.\n"
    );
    if picture {
        text += "![Speed beside Go's, row by row](results.svg)\n\n";
    }
    for group in Group::ALL {
        text += &figures(results, group);
    }
    text += &means(results);
    for (name, title) in TITLES.into_iter().filter(|(name, _)| *name != "gmp") {
        text += &better(results, name, title);
    }
    text += &scaling(results);
    text += &computing(results);
    text += &aims(results);
    text.truncate(text.trim_end().len());
    text + "\n"
}

fn facts(results: &Results) -> Vec<Vec<String>> {
    let known = FACTS.iter().filter(|(name, _)| !results.fact(name).is_empty());
    known.map(|(name, title)| vec![(*title).to_owned(), results.fact(name).to_owned()]).collect()
}

fn means(results: &Results) -> String {
    let mut lines = Vec::new();
    let mut add = |title: &str, groups: &[Group]| {
        if let Some((mean, rows)) = ratios::mean(results, groups) {
            lines.push(vec![title.to_owned(), units::times(mean), rows.to_string()]);
        }
    };
    for group in Group::ALL {
        add(group.title(), &[group]);
    }
    add("Scheduler and Channels", &[Group::Scheduler, Group::Channels]);
    if lines.is_empty() {
        return String::new();
    }
    let head = ["", "Go / gmp, geometric mean", "rows"];
    format!("## Beside Go\n\n{}\n", table(&head, &lines))
}

fn better(results: &Results, name: &str, title: &str) -> String {
    let count = ratios::against(results, name).len();
    if count == 0 {
        return String::new();
    }
    let lines: Vec<Vec<String>> = ratios::lost(results, name)
        .into_iter()
        .map(|(place, ratio)| {
            let amount = |of: &str| {
                let found = place.of(results, of);
                found.map_or(String::new(), |found| units::amount(found.median, &found.unit))
            };
            vec![format!("`{place}`"), amount("gmp"), amount(name), units::times(ratio)]
        })
        .collect();
    let is = if title.ends_with('s') { "are" } else { "is" };
    let heading = format!("## Where {title} {is} better\n\n");
    if lines.is_empty() {
        return format!("{heading}In none of the {count} rows that both run.\n\n");
    }
    let ratio = format!("{title} / gmp");
    let text = table(&["", "gmp", title, &ratio], &lines);
    format!("{heading}In {} of the {count} rows that both run.\n\n{text}\n", lines.len())
}

/// How many times as fast rows are with more CPUs.
fn scaling(results: &Results) -> String {
    const OF: [(&str, &str); 3] = [("gmp", "gmp"), ("go", "Go"), ("threads", "threads")];
    let mut lines = Vec::new();
    // Latencies, in microseconds, are no work to be shared.
    let work = |name: &String| rows::find(name).is_some_and(|(_, figure)| figure.unit != "us");
    for name in rows::ROWS.iter().flat_map(rows::Row::names).filter(work) {
        for procs in results.procs(&name).into_iter().filter(|&procs| procs > 1) {
            let gain = |of: &str| {
                let scaling = ratios::scaling(results, &name, of).into_iter();
                let found = scaling.filter(|(with, _)| *with == procs).map(|(_, gain)| gain).next();
                found.map_or("-".to_owned(), units::times)
            };
            let cells: Vec<String> = OF.iter().map(|(of, _)| gain(of)).collect();
            if cells.iter().any(|cell| cell != "-") {
                let mut line = vec![format!("`{name}/{procs}P`")];
                line.extend(cells);
                lines.push(line);
            }
        }
    }
    if lines.is_empty() {
        return String::new();
    }
    let mut head = vec![""];
    head.extend(OF.iter().map(|(_, title)| *title));
    format!("## Scaling\n\nThe time with 1 CPU over the time here.\n\n{}\n", table(&head, &lines))
}

/// How much longer work that only computes takes than on plain threads.
fn computing(results: &Results) -> String {
    const OF: [(&str, &str); 4] =
        [("gmp", "gmp"), ("go", "Go"), ("tokio", "tokio"), ("may", "may")];
    let mut lines = Vec::new();
    for place in places(results, Group::Cpu) {
        let Some(threads) = place.of(results, "threads").filter(|t| t.median > 0.0) else {
            continue;
        };
        let mut line = vec![format!("`{place}`")];
        line.extend(OF.iter().map(|(of, _)| {
            let found = place.of(results, of);
            found.map_or("-".to_owned(), |found| units::percent(found.median / threads.median))
        }));
        lines.push(line);
    }
    if lines.is_empty() {
        return String::new();
    }
    let mut head = vec![""];
    head.extend(OF.iter().map(|(_, title)| *title));
    format!("## CPU, beside plain threads\n\n{}\n", table(&head, &lines))
}

fn aims(results: &Results) -> String {
    let line = |verdict: aims::Verdict| {
        let reached = match verdict.reached {
            Some(true) => "reached",
            Some(false) => "**missed**",
            None => "not measured",
        };
        vec![verdict.aim, verdict.measured, reached.to_owned()]
    };
    let lines: Vec<Vec<String>> = aims::verdicts(results).into_iter().map(line).collect();
    let head = ["aim", "measured", ""];
    format!(
        "## Aims\n\nFigures of gmp; the times were chosen for a machine with 2 CPUs.\n\n{}",
        table(&head, &lines)
    )
}

#[cfg(test)]
mod tests {
    use super::super::results::Missing;
    use super::super::results::tests::measured;
    use super::*;

    fn results() -> Results {
        let mut gmp = measured("fib", 2, "gmp", 20.0);
        (gmp.min, gmp.max) = (19.0, 22.5);
        let measured = vec![
            measured("fib", 1, "gmp", 38.0),
            measured("fib", 1, "go", 80.0),
            gmp,
            measured("fib", 2, "go", 90.0),
            measured("fib", 2, "may", 10.0),
            measured("matmul", 2, "gmp", 50.6),
            measured("matmul", 2, "threads", 50.0),
            measured("parked_rss", 2, "gmp", 4096.0),
            measured("parked_rss", 2, "go", 2560.0),
        ];
        let missing = |row: Option<&str>, procs, contender: &str, why: &str| Missing {
            row: row.map(str::to_owned),
            procs,
            contender: contender.to_owned(),
            why: why.to_owned(),
        };
        let missing = vec![
            missing(Some("fib"), 1, "may", "signal: 11 (SIGSEGV)"),
            missing(None, 0, "tokio", "does not build"),
        ];
        let facts = [("date", "2026-01-02"), ("cpus", "2"), ("rounds", "5")];
        let facts = facts.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Results { facts: facts.into(), measured, missing }
    }

    #[test]
    fn every_part_is_there() {
        let text = render(&results(), true);
        for part in [
            "| Date | 2026-01-02 |\n",
            "median of 5 rounds",
            "![Speed beside Go's, row by row](results.svg)\n",
            "## Scheduler\n\n|  | gmp | Go | may |\n|---|---|---|---|\n",
            "| 20.0 ms<br><sub>19.0..22.5</sub> | 90.0 ms (4.5x)<br><sub>90.0..90.0</sub> | \
             **10.0 ms** (0.50x) |\n",
            " | - <sup>1</sup> |\n",
            "\n1. signal: 11 (SIGSEGV)\n",
            "\nWithout tokio: does not build.\n",
            // sqrt(80/38 * 90/20)
            "| Scheduler | 3.1x | 2 |\n",
            "## Where Go is better\n\nIn 1 of the 3 rows that both run.\n",
            "| `parked_rss/2P` | 4.00 GiB | 2.50 GiB | 0.62x |\n",
            "| `fib/2P` | 1.90x | 0.89x | - |\n",
            "| `matmul/2P` | +1.2 % | - | - | - |\n",
            "| `fib/2P` at most 25.0 ms | 20.0 ms | reached |\n",
            "| 0 of 1 rows, least `fib/2P` 0.50x | **missed** |\n",
        ] {
            assert!(text.contains(part), "no {part:?} in:\n{text}");
        }
        assert!(text.ends_with("|\n") && !text.contains("\n\n\n"), "{text}");
        assert!(!render(&results(), false).contains("results.svg"));
        assert!(!text.contains("## Network"), "{text}");
    }

    #[test]
    fn of_requests_per_second_more_is_better() {
        let mut results = results();
        for (name, gmp, go) in [("rps", 90_000.0, 45_000.0), ("p99", 300.0, 200.0)] {
            results.measured.push(measured(&format!("tcp_64_{name}"), 2, "gmp", gmp));
            results.measured.push(measured(&format!("tcp_64_{name}"), 2, "go", go));
        }
        let text = render(&results, true);
        for part in [
            "## Network\n\nThe clients, the same for all, run on the same CPUs as the server. Of \
             requests per second more is better;\nin parentheses",
            "| **90.0 k/s**<br><sub>90.0..90.0</sub> | 45.0 k/s (2.0x)<br>",
            "| 300 us<br><sub>300..300</sub> | **200 us** (0.67x)<br>",
            "| Network | 2.0x | 1 |\n",
            "In 2 of the 5 rows that both run.\n",
            "| `tcp_64_p99/2P` | 300 us | 200 us | 0.67x |\n",
            "| 1.8x Go's requests per second | 1 of 1 rows, least `tcp_64_rps/2P` 2.0x | reached |\n",
        ] {
            assert!(text.contains(part), "no {part:?} in:\n{text}");
        }
    }
}
