//! The tests of who drops a value, under AddressSanitizer and LeakSanitizer.

use std::process::{Command, Stdio};
use std::time::Duration;

use super::step;
use crate::Outcome;
use crate::site::Site;

const LIMIT: Duration = Duration::from_secs(900);
/// Sanitizers are unstable in rustc.
const TOOLCHAIN: &str = "nightly";

pub(crate) fn run(site: &Site) -> Outcome {
    let there = Command::new("rustc")
        .arg(format!("+{TOOLCHAIN}"))
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !there {
        println!(
            "asan: skipped, there is no {TOOLCHAIN} toolchain (rustup toolchain install {TOOLCHAIN})"
        );
        return Ok(());
    }
    step(site, "chan_values under AddressSanitizer", &mut tests(site)?, LIMIT)
}

fn tests(site: &Site) -> Outcome<Command> {
    // Not `site.cargo`: rustup's proxy picks the toolchain by the first argument.
    let mut cargo = Command::new("cargo");
    cargo.current_dir(site.root()).arg(format!("+{TOOLCHAIN}"));
    for name in ["CARGO", "RUSTUP_TOOLCHAIN", "RUSTC"] {
        cargo.env_remove(name);
    }
    // A target, also the host's own: else proc macros are built with the flags, too, and
    // do not load. Only this test: LeakSanitizer does not look at the stacks of goroutines
    // that are parked when the process ends, and this one leaves none.
    cargo.args(["test", "--quiet", "--locked", "--target", host()?.as_str()]);
    cargo.args(["--test", "chan_values"]);
    cargo.env("CARGO_TARGET_DIR", site.target().join("asan"));
    cargo.env("RUSTFLAGS", "-Zsanitizer=address --cfg gmp_asan");
    Ok(cargo)
}

fn host() -> Outcome<String> {
    let output = Command::new("rustc").arg("-vV").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    text.ok()
        .and_then(|text| {
            text.lines().find_map(|line| line.strip_prefix("host: ").map(str::to_owned))
        })
        .ok_or_else(|| "`rustc -vV` names no host".to_owned())
}
