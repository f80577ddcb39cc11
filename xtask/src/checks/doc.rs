//! The documentation builds without warnings, private items included.

use std::time::Duration;

use crate::Outcome;
use crate::site::{FULL, Site};
use crate::step;

pub(super) fn run(site: &Site) -> Outcome {
    let mut cargo = site.cargo("doc")?;
    cargo.args(["--quiet", "--workspace", "--no-deps", "--document-private-items"]).args(FULL);
    cargo.env("RUSTDOCFLAGS", "-D warnings");
    step::run("cargo doc", &mut cargo, site.limit(Duration::from_secs(300)))
}
