//! All tests in debug, the runtime's in release and on the second backend.

use std::process::Command;
use std::time::Duration;

use super::{RUNTIME, step, unoptimised_as_a_whole};
use crate::Outcome;
use crate::metadata::Metadata;
use crate::site::{COMPARE, FULL, Site};

/// Those in which it shows how the stack is switched.
const BACKEND: &[&str] = &["gmp-core", "gmp"];

/// Tests of these packages that say what programs may be written, what channels, locks, timers,
/// futures and the scheduler's rules mean, what the macros print, how a process starts, or what
/// safe code does that never switches a stack itself: that does not depend on how the runtime is
/// built, and what does is in others.
const OTHERS: &[&str] = &[
    "beyond",
    "chan_api",
    "chan_async",
    "chan_bridge",
    "checksum_cli",
    "context",
    "context_alone",
    "futures",
    "go_forms",
    "golang",
    "golang_context",
    "golang_sched",
    "golang_sync",
    "golang_time",
    "gomaxprocs",
    "main_forms",
    "select_forms",
    "select_strict",
    "signal",
    "sync_threads",
    "thread_limit",
    "threads",
    "wait_group",
];

/// Tests of what is built on goroutines, or done to their threads, whatever those are built
/// on: not run on the second backend, nor are those of the crates above the runtime.
const ABOVE: &[&str] = &[
    "chan_mixed",
    "chan_values",
    "channels",
    "lock_os_thread",
    "no_heap",
    "preempt",
    "scheduling",
];

/// How long the stress tests take here, in seconds: in the debug build, and in the others.
/// By themselves they take longer.
const STRESS: &str = "GMP_STRESS_SECS";
const LONG: &str = "5";
const SHORT: &str = "4";

const LIMIT: Duration = Duration::from_secs(900);

pub(crate) fn run(site: &Site) -> Outcome {
    // Builds the examples as well, and runs the documentation's.
    let mut debug = site.cargo("test")?;
    debug.args(["--workspace", "--no-fail-fast"]).args(FULL).env(STRESS, LONG);
    step(site, "tests, debug", &mut debug, LIMIT)?;

    let mut release = tests(site, RUNTIME, &[OTHERS])?;
    release.arg("--release");
    unoptimised_as_a_whole(&mut release);
    step(site, "tests, release", &mut release, LIMIT)?;

    let mut generator = tests(site, BACKEND, &[OTHERS, ABOVE])?;
    generator.args(["--features", "generator"]);
    step(site, "tests, generator backend", &mut generator, LIMIT)?;

    let mut examples = site.cargo("check")?;
    examples.args(["-p", "gmp", "--features", "generator", "--examples"]);
    step(site, "examples, generator backend", &mut examples, LIMIT)?;

    if !site.root().join("compare/harness").exists() {
        // The fixture of the self-test.
        return Ok(());
    }
    let mut shared = site.cargo("test")?;
    shared.args(["--manifest-path", COMPARE, "--locked"]);
    shared.args(["--package", "compare-harness", "--features", "compare-harness/serve"]);
    shared.args(["--package", "compare-load"]);
    // They have most packages in common.
    shared.env("CARGO_TARGET_DIR", site.target());
    step(site, "tests of what the comparison shares", &mut shared, LIMIT)
}

/// `cargo test` for the tests of `packages` but those `without`.
fn tests(site: &Site, packages: &[&str], without: &[&[&str]]) -> Outcome<Command> {
    let mut cargo = site.cargo("test")?;
    cargo.args(["--no-fail-fast", "--lib"]).env(STRESS, SHORT);
    cargo.args(packages.iter().flat_map(|package| ["-p", package]));
    for name in Metadata::of_members(site)?.targets_of(packages, "test") {
        if !without.iter().any(|names| names.contains(&name.as_str())) {
            cargo.args(["--test", &name]);
        }
    }
    Ok(cargo)
}
