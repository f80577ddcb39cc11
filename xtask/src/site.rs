//! The tree that checks and suites run on.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::Outcome;

/// The manifests of the workspaces; the second one is that of the comparison's programs,
/// which have packages of their own.
pub(crate) const WORKSPACES: [&str; 2] = ["Cargo.toml", COMPARE];
pub(crate) const COMPARE: &str = "compare/Cargo.toml";

/// For cargo, in the first workspace: with all that is optional, on the usual stacks.
pub(crate) const FULL: [&str; 2] = ["--features", "gmp/full"];

/// The project itself, or a fixture of the self-test.
#[derive(Debug)]
pub(crate) struct Site {
    root: PathBuf,
    fixture: Option<Fixture>,
}

#[derive(Debug)]
struct Fixture {
    /// Takes what the checks print, so that an expected failure stays quiet.
    log: PathBuf,
    /// Takes the place of every suite's own time limit.
    limit: Option<Duration>,
}

impl Site {
    /// The workspace this program was built in.
    pub(crate) fn project() -> Self {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = manifest.parent().unwrap_or(manifest).to_path_buf();
        Self { root, fixture: None }
    }

    /// A fixture at `root`, which prints to a log file beside it.
    pub(crate) fn fixture(root: &Path, limit: Option<Duration>) -> Self {
        let fixture = Fixture { log: root.with_extension("log"), limit };
        Self { root: root.to_path_buf(), fixture: Some(fixture) }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A line for the reader; a fixture keeps it to itself.
    pub(crate) fn say(&self, line: &str) {
        if self.fixture.is_none() {
            println!("{line}");
        }
    }

    /// The limit a step runs under.
    pub(crate) fn limit(&self, usual: Duration) -> Duration {
        self.fixture.as_ref().and_then(|fixture| fixture.limit).unwrap_or(usual)
    }

    /// `program`, run in the root, printing where this site prints.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Outcome<Command> {
        let mut command = Command::new(program);
        command.current_dir(&self.root).stdin(Stdio::null());
        if let Some(fixture) = &self.fixture {
            command.stdout(fixture.open()?).stderr(fixture.open()?);
        }
        Ok(command)
    }

    /// `cargo SUBCOMMAND`.
    pub(crate) fn cargo(&self, subcommand: &str) -> Outcome<Command> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = self.command(cargo)?;
        command.arg(subcommand);
        if self.fixture.is_some() {
            command.env("CARGO_TARGET_DIR", self.target()).env("CARGO_NET_OFFLINE", "true");
            for inherited in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"] {
                command.env_remove(inherited);
            }
        }
        Ok(command)
    }

    /// The build folder.
    pub(crate) fn target(&self) -> PathBuf {
        let default = self.root.join("target");
        if self.fixture.is_some() {
            return default;
        }
        std::env::var_os("CARGO_TARGET_DIR").map_or(default, |dir| self.root.join(dir))
    }

    /// What a fixture's commands printed; empty for the project.
    pub(crate) fn log(&self) -> String {
        let read = |fixture: &Fixture| std::fs::read(&fixture.log).ok();
        let bytes = self.fixture.as_ref().and_then(read).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Starts a fixture's log afresh.
    pub(crate) fn clear_log(&self) -> Outcome {
        let Some(fixture) = &self.fixture else { return Ok(()) };
        std::fs::write(&fixture.log, "")
            .map_err(|error| format!("cannot write {}: {error}", fixture.log.display()))
    }
}

impl Fixture {
    fn open(&self) -> Outcome<File> {
        OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.log)
            .map_err(|error| format!("cannot open {}: {error}", self.log.display()))
    }
}
