//! The project's checks and test suites as one program: `cargo x help`.
//!
//! Everything runs on a [`Site`]: the project itself, or the small fixture of
//! the self-test in which each check is seen to fail.

mod checks;
mod compare;
mod metadata;
mod self_test;
mod site;
mod step;
mod suites;
mod tree;

use std::process::ExitCode;

use site::Site;

/// What a check or suite found: nothing, or the text to print.
type Outcome<T = ()> = Result<T, String>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (name, rest) = match args.split_first() {
        Some((name, rest)) => (name.as_str(), rest),
        None => ("help", &[][..]),
    };
    match dispatch(&Site::project(), name, rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("{text}\n\ncargo x {name}: failed");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(site: &Site, name: &str, args: &[String]) -> Outcome {
    if name == "islands" && args.len() == 1 && args[0] == "--write" {
        return checks::islands::write(site);
    }
    if name == "bench-guard" && args.len() == 1 && args[0] == "--write" {
        return suites::guard::run(site, true);
    }
    if !args.is_empty() && !["bench", "compare"].contains(&name) {
        return Err(format!("`{name}` takes no argument {:?}; see `cargo x help`", args[0]));
    }
    match name {
        "help" | "-h" | "--help" => {
            help();
            Ok(())
        }
        "check" => checks::run_all(site),
        "test" => suites::test::run(site),
        "loom" => suites::loom::run(site),
        "asan" => suites::asan::run(site),
        "examples" => suites::examples::run(site),
        "conformance" => suites::conformance::run(site),
        "bench" => suites::bench::run(site, args),
        "bench-guard" => suites::guard::run(site, false),
        "compare" => compare::run(site, args),
        "self-test" => self_test::run(),
        _ => match checks::ALL.iter().find(|check| check.name == name) {
            Some(check) => checks::run_one(check, site),
            None => Err(format!("there is no `{name}`; see `cargo x help`")),
        },
    }
}

fn help() {
    println!("cargo x NAME, where NAME is\n");
    println!("  check      every static check:");
    for check in checks::ALL {
        println!("    {:<8} {}", check.name, check.about);
    }
    println!("  islands --write  rewrites the list of islands, keeping the known reasons");
    println!("  test       all tests in debug, the runtime's in release and on `generator`");
    println!("  loom       the loom models of the runtime and the channels");
    println!("  asan       the tests of dropped values under AddressSanitizer (nightly)");
    println!("  examples   runs every example, quickly, in release");
    println!("  conformance  crossbeam-channel's own tests, on threads and on goroutines");
    println!("  bench      the benches; further arguments go to them");
    println!("  bench-guard  fails if operations take more instructions than on record; --write");
    println!("             makes the record");
    println!("  compare    measures gmp, Go and others in turn; --only NAME, --quick, --setup,");
    println!("             --rounds N; --render writes again what the figures render to");
    println!("  self-test  breaks a fixture once for each check and expects it to turn red");
}
