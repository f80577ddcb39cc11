//! What `cargo metadata` says about a workspace.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::Outcome;
use crate::site::Site;
use crate::step;

/// Long enough for the download of every package.
const LIMIT: Duration = Duration::from_secs(300);

/// The answer of `cargo metadata`.
#[derive(Debug)]
pub(crate) struct Metadata(Value);

impl Metadata {
    /// The workspace's own packages.
    pub(crate) fn of_members(site: &Site) -> Outcome<Self> {
        Self::load(site, &["--no-deps".to_owned()])
    }

    /// Every package that a build for one of `targets` can use.
    pub(crate) fn of_graph(site: &Site, targets: &[&str]) -> Outcome<Self> {
        Self::of_graph_at(site, "Cargo.toml", targets)
    }

    /// The same of the workspace of `manifest`.
    pub(crate) fn of_graph_at(site: &Site, manifest: &str, targets: &[&str]) -> Outcome<Self> {
        let mut args = vec!["--locked".to_owned(), format!("--manifest-path={manifest}")];
        args.extend(targets.iter().map(|target| format!("--filter-platform={target}")));
        Self::load(site, &args)
    }

    fn load(site: &Site, args: &[String]) -> Outcome<Self> {
        let mut cargo = site.cargo("metadata")?;
        // The dependencies behind this cfg are part of the graph too.
        cargo.args(["--format-version", "1"]).args(args).env("RUSTFLAGS", "--cfg gmp_loom");
        let text = step::capture("cargo metadata", &mut cargo, site.limit(LIMIT))?;
        Self::parse(&text)
    }

    pub(crate) fn parse(text: &str) -> Outcome<Self> {
        let value = serde_json::from_str(text);
        value.map(Self).map_err(|error| format!("cargo metadata: not JSON: {error}"))
    }

    pub(crate) fn packages(&self) -> impl Iterator<Item = Package<'_>> {
        self.0["packages"].as_array().into_iter().flatten().map(Package)
    }

    /// The names of the targets of `kind` ("example", "bench") of the package
    /// whose manifest is `root`'s own.
    pub(crate) fn root_targets(&self, root: &Path, kind: &str) -> Vec<String> {
        let manifest = root.join("Cargo.toml");
        self.targets(kind, |package| Path::new(package.text("manifest_path")) == manifest)
    }

    /// The names of the targets of `kind` of the packages of these names.
    pub(crate) fn targets_of(&self, names: &[&str], kind: &str) -> Vec<String> {
        let mut targets = self.targets(kind, |package| names.contains(&package.text("name")));
        targets.sort();
        targets.dedup();
        targets
    }

    fn targets(&self, kind: &str, of: impl Fn(Package<'_>) -> bool) -> Vec<String> {
        self.packages()
            .filter(|package| of(*package))
            .flat_map(|package| package.0["targets"].as_array().into_iter().flatten())
            .filter(|target| {
                target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|k| k == kind))
            })
            .filter_map(|target| target["name"].as_str().map(str::to_owned))
            .collect()
    }
}

/// One package of the answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Package<'a>(&'a Value);

impl<'a> Package<'a> {
    /// A field that is text; empty where it is missing or null.
    pub(crate) fn text(&self, field: &str) -> &'a str {
        self.0[field].as_str().unwrap_or_default()
    }
}
