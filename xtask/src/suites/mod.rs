//! The suites that run the project's code: tests, models, examples, benches.

pub(crate) mod asan;
pub(crate) mod bench;
pub(crate) mod conformance;
pub(crate) mod examples;
pub(crate) mod guard;
pub(crate) mod loom;
pub(crate) mod test;

use std::process::Command;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::site::Site;
use crate::step;

/// The crates that hold the runtime's protocols. What optimisation does to
/// them (inlining across a stack switch, above all) is tested too.
const RUNTIME: &[&str] = &["gmp-core", "gmp-chan", "gmp-sync", "gmp"];

/// Builds as a program does that sets nothing about its release profile; the project's own
/// optimises across crates.
fn unoptimised_as_a_whole(command: &mut Command) {
    command.env("CARGO_PROFILE_RELEASE_LTO", "false");
    command.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    // Changes no code, and takes a good part of the time.
    command.env("CARGO_PROFILE_RELEASE_DEBUG", "none");
}

/// Runs one step of a suite between two lines that name it.
fn step(site: &Site, what: &str, command: &mut Command, limit: Duration) -> Outcome {
    site.say(&format!("== {what} (limit {} s)", limit.as_secs()));
    let start = Instant::now();
    step::run(what, command, site.limit(limit))?;
    site.say(&format!("== {what}: ok ({:.1} s)", start.elapsed().as_secs_f32()));
    Ok(())
}
