//! The loom models of gmp-core: tests whose names begin with `loom_`.

use std::process::Command;
use std::time::Duration;

use super::step;
use crate::Outcome;
use crate::site::Site;
use crate::step::capture;

const LIMIT: Duration = Duration::from_secs(600);

pub(crate) fn run(site: &Site) -> Outcome {
    // A filter that fits nothing would pass in silence.
    let list = capture("list of models", models(site)?.arg("--list"), site.limit(LIMIT))?;
    let count = list.lines().filter(|line| line.ends_with(": test")).count();
    if count == 0 {
        return Err("gmp-core has no test whose name begins with loom_".to_owned());
    }
    step(site, &format!("{count} loom models"), &mut models(site)?, LIMIT)
}

fn models(site: &Site) -> Outcome<Command> {
    let mut cargo = site.cargo("test")?;
    cargo.args(["--quiet", "--release", "-p", "gmp-core", "--tests", "--", "loom_"]);
    // A folder of its own: the cfg would otherwise rebuild everything, twice.
    cargo.env("CARGO_TARGET_DIR", site.target().join("loom"));
    cargo.env("RUSTFLAGS", "--cfg gmp_loom");
    // Models do not gain from slow builds, but do from assertions.
    cargo.env("CARGO_PROFILE_RELEASE_LTO", "off");
    cargo.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    cargo.env("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true");
    if std::env::var_os("LOOM_MAX_PREEMPTIONS").is_none() {
        cargo.env("LOOM_MAX_PREEMPTIONS", "3");
    }
    Ok(cargo)
}
