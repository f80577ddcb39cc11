//! The table as it grows on the terminal.

use super::contenders::{self, Contender};
use super::ratios::{self, Place};
use super::results::{Measured, Results};
use super::rounds::Outcomes;
use super::rows::{Group, Row};
use super::units;

const NAME: usize = 20;
const CELL: usize = 11;

/// The columns' heads.
pub(super) fn head(contenders: &[Contender]) -> String {
    let mut line = format!("{:<NAME$}", "");
    for contender in contenders {
        line += &format!("{:>CELL$}", contenders::title(contender.name).unwrap_or_default());
    }
    line + &format!("{:>CELL$}", "Go / gmp")
}

/// One line for each figure of `row`, and one for each contender that died of it.
pub(super) fn lines(
    row: &Row,
    procs: usize,
    contenders: &[Contender],
    outcomes: &Outcomes,
) -> Vec<String> {
    let mut lines = Vec::new();
    for name in row.names() {
        let of = |contender: &str| {
            let mut measured = outcomes.measured.iter();
            measured.find(|m| m.name == name && m.contender == contender)
        };
        let mut line = format!("{:<NAME$}", format!("{name}/{procs}P"));
        for contender in contenders {
            line += &format!("{:>CELL$}", cell(of(contender.name), contender.name, outcomes));
        }
        if let (Some(gmp), Some(go)) = (of("gmp"), of("go"))
            && let Some(ratio) = units::advantage(gmp.median, go.median, &gmp.unit)
        {
            line += &format!("{:>CELL$}", units::times(ratio));
        }
        lines.push(line);
    }
    for name in &outcomes.died {
        let why = outcomes.missing.iter().find(|missing| missing.contender == **name);
        let why = why.map_or("", |missing| missing.why.as_str());
        lines.push(format!("    {name}: {why}"));
    }
    lines
}

fn cell(measured: Option<&Measured>, contender: &str, outcomes: &Outcomes) -> String {
    match measured {
        Some(measured) => units::amount(measured.median, &measured.unit),
        None if outcomes.died.contains(&contender) => "failed".to_owned(),
        None => "-".to_owned(),
    }
}

/// What it all comes to.
pub(super) fn summary(results: &Results) -> Vec<String> {
    let mut lines = Vec::new();
    let mean = |what: &str, groups: &[Group]| {
        let (mean, rows) = ratios::mean(results, groups)?;
        Some(format!("{what}: Go / gmp {}, geometric mean of {rows}", units::times(mean)))
    };
    for group in Group::ALL {
        lines.extend(mean(group.title(), &[group]));
    }
    lines.extend(mean("Scheduler and Channels", &[Group::Scheduler, Group::Channels]));
    for (name, title) in contenders::TITLES.into_iter().filter(|(name, _)| *name != "gmp") {
        let lost: Vec<String> = ratios::lost(results, name).into_iter().map(named).collect();
        if !lost.is_empty() {
            lines.push(format!("ahead of gmp, {title}: {}", lost.join(", ")));
        }
    }
    lines
}

fn named((place, ratio): (Place, f64)) -> String {
    format!("{place} {}", units::times(ratio))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::results::Missing;
    use super::super::results::tests::measured;
    use super::super::rows;
    use super::*;

    #[test]
    fn a_row_is_a_line() {
        let contenders = ["gmp", "go", "tokio", "may"]
            .map(|name| Contender::new(name, PathBuf::new(), Vec::new()));
        let measured = vec![measured("fib", 2, "gmp", 20.0), measured("fib", 2, "go", 90.0)];
        let missing = |contender: &str, why: &str| Missing {
            row: Some("fib".to_owned()),
            procs: 2,
            contender: contender.to_owned(),
            why: why.to_owned(),
        };
        let missing = vec![missing("tokio", "no"), missing("may", "signal: 11")];
        let outcomes = Outcomes { measured, missing, died: vec!["may"] };
        let (row, _) = rows::find("fib").unwrap();
        let expected = [
            "fib/2P                  20.0 ms    90.0 ms          -     failed       4.5x",
            "    may: signal: 11",
        ];
        assert_eq!(lines(row, 2, &contenders, &outcomes), expected);
        let head = head(&contenders);
        assert!(head.ends_with("     gmp         Go      tokio        may   Go / gmp"), "{head}");
        assert_eq!(head.len(), expected[0].len());
    }

    #[test]
    fn losses_are_named() {
        let measured = vec![
            measured("fib", 2, "gmp", 20.0),
            measured("fib", 2, "go", 10.0),
            measured("fib", 2, "may", 30.0),
        ];
        let facts = vec![("cpus".to_owned(), "2".to_owned())];
        let summary = summary(&Results { facts, measured, ..Results::default() });
        let expected = [
            "Scheduler: Go / gmp 0.50x, geometric mean of 1",
            "Scheduler and Channels: Go / gmp 0.50x, geometric mean of 1",
            "ahead of gmp, Go: fib/2P 0.50x",
        ];
        assert_eq!(summary, expected);
    }
}
