//! Every example runs on small inputs, as `cargo x test` builds it: that the build is used
//! twice is worth more here than fast programs.

use std::process::Command;
use std::time::Duration;

use super::step;
use crate::Outcome;
use crate::metadata::Metadata;
use crate::site::{FULL, Site};
use crate::step::capture;
use crate::tree::Tree;

/// Tells an example to finish within seconds.
const QUICK: &str = "GMP_EXAMPLE_QUICK";

/// The example whose output is known: it prints what `sha256sum` prints for
/// the files of a folder.
const CHECKSUM: &str = "checksum";
const FOLDER: &str = "src";

/// The package of those that need more than the project itself does.
const ECOSYSTEM: &str = "gmp-ecosystem";

const BUILD_LIMIT: Duration = Duration::from_secs(600);
const LIMIT: Duration = Duration::from_secs(60);

pub(crate) fn run(site: &Site) -> Outcome {
    let metadata = Metadata::of_members(site)?;
    let mut names = metadata.root_targets(site.root(), "example");
    if names.is_empty() {
        return Err("the root package has no examples".to_owned());
    }
    names.extend(metadata.targets_of(&[ECOSYSTEM], "example"));
    let mut build = site.cargo("build")?;
    build.args(["--workspace", "--examples"]).args(FULL);
    step(site, "examples build", &mut build, BUILD_LIMIT)?;
    for name in names {
        let what = format!("example {name}");
        let mut command = site.command(site.target().join("debug/examples").join(&name))?;
        command.env(QUICK, "1");
        if name == CHECKSUM {
            site.say(&format!("== {what}"));
            let output = capture(&what, command.arg(FOLDER), site.limit(LIMIT))?;
            compare(site, &what, &output)?;
        } else {
            step(site, &what, &mut command, LIMIT)?;
        }
    }
    Ok(())
}

fn compare(site: &Site, what: &str, output: &str) -> Outcome {
    if Command::new("sha256sum").arg("--version").output().is_err() {
        site.say("   not compared: this machine has no sha256sum");
        return Ok(());
    }
    let tree = Tree::of(site)?;
    let prefix = format!("{FOLDER}/");
    let mut sha256sum = site.command("sha256sum")?;
    sha256sum.args(tree.files().filter(|file| file.starts_with(&prefix)));
    let expected = capture("sha256sum", &mut sha256sum, site.limit(LIMIT))?;
    if output == expected {
        return Ok(());
    }
    Err(format!("{what}: printed\n{output}\nbut sha256sum prints\n{expected}"))
}
