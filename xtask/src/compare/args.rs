//! The command line of `cargo x compare`.

use crate::Outcome;

pub(crate) const USAGE: &str = "\
cargo x compare [--only NAME] [--quick] [--rounds N] [--setup]
  measures gmp, Go, tokio, may, crossbeam and threads in turn, prints the table, and
  writes compare/results.tsv and what is rendered from it
    --only NAME  only the rows whose name contains NAME; prints, and writes nothing
    --quick      small inputs and short rounds; prints, and writes nothing
    --rounds N   instead of 5 (3 with --quick) after the one that warms up;
                 with fewer than 5 nothing is written
    --setup      installs Go into .cache/go first, if there is none (with python3's pip)
cargo x compare --render
  writes RESULTS.md, results.svg and README's section again, from compare/results.tsv";

/// Figures of fewer rounds are not written down.
pub(super) const ROUNDS: usize = 5;
const QUICK_ROUNDS: usize = 3;

/// What is asked for.
#[derive(Debug, PartialEq)]
pub(super) enum Ask {
    Help,
    Render,
    Measure(Measure),
}

/// How to measure.
#[derive(Debug, PartialEq)]
pub(super) struct Measure {
    pub(super) only: Option<String>,
    pub(super) quick: bool,
    pub(super) setup: bool,
    pub(super) rounds: usize,
}

impl Measure {
    /// Why the figures are printed only; `None` where they are to be written.
    pub(super) fn unwritten(&self) -> Option<&'static str> {
        match self {
            Self { only: Some(_), .. } => Some("--only leaves rows out"),
            Self { quick: true, .. } => Some("--quick is too short for figures that last"),
            Self { rounds, .. } if *rounds < ROUNDS => Some("fewer than 5 rounds say too little"),
            _ => None,
        }
    }
}

pub(super) fn parse(args: &[String]) -> Outcome<Ask> {
    read(args).map_err(|why| format!("{why}\n\n{USAGE}"))
}

fn read(args: &[String]) -> Outcome<Ask> {
    let (mut only, mut rounds) = (None, None);
    let (mut quick, mut setup, mut render) = (false, false, false);
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        // Both `--only NAME` and `--only=NAME`.
        let (name, inline) = match arg.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (arg.as_str(), None),
        };
        let mut value = |what: &str| {
            let value = inline.or_else(|| rest.next().map(String::as_str));
            let value = value.filter(|value| !value.is_empty() && !value.starts_with("--"));
            value.map(str::to_owned).ok_or_else(|| format!("{name} needs {what} after it"))
        };
        match name {
            "--only" => only = Some(value("a part of a row's name")?),
            "--rounds" => rounds = Some(number(&value("a number")?)?),
            _ if inline.is_some() => return Err(format!("there is no `{arg}`")),
            "--quick" => quick = true,
            "--setup" => setup = true,
            "--render" => render = true,
            "--help" | "-h" => return Ok(Ask::Help),
            _ => return Err(format!("there is no `{arg}`; a row is chosen by `--only {arg}`")),
        }
    }
    if render {
        return if args.len() == 1 {
            Ok(Ask::Render)
        } else {
            Err("--render measures nothing and stands alone".to_owned())
        };
    }
    let rounds = rounds.unwrap_or(if quick { QUICK_ROUNDS } else { ROUNDS });
    Ok(Ask::Measure(Measure { only, quick, setup, rounds }))
}

fn number(text: &str) -> Outcome<usize> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!("--rounds {text}: it takes a number from 1 up")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Outcome<Ask> {
        read(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    fn measure(text: &str) -> Measure {
        match parse(text) {
            Ok(Ask::Measure(measure)) => measure,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn what_is_asked_for_is_understood() {
        let all = Measure { only: None, quick: false, setup: false, rounds: 5 };
        assert_eq!(measure(""), all);
        assert_eq!(measure("--quick").rounds, 3);
        assert_eq!(measure("--quick --rounds 7").rounds, 7);
        assert_eq!(measure("--only spsc").only.as_deref(), Some("spsc"));
        assert_eq!(measure("--only=spsc --setup").only.as_deref(), Some("spsc"));
        assert_eq!(parse("--render"), Ok(Ask::Render));
    }

    #[test]
    fn only_whole_measurements_are_written() {
        assert_eq!(measure("--rounds 5").unwritten(), None);
        for partial in ["--only x", "--quick", "--rounds 4", "--quick --rounds 9"] {
            assert!(measure(partial).unwritten().is_some(), "{partial}");
        }
    }

    #[test]
    fn mistakes_are_explained() {
        let why = |text| parse(text).unwrap_err();
        assert_eq!(why("--only"), "--only needs a part of a row's name after it");
        assert_eq!(why("--only --quick"), "--only needs a part of a row's name after it");
        assert_eq!(why("--rounds 0"), "--rounds 0: it takes a number from 1 up");
        assert_eq!(why("--rounds=many"), "--rounds many: it takes a number from 1 up");
        assert_eq!(why("fib"), "there is no `fib`; a row is chosen by `--only fib`");
        assert_eq!(why("--quick=1"), "there is no `--quick=1`");
        assert_eq!(why("--render --quick"), "--render measures nothing and stands alone");
    }
}
