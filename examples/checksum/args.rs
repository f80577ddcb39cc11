//! The command line.

use std::path::PathBuf;

use lexopt::prelude::*;

pub(crate) const HELP: &str = "\
Prints the SHA-256 of every file below DIR, as sha256sum does, sorted by path.

Usage: checksum [DIR] [--workers N]

  DIR            a directory, or one file; `.` if not given
  --workers N    goroutines that hash, 1 to 1024; GOMAXPROCS if not given
  --help         prints this

Symbolic links are not followed. Exit status: 0, or 1 if something could not be
read, or 2 if the command line is wrong.
";

/// Workers hold a core while they hash, so more than there are cores gain little.
const MAX_WORKERS: usize = 1024;

pub(crate) enum Command {
    Run(Args),
    Help,
}

pub(crate) struct Args {
    pub(crate) dir: PathBuf,
    pub(crate) workers: usize,
}

pub(crate) fn parse() -> Result<Command, lexopt::Error> {
    let mut dir = None;
    let mut workers = gmp::gomaxprocs(0).min(MAX_WORKERS);
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Long("workers") => workers = parser.value()?.parse_with(parse_workers)?,
            Long("help") | Short('h') => return Ok(Command::Help),
            Value(value) if dir.is_none() => dir = Some(PathBuf::from(value)),
            Value(value) => {
                return Err(format!("only one DIR is allowed, {value:?} is the second").into());
            }
            other => return Err(other.unexpected()),
        }
    }
    let dir = dir.unwrap_or_else(|| PathBuf::from("."));
    Ok(Command::Run(Args { dir, workers }))
}

fn parse_workers(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n @ 1..=MAX_WORKERS) => Ok(n),
        _ => Err(format!("--workers takes a number from 1 to {MAX_WORKERS}")),
    }
}
