//! The load of the network's rows: clients that know nothing of who serves them.
//!
//! ```text
//! compare-load ROW --procs N [--quick] PROGRAM
//! ```
//!
//! starts `PROGRAM serve ROW --procs N`, measures it, and prints a line for each figure as a
//! contender does. It is a program of its own, on plain epoll and none of the contenders, and
//! runs on the same CPUs as the server.

mod args;
mod client;
mod histogram;
mod http;
mod idle;
mod measure;
mod server;
mod work;

use std::process::ExitCode;

/// What went wrong, for people.
type Outcome<T = ()> = Result<T, String>;

fn main() -> ExitCode {
    let ask = match args::parse() {
        Ok(ask) => ask,
        Err(error) => {
            eprintln!("{error}\n{}", args::USAGE);
            return ExitCode::from(2);
        }
    };
    match measure::row(&ask) {
        Ok(figures) => {
            for figure in figures {
                println!("{}", figure.line(&ask.contender, ask.row.name, ask.procs));
            }
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
