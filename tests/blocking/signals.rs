//! Signals and children are as std has them.

use std::io::{ErrorKind, Write, pipe};
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use gmp::{go, gomaxprocs, stats};

use crate::os;
use crate::support::{until, within};
use crate::work::Hogs;

/// std ignores SIGPIPE, so that a write fails.
pub(crate) fn broken_pipe() {
    assert!(os::is_ignored(os::SIGPIPE));
    let hogs = Hogs::mixed(gomaxprocs(0));
    let writers: Vec<_> = (0..4)
        .map(|_| {
            go!(|| {
                let (reader, mut writer) = pipe().unwrap();
                drop(reader);
                writer.write_all(b"x").unwrap_err().kind()
            })
        })
        .collect();
    for writer in writers {
        assert_eq!(writer.join().unwrap(), ErrorKind::BrokenPipe);
    }
    hogs.stop();
}

/// Sent to the process while goroutines compute, block and wait.
pub(crate) fn dies_of(signal: i32) {
    let hogs = Hogs::mixed(gomaxprocs(0) + 1);
    let (reader, _writer) = pipe().unwrap();
    go!(move || {
        let _ = std::io::read_to_string(reader);
    });
    until(|| stats().blocked_threads > 0);
    hogs.all_get_on();
    os::kill_self(signal);
    // It may reach another thread first.
    gmp::time::sleep(Duration::from_secs(20));
    println!("not reached");
}

pub(crate) fn wait_status() {
    let hogs = Hogs::mixed(gomaxprocs(0) + 1);
    let shell = |line: &str| {
        let line = line.to_owned();
        go!(move || Command::new("sh").args(["-c", &line]).status().expect("there is a shell"))
    };
    for _ in 0..3 {
        let killed = shell("kill -KILL $$");
        let piped = shell("kill -PIPE $$");
        let (failed, fine) = (shell("exit 3"), shell("exit 0"));
        assert_eq!(killed.join().unwrap().signal(), Some(os::SIGKILL));
        // std has it not ignored in children.
        assert_eq!(piped.join().unwrap().signal(), Some(os::SIGPIPE));
        assert_eq!(failed.join().unwrap().code(), Some(3));
        assert!(fine.join().unwrap().success());
    }
    let output = go!(|| Command::new("echo").arg("text").output().expect("there is echo"));
    assert_eq!(output.join().unwrap().stdout, b"text\n");
    // Our own thread may be signalled for preemption while it waits for a child.
    let mut child = Command::new("sleep").arg("0.2").spawn().expect("there is sleep");
    assert!(child.wait().expect("wait is not interrupted").success());
    let mut child = Command::new("sleep").arg("60").spawn().expect("there is sleep");
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(os::SIGKILL));
    hogs.stop();
}

// --- what children inherit ----------------------------------------------------------------

/// Which signals a child has blocked and ignores, as the kernel says it.
fn masks() -> String {
    let grep = Command::new("grep").args(["-E", "^Sig(Blk|Ign)", "/proc/self/status"]).output();
    String::from_utf8(grep.expect("there is grep").stdout).expect("plain text")
}

/// Those of a child of the program before it had a runtime.
static BEFORE: OnceLock<String> = OnceLock::new();

pub(crate) fn note_before() {
    let masks = masks();
    assert_eq!(masks.lines().count(), 2, "{masks}");
    BEFORE.set(masks).expect("once");
}

pub(crate) fn inherited() {
    let hogs = Hogs::mixed(gomaxprocs(0) + 1);
    hogs.all_get_on();
    for _ in 0..10 {
        assert_eq!(Some(&go!(masks()).join().unwrap()), BEFORE.get());
    }
    assert!(within(Duration::from_secs(10), || stats().preemptions > 0), "{}", stats());
    hogs.stop();
}
