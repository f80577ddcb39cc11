//! All tests in debug, the runtime's in release and on the second backend.

use std::process::Command;
use std::time::Duration;

use super::{step, unoptimised_as_a_whole};
use crate::Outcome;
use crate::metadata::Metadata;
use crate::site::Site;

/// The crates that hold the runtime's protocols. What optimisation does to
/// them (inlining across a stack switch, above all) is tested too.
const RUNTIME: &[&str] = &["gmp-core", "gmp-chan", "gmp-sync", "gmp"];

/// Tests of these packages that say what programs may be written, what the macros print, or
/// how a process starts: that does not depend on how the runtime is built.
const OTHERS: &[&str] = &[
    "chan_api",
    "chan_async",
    "chan_bridge",
    "checksum_cli",
    "compile_fail",
    "go_forms",
    "gomaxprocs",
    "main_forms",
    "select_forms",
    "select_strict",
    "thread_limit",
];

/// The stress tests take their whole time in the debug build, less in the others.
const SHORT_STRESS: (&str, &str) = ("GMP_STRESS_SECS", "8");

const LIMIT: Duration = Duration::from_secs(600);

pub(crate) fn run(site: &Site) -> Outcome {
    // Builds the examples as well, and runs the documentation's.
    let mut debug = site.cargo("test")?;
    debug.args(["--workspace", "--no-fail-fast"]);
    step(site, "tests, debug", &mut debug, LIMIT)?;

    let mut release = runtime(site, "test")?;
    release.args(["--release", "--no-fail-fast", "--lib"]).args(tests(site)?);
    unoptimised_as_a_whole(&mut release);
    release.env(SHORT_STRESS.0, SHORT_STRESS.1);
    step(site, "tests, release", &mut release, LIMIT)?;

    let mut generator = runtime(site, "test")?;
    generator.args(["--features", "generator", "--no-fail-fast", "--lib"]).args(tests(site)?);
    generator.env(SHORT_STRESS.0, SHORT_STRESS.1);
    step(site, "tests, generator backend", &mut generator, LIMIT)?;

    let mut examples = runtime(site, "build")?;
    examples.args(["--features", "generator", "--examples"]);
    step(site, "examples build, generator backend", &mut examples, LIMIT)
}

/// `cargo command` for the runtime's crates.
fn runtime(site: &Site, command: &str) -> Outcome<Command> {
    let mut cargo = site.cargo(command)?;
    cargo.args(RUNTIME.iter().flat_map(|package| ["-p", package]));
    Ok(cargo)
}

/// The arguments that choose the runtime's tests: all that are not among `OTHERS`.
fn tests(site: &Site) -> Outcome<Vec<String>> {
    let names = Metadata::of_members(site)?.targets_of(RUNTIME, "test");
    let chosen = names.into_iter().filter(|name| !OTHERS.contains(&name.as_str()));
    Ok(chosen.flat_map(|name| ["--test".to_owned(), name]).collect())
}
