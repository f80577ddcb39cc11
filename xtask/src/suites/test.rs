//! All tests in debug, the runtime's in release and on the second backend.

use std::time::Duration;

use super::{step, unoptimised_as_a_whole};
use crate::Outcome;
use crate::site::Site;

/// The crates that hold the runtime's protocols. What optimisation does to
/// them (inlining across a stack switch, above all) is tested too.
const RUNTIME: &[&str] = &["-p", "gmp-core", "-p", "gmp-chan", "-p", "gmp-sync", "-p", "gmp"];

/// Their tests, and those of the facade that look at what the runtime does. What programs
/// may be written, and what the macros say, does not depend on how the runtime is built.
const TARGETS: &[&str] = &[
    "blocking",
    "chan_mixed",
    "chan_values",
    "channels",
    "endings",
    "go",
    "golang",
    "golang_sched",
    "hog_matrix",
    "lock_os_thread",
    "no_heap",
    "order",
    "preempt",
    "runtime",
    "scheduling",
    "scope",
    "spawn",
    "stacks",
    "threads",
    "values",
    "wait_group",
];

/// The stress tests take their whole time in the debug build, less in the others.
const SHORT_STRESS: (&str, &str) = ("GMP_STRESS_SECS", "8");

const LIMIT: Duration = Duration::from_secs(600);

pub(crate) fn run(site: &Site) -> Outcome {
    // Builds the examples as well, and runs the documentation's.
    let mut debug = site.cargo("test")?;
    debug.args(["--workspace", "--no-fail-fast"]);
    step(site, "tests, debug", &mut debug, LIMIT)?;

    let mut release = site.cargo("test")?;
    release.args(["--release", "--no-fail-fast", "--lib"]).args(RUNTIME);
    release.args(TARGETS.iter().flat_map(|target| ["--test", target]));
    unoptimised_as_a_whole(&mut release);
    release.env(SHORT_STRESS.0, SHORT_STRESS.1);
    step(site, "tests, release", &mut release, LIMIT)?;

    let mut generator = site.cargo("test")?;
    generator.args(["--features", "generator", "--no-fail-fast", "--lib"]).args(RUNTIME);
    generator.args(TARGETS.iter().flat_map(|target| ["--test", target]));
    generator.env(SHORT_STRESS.0, SHORT_STRESS.1);
    step(site, "tests, generator backend", &mut generator, LIMIT)?;

    let mut examples = site.cargo("build")?;
    examples.args(["--features", "generator", "--examples"]).args(RUNTIME);
    step(site, "examples build, generator backend", &mut examples, LIMIT)
}
