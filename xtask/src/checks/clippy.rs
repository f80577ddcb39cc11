//! No lint of rustc or clippy fires, with either coroutine backend.

use std::time::Duration;

use crate::Outcome;
use crate::site::Site;
use crate::step;

const LIMIT: Duration = Duration::from_secs(600);

pub(super) fn run(site: &Site) -> Outcome {
    for features in [&[][..], &["--features", "generator"]] {
        let mut cargo = site.cargo("clippy")?;
        cargo.args(["--quiet", "--workspace", "--all-targets"]).args(features);
        cargo.args(["--", "-D", "warnings"]);
        let what = ["cargo clippy"].iter().chain(features).copied().collect::<Vec<_>>().join(" ");
        step::run(&what, &mut cargo, site.limit(LIMIT))?;
    }
    Ok(())
}
