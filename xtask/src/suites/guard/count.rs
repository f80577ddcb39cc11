//! Builds the workloads and counts their instructions.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use std::{fs, thread};

use serde_json::Value;

use super::figures::Origin;
use crate::Outcome;
use crate::site::Site;
use crate::step::{self, capture};
use crate::suites::{RUNTIME, unoptimised_as_a_whole};

/// The bench that holds the workloads.
const PROGRAM: &str = "guard";
const COUNTER: &str = "valgrind";

/// What keeps the clock out of the counts: no slice ends.
const UNTIMED: (&str, &str) = ("GMP_DEBUG", "asyncpreemptoff=1,slice=86400000");

const BUILD_LIMIT: Duration = Duration::from_secs(600);
/// A run takes about a second.
const LIMIT: Duration = Duration::from_secs(120);

pub(crate) fn has_counter() -> bool {
    let mut counter = Command::new(COUNTER);
    counter.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    counter.status().is_ok_and(|status| status.success())
}

pub(super) fn origin(site: &Site) -> Outcome<Origin> {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let version = |program: &str| {
        let what = format!("{program} --version");
        let text = capture(&what, site.command(program)?.arg("--version"), site.limit(LIMIT))?;
        Ok::<_, String>(text.trim().to_owned())
    };
    let machine = std::env::consts::ARCH.to_owned();
    Ok(Origin { machine, compiler: version(&rustc)?, counter: version(COUNTER)? })
}

/// Returns where the program is.
pub(super) fn build(site: &Site) -> Outcome<PathBuf> {
    let what = "guard, build";
    let mut cargo = site.cargo("build")?;
    cargo.args(["--release", "--quiet", "--message-format=json-render-diagnostics"]);
    cargo.args(["--bench", PROGRAM]);
    // What most users get, and the libraries that the release tests use: with the features that
    // all their packages ask for together. Those of the profile for benches would take a minute
    // more.
    cargo.args(RUNTIME.iter().flat_map(|package| ["-p", package]));
    unoptimised_as_a_whole(&mut cargo);
    site.say(&format!("== {what} (limit {} s)", BUILD_LIMIT.as_secs()));
    let messages = capture(what, &mut cargo, site.limit(BUILD_LIMIT))?;
    let program = messages.lines().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let path = message["executable"].as_str().map(PathBuf::from);
        path.filter(|_| message["target"]["name"] == PROGRAM)
    });
    program.ok_or_else(|| format!("{what}: cargo names no program"))
}

/// Instructions per operation of all workloads.
pub(super) fn all(site: &Site, program: &Path) -> Outcome<Vec<(String, f64)>> {
    let list = capture("guard --list", site.command(program)?.arg("--list"), site.limit(LIMIT))?;
    let workloads: Vec<(&str, u64)> = list.lines().filter_map(workload).collect();
    if workloads.is_empty() || workloads.len() != list.lines().count() {
        return Err(format!("guard --list: not lines of NAME OPERATIONS:\n{list}"));
    }
    let folder = site.target().join("guard");
    fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;

    // As many at once as there are CPUs: they do not disturb each other's counts.
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some((name, ops)) = workloads.get(index) else { return done };
            done.push((index, per_operation(site, program, &folder.join(name), name, *ops)));
        }
    };
    let mut figures: Vec<Outcome<f64>> =
        workloads.iter().map(|(name, _)| Err(format!("guard {name}: did not run"))).collect();
    thread::scope(|scope| {
        let cpus = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..cpus).map(|_| scope.spawn(worker)).collect();
        for done in workers.into_iter().filter_map(|worker| worker.join().ok()) {
            done.into_iter().for_each(|(index, figure)| figures[index] = figure);
        }
    });
    let names = workloads.iter().map(|(name, _)| (*name).to_owned());
    names.zip(figures).map(|(name, figure)| Ok((name, figure?))).collect()
}

fn workload(line: &str) -> Option<(&str, u64)> {
    let (name, ops) = line.split_once(' ')?;
    Some((name, ops.parse().ok().filter(|ops| *ops > 0)?))
}

/// Two runs of a workload differ in nothing but so many operations.
fn per_operation(site: &Site, program: &Path, output: &Path, name: &str, ops: u64) -> Outcome<f64> {
    let run = |ops: u64| {
        let what = format!("guard {name} {ops}");
        instructions(
            site,
            &what,
            output,
            &[program.as_os_str(), name.as_ref(), ops.to_string().as_ref()],
        )
    };
    let (once, twice) = (run(ops)?, run(2 * ops)?);
    // Less than one instruction each is nothing but chance.
    let Some(more) = twice.checked_sub(once).filter(|more| *more >= ops) else {
        let counts = format!("{once} instructions once and {twice} for twice as much");
        return Err(format!("guard {name}: {counts}: it does nothing"));
    };
    Ok(more as f64 / ops as f64)
}

/// The instructions of all threads of `program`, from the first one to the last.
fn instructions(site: &Site, what: &str, output: &Path, program: &[&OsStr]) -> Outcome<u64> {
    let log = output.with_extension("log");
    let option = |name: &str, value: &Path| {
        let mut option = OsString::from(format!("--{name}="));
        option.push(value);
        option
    };
    let mut counter = site.command(COUNTER)?;
    counter.args(["--tool=cachegrind", "--cache-sim=no", "--branch-sim=no"]);
    counter.arg(option("cachegrind-out-file", output)).arg(option("log-file", &log));
    counter.args(program).env(UNTIMED.0, UNTIMED.1);
    let read = |path: &Path| {
        fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
    };
    // What an earlier run has left must not pass for this one's.
    let _ = fs::remove_file(output);
    step::run(what, &mut counter, site.limit(LIMIT))
        .map_err(|text| format!("{text}\n{}", read(&log).unwrap_or_default()))?;
    let sum = read(output)?.lines().find_map(|line| line.strip_prefix("summary: ")?.parse().ok());
    sum.ok_or_else(|| format!("{what}: there is no sum in {}", output.display()))
}

#[cfg(test)]
mod tests {
    use super::workload;

    #[test]
    fn workloads_have_a_name_and_a_number() {
        assert_eq!(workload("yield 100"), Some(("yield", 100)));
        for line in ["yield", "yield many", "yield 0", ""] {
            assert_eq!(workload(line), None, "{line}");
        }
    }
}
