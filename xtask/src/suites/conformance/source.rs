//! crossbeam-channel's published source, where cargo keeps it.

use std::fs;
use std::path::Path;

use crate::Outcome;
use crate::metadata::Metadata;
use crate::site::Site;

/// The crate whose tests are run.
pub(super) const CRATE: &str = "crossbeam-channel";
/// Has the scopes they run in.
pub(super) const UTILS: &str = "crossbeam-utils";

/// What the suite takes from it.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) version: String,
    pub(super) edition: String,
    /// The version of [`UTILS`], where there is one.
    pub(super) utils: Option<String>,
    /// In order of their names.
    pub(super) files: Vec<TestFile>,
}

/// One file of tests.
#[derive(Debug)]
pub(super) struct TestFile {
    /// Without the extension.
    pub(super) name: String,
    pub(super) text: String,
}

/// The one version in the lock file; cargo downloads it where it is missing.
pub(super) fn find(site: &Site) -> Outcome<Source> {
    choose(&Metadata::of_graph(site, &[])?)
}

fn choose(metadata: &Metadata) -> Outcome<Source> {
    let found: Vec<_> = metadata.packages().filter(|p| p.text("name") == CRATE).collect();
    let [package] = found[..] else {
        return Err(format!("Cargo.lock has {} versions of {CRATE}, not one", found.len()));
    };
    let utils = metadata.packages().find(|p| p.text("name") == UTILS);
    let tests = Path::new(package.text("manifest_path")).with_file_name("tests");
    Ok(Source {
        version: package.text("version").to_owned(),
        edition: package.text("edition").to_owned(),
        utils: utils.map(|package| package.text("version").to_owned()),
        files: read(&tests)?,
    })
}

fn read(folder: &Path) -> Outcome<Vec<TestFile>> {
    let failed = |error| format!("cannot read {CRATE}'s tests in {}: {error}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        files.push(TestFile { name, text: fs::read_to_string(&path).map_err(failed)? });
    }
    if files.is_empty() {
        return Err(format!("there are no tests in {}", folder.display()));
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_source_is_named() {
        let none = Metadata::parse(r#"{"packages": []}"#).unwrap();
        let error = choose(&none).unwrap_err();
        assert_eq!(error, "Cargo.lock has 0 versions of crossbeam-channel, not one");

        let package = r#"{"packages": [{"name": "crossbeam-channel", "manifest_path": "gone/x"}]}"#;
        let error = choose(&Metadata::parse(package).unwrap()).unwrap_err();
        assert!(
            error.starts_with("cannot read crossbeam-channel's tests in gone/tests"),
            "{error}"
        );
    }
}
