//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use lexopt::prelude::*;

use crate::work::{self, Row};

pub(crate) const USAGE: &str = "\
usage: compare-load ROW [--procs N] [OPTIONS] PROGRAM
       compare-load ROW [--procs N] [OPTIONS] --port PORT [--pid PID]
  measures `PROGRAM serve ROW --procs N`, or a server that is there already; without its PID
  there is no figure of its CPU time and its memory
    --quick      1000 idle connections, not 10,000
    --verbose    says what the clients cost, too
    --threads N  instead of one for every two CPUs of the server
    --seconds S  instead of 1.0 (0.3 with --quick), after a warm-up";

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) row: &'static Row,
    pub(crate) procs: usize,
    pub(crate) quick: bool,
    pub(crate) verbose: bool,
    pub(crate) time: Duration,
    pub(crate) threads: usize,
    pub(crate) contender: String,
    pub(crate) server: Server,
}

/// Who is measured.
#[derive(Debug)]
pub(crate) enum Server {
    Program(PathBuf),
    At { port: u16, pid: Option<i32> },
}

pub(crate) fn parse() -> Result<Ask, lexopt::Error> {
    read(lexopt::Parser::from_env())
}

fn read(mut args: lexopt::Parser) -> Result<Ask, lexopt::Error> {
    let (mut row, mut program, mut port, mut pid) = (None, None, None, None);
    let (mut procs, mut seconds, mut threads) = (1_usize, None, None);
    let (mut quick, mut verbose) = (false, false);
    while let Some(arg) = args.next()? {
        match arg {
            Long("procs") => procs = args.value()?.parse()?,
            Long("quick") => quick = true,
            Long("verbose") => verbose = true,
            Long("seconds") => seconds = Some(args.value()?.parse::<f64>()?),
            Long("threads") => threads = Some(args.value()?.parse::<usize>()?),
            Long("port") => port = Some(args.value()?.parse()?),
            Long("pid") => pid = Some(args.value()?.parse()?),
            Value(name) if row.is_none() => {
                let name = name.string()?;
                row = Some(work::find(&name).ok_or_else(|| {
                    format!("there is no row `{name}`; there are: {}", work::names())
                })?);
            }
            Value(path) if program.is_none() => program = Some(PathBuf::from(path)),
            _ => return Err(arg.unexpected()),
        }
    }
    let seconds = seconds.unwrap_or(if quick { 0.3 } else { 1.0 });
    // Less work each than the server's threads do: half as many of them keep up with it.
    let threads = threads.unwrap_or(procs.div_ceil(2));
    if procs == 0 || threads == 0 || !(0.01..=3600.0).contains(&seconds) {
        return Err("--procs and --threads take 1 and more, --seconds 0.01 to 3600".into());
    }
    let server = match (program, port) {
        (Some(program), None) => Server::Program(program),
        (None, Some(port)) => Server::At { port, pid },
        _ => return Err("which server: a PROGRAM, or a --port?".into()),
    };
    Ok(Ask {
        row: row.ok_or("which row?")?,
        procs,
        quick,
        verbose,
        time: Duration::from_secs_f64(seconds),
        threads,
        contender: contender(&server),
        server,
    })
}

/// A program's name without `compare-`.
fn contender(server: &Server) -> String {
    let name = match server {
        Server::Program(path) => path.file_name().map(|name| name.to_string_lossy().into_owned()),
        Server::At { .. } => None,
    };
    let name = name.unwrap_or_else(|| "server".to_owned());
    name.strip_prefix("compare-").unwrap_or(&name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Ask, String> {
        let args = ["compare-load"].into_iter().chain(text.split_whitespace());
        read(lexopt::Parser::from_iter(args)).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_asked_for_is_understood() {
        let ask = parse("http_64 --procs 5 --quick a/compare-go").unwrap();
        assert_eq!((ask.row.name, ask.procs, ask.quick), ("http_64", 5, true));
        assert_eq!((ask.threads, ask.contender.as_str()), (3, "go"));
        assert_eq!(ask.time, Duration::from_millis(300));
        let ask = parse("tcp_64 --port 80 --pid 7 --threads 2 --seconds 9").unwrap();
        assert!(matches!(ask.server, Server::At { port: 80, pid: Some(7) }));
        assert_eq!((ask.threads, ask.time), (2, Duration::from_secs(9)));
    }

    #[test]
    fn mistakes_are_refused() {
        for wrong in [
            "",
            "http_64",
            "http_2 a",
            "http_64 a b",
            "http_64 a --port 80",
            "http_64 a --procs 0",
            "http_64 a --seconds NaN",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
