//! The server: its process, where it listens, what it costs.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::time::ClockId;
use nix::unistd::Pid;

use crate::Outcome;
use crate::args::{Ask, Server as Asked};

/// A server that is measured; one that was started here ends with this.
#[derive(Debug)]
pub(crate) struct Server {
    child: Option<Child>,
    pub(crate) port: u16,
    pid: Option<i32>,
}

impl Server {
    /// Starts what is asked for, or takes what is there.
    pub(crate) fn of(ask: &Ask) -> Outcome<Self> {
        match &ask.server {
            Asked::Program(path) => Self::start(path, ask),
            Asked::At { port, pid } => Ok(Self { child: None, port: *port, pid: *pid }),
        }
    }

    fn start(path: &Path, ask: &Ask) -> Outcome<Self> {
        let failed = |error| format!("cannot start {}: {error}", path.display());
        let mut command = Command::new(path);
        command.args(["serve", ask.row.name, "--procs", &ask.procs.to_string()]);
        // It ends when its standard input does, also when this process is killed.
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        let pid = i32::try_from(child.id()).ok();
        let out = child.stdout.take();
        // From here on it is killed whatever happens.
        let mut server = Self { child: Some(child), port: 0, pid };
        let mut line = String::new();
        if let Some(out) = out {
            BufReader::new(out).read_line(&mut line).map_err(failed)?;
        }
        let port = line.trim().strip_prefix("listening ").and_then(|port| port.parse().ok());
        server.port = port.ok_or_else(|| match line.trim() {
            "" => format!("the server has ended before it listened{}", server.ended()),
            line => format!("the server says `{line}`, not where it listens"),
        })?;
        Ok(server)
    }

    /// `: exit status: 1` and the like; empty while it runs.
    pub(crate) fn ended(&mut self) -> String {
        // What has closed its connections may take a moment to be gone.
        for _ in 0..50 {
            match self.child.as_mut().map(Child::try_wait) {
                Some(Ok(Some(status))) => return format!(": {status}"),
                Some(Ok(None)) => std::thread::sleep(Duration::from_millis(1)),
                _ => break,
            }
        }
        String::new()
    }

    /// The CPU time all its threads have taken; zero where it is not known which process it is.
    pub(crate) fn cpu_time(&self) -> Outcome<Duration> {
        self.pid.map_or(Ok(Duration::ZERO), cpu_time)
    }

    /// How much memory it has, in KiB; 0 where it is not known which process it is.
    pub(crate) fn memory(&self) -> Outcome<f64> {
        let Some(pid) = self.pid else { return Ok(0.0) };
        // `status` may lag behind by some pages for each CPU; this is counted page by page.
        let path = format!("/proc/{pid}/smaps_rollup");
        let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let line = text.lines().find_map(|line| line.strip_prefix("Rss:")?.strip_suffix("kB"));
        let size = line.and_then(|size| size.trim().parse().ok());
        size.ok_or_else(|| format!("{path}: no Rss"))
    }
}

/// The CPU time all threads of process `pid` have taken, to the nanosecond; 0 is this one.
pub(crate) fn cpu_time(pid: i32) -> Outcome<Duration> {
    let clock = ClockId::pid_cpu_clock_id(Pid::from_raw(pid));
    let time = clock.and_then(ClockId::now);
    time.map(Duration::from).map_err(|error| format!("the CPU clock of process {pid}: {error}"))
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
