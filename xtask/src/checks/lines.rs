//! No source file is too long, tests included.

use crate::Outcome;
use crate::checks::verdict;
use crate::site::Site;
use crate::tree::Tree;

const CAP: usize = 500;

pub(super) fn run(site: &Site) -> Outcome {
    let tree = Tree::of(site)?;
    let mut findings = Vec::new();
    for file in tree.with_extension("rs").chain(tree.with_extension("go")) {
        let lines = tree.text(file)?.map_or(0, |text| text.lines().count());
        if lines > CAP {
            findings.push(format!("{file}: {lines} lines"));
        }
    }
    verdict(
        &findings,
        &format!("files over {CAP} lines; find the concept that wants its own file:"),
    )
}
