//! The loom models: tests whose names begin with `loom_`.

use std::fs;
use std::process::Command;
use std::time::Duration;

use super::step;
use crate::Outcome;
use crate::site::Site;
use crate::step::capture;

const LIMIT: Duration = Duration::from_secs(600);

/// Packages that may have models.
const PACKAGES: [&str; 3] = ["gmp-core", "gmp-chan", "gmp-sync"];

pub(crate) fn run(site: &Site) -> Outcome {
    for package in PACKAGES.into_iter().filter(|package| has_models(site, package)) {
        // A filter that fits nothing would pass in silence.
        let mut list = models(site, package)?;
        let list = capture("list of models", list.arg("--list"), site.limit(LIMIT))?;
        let count = list.lines().filter(|line| line.ends_with(": test")).count();
        if count == 0 {
            return Err(format!("{package} has no test whose name begins with loom_"));
        }
        let what = format!("{package}: {count} loom models");
        step(site, &what, &mut models(site, package)?, LIMIT)?;
    }
    Ok(())
}

/// Whether there are to be some: the runtime has, and who else depends on loom.
fn has_models(site: &Site, package: &str) -> bool {
    let manifest = fs::read_to_string(site.root().join(package).join("Cargo.toml"));
    package == "gmp-core" || manifest.is_ok_and(|text| text.contains("cfg(gmp_loom)"))
}

fn models(site: &Site, package: &str) -> Outcome<Command> {
    let mut cargo = site.cargo("test")?;
    cargo.args(["--quiet", "--release", "-p", package, "--lib", "--", "loom_"]);
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
