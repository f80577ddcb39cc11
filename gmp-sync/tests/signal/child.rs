//! Programs that need a process of their own, because they are to be killed: the test binary
//! runs itself again, with an environment variable that says which one it is to be.

#![expect(unsafe_code, reason = "the system call")]

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{self, ChildStdout, Command, ExitStatus, Stdio};

/// Names the program that the child is to be.
const PROGRAM: &str = "GMP_PROGRAM";

/// A program's name and what it does.
pub(crate) type Program = (&'static str, fn());

/// The child's side: runs the program it was told to be and ends the process. In the parent
/// it does nothing.
pub(crate) fn programs(programs: &[Program]) {
    let Ok(wanted) = std::env::var(PROGRAM) else { return };
    let _watchdog = crate::common::watchdog();
    let Some((_, run)) = programs.iter().find(|(name, _)| *name == wanted) else {
        panic!("no program {wanted}");
    };
    // A shell that starts the tests in the background has the first one ignored, and `nohup` the
    // second, which is what one program is about.
    let ignored = [libc::SIGINT, libc::SIGHUP];
    for &signal in &ignored[..if wanted == "nohup" { 1 } else { 2 }] {
        // SAFETY: no handler is called by the default action.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    // Off the line that the test harness has begun.
    println!();
    run();
    process::exit(0);
}

/// A child that runs.
pub(crate) struct Child {
    process: process::Child,
    out: BufReader<ChildStdout>,
}

/// Starts `program`, in a shell after `prelude` if there is one.
pub(crate) fn start(program: &str, prelude: Option<&str>) -> Child {
    let me = std::env::current_exe().expect("the test binary knows its own path");
    let mut command = match prelude {
        None => Command::new(me),
        Some(prelude) => {
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("{prelude}; exec \"$0\" \"$@\"")]).arg(me);
            shell
        }
    };
    command.args(["--exact", "program", "--nocapture"]).env(PROGRAM, program);
    command.env("RUST_BACKTRACE", "0").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().expect("the child starts");
    let out = BufReader::new(process.stdout.take().expect("it is piped"));
    Child { process, out }
}

impl Child {
    /// Waits until the child prints `line`.
    #[track_caller]
    pub(crate) fn says(&mut self, line: &str) -> &mut Child {
        let mut seen = String::new();
        loop {
            let before = seen.len();
            let read = self.out.read_line(&mut seen).expect("text");
            assert_ne!(read, 0, "no {line:?}, but: {seen}");
            if seen[before..].trim_end() == line {
                return self;
            }
        }
    }

    /// Sends it a signal.
    pub(crate) fn gets(&mut self, signal: &str) -> &mut Child {
        let kill = format!("kill -{signal} {}", self.process.id());
        let sent = Command::new("sh").args(["-c", &kill]).status().expect("a shell");
        assert!(sent.success(), "{kill}");
        self
    }

    /// Waits for its end; what it has written to stderr comes, too.
    fn ends(&mut self) -> (ExitStatus, String) {
        let mut errors = String::new();
        let err = self.process.stderr.as_mut().expect("it is piped");
        err.read_to_string(&mut errors).expect("text");
        (self.process.wait().expect("it ends"), errors)
    }

    #[track_caller]
    pub(crate) fn is_killed_by(&mut self, signal: i32) -> String {
        let (status, errors) = self.ends();
        assert_eq!(status.signal(), Some(signal), "{status}: {errors}");
        errors
    }

    #[track_caller]
    pub(crate) fn succeeds(&mut self) {
        let (status, errors) = self.ends();
        assert!(status.success(), "{status}: {errors}");
    }
}
