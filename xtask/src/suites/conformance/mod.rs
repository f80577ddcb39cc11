//! crossbeam-channel's own tests, run against `gmp::chan`: as they are, on threads,
//! and with each test and each thread it starts on a goroutine instead. Their source
//! is what cargo downloaded; what is made of it stays in the build folder.

mod exceptions;
mod execute;
mod lateness;
mod rewrite;
mod source;
mod workspace;

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Instant;

use crate::Outcome;
use crate::site::Site;
use exceptions::Exceptions;
use execute::Test;
use workspace::Workspace;

/// Set to `crossbeam`, runs the tests against the original, which must pass them all.
const AGAINST: &str = "GMP_CONFORMANCE_AGAINST";
/// What the tests' random numbers follow from.
const SEED: &str = "GMP_CONFORMANCE_SEED";

/// What the tests are run against.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Against {
    Gmp,
    Crossbeam,
}

/// What the tests are run on.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Run {
    Threads,
    Goroutines,
}

impl Run {
    const ALL: [Self; 2] = [Self::Threads, Self::Goroutines];

    /// Also the name of its package.
    fn name(self) -> &'static str {
        match self {
            Self::Threads => "threads",
            Self::Goroutines => "goroutines",
        }
    }
}

pub(crate) fn run(site: &Site) -> Outcome {
    let against = against()?;
    let seed = seed()?;
    let source = source::find(site)?;
    // The exceptions are gmp's.
    let exceptions = match against {
        Against::Gmp => Exceptions::load(site)?,
        Against::Crossbeam => Exceptions::default(),
    };
    let workspace = Workspace::generate(site, &source, against)?;
    site.say(&format!("== {} {}, {SEED}={seed}", source::CRATE, source.version));
    let mut findings = Vec::new();
    for run in Run::ALL {
        let start = Instant::now();
        let tests = match execute::build(site, &workspace, run, &source.files) {
            Ok(tests) => tests,
            Err(text) => {
                findings.push(text);
                continue;
            }
        };
        let (files, name, count) = (source.files.len(), run.name(), tests.len());
        let seconds = start.elapsed().as_secs_f32();
        site.say(&format!("== {name}: {count} tests in {files} files, built in {seconds:.1} s"));
        // The original parks threads, of which a test on goroutines has too few.
        if against == Against::Gmp || run == Run::Threads {
            let outcomes = execute::execute(site, &workspace, run, &tests, seed);
            findings.extend(judge(site, run, &tests, outcomes, &exceptions));
        }
    }
    if findings.is_empty() { Ok(()) } else { Err(findings.join("\n\n")) }
}

/// Prints the summary of `run`; returns what is wrong.
fn judge(
    site: &Site,
    run: Run,
    tests: &[Test],
    outcomes: Vec<Outcome>,
    exceptions: &Exceptions,
) -> Vec<String> {
    let name = run.name();
    let mut findings = exceptions.unknown(run, tests.iter().map(|test| test.name.as_str()));
    let (mut passed, mut excepted, mut failed) = (0, 0, 0);
    for (test, outcome) in tests.iter().zip(outcomes) {
        match (outcome, exceptions.reason(run, &test.name)) {
            (Ok(()), reason) => {
                passed += 1;
                let stale = reason.map(|_| "passes, and is still listed as an exception");
                findings.extend(stale.map(|text| format!("{name}: {}: {text}", test.name)));
            }
            (Err(_), Some(reason)) => {
                excepted += 1;
                site.say(&format!("   {}: excepted: {reason}", test.name));
            }
            (Err(text), None) => {
                failed += 1;
                findings.push(format!("{name}: {text}"));
            }
        }
    }
    site.say(&format!("== {name}: {passed} passed, {excepted} excepted, {failed} failed"));
    findings
}

fn against() -> Outcome<Against> {
    match std::env::var(AGAINST).as_deref() {
        Err(_) | Ok("gmp") => Ok(Against::Gmp),
        Ok("crossbeam") => Ok(Against::Crossbeam),
        Ok(other) => Err(format!("{AGAINST}={other}: neither `gmp` nor `crossbeam`")),
    }
}

fn seed() -> Outcome<u64> {
    match std::env::var(SEED) {
        // The standard library's own hasher is the random number at hand.
        Err(_) => Ok(RandomState::new().hash_one(0)),
        Ok(text) => text.parse().map_err(|error| format!("{SEED}={text}: {error}")),
    }
}
