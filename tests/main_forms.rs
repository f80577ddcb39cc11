//! Every form of `#[gmp::main]`, run.
//!
//! A process has one runtime and one `main`, so each program below is a module of this
//! binary, which runs itself again for each.

use std::process::{self, Command, ExitCode, Output};
use std::time::Duration;
use std::{env, thread};

/// Names the program that the child is to be.
const PROGRAM: &str = "GMP_PROGRAM";

mod plain {
    #[gmp::main]
    pub(crate) fn main() {
        assert!(gmp::current().is_some());
        let h = gmp::go!(|| 7);
        println!("joined {}", h.join().unwrap());
    }
}

mod with_arguments {
    const KIB: usize = 1024;

    #[gmp::main(gomaxprocs = 2 + 1, max_threads = 77, stack_size = 64 * KIB, on_panic = "isolate")]
    pub(crate) fn main() {
        assert_eq!(gmp::gomaxprocs(0), 3);
        assert_eq!(gmp::set_max_threads(80), 77);
        let h = gmp::go!(panic!("ends this goroutine alone"));
        h.join().unwrap_err();
        println!("went on");
    }
}

mod thread_limit {
    use gmp::chan::bounded;

    /// Starts six goroutines that keep their threads, and ends them when `at_once` wait.
    fn keep_threads(at_once: usize) {
        let (tx, rx) = bounded::<()>(0);
        let keepers: Vec<_> = (0..6)
            .map(|_| {
                let rx = rx.clone();
                gmp::go!(<pinned = true> {
                    rx.recv().unwrap_err();
                })
            })
            .collect();
        while rx.waiting_receivers() < at_once {
            gmp::gosched();
        }
        tx.close();
        for keeper in keepers {
            keeper.join().unwrap();
        }
        println!("kept {at_once}");
    }

    pub(super) mod exits {
        const STRICT: bool = true;

        #[gmp::main(gomaxprocs = 2, max_threads = 3, max_threads_exit = STRICT)]
        pub(crate) fn main() {
            super::keep_threads(6);
        }
    }

    pub(super) mod waits {
        #[gmp::main(gomaxprocs = 2, max_threads = 3, max_threads_exit = false)]
        pub(crate) fn main() {
            super::keep_threads(1);
        }
    }
}

mod failing {
    #[gmp::main]
    pub(crate) fn main() -> Result<(), std::num::ParseIntError> {
        let n: u8 = "x".parse()?;
        println!("parsed {n}");
        Ok(())
    }
}

mod exit_code {
    use std::process::ExitCode;

    #[gmp::main()]
    pub(crate) fn main() -> ExitCode {
        ExitCode::FAILURE
    }
}

mod opaque {
    #[gmp::main]
    pub(crate) fn main() -> impl std::process::Termination {
        println!("opaque");
    }
}

mod aborting {
    #[gmp::main(on_panic = "abort")]
    pub(crate) fn main() {
        let h = gmp::go!(panic!("ends the process"));
        drop(h.join());
        println!("not reached");
    }
}

mod recursive {
    use std::sync::atomic::{AtomicU32, Ordering};

    #[gmp::main]
    pub(crate) fn main() -> Result<(), String> {
        static DEPTH: AtomicU32 = AtomicU32::new(0);
        if DEPTH.fetch_add(1, Ordering::SeqCst) < 3 {
            return main();
        }
        println!("depth {}", DEPTH.load(Ordering::SeqCst));
        Ok(())
    }
}

mod renamed {
    use gmp as other;

    #[other::main(crate = other)]
    pub(crate) fn main() {
        println!("path");
    }

    pub(super) mod by_string {
        #[gmp::main(crate = "super::other")]
        pub(crate) fn main() {
            println!("string");
        }
    }
}

/// Not a test of its own: the child's side of those below.
#[test]
fn program() {
    let Ok(name) = env::var(PROGRAM) else { return };
    thread::spawn(|| {
        thread::sleep(Duration::from_secs(60));
        eprintln!("main_forms: the program has not ended within 60 s");
        process::abort();
    });
    let code = match name.as_str() {
        "plain" => plain::main(),
        "with_arguments" => with_arguments::main(),
        "thread_limit::exits" => thread_limit::exits::main(),
        "thread_limit::waits" => thread_limit::waits::main(),
        "failing" => failing::main(),
        "exit_code" => exit_code::main(),
        "opaque" => opaque::main(),
        "aborting" => aborting::main(),
        "recursive" => recursive::main(),
        "renamed" => renamed::main(),
        "renamed::by_string" => renamed::by_string::main(),
        _ => panic!("no program {name}"),
    };
    process::exit(if code == ExitCode::SUCCESS { 0 } else { 1 });
}

fn run(program: &str) -> Output {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "program", "--nocapture"])
        .env(PROGRAM, program)
        .env("GOMAXPROCS", "2")
        .output()
        .unwrap()
}

#[track_caller]
fn assert_output(output: &Output, code: i32, stdout: &str) {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains(stdout), "{output:?}");
}

#[test]
fn body_is_a_goroutine() {
    assert_output(&run("plain"), 0, "joined 7");
}

#[test]
fn arguments_beat_the_environment() {
    assert_output(&run("with_arguments"), 0, "went on");
}

#[test]
fn results_become_exit_codes() {
    let failed = run("failing");
    assert_output(&failed, 1, "");
    let stderr = String::from_utf8_lossy(&failed.stderr);
    assert!(stderr.contains("Error: ParseIntError { kind: InvalidDigit }"), "{failed:?}");
    assert_output(&run("exit_code"), 1, "");
    assert_output(&run("opaque"), 0, "opaque");
}

#[test]
fn a_panic_can_end_the_process() {
    let aborted = run("aborting");
    assert_output(&aborted, 2, "");
    assert!(!String::from_utf8_lossy(&aborted.stdout).contains("not reached"), "{aborted:?}");
}

#[test]
fn the_thread_limit_can_end_the_process() {
    let ended = run("thread_limit::exits");
    assert_output(&ended, 2, "");
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert!(stderr.contains("fatal error: thread exhaustion"), "{ended:?}");
    assert!(!String::from_utf8_lossy(&ended.stdout).contains("kept"), "{ended:?}");
    assert_output(&run("thread_limit::waits"), 0, "kept 1");
}

#[test]
fn main_may_call_itself() {
    assert_output(&run("recursive"), 0, "depth 4");
}

#[test]
fn crate_may_be_renamed() {
    assert_output(&run("renamed"), 0, "path");
    assert_output(&run("renamed::by_string"), 0, "string");
}
