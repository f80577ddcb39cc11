//! What the contenders of `cargo x compare` share: the command line, the rounds, the line
//! each figure is printed as, and the work that has nothing to do with concurrency.
//!
//! ```text
//! PROGRAM --list
//! PROGRAM ROW [--procs N] [--samples N] [--quick] [--text FILE]
//! PROGRAM serve ROW [--procs N]
//! ```
//!
//! The second prints, for each figure of the row,
//!
//! ```text
//! NAME/NP CONTENDER MEDIAN MIN MAX UNIT SAMPLESxOPS
//! ```
//!
//! The third is a server that `compare-load` measures from outside: it prints `listening PORT`,
//! and ends when its standard input does.

#[cfg(feature = "affinity")]
pub mod affinity;
mod args;
#[cfg(feature = "serve")]
pub mod message;
mod rounds;
#[cfg(feature = "serve")]
pub mod serve;
pub mod text;
pub mod work;

use std::process::ExitCode;
use std::time::{Duration, Instant};

pub use rounds::{Figure, percentiles};

/// One row of the comparison, as one contender runs it.
#[derive(Debug)]
pub struct Row {
    /// The same with all contenders.
    pub name: &'static str,
    /// How it is measured.
    pub what: What,
}

/// How a row is measured.
#[derive(Debug)]
pub enum What {
    /// Runs as many operations as it is told, a multiple of [`GRAIN`]: nanoseconds each.
    Each(fn(u64)),
    /// One job, and the time it took: milliseconds. A short one is done once unmeasured first.
    Whole(fn(&Ask) -> Duration),
    /// Measures by itself, once, in a fresh process.
    Own(fn(&Ask) -> Vec<Figure>),
    /// Listens, says where (`serve::listening`), and serves without end.
    Serve(fn()),
    /// This contender cannot: why.
    Not(&'static str),
}

/// A round's number of operations is a multiple of this, so that they can be dealt out evenly
/// to 2, 8, 16, 100 or 1000 goroutines.
pub const GRAIN: u64 = 16_000;

/// What the command line asks for.
#[derive(Debug)]
pub struct Ask {
    serve: bool,
    row: String,
    procs: usize,
    samples: usize,
    quick: bool,
    text: Option<String>,
}

impl Ask {
    /// How many CPUs the contender may use.
    pub fn procs(&self) -> usize {
        self.procs
    }

    /// `full`, or `quick` in a quick run.
    pub fn pick<T>(&self, quick: T, full: T) -> T {
        if self.quick { quick } else { full }
    }

    /// Where the text to count the words of is.
    pub fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_else(|| {
            eprintln!("{} needs --text FILE; `cargo x compare` makes one", self.row);
            std::process::exit(2);
        })
    }

    fn print(&self, contender: &str, figure: &Figure) {
        println!("{}", figure.line(contender, &self.row, self.procs));
    }
}

/// How long `job` takes.
pub fn timed(job: impl FnOnce()) -> Duration {
    let start = Instant::now();
    job();
    start.elapsed()
}

/// Does what the command line asks for; `set_procs` limits the contender to that many CPUs.
pub fn main(contender: &str, rows: &[Row], set_procs: impl FnOnce(usize)) -> ExitCode {
    let ask = match args::parse() {
        Ok(Some(ask)) => ask,
        Ok(None) => {
            for row in rows {
                match row.what {
                    What::Not(reason) => println!("- {} {reason}", row.name),
                    _ => println!("+ {}", row.name),
                }
            }
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!(
                "{error}\nusage: ROW [--procs N] [--samples N] [--quick] [--text FILE], \
                 serve ROW [--procs N], or --list"
            );
            return ExitCode::from(2);
        }
    };
    let Some(row) = rows.iter().find(|row| row.name == ask.row) else {
        eprintln!("{contender} has no row `{}`; see --list", ask.row);
        return ExitCode::from(2);
    };
    if ask.serve != matches!(row.what, What::Serve(_) | What::Not(_)) {
        let is = if ask.serve { "is no server" } else { "is a server: `serve ROW`" };
        eprintln!("{} {is}", ask.row);
        return ExitCode::from(2);
    }
    set_procs(ask.procs);
    match row.what {
        What::Each(round) => ask.print(contender, &rounds::each(&ask, round)),
        What::Whole(job) => ask.print(contender, &rounds::whole(&ask, job)),
        What::Own(measure) => {
            for figure in measure(&ask) {
                ask.print(contender, &figure);
            }
        }
        What::Serve(serve) => serve(),
        What::Not(reason) => {
            eprintln!("{contender} does not run {}: {reason}", row.name);
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
