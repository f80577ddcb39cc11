//! What the tests share.

use std::panic::Location;
use std::process::Command;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use gmp_net::{TcpListener, TcpStream, UnixStream};

/// Ends the process if the result is not dropped within a minute: a hanging test fails.
#[track_caller]
pub(crate) fn watchdog() -> mpsc::Sender<()> {
    let place = Location::caller();
    let (alive, watched) = mpsc::channel();
    thread::spawn(move || {
        if watched.recv_timeout(Duration::from_secs(60)) == Err(RecvTimeoutError::Timeout) {
            eprintln!("the test at {place} hangs");
            std::process::abort();
        }
    });
    alive
}

/// Lets others run until `done`, on a goroutine or a plain thread.
pub(crate) fn until(done: impl Fn() -> bool) {
    while !done() {
        gmp_core::gosched();
    }
}

/// Starts the runtime.
pub(crate) fn start() {
    gmp_core::run_test(|| ());
}

/// Runs `test` on a plain thread, then as a goroutine. There is a runtime both times.
#[track_caller]
pub(crate) fn on_both(test: fn()) {
    let _watchdog = watchdog();
    start();
    test();
    gmp_core::run_test(test);
}

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
