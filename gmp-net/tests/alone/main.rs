//! The same sockets and pipes in a program without a runtime.

#[path = "../../../gmp-sync/tests/common/mod.rs"]
mod common;

#[path = "../net/closing.rs"]
mod closing;
#[path = "../net/conns.rs"]
mod conns;
#[path = "../net/pipes.rs"]
mod pipes;
#[path = "../net/surface.rs"]
mod surface;
#[path = "../net/timeouts.rs"]
mod timeouts;
#[path = "../net/traffic.rs"]
mod traffic;

use std::io::{Read, Write};
use std::process::Command;
use std::thread;

use gmp_net::UnixStream;

/// Runs `test`; nothing in it may start the runtime.
#[track_caller]
fn run(test: fn()) {
    let _watchdog = common::watchdog();
    test();
    assert_eq!(gmp_core::num_threads(), 0, "there is a runtime");
}

/// In the child: this is the program that it is to be.
const PROGRAM: &str = "GMP_NET_STARTS_LATER";

/// Who waits already is served by the runtime, once that is there. In a process of its own:
/// the others here have none.
#[test]
fn a_runtime_that_starts_later_takes_over() {
    let _watchdog = common::watchdog();
    if std::env::var_os(PROGRAM).is_none() {
        let mut child = Command::new(std::env::current_exe().expect("a path"));
        child.args(["--exact", "a_runtime_that_starts_later_takes_over"]).env(PROGRAM, "1");
        assert!(child.status().expect("it starts").success());
        return;
    }
    let pairs: Vec<_> = (0..20).map(|_| UnixStream::pair().expect("a pair")).collect();
    let (near, far): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
    let echo = |mut stream: UnixStream| {
        let mut byte = [0];
        while stream.read(&mut byte).is_ok_and(|n| n == 1) {
            stream.write_all(&byte).expect("the other side waits for it");
        }
    };
    let waiting: Vec<_> = far.into_iter().map(|far| thread::spawn(move || echo(far))).collect();
    let ask = |near: &[UnixStream]| {
        for mut near in near {
            let mut byte = [1];
            near.write_all(&byte).expect("connected");
            near.read_exact(&mut byte).expect("an answer");
        }
    };
    ask(&near);
    assert_eq!(gmp_core::num_threads(), 0, "there is a runtime");
    common::start();
    ask(&near);
    let asked = gmp_core::spawn(move || ask(&near));
    asked.join().expect("no panic");
    waiting.into_iter().for_each(|thread| thread.join().expect("no panic"));
}
