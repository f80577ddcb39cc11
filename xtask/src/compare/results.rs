//! What was measured, and the file it is kept in: `compare/results.tsv`.

use std::fmt::Write as _;

use super::rows;
use crate::Outcome;

pub(super) const FILE: &str = "compare/results.tsv";

const COLUMNS: &str = "row\tprocs\tcontender\tmedian\tmin\tmax\tunit\tn";
/// Stands in the columns of a figure that is missing; its reason stands in the last one.
const NONE: &str = "-";
/// The row of a contender that takes no part.
const EVERY: &str = "*";

/// One figure of one contender: the middle of the rounds, and how far they lie apart.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Measured {
    pub(super) name: String,
    pub(super) procs: usize,
    pub(super) contender: String,
    pub(super) median: f64,
    pub(super) min: f64,
    pub(super) max: f64,
    pub(super) unit: String,
    /// `ROUNDSxSAMPLES`.
    pub(super) n: String,
}

/// A row without a figure of one contender.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Missing {
    /// `None` where the contender has no row at all.
    pub(super) row: Option<String>,
    pub(super) procs: usize,
    pub(super) contender: String,
    pub(super) why: String,
}

/// All of it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Results {
    /// Of the machine, the versions, the command: names and values.
    pub(super) facts: Vec<(String, String)>,
    pub(super) measured: Vec<Measured>,
    pub(super) missing: Vec<Missing>,
}

impl Results {
    /// Empty where the fact is not known.
    pub(super) fn fact(&self, name: &str) -> &str {
        let fact = self.facts.iter().find(|(known, _)| known == name);
        fact.map_or("", |(_, value)| value)
    }

    /// How many CPUs the machine has.
    pub(super) fn cpus(&self) -> usize {
        self.fact("cpus").parse().unwrap_or(1)
    }

    pub(super) fn get(&self, name: &str, procs: usize, contender: &str) -> Option<&Measured> {
        self.measured
            .iter()
            .find(|m| m.name == name && m.procs == procs && m.contender == contender)
    }

    /// With how many CPUs `name` was measured, in order.
    pub(super) fn procs(&self, name: &str) -> Vec<usize> {
        let of_name = self.measured.iter().filter(|measured| measured.name == name);
        let mut procs: Vec<usize> = of_name.map(|measured| measured.procs).collect();
        procs.sort_unstable();
        procs.dedup();
        procs
    }

    /// Why `contender` has no figure in `row`.
    pub(super) fn why(&self, row: &str, procs: usize, contender: &str) -> Option<&str> {
        let missing = self.missing.iter().find(|missing| {
            missing.contender == contender
                && missing.row.as_deref().is_none_or(|of| of == row && missing.procs == procs)
        });
        missing.map(|missing| missing.why.as_str())
    }

    /// Whether `contender` has any figure.
    pub(super) fn has(&self, contender: &str) -> bool {
        self.measured.iter().any(|measured| measured.contender == contender)
    }

    pub(super) fn to_tsv(&self) -> String {
        let mut text = String::new();
        for (name, value) in &self.facts {
            let _ = writeln!(text, "# {name}\t{}", one_line(value));
        }
        let _ = writeln!(text, "{COLUMNS}");
        for Measured { name, procs, contender, median, min, max, unit, n } in &self.measured {
            let _ = writeln!(
                text,
                "{name}\t{procs}\t{contender}\t{median:.3}\t{min:.3}\t{max:.3}\t{unit}\t{n}"
            );
        }
        for Missing { row, procs, contender, why } in &self.missing {
            let row = row.as_deref().unwrap_or(EVERY);
            let why = one_line(why);
            let _ = writeln!(text, "{row}\t{procs}\t{contender}\t-\t-\t-\t-\t{why}");
        }
        text
    }

    pub(super) fn of_tsv(text: &str) -> Outcome<Self> {
        let mut results = Self::default();
        let mut headed = false;
        for (index, line) in text.lines().enumerate() {
            let wrong = || format!("{FILE}:{}: not as it is written: `{line}`", index + 1);
            if let Some(fact) = line.strip_prefix("# ") {
                let (name, value) = fact.split_once('\t').ok_or_else(wrong)?;
                results.facts.push((name.to_owned(), value.to_owned()));
            } else if line == COLUMNS {
                headed = true;
            } else {
                results.line(line).filter(|()| headed).ok_or_else(wrong)?;
            }
        }
        if results.measured.is_empty() {
            return Err(format!("{FILE} has no figure"));
        }
        Ok(results)
    }

    fn line(&mut self, line: &str) -> Option<()> {
        let [name, procs, contender, median, min, max, unit, last] =
            line.split('\t').collect::<Vec<_>>()[..]
        else {
            return None;
        };
        let procs = procs.parse().ok()?;
        let contender = super::contenders::title(contender).map(|_| contender.to_owned())?;
        if median == NONE {
            let row = (name != EVERY).then(|| name.to_owned());
            self.missing.push(Missing { row, procs, contender, why: last.to_owned() });
            return Some(());
        }
        let (_, figure) = rows::find(name)?;
        let amount = |word: &str| word.parse().ok().filter(|amount: &f64| amount.is_finite());
        let (median, min, max) = (amount(median)?, amount(min)?, amount(max)?);
        (figure.unit == unit && min <= median && median <= max).then_some(())?;
        let (name, unit, n) = (name.to_owned(), unit.to_owned(), last.to_owned());
        self.measured.push(Measured { name, procs, contender, median, min, max, unit, n });
        Some(())
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A line of the file, as tests write them.
    pub(in crate::compare) fn measured(
        name: &str,
        procs: usize,
        of: &str,
        median: f64,
    ) -> Measured {
        Measured {
            name: name.to_owned(),
            procs,
            contender: of.to_owned(),
            median,
            min: median,
            max: median,
            unit: rows::find(name).unwrap().1.unit.to_owned(),
            n: "5x3".to_owned(),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let results = Results {
            facts: vec![("cpus".to_owned(), "2".to_owned())],
            measured: vec![measured("yield", 1, "gmp", 12.5), measured("parked_rss", 2, "go", 2.0)],
            missing: vec![
                Missing {
                    row: Some("skynet".to_owned()),
                    procs: 1,
                    contender: "may".to_owned(),
                    why: "signal: 11 (SIGSEGV)".to_owned(),
                },
                Missing {
                    row: None,
                    procs: 0,
                    contender: "tokio".to_owned(),
                    why: "does not build".to_owned(),
                },
            ],
        };
        let read = Results::of_tsv(&results.to_tsv()).unwrap();
        assert_eq!(read, results);
        assert_eq!(read.fact("cpus"), "2");
        assert_eq!(read.procs("yield"), [1]);
        assert_eq!(read.why("skynet", 1, "may"), Some("signal: 11 (SIGSEGV)"));
        assert_eq!(read.why("skynet", 2, "may"), None);
        assert_eq!(read.why("yield", 1, "tokio"), Some("does not build"));
    }

    #[test]
    fn a_broken_line_is_named() {
        let text = |line: &str| format!("# cpus\t2\n{COLUMNS}\n{line}\n");
        assert!(Results::of_tsv(&text("yield\t1\tgmp\t1.0\t1.0\t1.0\tns\t5x3")).is_ok());
        for wrong in [
            "yield\t1\tgmp\t1.0\t1.0\t1.0\tns",
            "yield\t1\tgmp\t1.0\t1.0\t1.0\tms\t5x3",
            "yield\t1\tgmp\t1.0\t2.0\t3.0\tns\t5x3",
            "yield\tone\tgmp\t1.0\t1.0\t1.0\tns\t5x3",
            "yield\t1\tours\t1.0\t1.0\t1.0\tns\t5x3",
            "gone\t1\tgmp\t1.0\t1.0\t1.0\tns\t5x3",
            "",
        ] {
            let error = Results::of_tsv(&text(wrong)).unwrap_err();
            assert!(error.starts_with("compare/results.tsv:3: not as it is written"), "{error}");
        }
        let error = Results::of_tsv(&text("* x")).unwrap_err();
        assert!(error.contains(":3:"), "{error}");
        let headless = "yield\t1\tgmp\t1.0\t1.0\t1.0\tns\t5x3\n";
        assert!(Results::of_tsv(headless).unwrap_err().contains(":1:"));
    }
}
