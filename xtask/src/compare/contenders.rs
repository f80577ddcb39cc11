//! Who takes part: the programs of `compare/`, built here, and the rows each can run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::go;
use super::line::{self, Listed};
use super::results::Missing;
use crate::Outcome;
use crate::site::Site;
use crate::step;

/// In the order they take turns: the name of the program and of the column.
pub(super) const TITLES: [(&str, &str); 6] = [
    ("gmp", "gmp"),
    ("go", "Go"),
    ("tokio", "tokio"),
    ("may", "may"),
    ("crossbeam", "crossbeam"),
    ("threads", "threads"),
];

/// Link-time optimisation of everything, of one program.
const BUILD_LIMIT: Duration = Duration::from_secs(900);
const LIST_LIMIT: Duration = Duration::from_secs(10);

/// What users may have set, and would only change some of the contenders.
const UNSET: [&str; 9] = [
    "GOMAXPROCS",
    "GOGC",
    "GOMEMLIMIT",
    "GODEBUG",
    "GOTRACEBACK",
    "GMP_DEBUG",
    "TOKIO_WORKER_THREADS",
    "RUST_BACKTRACE",
    "RUST_MIN_STACK",
];

/// One program.
#[derive(Debug)]
pub(super) struct Contender {
    pub(super) name: &'static str,
    program: PathBuf,
    rows: Vec<Listed>,
}

impl Contender {
    pub(super) fn new(name: &'static str, program: PathBuf, rows: Vec<Listed>) -> Self {
        Self { name, program, rows }
    }

    /// Why it does not run `row`; `None` if it does.
    pub(super) fn refuses(&self, row: &str) -> Option<&str> {
        match self.rows.iter().find(|(name, _)| name == row) {
            Some((_, reason)) => reason.as_deref(),
            None => Some("its program does not know this row"),
        }
    }

    /// Its program, started as all are.
    pub(super) fn command(&self, site: &Site) -> Outcome<Command> {
        command(site, &self.program)
    }

    /// `load`, to which its program is still to be told: the last argument.
    pub(super) fn under(&self, site: &Site, load: &Path) -> Outcome<(Command, &Path)> {
        Ok((command(site, load)?, &self.program))
    }
}

fn command(site: &Site, program: &Path) -> Outcome<Command> {
    let mut command = site.command(program)?;
    for name in UNSET {
        command.env_remove(name);
    }
    Ok(command)
}

/// The name of `contender`'s column.
pub(super) fn title(contender: &str) -> Option<&'static str> {
    TITLES.iter().find(|(name, _)| *name == contender).map(|(_, title)| *title)
}

/// Where the programs and the text are made.
pub(super) fn home(site: &Site) -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(target) => site.root().join(target).join("compare"),
        None => site.root().join("compare/target"),
    }
}

/// Builds every contender; says who cannot take part, and why. gmp must.
pub(super) fn build(site: &Site) -> Outcome<(Vec<Contender>, Vec<Missing>)> {
    let home = home(site);
    let (mut contenders, mut missing) = (Vec::new(), Vec::new());
    for (name, title) in TITLES {
        match one(site, &home, name) {
            Ok(contender) => contenders.push(contender),
            Err(why) if name == "gmp" => return Err(why),
            Err(why) => {
                site.say(&format!("{title} is left out: {why}"));
                let why = why.lines().next().unwrap_or_default().to_owned();
                missing.push(Missing { row: None, procs: 0, contender: name.to_owned(), why });
            }
        }
    }
    Ok((contenders, missing))
}

/// Builds the clients that measure servers.
pub(super) fn load(site: &Site) -> Outcome<PathBuf> {
    site.say("building compare-load");
    cargo(site, &home(site), "load")
}

fn one(site: &Site, home: &Path, name: &'static str) -> Outcome<Contender> {
    let program = match name {
        "go" => {
            let go = go::find(site).map_err(|why| format!("{why}\n{}", go::HELP))?;
            site.say("building compare-go");
            go::build(site, &go, home)?
        }
        _ => {
            site.say(&format!("building compare-{name}"));
            cargo(site, home, name)?
        }
    };
    let mut command = site.command(&program)?;
    let what = format!("compare-{name} --list");
    let listed = step::capture(&what, command.arg("--list"), site.limit(LIST_LIMIT))?;
    Ok(Contender::new(name, program, line::list(&listed)?))
}

fn cargo(site: &Site, home: &Path, name: &str) -> Outcome<PathBuf> {
    let package = format!("compare-{name}");
    let mut cargo = site.cargo("build")?;
    cargo.args(["--quiet", "--release", "--locked", "--manifest-path", "compare/Cargo.toml"]);
    cargo.args(["-p", &package]).env("CARGO_TARGET_DIR", home);
    // Flags of one machine would reach every contender but Go.
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    step::run(&format!("{package} does not build"), &mut cargo, site.limit(BUILD_LIMIT))?;
    Ok(home.join("release").join(package))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contender_knows_its_rows() {
        let rows = vec![("yield".to_owned(), None), ("fib".to_owned(), Some("why".to_owned()))];
        let contender = Contender::new("may", PathBuf::new(), rows);
        assert_eq!(contender.refuses("yield"), None);
        assert_eq!(contender.refuses("fib"), Some("why"));
        assert_eq!(contender.refuses("sieve"), Some("its program does not know this row"));
        assert_eq!(title("go"), Some("Go"));
        assert_eq!(title("Go"), None);
    }
}
