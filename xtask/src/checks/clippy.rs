//! No lint of rustc or clippy fires, with either coroutine backend, nor in the comparison.

use std::time::Duration;

use crate::Outcome;
use crate::site::{COMPARE, FULL, Site};
use crate::step;

const LIMIT: Duration = Duration::from_secs(600);

pub(super) fn run(site: &Site) -> Outcome {
    let full = [&["--workspace"][..], &FULL].concat();
    // Nothing else knows how stacks are switched.
    let generator = vec!["-p", "gmp-core", "--features", "generator"];
    let compare = vec!["--manifest-path", COMPARE, "--workspace"];
    for selection in [full, generator, compare] {
        let mut cargo = site.cargo("clippy")?;
        cargo.args(["--quiet", "--all-targets"]).args(&selection);
        cargo.args(["--", "-D", "warnings"]);
        // The second workspace as well: they have most packages in common.
        cargo.env("CARGO_TARGET_DIR", site.target());
        let what = ["cargo clippy"].iter().chain(&selection).copied().collect::<Vec<_>>().join(" ");
        step::run(&what, &mut cargo, site.limit(LIMIT))?;
    }
    Ok(())
}
