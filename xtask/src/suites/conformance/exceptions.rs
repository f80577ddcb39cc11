//! The tests that are known to fail, each with its reason.

use std::collections::BTreeMap;
use std::fs;

use super::Run;
use crate::Outcome;
use crate::site::Site;

const LIST: &str = "xtask/conformance/exceptions.txt";

/// The reasons by run and test.
#[derive(Debug, Default)]
pub(super) struct Exceptions(BTreeMap<(String, String), String>);

impl Exceptions {
    pub(super) fn load(site: &Site) -> Outcome<Self> {
        let text = fs::read_to_string(site.root().join(LIST))
            .map_err(|error| format!("cannot read {LIST}: {error}"))?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Outcome<Self> {
        let mut exceptions = Self::default();
        for (index, line) in text.lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |why: &str| format!("{LIST}:{}: {why}: {line}", index + 1);
            let parts = line.split_once(": ").and_then(|(head, why)| {
                let (run, test) = head.split_once(' ')?;
                Some((run, test, why.trim()))
            });
            let Some((run, test, why)) = parts.filter(|(.., why)| !why.is_empty()) else {
                return Err(wrong("not of the form `RUN FILE::TEST: why`"));
            };
            if !Run::ALL.iter().any(|known| known.name() == run) {
                return Err(wrong(&format!("there is no run `{run}`")));
            }
            let key = (run.to_owned(), test.to_owned());
            if exceptions.0.insert(key, why.to_owned()).is_some() {
                return Err(wrong("listed twice"));
            }
        }
        Ok(exceptions)
    }

    pub(super) fn reason(&self, run: Run, test: &str) -> Option<&str> {
        self.0.get(&(run.name().to_owned(), test.to_owned())).map(String::as_str)
    }

    /// Entries of `run` for which there is no such test among `tests`.
    pub(super) fn unknown<'a>(
        &self,
        run: Run,
        tests: impl IntoIterator<Item = &'a str>,
    ) -> Vec<String> {
        let tests: Vec<&str> = tests.into_iter().collect();
        let listed = self.0.keys().filter(|(of, _)| of == run.name());
        listed
            .filter(|(_, test)| !tests.contains(&test.as_str()))
            .map(|(_, test)| format!("{LIST}: {} has no test `{test}`", run.name()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_found_by_run_and_name() {
        let text = "# why\n\nthreads zero::drops: it is: so\n";
        let exceptions = Exceptions::parse(text).unwrap();
        assert_eq!(exceptions.reason(Run::Threads, "zero::drops"), Some("it is: so"));
        assert_eq!(exceptions.reason(Run::Goroutines, "zero::drops"), None);
        assert_eq!(exceptions.unknown(Run::Threads, ["zero::drops"]), Vec::<String>::new());
        assert_eq!(exceptions.unknown(Run::Threads, ["zero::smoke"]).len(), 1);
        assert_eq!(exceptions.unknown(Run::Goroutines, []), Vec::<String>::new());
    }

    #[test]
    fn wrong_entries_are_named() {
        for (text, says) in [
            ("threads zero::drops", "not of the form"),
            ("threads zero::drops: ", "not of the form"),
            ("zero::drops: so", "not of the form"),
            ("fibres zero::drops: so", "no run `fibres`"),
            ("threads a::b: so\nthreads a::b: too", "exceptions.txt:2: listed twice"),
        ] {
            let error = Exceptions::parse(text).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }
}
