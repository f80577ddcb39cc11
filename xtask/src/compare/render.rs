//! What is rendered from `compare/results.tsv`, and whether it is up to date.

use std::fs;
use std::io::ErrorKind;

use super::results::{self, Results};
use super::{picture, readme, report};
use crate::Outcome;
use crate::site::Site;

const REPORT: &str = "compare/RESULTS.md";
const PICTURE: &str = "compare/results.svg";
const README: &str = "README.md";

/// All files that are rendered, README's section with them.
pub(super) const PATHS: [&str; 3] = [REPORT, PICTURE, README];

/// Fails unless all that is rendered is as the figures render now; without figures there
/// must be none of it.
pub(crate) fn check(site: &Site) -> Outcome {
    for (path, expected) in documents(site)? {
        if read(site, path)? != expected {
            let what = if expected.is_some() { "is not what" } else { "is there without" };
            return Err(format!(
                "{path}: {what} {} renders to; run `cargo x compare --render`",
                results::FILE
            ));
        }
    }
    Ok(())
}

/// Writes all of it.
pub(crate) fn write(site: &Site) -> Outcome {
    for (path, text) in documents(site)? {
        let file = site.root().join(path);
        let written = match text {
            Some(text) => fs::write(file, text),
            None => match fs::remove_file(file) {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            },
        };
        written.map_err(|error| format!("cannot write {path}: {error}"))?;
    }
    Ok(())
}

/// Each file with the text it is to have; `None` where there is to be no file.
fn documents(site: &Site) -> Outcome<Vec<(&'static str, Option<String>)>> {
    let results = match read(site, results::FILE)? {
        Some(text) => Some(Results::of_tsv(&text)?),
        None => None,
    };
    let picture = results.as_ref().and_then(picture::render);
    let report = results.as_ref().map(|results| report::render(results, picture.is_some()));
    let section = results.as_ref().map(|results| readme::section(results, picture.is_some()));
    let readme = read(site, README)?.ok_or_else(|| format!("there is no {README}"))?;
    let readme = readme::splice(&readme, &section.unwrap_or_default())?;
    Ok(vec![(REPORT, report), (PICTURE, picture), (README, Some(readme))])
}

/// `None` where there is no such file.
fn read(site: &Site, path: &str) -> Outcome<Option<String>> {
    match fs::read_to_string(site.root().join(path)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("cannot read {path}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use std::{env, process};

    use super::*;

    #[test]
    fn what_is_rendered_comes_and_goes_with_the_figures() {
        let root = env::temp_dir().join(format!("gmp-compare-render-{}", process::id()));
        let site = Site::fixture(&root, None);
        fs::create_dir_all(root.join("compare")).unwrap();
        let empty = "<!-- speed: written by `cargo x compare` -->\n<!-- /speed -->\n";
        fs::write(root.join(README), empty).unwrap();
        assert_eq!(check(&site), Ok(()));

        let mut results = Results::default();
        results.measured.push(results::tests::measured("yield", 1, "gmp", 12.0));
        results.measured.push(results::tests::measured("yield", 1, "go", 96.0));
        fs::write(root.join(results::FILE), results.to_tsv()).unwrap();
        assert!(check(&site).unwrap_err().starts_with("compare/RESULTS.md: is not what"));
        write(&site).unwrap();
        assert_eq!(check(&site), Ok(()));
        assert!(root.join(PICTURE).is_file() && read(&site, README).unwrap().unwrap() != empty);

        fs::remove_file(root.join(results::FILE)).unwrap();
        assert!(check(&site).unwrap_err().starts_with("compare/RESULTS.md: is there without"));
        write(&site).unwrap();
        assert_eq!(check(&site), Ok(()));
        assert!(!root.join(PICTURE).is_file());
        assert_eq!(read(&site, README).unwrap().as_deref(), Some(empty));
        fs::remove_dir_all(&root).unwrap();
    }
}
