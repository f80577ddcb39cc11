//! Programs that need a process of their own: the test binary runs itself again, with an
//! environment variable that says which one it is to be.

use gmp::__private::{MainOptions, run_main};
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{self, Command, ExitCode, ExitStatus, Termination};
use std::time::{Duration, Instant};

/// Names the program that the child is to be.
const PROGRAM: &str = "GMP_PROGRAM";
/// Less than a test may take, so that a child that hangs says so itself.
const LIMIT: Duration = Duration::from_secs(45);
/// What `main` gives a program whose main goroutine panicked, and std any program.
pub(crate) const PANICKED: i32 = 101;

/// A program's name and what it does.
pub(crate) type Program = (&'static str, fn() -> ExitCode);

/// Runs `body` as `#[gmp::main]` would.
pub(crate) fn main<R: Termination + 'static>(body: fn() -> R) -> ExitCode {
    run_main(MainOptions::new(), body)
}

/// The child's side: runs the program it was told to be and ends the process. In the
/// parent it does nothing.
pub(crate) fn programs(programs: &[Program]) {
    let Ok(wanted) = std::env::var(PROGRAM) else { return };
    let _watchdog = super::watchdog_of(LIMIT);
    let Some((_, run)) = programs.iter().find(|(name, _)| *name == wanted) else {
        panic!("no program {wanted}");
    };
    // Off the line that the test harness has begun.
    println!();
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(code) if code == ExitCode::SUCCESS => process::exit(0),
        Ok(_) => process::exit(1),
        Err(_) => process::exit(PANICKED),
    }
}

/// A child to be run.
pub(crate) struct Child {
    command: Command,
}

/// `program` in a process of its own: in the tests' environment, but without GOMAXPROCS.
pub(crate) fn child(program: &str) -> Child {
    Child::of(Command::new(executable()), program)
}

fn executable() -> std::path::PathBuf {
    std::env::current_exe().expect("the test binary knows its own path")
}

impl Child {
    fn of(mut command: Command, program: &str) -> Child {
        command.args(["--exact", "program", "--nocapture"]);
        command.env(PROGRAM, program).env("RUST_BACKTRACE", "0").env_remove("GOMAXPROCS");
        Child { command }
    }

    /// `program` under a limit of `kib` for its address space.
    pub(crate) fn with_address_space(program: &str, kib: u64) -> Child {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -v {kib} && exec \"$0\" \"$@\"")]);
        command.arg(executable());
        Child::of(command, program)
    }

    pub(crate) fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Child {
        self.command.env(key, value);
        self
    }

    pub(crate) fn procs(self, n: usize) -> Child {
        self.env("GOMAXPROCS", n.to_string())
    }

    /// Adds `switch` to GMP_DEBUG.
    pub(crate) fn debug(self, switch: &str) -> Child {
        let inherited = std::env::var("GMP_DEBUG").unwrap_or_default();
        self.env("GMP_DEBUG", format!("{inherited},{switch}"))
    }

    /// Without shuffling, for programs that look at the order of things.
    pub(crate) fn in_order(mut self) -> Child {
        self.command.env_remove("GMP_DEBUG");
        self
    }

    pub(crate) fn run(mut self) -> Ended {
        let start = Instant::now();
        let output = self.command.output().expect("the child starts");
        Ended {
            status: output.status,
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
            took: start.elapsed(),
        }
    }
}

/// A child that has ended.
pub(crate) struct Ended {
    status: ExitStatus,
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) took: Duration,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ended { status, out, err, took } = self;
        write!(f, "{status} after {took:?}\n--- stdout\n{out}\n--- stderr\n{err}")
    }
}

impl Ended {
    #[track_caller]
    pub(crate) fn exits(&self, code: i32) -> &Ended {
        assert_eq!(self.status.code(), Some(code), "{self}");
        self
    }

    #[track_caller]
    pub(crate) fn killed_by(&self, signal: i32) -> &Ended {
        assert_eq!(self.status.signal(), Some(signal), "{self}");
        self
    }

    #[track_caller]
    pub(crate) fn prints(&self, text: &str) -> &Ended {
        assert!(self.out.contains(text), "no {text:?} on stdout: {self}");
        self
    }

    #[track_caller]
    pub(crate) fn prints_no(&self, text: &str) -> &Ended {
        assert!(!self.out.contains(text), "{text:?} on stdout: {self}");
        self
    }

    #[track_caller]
    pub(crate) fn reports(&self, text: &str) -> &Ended {
        assert!(self.err.contains(text), "no {text:?} on stderr: {self}");
        self
    }

    #[track_caller]
    pub(crate) fn reports_no(&self, text: &str) -> &Ended {
        assert!(!self.err.contains(text), "{text:?} on stderr: {self}");
        self
    }

    /// What stands behind `key=` on a line of stdout.
    #[track_caller]
    pub(crate) fn value(&self, key: &str) -> &str {
        let value = self.out.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        value.unwrap_or_else(|| panic!("no {key}= on stdout: {self}"))
    }
}
