//! Tests that need a process of their own, for its limits or its numbers: the test binary runs
//! itself again, with an environment variable that says what it is to do.

use std::process::Command;

/// Names the program that the child is to be.
const PROGRAM: &str = "GMP_PROGRAM";

/// A program's name and what it does, on a goroutine.
pub(crate) type Program = (&'static str, fn());

/// Runs `program` in a process of its own; its failure is the caller's.
#[track_caller]
pub(crate) fn run(program: &str) {
    let executable = std::env::current_exe().unwrap();
    let mut command = Command::new(executable);
    command.args(["--exact", "program", "--nocapture"]).env(PROGRAM, program);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{said}\n{complained}", output.status);
    assert!(said.contains("done: "), "{program} did not run:\n{said}\n{complained}");
    print!("{said}");
}

/// The child's side.
pub(crate) fn programs(programs: &[Program]) {
    let Ok(wanted) = std::env::var(PROGRAM) else { return };
    let (_, program) = programs.iter().find(|(name, _)| *name == wanted).unwrap();
    // Less than the parent has, unless it is asked to go on for longer.
    let limit = crate::fuzz::time().map_or(50, |time| time.as_secs() + 60);
    let _watchdog = crate::common::watchdog_of(std::time::Duration::from_secs(limit));
    gmp_core::run_test(*program);
    println!("\ndone: {wanted}");
}

/// How many sockets this process has open. (The runtime opens files for its own threads.)
pub(crate) fn open_sockets() -> usize {
    let entries = std::fs::read_dir("/proc/self/fd").unwrap();
    let targets = entries.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    targets.filter(|target| target.to_string_lossy().starts_with("socket:")).count()
}

/// Pages of memory that this process uses, in bytes.
pub(crate) fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

/// Sets the limit of open files.
pub(crate) fn limit_files(files: u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    let limit = Rlimit { current: Some(files), maximum };
    setrlimit(Resource::Nofile, limit).unwrap();
}

/// The most open files there may be.
pub(crate) fn most_files() -> u64 {
    use rustix::process::{Resource, getrlimit};
    getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX)
}
