//! The two answers of a contender's program: the list of its rows, and the lines of figures.

use crate::Outcome;

/// `NAME/NP CONTENDER MEDIAN MIN MAX UNIT SAMPLESxOPS`.
#[derive(Debug, PartialEq)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) procs: usize,
    pub(super) contender: String,
    pub(super) median: f64,
    pub(super) unit: String,
    pub(super) samples: usize,
}

/// Reads one line.
pub(super) fn parse(line: &str) -> Outcome<Line> {
    read(line).ok_or_else(|| format!("prints what is no figure: `{}`", line.trim()))
}

fn read(line: &str) -> Option<Line> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [figure, contender, median, min, max, unit, n] = words[..] else { return None };
    let (name, procs) = figure.strip_suffix('P')?.rsplit_once('/')?;
    let (samples, ops) = n.split_once('x')?;
    let (median, min, max) = (amount(median)?, amount(min)?, amount(max)?);
    ops.parse::<u64>().ok().filter(|&ops| ops > 0 && min <= median && median <= max)?;
    Some(Line {
        name: name.to_owned(),
        procs: procs.parse().ok()?,
        contender: contender.to_owned(),
        median,
        unit: unit.to_owned(),
        samples: samples.parse().ok().filter(|&samples| samples > 0)?,
    })
}

fn amount(word: &str) -> Option<f64> {
    word.parse().ok().filter(|&amount: &f64| amount.is_finite() && amount >= 0.0)
}

/// A row as `--list` names it, and why the contender does not run it, if so.
pub(super) type Listed = (String, Option<String>);

/// Reads what `--list` printed: `+ ROW` and `- ROW REASON`.
pub(super) fn list(text: &str) -> Outcome<Vec<Listed>> {
    let row = |line: &str| match line.split_once(' ')? {
        ("+", row) if !row.contains(' ') => Some((row.to_owned(), None)),
        ("-", rest) => {
            let (row, reason) = rest.split_once(' ')?;
            Some((row.to_owned(), Some(reason.trim().to_owned())))
        }
        _ => None,
    };
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| row(line).ok_or_else(|| format!("--list prints `{line}`, which is no row")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read() {
        let line = parse("spsc_128/2P gmp 20.500 19.000 21.250 ns 3x16000\n").unwrap();
        let expected = Line {
            name: "spsc_128".to_owned(),
            procs: 2,
            contender: "gmp".to_owned(),
            median: 20.5,
            unit: "ns".to_owned(),
            samples: 3,
        };
        assert_eq!(line, expected);
    }

    #[test]
    fn what_is_no_figure_is_refused() {
        for wrong in [
            "",
            "hello",
            "spsc gmp 1.0 1.0 1.0 ns 3x1",
            "spsc/2 gmp 1.0 1.0 1.0 ns 3x1",
            "spsc/2P gmp NaN 1.0 1.0 ns 3x1",
            "spsc/2P gmp 1.0 -1.0 1.0 ns 3x1",
            "spsc/2P gmp 3.0 1.0 2.0 ns 3x1",
            "spsc/2P gmp 1.0 1.0 1.0 ns 0x1",
            "spsc/2P gmp 1.0 1.0 1.0 ns 3",
            "spsc/2P gmp 1.0 1.0 1.0 ns 3x1 more",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_list_is_read() {
        let rows = list("+ yield\n- mutex_1 no mutex\n").unwrap();
        let no_mutex = ("mutex_1".to_owned(), Some("no mutex".to_owned()));
        assert_eq!(rows, [("yield".to_owned(), None), no_mutex]);
        assert!(list("yield\n").is_err());
        assert!(list("- yield\n").is_err());
    }
}
