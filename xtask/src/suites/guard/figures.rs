//! Figures of workloads: on record, and compared.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::Outcome;

/// A figure may be away from its record by this part of it, in either direction: a gain that
/// is not recorded would hide a loss later. What an unchanged program varies by is a tenth.
const LIMIT: f64 = 0.05;

const HEADER: &str = "\
# Instructions per operation of the workloads of benches/guard.rs, and who made them.
# `cargo x bench-guard` compares with these, `cargo x bench-guard --write` writes them anew.
";

/// What figures depend on beside the code.
#[derive(Debug, PartialEq)]
pub(super) struct Origin {
    /// The instruction set.
    pub(super) machine: String,
    /// What `rustc --version` prints.
    pub(super) compiler: String,
    /// What `valgrind --version` prints.
    pub(super) counter: String,
}

/// Instructions per operation of each workload.
#[derive(Debug, PartialEq)]
pub(super) struct Figures {
    pub(super) origin: Origin,
    pub(super) each: Vec<(String, f64)>,
}

impl Figures {
    /// Reads what [`print`](Self::print) has written.
    pub(super) fn parse(text: &str) -> Outcome<Self> {
        let mut origin = [("machine", None), ("compiler", None), ("counter", None)];
        let mut each = Vec::new();
        let mut seen = BTreeSet::new();
        for (index, line) in text.lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |why: &str| format!("line {}: {why}: {line}", index + 1);
            let (name, value) =
                line.split_once(": ").ok_or_else(|| wrong("not of the form NAME: VALUE"))?;
            if !seen.insert(name) {
                return Err(wrong("listed twice"));
            }
            if let Some((_, known)) = origin.iter_mut().find(|(key, _)| *key == name) {
                *known = Some(value.to_owned());
                continue;
            }
            let figure = value.parse().ok().filter(|figure: &f64| *figure > 0.0);
            each.push((name.to_owned(), figure.ok_or_else(|| wrong("no figure above 0"))?));
        }
        let [machine, compiler, counter] = origin
            .map(|(key, value)| value.ok_or_else(|| format!("there is no line `{key}: ...`")));
        let origin = Origin { machine: machine?, compiler: compiler?, counter: counter? };
        Ok(Self { origin, each })
    }

    /// The record's text.
    pub(super) fn print(&self) -> String {
        let Origin { machine, compiler, counter } = &self.origin;
        let origin = format!("machine: {machine}\ncompiler: {compiler}\ncounter: {counter}\n");
        let lines = self.each.iter().map(|(name, figure)| format!("{name}: {figure:.1}\n"));
        format!("{HEADER}{origin}\n{}", lines.collect::<String>())
    }

    fn of(&self, name: &str) -> Option<f64> {
        self.each.iter().find(|(known, _)| known == name).map(|(_, figure)| *figure)
    }

    /// A table of this record and what was `counted` now.
    pub(super) fn beside(&self, counted: &Self) -> String {
        let mut table = format!("{:<16} {:>9} {:>9}", "instructions", "record", "now");
        for (name, now) in &counted.each {
            let change =
                self.of(name).map(|then| format!("{then:9.1} {now:9.1} {}", signed(then, *now)));
            let change = change.unwrap_or_else(|| format!("{:9} {now:9.1}", "-"));
            write!(table, "\n{name:<16} {change}").expect("a String takes it");
        }
        table
    }

    /// Where what was `counted` is not as on this record.
    pub(super) fn findings(&self, counted: &Self) -> Vec<String> {
        let compared = self.each.iter().filter_map(|(name, then)| match counted.of(name) {
            None => Some(format!("{name}: {then:.1} on record, and there is no such workload")),
            Some(now) if (now - then).abs() <= LIMIT * then => None,
            Some(now) => {
                let what = if now > *then { "more" } else { "fewer, which is to be recorded" };
                let percent = (now / then - 1.0).abs() * 100.0;
                Some(format!("{name}: {then:.1} -> {now:.1}, {percent:.1} % {what}"))
            }
        });
        let unknown = counted.each.iter().filter(|(name, _)| self.of(name).is_none());
        let unknown = unknown.map(|(name, now)| format!("{name}: {now:.1}, and not on record"));
        compared.chain(unknown).collect()
    }
}

fn signed(then: f64, now: f64) -> String {
    format!("{:+6.1} %", (now / then - 1.0) * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "# why\nmachine: m\ncompiler: c 1\ncounter: v\n\nyield: 100.0\nspawn: 27.4\n";

    fn record() -> Figures {
        Figures::parse(TEXT).unwrap()
    }

    fn counted(each: &[(&str, f64)]) -> Figures {
        let each = each.iter().map(|(name, figure)| ((*name).to_owned(), *figure)).collect();
        Figures { origin: record().origin, each }
    }

    #[test]
    fn what_is_printed_is_read_again() {
        let record = record();
        assert_eq!(record.origin.compiler, "c 1");
        assert_eq!(record.each, [("yield".to_owned(), 100.0), ("spawn".to_owned(), 27.4)]);
        assert_eq!(Figures::parse(&record.print()), Ok(record));
    }

    #[test]
    fn a_wrong_record_is_named() {
        let with = |line: &str| format!("{TEXT}{line}\n");
        for (text, says) in [
            (with("lock"), "line 8: not of the form"),
            (with("lock: fast"), "line 8: no figure above 0"),
            (with("lock: 0"), "no figure above 0"),
            (with("lock: NaN"), "no figure above 0"),
            (with("spawn: 27.4"), "line 8: listed twice"),
            (with("machine: m"), "listed twice"),
            (TEXT.replace("compiler: c 1\n", ""), "no line `compiler: ...`"),
        ] {
            let error = Figures::parse(&text).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn within_the_limit_is_as_on_record() {
        for (yields, spawn) in [(100.0, 27.4), (105.0, 28.7), (95.0, 26.1)] {
            let counted = counted(&[("yield", yields), ("spawn", spawn)]);
            assert_eq!(record().findings(&counted), Vec::<String>::new());
        }
    }

    #[test]
    fn more_and_fewer_are_found() {
        let findings = |yields| record().findings(&counted(&[("yield", yields), ("spawn", 27.4)]));
        assert_eq!(findings(106.0), ["yield: 100.0 -> 106.0, 6.0 % more"]);
        assert_eq!(findings(94.0), ["yield: 100.0 -> 94.0, 6.0 % fewer, which is to be recorded"]);
    }

    #[test]
    fn workloads_and_record_are_the_same_ones() {
        let findings = record().findings(&counted(&[("yield", 100.0), ("lock", 3.0)]));
        assert_eq!(
            findings,
            [
                "spawn: 27.4 on record, and there is no such workload",
                "lock: 3.0, and not on record"
            ]
        );
    }

    #[test]
    fn the_table_shows_every_workload() {
        let table = record().beside(&counted(&[("yield", 106.0), ("lock", 3.0)]));
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines[1], "yield                100.0     106.0   +6.0 %");
        assert_eq!(lines[2], "lock             -               3.0");
    }
}
