//! The code is formatted by rustfmt.

use std::time::Duration;

use crate::Outcome;
use crate::site::{Site, WORKSPACES};
use crate::step;

pub(super) fn run(site: &Site) -> Outcome {
    for manifest in WORKSPACES {
        let mut cargo = site.cargo("fmt")?;
        cargo.args(["--all", "--check", "--manifest-path", manifest]);
        step::run("cargo fmt", &mut cargo, site.limit(Duration::from_secs(60)))
            .map_err(|text| format!("{text}\nrun `cargo fmt --all --manifest-path {manifest}`"))?;
    }
    Ok(())
}
