//! The packages obey deny.toml: licences, bans, duplicates and sources.
//!
//! The file is cargo-deny's, so that this program may be used on it as well;
//! this check reads the part of it that needs no database and no download
//! beyond the build's own. The comparison's workspace holds what is compared with, in
//! whatever versions that comes: only licences and sources are checked there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use toml::{Table, Value};

use crate::Outcome;
use crate::checks::{licence, verdict};
use crate::metadata::{Metadata, Package};
use crate::site::{COMPARE, Site};

/// What is read of deny.toml; any other key is an error, lest someone rely on it.
const KEYS: &[(&str, &[&str])] = &[
    ("graph", &["targets"]),
    ("licenses", &["allow", "exceptions"]),
    ("bans", &["multiple-versions", "deny", "skip"]),
    ("sources", &["unknown-registry", "unknown-git"]),
];

pub(super) fn run(site: &Site) -> Outcome {
    let rules = table(site, "deny.toml")?;
    let mut findings = stray_keys(&rules);
    findings.extend(foreign_sources(&table(site, "Cargo.lock")?));
    findings.extend(foreign_sources(&table(site, "compare/Cargo.lock")?));
    // Without these the graphs below may not even load.
    verdict(&findings, "deny.toml or a Cargo.lock break the policy:")?;

    let targets = strings(&rules, "graph", "targets");
    let graph = Metadata::of_graph(site, &targets)
        .map_err(|text| format!("{text}\nis Cargo.lock up to date?"))?;
    let packages: Vec<Package<'_>> = graph.packages().collect();
    let compared = Metadata::of_graph_at(site, COMPARE, &targets)
        .map_err(|text| format!("{text}\nis compare/Cargo.lock up to date?"))?;
    let allowed = strings(&rules, "licenses", "allow");
    let exceptions = exceptions(&rules);
    for packages in [&packages, &compared.packages().collect()] {
        if packages.is_empty() {
            return Err("cargo metadata names no package".to_owned());
        }
        findings.extend(strangers(site.root(), packages));
        findings.extend(unlicensed(&allowed, &exceptions, packages));
    }
    findings.extend(stale(&allowed, &exceptions, &packages));
    findings.extend(banned(&entries(&rules, "deny"), &packages));
    findings.extend(duplicates(&entries(&rules, "skip"), &packages));
    verdict(&findings, "packages that deny.toml does not permit:")
}

fn table(site: &Site, file: &str) -> Outcome<Table> {
    let text = std::fs::read_to_string(site.root().join(file))
        .map_err(|error| format!("cannot read {file}: {error}"))?;
    text.parse().map_err(|error| format!("{file}: {error}"))
}

fn stray_keys(rules: &Table) -> Vec<String> {
    let mut stray = Vec::new();
    for (section, value) in rules {
        let known =
            KEYS.iter().find(|(name, _)| name == section).map_or(&[][..], |(_, keys)| *keys);
        let keys = value.as_table().into_iter().flat_map(Table::keys);
        let unread = keys.filter(|key| !known.contains(&key.as_str()));
        stray.extend(unread.map(|key| format!("deny.toml: `{section}.{key}` is not checked here")));
    }
    let strict = [
        ("bans", "multiple-versions"),
        ("sources", "unknown-registry"),
        ("sources", "unknown-git"),
    ];
    for (section, key) in strict {
        let level = rules.get(section).and_then(|section| section.get(key)).and_then(Value::as_str);
        if level != Some("deny") {
            stray.push(format!("deny.toml: `{section}.{key}` must be \"deny\""));
        }
    }
    stray
}

fn strings<'a>(rules: &'a Table, section: &str, key: &str) -> Vec<&'a str> {
    let values = rules.get(section).and_then(|section| section.get(key)).and_then(Value::as_array);
    values.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The crate and the reason of each entry of a list under `[bans]`.
fn entries<'a>(rules: &'a Table, key: &str) -> Vec<(&'a str, &'a str)> {
    let list = rules.get("bans").and_then(|bans| bans.get(key)).and_then(Value::as_array);
    let text = |entry: &'a Value, field: &str| {
        entry.get(field).and_then(Value::as_str).unwrap_or_default()
    };
    list.into_iter().flatten().map(|entry| (text(entry, "crate"), text(entry, "reason"))).collect()
}

/// The crates that may have licences of their own, and which.
fn exceptions<'a>(rules: &'a Table) -> BTreeMap<&'a str, Vec<&'a str>> {
    let list = rules.get("licenses").and_then(|licenses| licenses.get("exceptions"));
    let entry = |entry: &'a Value| {
        let allow = entry.get("allow").and_then(Value::as_array).into_iter().flatten();
        Some((entry.get("crate")?.as_str()?, allow.filter_map(Value::as_str).collect()))
    };
    list.and_then(Value::as_array).into_iter().flatten().filter_map(entry).collect()
}

/// Packages of the lock file from anywhere but the public registry.
fn foreign_sources(lock: &Table) -> Vec<String> {
    let packages = lock.get("package").and_then(Value::as_array).into_iter().flatten();
    let foreign = packages.filter_map(|package| {
        let source = package.get("source")?.as_str()?;
        let path = source.strip_prefix("registry+https://github.com/");
        let name = package.get("name").and_then(Value::as_str).unwrap_or_default();
        (path != Some("rust-lang/crates.io-index")).then(|| format!("{name}: comes from {source}"))
    });
    foreign.collect()
}

/// Packages read from a folder outside the repository.
fn strangers(root: &Path, packages: &[Package<'_>]) -> Vec<String> {
    let local = packages.iter().filter(|package| package.text("source").is_empty());
    local
        .filter(|package| !Path::new(package.text("manifest_path")).starts_with(root))
        .map(|package| format!("{}: lies outside the repository", package.text("name")))
        .collect()
}

fn unlicensed(
    allowed: &[&str],
    exceptions: &BTreeMap<&str, Vec<&str>>,
    packages: &[Package<'_>],
) -> Vec<String> {
    let refusal = |package: &Package<'_>| {
        let (name, expression) = (package.text("name"), package.text("license"));
        let own = exceptions.get(name).map_or(&[][..], Vec::as_slice);
        match licence::permits(&[allowed, own].concat(), expression) {
            Ok(true) => None,
            Ok(false) => Some(format!("{name}: licence {expression}")),
            Err(error) => Some(format!("{name}: {error}")),
        }
    };
    packages.iter().filter_map(refusal).collect()
}

/// Exceptions of crates that are not there, or need none.
fn stale(
    allowed: &[&str],
    exceptions: &BTreeMap<&str, Vec<&str>>,
    packages: &[Package<'_>],
) -> Vec<String> {
    let needs =
        |package: &Package<'_>| licence::permits(allowed, package.text("license")) != Ok(true);
    let needed: BTreeSet<&str> =
        packages.iter().filter(|p| needs(p)).map(|p| p.text("name")).collect();
    let stale = exceptions.keys().filter(|name| !needed.contains(*name));
    stale.map(|name| format!("deny.toml: the exception of `{name}` fits no package")).collect()
}

fn banned(bans: &[(&str, &str)], packages: &[Package<'_>]) -> Vec<String> {
    let mut findings = Vec::new();
    for (name, reason) in bans {
        if reason.is_empty() {
            findings.push(format!("deny.toml: the ban of `{name}` has no reason"));
        }
        if packages.iter().any(|package| package.text("name") == *name) {
            findings.push(format!("{name}: banned: {reason}"));
        }
    }
    findings
}

/// Crates in more than one version; `skips` lists, as `NAME@VERSION`, all
/// versions but one of those that are known.
fn duplicates(skips: &[(&str, &str)], packages: &[Package<'_>]) -> Vec<String> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in packages {
        versions.entry(package.text("name")).or_default().insert(package.text("version"));
    }
    let mut findings = Vec::new();
    for (skip, reason) in skips {
        let (name, version) = skip.split_once('@').unwrap_or((skip, ""));
        let known = versions
            .get_mut(name)
            .is_some_and(|versions| versions.len() > 1 && versions.remove(version));
        if !known {
            findings.push(format!("deny.toml: the skip of `{skip}` fits no duplicate"));
        }
        if reason.is_empty() {
            findings.push(format!("deny.toml: the skip of `{skip}` has no reason"));
        }
    }
    for (name, versions) in versions.iter().filter(|(_, versions)| versions.len() > 1) {
        let list = versions.iter().copied().collect::<Vec<_>>().join(" and ");
        findings.push(format!("{name}: in versions {list}"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata() -> Metadata {
        let package = |name: &str, version: &str, source: &str| {
            let manifest = format!("/there/{name}/Cargo.toml");
            format!(
                "{{\"name\": \"{name}\", \"version\": \"{version}\", {source}
                \"manifest_path\": \"{manifest}\"}}"
            )
        };
        let registry = "\"source\": \"registry+there\",";
        let packages = [
            package("one", "1.0.0", registry),
            package("two", "1.0.0", registry),
            package("two", "2.0.0", registry),
            package("ours", "1.0.0", "\"source\": null,"),
        ];
        Metadata::parse(&format!("{{\"packages\": [{}]}}", packages.join(","))).unwrap()
    }

    #[test]
    fn a_second_version_needs_a_reason() {
        let metadata = metadata();
        let packages: Vec<_> = metadata.packages().collect();
        assert_eq!(duplicates(&[], &packages), ["two: in versions 1.0.0 and 2.0.0"]);
        assert_eq!(duplicates(&[("two@1.0.0", "old")], &packages), [""; 0]);
        let silent = duplicates(&[("two@1.0.0", "")], &packages);
        assert_eq!(silent, ["deny.toml: the skip of `two@1.0.0` has no reason"]);
        let stale = duplicates(&[("two@1.0.0", "old"), ("one@1.0.0", "old")], &packages);
        assert_eq!(stale, ["deny.toml: the skip of `one@1.0.0` fits no duplicate"]);
    }

    #[test]
    fn an_exception_is_for_one_crate() {
        let text = r#"{"packages": [
            {"name": "one", "license": "MIT"},
            {"name": "two", "license": "MIT AND ISC"},
            {"name": "three", "license": "ISC"}
        ]}"#;
        let metadata = Metadata::parse(text).unwrap();
        let packages: Vec<_> = metadata.packages().collect();
        let rules = "[licenses]\nexceptions = [{ crate = \"two\", allow = [\"ISC\"] }]";
        let rules: Table = rules.parse().unwrap();
        let two = exceptions(&rules);
        assert_eq!(unlicensed(&["MIT"], &two, &packages), ["three: licence ISC"]);
        assert_eq!(stale(&["MIT"], &two, &packages), [""; 0]);
        let of_one = BTreeMap::from([("one", vec!["ISC"])]);
        let stale = stale(&["MIT"], &of_one, &packages);
        assert_eq!(stale, ["deny.toml: the exception of `one` fits no package"]);
    }

    #[test]
    fn a_local_package_lies_inside() {
        let metadata = metadata();
        let packages: Vec<_> = metadata.packages().collect();
        assert_eq!(strangers(Path::new("/there"), &packages), [""; 0]);
        let findings = strangers(Path::new("/here"), &packages);
        assert_eq!(findings, ["ours: lies outside the repository"]);
    }
}
