//! The static checks: each is a function over a [`Site`].

mod clippy;
mod doc;
mod fmt;
pub(crate) mod islands;
mod licence;
mod lines;
mod links;
mod markdown;
mod paths;
mod policy;
mod results;
mod words;

use std::time::Instant;

use crate::Outcome;
use crate::site::Site;

/// One static check.
#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) run: fn(&Site) -> Outcome,
}

/// The cheap ones first.
pub(crate) const ALL: &[Check] = &[
    Check { name: "fmt", about: "the code is formatted by rustfmt", run: fmt::run },
    Check { name: "lines", about: "no source file is too long", run: lines::run },
    Check { name: "islands", about: "unsafe code is where islands.txt says", run: islands::run },
    Check { name: "links", about: "links and paths in the documents exist", run: links::run },
    Check { name: "words", about: "no unfinished work, no machine's paths", run: words::run },
    Check { name: "results", about: "README has the comparison's figures", run: results::run },
    Check { name: "policy", about: "the packages obey deny.toml", run: policy::run },
    Check { name: "clippy", about: "no lint fires, in any workspace", run: clippy::run },
    Check { name: "doc", about: "the documentation builds without warnings", run: doc::run },
];

/// Runs one check and prints its verdict.
pub(crate) fn run_one(check: &Check, site: &Site) -> Outcome {
    let start = Instant::now();
    let outcome = (check.run)(site);
    let verdict = if outcome.is_ok() { "ok" } else { "FAILED" };
    let seconds = start.elapsed().as_secs_f32();
    site.say(&format!("{:<8} {verdict} ({seconds:.1} s)", check.name));
    outcome
}

/// Runs all checks, and fails at the end if any did.
pub(crate) fn run_all(site: &Site) -> Outcome {
    let failures: Vec<String> = ALL
        .iter()
        .filter_map(|check| {
            let text = run_one(check, site).err()?;
            Some(format!("{}:\n{text}", check.name))
        })
        .collect();
    if failures.is_empty() { Ok(()) } else { Err(format!("\n{}", failures.join("\n\n"))) }
}

/// A verdict from a list of findings, under a line that says what they are.
fn verdict(findings: &[String], heading: &str) -> Outcome {
    if findings.is_empty() {
        return Ok(());
    }
    Err(format!("{heading}\n  {}", findings.join("\n  ")))
}
