//! The suites that run the project's code: tests, models, examples, benches.

pub(crate) mod asan;
pub(crate) mod bench;
pub(crate) mod conformance;
pub(crate) mod examples;
pub(crate) mod loom;
pub(crate) mod test;

use std::process::Command;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::site::Site;
use crate::step;

/// Runs one step of a suite between two lines that name it.
fn step(site: &Site, what: &str, command: &mut Command, limit: Duration) -> Outcome {
    site.say(&format!("== {what} (limit {} s)", limit.as_secs()));
    let start = Instant::now();
    step::run(what, command, site.limit(limit))?;
    site.say(&format!("== {what}: ok ({:.1} s)", start.elapsed().as_secs_f32()));
    Ok(())
}
