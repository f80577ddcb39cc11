//! Builds the tests and runs each in a process of its own, so that an abort, a
//! hang or a count of allocations is that of one test.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{fs, thread};

use serde_json::Value;

use super::Run;
use super::lateness::Lateness;
use super::source::TestFile;
use super::workspace::{Workspace, package_name};
use crate::Outcome;
use crate::site::Site;
use crate::step;

const BUILD_LIMIT: Duration = Duration::from_secs(900);
const LIST_LIMIT: Duration = Duration::from_secs(20);
/// Far above the longest test, which sleeps for most of its seconds.
const LIMIT: Duration = Duration::from_secs(60);

/// So many tests at a time. Most of them sleep most of the time; those that count
/// milliseconds fail where many others want the CPUs.
const AT_ONCE: usize = 4;

/// What `GOMAXPROCS` is for the tests on goroutines, on every machine. Some of
/// them wait in a `Condvar` or `Mutex` of std, which keeps a P from the others until
/// sysmon sees it: at most one wait for a group, and one behind a lock that is held
/// across a receive. That leaves two for the measured milliseconds of the rest.
const GOMAXPROCS: &str = "4";

/// How often a test is run again on a machine that is busy with other work.
const REPEATS: usize = 3;

/// How much of a failing test's output is shown.
const TAIL: usize = 30;

/// One test, and the program it is in.
#[derive(Debug)]
pub(super) struct Test {
    /// `FILE::NAME`.
    pub(super) name: String,
    inner: String,
    program: PathBuf,
}

/// Builds `files` for `run`; returns the tests in them.
pub(super) fn build(
    site: &Site,
    workspace: &Workspace,
    run: Run,
    files: &[TestFile],
) -> Outcome<Vec<Test>> {
    let what = format!("conformance, {}, build", run.name());
    let mut cargo = site.cargo("test")?;
    cargo.args(["--quiet", "--no-run", "--release", "--tests"]);
    cargo.args(["--message-format=json-render-diagnostics", "-p", &package_name(run.name())]);
    cargo.arg("--manifest-path").arg(workspace.manifest());
    cargo.env("CARGO_TARGET_DIR", workspace.target());
    let messages = step::capture(&what, &mut cargo, BUILD_LIMIT)?;
    let mut tests = Vec::new();
    for (file, program) in messages.lines().filter_map(program) {
        let inner = list(site, &file, &program)?;
        tests.extend(inner.into_iter().map(|inner| Test {
            name: format!("{file}::{inner}"),
            inner,
            program: program.clone(),
        }));
    }
    let has_tests = |file: &TestFile| {
        let prefix = format!("{}::", file.name);
        tests.iter().any(|test| test.name.starts_with(&prefix))
    };
    match files.iter().find(|file| !has_tests(file)) {
        Some(file) => Err(format!("{what}: there are no tests in {}", file.name)),
        None => Ok(tests),
    }
}

/// Name and path of the program that a message of cargo's is about.
fn program(message: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(message).ok()?;
    let path = message["executable"].as_str()?;
    Some((message["target"]["name"].as_str()?.to_owned(), path.into()))
}

fn list(site: &Site, file: &str, program: &Path) -> Outcome<Vec<String>> {
    let mut command = site.command(program)?;
    command.args(["--list", "--format", "terse"]);
    let list = step::capture(&format!("list of {file}"), &mut command, LIST_LIMIT)?;
    Ok(list.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect())
}

/// Runs all `tests` of `run`; returns, in their order, what is wrong with each.
///
/// A test that fails is run again, a few times, as long as the machine wakes those who
/// sleep late. That is said, and neither an abort nor a hang is forgiven in this way.
pub(super) fn execute(
    site: &Site,
    workspace: &Workspace,
    run: Run,
    tests: &[Test],
    seed: u64,
) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let lateness = Lateness::default();
    let patient = |test: &Test| {
        for _ in 0..REPEATS {
            let start = Instant::now();
            let failure = match one(site, workspace, run, test, seed) {
                Err(failure) if failure.asserted => failure,
                ended => return ended.map_err(|failure| failure.text),
            };
            let Some(late) = lateness.since(start) else { return Err(failure.text) };
            let (run, late) = (run.name(), late.as_millis());
            site.say(&format!("   {run}: {}: again, as sleepers were {late} ms late", test.name));
        }
        one(site, workspace, run, test, seed).map_err(|failure| failure.text)
    };
    let worker = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(test) = tests.get(index) else { return done };
            done.push((index, patient(test)));
        }
    };
    let mut outcomes: Vec<Outcome> = tests.iter().map(|_| Err("did not run".to_owned())).collect();
    thread::scope(|scope| {
        scope.spawn(|| lateness.watch());
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(worker)).collect();
        for done in workers.into_iter().filter_map(|worker| worker.join().ok()) {
            done.into_iter().for_each(|(index, outcome)| outcomes[index] = outcome);
        }
        lateness.stop();
    });
    outcomes
}

/// A test that did not pass.
struct Failure {
    text: String,
    /// An assertion of its own failed.
    asserted: bool,
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self { text, asserted: false }
    }
}

fn one(
    site: &Site,
    workspace: &Workspace,
    run: Run,
    test: &Test,
    seed: u64,
) -> Result<(), Failure> {
    let path = workspace.log(run, &test.name)?;
    let failed = |error| format!("cannot write {}: {error}", path.display());
    let log = File::create(&path).map_err(failed)?;
    let mut command = site.command(&test.program)?;
    command.args(["--exact", &test.inner, "--test-threads=1", "--nocapture"]);
    command.env("GMP_CONFORMANCE_SEED", seed.to_string());
    if run == Run::Goroutines {
        command.env("GOMAXPROCS", GOMAXPROCS);
    }
    command.stdout(log.try_clone().map_err(failed)?).stderr(log);
    let outcome = step::run(&test.name, &mut command, site.limit(LIMIT));
    let said = fs::read(&path).map_err(failed)?;
    let said = String::from_utf8_lossy(&said);
    // A test that is ignored, or not found, is no failure to libtest.
    let outcome = match outcome {
        Ok(()) if !said.contains(" 1 passed;") => Err(format!("{}: did not run", test.name)),
        outcome => outcome,
    };
    // libtest reaches its last line only if the test ended.
    let asserted = said.contains(" 1 failed;");
    outcome.map_err(|text| Failure { text: format!("{text}\n{}", tail(&said)), asserted })
}

/// The last lines of `text`, indented.
fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    let last = lines[lines.len().saturating_sub(TAIL)..].iter();
    last.map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}
