//! The unsafe islands: the files that opt out of `unsafe_code = "deny"` are
//! exactly those listed in `xtask/islands.txt`, each with its reason.

use std::collections::BTreeMap;
use std::fs;

use toml::Table;

use crate::Outcome;
use crate::checks::verdict;
use crate::site::Site;
use crate::tree::Tree;

const LIST: &str = "xtask/islands.txt";
const HEADER: &str = "# The files that use unsafe code, and why: PATH: REASON.\n\
    # `cargo x islands --write` adds and removes files; reasons are written by hand.\n";

pub(super) fn run(site: &Site) -> Outcome {
    let tree = Tree::of(site)?;
    let listed = listed(&tree)?;
    let found = found(&tree)?;
    let mut findings = lax_manifests(&tree)?;
    for (file, reason) in &listed {
        if !found.contains(file) {
            findings.push(format!("{file}: listed in {LIST}, but uses no unsafe code"));
        } else if reason.is_empty() {
            findings.push(format!("{file}: listed in {LIST} without a reason"));
        }
    }
    for file in found.iter().filter(|&file| !listed.contains_key(file)) {
        findings.push(format!("{file}: uses unsafe code, but is not listed in {LIST}"));
    }
    verdict(&findings, "the unsafe islands are not as listed:")
}

/// Writes the list anew: known reasons stay, a new file waits for its reason.
pub(crate) fn write(site: &Site) -> Outcome {
    let tree = Tree::of(site)?;
    let listed = if tree.has(LIST) { listed(&tree)? } else { BTreeMap::new() };
    let mut text = HEADER.to_owned();
    for file in found(&tree)? {
        let reason = listed.get(&file).map_or("", String::as_str);
        text.push_str(format!("{file}: {reason}").trim_end());
        text.push('\n');
    }
    fs::write(site.root().join(LIST), text).map_err(|error| format!("cannot write {LIST}: {error}"))
}

fn listed(tree: &Tree) -> Outcome<BTreeMap<String, String>> {
    let text = tree.text(LIST)?.ok_or_else(|| format!("{LIST} is not text"))?;
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines
        .map(|line| match line.split_once(':') {
            Some((file, reason)) => Ok((file.to_owned(), reason.trim().to_owned())),
            None => Err(format!("{LIST}: `{line}` is not of the form PATH: REASON")),
        })
        .collect()
}

fn found(tree: &Tree) -> Outcome<Vec<String>> {
    let mut islands = Vec::new();
    for file in tree.with_extension("rs") {
        if tree.text(file)?.is_some_and(|text| is_island(&text)) {
            islands.push(file.to_owned());
        }
    }
    Ok(islands)
}

/// Whether `source` lifts the lint somewhere, however rustfmt broke the lines.
fn is_island(source: &str) -> bool {
    let code: String = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.chars().filter(|c| !c.is_whitespace()))
        .collect();
    ["expect(", "allow(", "warn("].iter().any(|attribute| {
        code.match_indices(attribute).any(|(start, _)| {
            let lints = code[start + attribute.len()..].split(')').next().unwrap_or_default();
            lints.split(',').any(|lint| lint == concat!("unsafe_", "code"))
        })
    })
}

/// The packages that do not take the workspace's lints: there, unsafe code
/// would need no island.
fn lax_manifests(tree: &Tree) -> Outcome<Vec<String>> {
    let mut lax = Vec::new();
    for file in tree.files().filter(|file| file.split('/').next_back() == Some("Cargo.toml")) {
        let text = tree.text(file)?.unwrap_or_default();
        let manifest: Table = text.parse().map_err(|error| format!("{file}: {error}"))?;
        let lints = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        if manifest.contains_key("package") && lints.and_then(toml::Value::as_bool) != Some(true) {
            lax.push(format!("{file}: needs `[lints] workspace = true`"));
        }
        let level = manifest
            .get("workspace")
            .and_then(|w| w.get("lints")?.get("rust")?.get("unsafe_code")?.as_str());
        if manifest.contains_key("workspace") && !matches!(level, Some("deny" | "forbid")) {
            lax.push(format!("{file}: needs `unsafe_code = \"deny\"` in [workspace.lints.rust]"));
        }
    }
    Ok(lax)
}

#[cfg(test)]
mod tests {
    use super::is_island;

    #[test]
    fn islands_are_seen_in_every_layout() {
        let lint = concat!("unsafe_", "code");
        assert!(is_island(&format!("#![expect({lint}, reason = \"...\")]")));
        assert!(is_island(&format!("#![expect(\n    {lint},\n    reason = \"...\"\n)]")));
        assert!(is_island(&format!("#[allow(dead_code, {lint})]")));
        assert!(!is_island(&format!("#![deny({lint})]")));
        assert!(!is_island(&format!("// as #![expect({lint})] says\n")));
    }
}
