//! The files of a site, as the checks see them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::site::Site;

/// Folders that hold no sources, for a tree that is not under git.
const SKIPPED: &[&str] = &[".git", "target", ".cache"];

/// Paths relative to the root, with `/` between the parts, in order.
#[derive(Debug)]
pub(crate) struct Tree {
    root: PathBuf,
    files: BTreeSet<String>,
}

impl Tree {
    /// The files git would commit; without git, all files outside build folders.
    pub(crate) fn of(site: &Site) -> Outcome<Self> {
        let root = site.root();
        let listed = if root.join(".git").exists() { listed_by_git(root) } else { None };
        let files = match listed {
            Some(files) => files,
            None => walk(root)?,
        };
        if files.is_empty() {
            return Err(format!("there are no files in {}", root.display()));
        }
        Ok(Self { root: root.to_path_buf(), files })
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(String::as_str)
    }

    /// The files whose name ends in `.EXTENSION`.
    pub(crate) fn with_extension(&self, extension: &str) -> impl Iterator<Item = &str> {
        self.files()
            .filter(move |file| Path::new(file).extension().is_some_and(|found| found == extension))
    }

    /// Whether `path` is one of the files or a folder above one; "" is the root.
    pub(crate) fn has(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        path.is_empty()
            || self.files.contains(path)
            || self
                .files
                .range(folder.clone()..)
                .next()
                .is_some_and(|file| file.starts_with(&folder))
    }

    /// The text of `file`; `None` if it is not text.
    pub(crate) fn text(&self, file: &str) -> Outcome<Option<String>> {
        let bytes = fs::read(self.root.join(file))
            .map_err(|error| format!("cannot read {file}: {error}"))?;
        Ok(String::from_utf8(bytes).ok())
    }
}

fn listed_by_git(root: &Path) -> Option<BTreeSet<String>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root);
    let output = git.output().ok().filter(|output| output.status.success())?;
    let listed = String::from_utf8(output.stdout).ok()?;
    let files = listed.split('\0').filter(|file| !file.is_empty());
    // A file deleted but not yet committed as deleted is still listed.
    Some(files.filter(|file| root.join(file).is_file()).map(str::to_owned).collect())
}

fn walk(root: &Path) -> Outcome<BTreeSet<String>> {
    let mut files = BTreeSet::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let failed = |error| format!("cannot list {}: {error}", folder.display());
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            if entry.file_type().map_err(failed)?.is_dir() {
                if !SKIPPED.iter().any(|name| entry.file_name() == *name) {
                    folders.push(path);
                }
            } else if let Some(file) = path.strip_prefix(root).ok().and_then(Path::to_str) {
                files.insert(file.to_owned());
            }
        }
    }
    Ok(files)
}
