//! The workspace that is generated to build crossbeam-channel's tests against
//! another channel: one package of tests for each run, and what they import.

use std::fs;
use std::path::{Path, PathBuf};

use super::rewrite;
use super::source::{CRATE, Source, TestFile, UTILS};
use super::{Against, Run};
use crate::Outcome;
use crate::site::Site;

/// Our stand-ins for what the tests import.
const RAND: &str = include_str!("../../../conformance/rand.rs");
const GOROUTINE: &str = include_str!("../../../conformance/goroutine.rs");

/// Not optimised: the tests sleep most of their time, and building them would take three times
/// as long. Checked, for what they may find.
const ROOT: &str = r#"[workspace]
members = ["channel", "rand", "goroutine", "threads", "goroutines"]
resolver = "3"

[profile.release]
opt-level = 0
debug-assertions = true
overflow-checks = true
"#;

/// Not ours to mend.
const LINTS: &str = "\n[lints.rust]\nwarnings = { level = \"allow\", priority = -1 }\n";

const LIB: &str = "src/lib.rs";

/// The generated workspace.
#[derive(Debug)]
pub(super) struct Workspace {
    folder: PathBuf,
}

impl Workspace {
    /// Writes what differs from the last time, so that cargo builds no more than that.
    pub(super) fn generate(site: &Site, source: &Source, against: Against) -> Outcome<Self> {
        let workspace = Self { folder: site.target().join("conformance") };
        workspace.write("Cargo.toml", ROOT)?;
        // All the packages come from the project's lock file, and so do their versions.
        let lock = fs::read_to_string(site.root().join("Cargo.lock"))
            .map_err(|error| format!("cannot read Cargo.lock: {error}"))?;
        workspace.write("Cargo.lock", &lock)?;

        let gmp = format!("gmp = {{ path = {:?} }}\n", site.root());
        let original = exactly("original", CRATE, &source.version);
        let (target, export) = match against {
            Against::Gmp => (&gmp, "pub use gmp::chan::*;\n"),
            Against::Crossbeam => (&original, "pub use original::*;\n"),
        };
        workspace.package("channel", "2024", target, &[(LIB, export)])?;
        workspace.package("rand", "2024", "", &[(LIB, RAND)])?;
        workspace.package("goroutine", "2024", &gmp, &[(LIB, GOROUTINE)])?;

        let imports = local(CRATE, "channel") + &local("rand", "rand");
        let utils = source.utils.as_ref().map(|version| exactly(UTILS, UTILS, version));
        let threads = rewrite::apply(&source.files, &[rewrite::THREADS])?;
        let dependencies = format!("{imports}{}", utils.unwrap_or_default());
        workspace.tests(Run::Threads, source, &dependencies, &threads)?;

        let rules = [rewrite::THREADS, rewrite::GOROUTINES];
        let goroutines = rewrite::apply(&source.files, &rules)?;
        rewrite::expect_no_threads(&goroutines)?;
        let dependencies = format!("{imports}{gmp}{}", local("goroutine", "goroutine"));
        workspace.tests(Run::Goroutines, source, &dependencies, &goroutines)?;
        Ok(workspace)
    }

    pub(super) fn manifest(&self) -> PathBuf {
        self.folder.join("Cargo.toml")
    }

    /// Where cargo builds.
    pub(super) fn target(&self) -> PathBuf {
        self.folder.join("target")
    }

    /// Takes what `test` of `run` prints.
    pub(super) fn log(&self, run: Run, test: &str) -> Outcome<PathBuf> {
        let folder = self.folder.join("logs").join(run.name());
        fs::create_dir_all(&folder)
            .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
        Ok(folder.join(test.replace("::", ".")))
    }

    fn tests(&self, run: Run, source: &Source, uses: &str, files: &[TestFile]) -> Outcome {
        let files: Vec<(String, &str)> = files
            .iter()
            .map(|file| (format!("tests/{}.rs", file.name), file.text.as_str()))
            .collect();
        // A test file of another version must not stay.
        let folder = self.folder.join(run.name()).join("tests");
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = format!("tests/{}", entry.file_name().to_string_lossy());
            if !files.iter().any(|(file, _)| *file == name) {
                fs::remove_file(entry.path()).map_err(|error| {
                    format!("cannot remove {}: {error}", entry.path().display())
                })?;
            }
        }
        let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), *text)).collect();
        self.package(run.name(), &source.edition, &format!("{uses}{LINTS}"), &files)
    }

    /// A package with these dependencies, whatever follows them, and files.
    fn package(&self, name: &str, edition: &str, uses: &str, files: &[(&str, &str)]) -> Outcome {
        let manifest = format!(
            "[package]\nname = {:?}\nversion = \"0.0.0\"\nedition = {edition:?}\n\
             publish = false\n\n[dependencies]\n{uses}",
            package_name(name)
        );
        self.write(&format!("{name}/Cargo.toml"), &manifest)?;
        files.iter().try_for_each(|(file, text)| self.write(&format!("{name}/{file}"), text))
    }

    fn write(&self, file: &str, text: &str) -> Outcome {
        let path = self.folder.join(file);
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            return Ok(());
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| format!("cannot write {}: {error}", path.display()))
    }
}

/// The package in the generated folder `folder`.
pub(super) fn package_name(folder: &str) -> String {
    format!("conformance-{folder}")
}

fn local(name: &str, folder: &str) -> String {
    format!("{name} = {{ package = {:?}, path = \"../{folder}\" }}\n", package_name(folder))
}

fn exactly(name: &str, package: &str, version: &str) -> String {
    format!("{name} = {{ package = {package:?}, version = \"={version}\" }}\n")
}
