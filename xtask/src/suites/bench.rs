//! The benches of the root package.

use crate::Outcome;
use crate::metadata::Metadata;
use crate::site::Site;
use crate::step;

/// An hour: benches are run by hand, and are not cut short.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(3600);

pub(crate) fn run(site: &Site, args: &[String]) -> Outcome {
    let names = Metadata::of_members(site)?.root_targets(site.root(), "bench");
    if names.is_empty() {
        return Err("the root package has no benches".to_owned());
    }
    // By name: the library's own empty harness does not know the benches' options.
    let mut cargo = site.cargo("bench")?;
    cargo.args(names.iter().flat_map(|name| ["--bench", name])).arg("--").args(args);
    step::run("benches", &mut cargo, site.limit(LIMIT))
}
