//! What the tests share.

#[path = "../../../gmp-sync/tests/common/mod.rs"]
mod common;

use std::process::Command;

pub(crate) use common::{on_both, start, until, watchdog};
use gmp_net::{TcpListener, TcpStream, UnixStream};

/// Names the program that a child is to be.
const PROGRAM: &str = "GMP_PROGRAM";

/// In a child: runs the program it was told to be, and ends.
pub(crate) fn programs(programs: &[(&str, fn())]) {
    let Ok(wanted) = std::env::var(PROGRAM) else { return };
    let _watchdog = watchdog();
    let (_, run) = programs.iter().find(|(name, _)| *name == wanted).expect("a program");
    run();
    println!("{wanted} has run");
    std::process::exit(0);
}

/// Runs `program` in a process of its own, where no runtime was started.
pub(crate) fn alone(program: &str) {
    let _watchdog = watchdog();
    let mut command = Command::new(std::env::current_exe().expect("the tests' own path"));
    command.args(["--exact", "program", "--nocapture"]).env(PROGRAM, program);
    let output = command.output().expect("the child starts");
    let out = String::from_utf8_lossy(&output.stdout);
    let err = String::from_utf8_lossy(&output.stderr);
    let ran = output.status.success() && out.contains(&format!("{program} has run"));
    assert!(ran, "{}\n{out}\n{err}", output.status);
}

/// Two ends of a TCP connection.
pub(crate) fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (far, _) = listener.accept().unwrap();
    (near, far)
}

pub(crate) fn unix_pair() -> (UnixStream, UnixStream) {
    UnixStream::pair().unwrap()
}

/// `len` bytes that tell where they belong.
pub(crate) fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|n| (n ^ (n >> 8) ^ (n >> 16)) as u8).collect()
}
