//! One command under a watchdog: a hang is a failure with a name.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use std::{fs, process};

use crate::Outcome;

/// Every process of a step inherits this variable, by which the watchdog finds
/// them all, also those whose parent is gone. A process group would do the
/// same, but would take the step out of reach of the terminal's Ctrl-C.
const MARK: &str = "GMP_XTASK_STEP";

/// Runs `command` and fails if it fails or is still running after `limit`.
pub(crate) fn run(what: &str, command: &mut Command, limit: Duration) -> Outcome {
    let mark = mark(command);
    let child = spawn(what, command)?;
    judge(what, wait(what, child, &mark, limit)?)
}

/// As [`run`], and returns what the command wrote to its standard output.
pub(crate) fn capture(what: &str, command: &mut Command, limit: Duration) -> Outcome<String> {
    let mark = mark(command);
    let mut child = spawn(what, command.stdout(Stdio::piped()))?;
    let reader = child.stdout.take().map(|mut pipe| {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            pipe.read_to_end(&mut bytes).map(|_| bytes)
        })
    });
    let start = Instant::now();
    let status = wait(what, child, &mark, limit)?;
    // A process left behind would hold the pipe open for ever. One that is just starting
    // another program has no environment to find it by.
    while reader.as_ref().is_some_and(|reader| !reader.is_finished()) {
        if start.elapsed() > limit {
            return Err(format!("{what}: what it left behind keeps its output open"));
        }
        kill_all(&mark);
        thread::sleep(Duration::from_millis(5));
    }
    let Some(Ok(Ok(bytes))) = reader.map(thread::JoinHandle::join) else {
        return Err(format!("{what}: its output could not be read"));
    };
    judge(what, status)?;
    String::from_utf8(bytes).map_err(|_| format!("{what}: its output is not UTF-8"))
}

fn mark(command: &mut Command) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let mark = format!("{}.{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    command.env(MARK, &mark);
    mark
}

fn spawn(what: &str, command: &mut Command) -> Outcome<Child> {
    command.spawn().map_err(|error| {
        format!("{what}: cannot start {}: {error}", command.get_program().to_string_lossy())
    })
}

fn judge(what: &str, status: ExitStatus) -> Outcome {
    if status.success() { Ok(()) } else { Err(format!("{what}: failed ({status})")) }
}

fn wait(what: &str, mut child: Child, mark: &str, limit: Duration) -> Outcome<ExitStatus> {
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if start.elapsed() < limit => {
                thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(50));
            }
            Ok(None) => {
                let named = kill_all(mark);
                // Its own kill: the child may have changed its environment.
                let ended = child.kill().and_then(|()| child.wait());
                let limit = limit.as_secs_f32();
                return match ended {
                    Ok(_) => Err(format!(
                        "{what}: still running after {limit} s; killed. Its processes: {}",
                        named.join(", ")
                    )),
                    Err(error) => Err(format!(
                        "{what}: still running after {limit} s, and cannot be killed: {error}"
                    )),
                };
            }
            Err(error) => return Err(format!("{what}: cannot wait for it: {error}")),
        }
    }
}

/// Kills every process that carries `mark`; returns their names.
fn kill_all(mark: &str) -> Vec<String> {
    let mut names = Vec::new();
    // More than one pass: a process may fork while the list is read.
    for _ in 0..100 {
        let found = marked(mark);
        if found.is_empty() {
            break;
        }
        for pid in &found {
            let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            names.push(format!("{} {pid}", name.trim_end()));
        }
        // The shell's own `kill`: the program of that name is not everywhere.
        // A process that ended in between makes it fail, which is no matter.
        let mut kill = Command::new("sh");
        kill.args(["-c", "kill -s KILL \"$@\"", "sh"]).args(&found).stderr(Stdio::null());
        let _ = kill.status();
        thread::sleep(Duration::from_millis(5));
    }
    names.dedup();
    names
}

fn marked(mark: &str) -> Vec<String> {
    let wanted = format!("{MARK}={mark}");
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter(|entry| {
            // A process that is gone, or a zombie, has no environment to read.
            let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
            environment.split(|&byte| byte == 0).any(|variable| variable == wanted.as_bytes())
        })
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_hang_is_killed_with_all_its_processes() {
        let mut command = shell("sleep 300 & (sleep 300 &) ; wait");
        let mark = mark(&mut command);
        let child = spawn("hang", &mut command).unwrap();
        let error = wait("hang", child, &mark, Duration::from_millis(200)).unwrap_err();
        assert!(error.starts_with("hang: still running after 0.2 s"), "{error}");
        assert_eq!(marked(&mark), Vec::<String>::new());
    }

    #[test]
    fn an_exit_code_is_a_failure() {
        let error = run("three", &mut shell("exit 3"), Duration::from_secs(60)).unwrap_err();
        assert!(error.contains("exit status: 3"), "{error}");
    }

    #[test]
    fn a_capture_does_not_wait_for_what_is_left_behind() {
        let mut command = shell("sleep 300 & echo seen");
        let output = capture("left", &mut command, Duration::from_secs(60));
        assert_eq!(output.as_deref(), Ok("seen\n"));
    }
}
