//! The changes that let a test file run here, as plain replacements of text.

use super::source::TestFile;
use crate::Outcome;

/// Replaces every `from` by `to`; must find at least one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    /// The only file it looks at; every file if empty.
    file: &'static str,
    from: &'static str,
    to: &'static str,
}

const fn everywhere(from: &'static str, to: &'static str) -> Rule {
    Rule { file: "", from, to }
}

const fn within(file: &'static str, from: &'static str, to: &'static str) -> Rule {
    Rule { file, from, to }
}

/// For threads: `select!` by its public name where a file goes behind it.
pub(super) const THREADS: &[Rule] =
    &[within("mpsc", "cc::crossbeam_channel_internal!", "cc::select!")];

/// For goroutines, on top of [`THREADS`]: each test and each thread it starts.
pub(super) const GOROUTINES: &[Rule] = &[
    everywhere("#[test]", "#[gmp::test]"),
    everywhere("std::thread", "goroutine::thread"),
    everywhere("crossbeam_utils::thread", "goroutine::thread"),
    within("thread_locals", "thread_local! {", "gmp::goroutine_local! {"),
];

/// The texts of `files` under all of `rules`.
pub(super) fn apply(files: &[TestFile], rules: &[&[Rule]]) -> Outcome<Vec<TestFile>> {
    let mut texts: Vec<String> = files.iter().map(|file| file.text.clone()).collect();
    for rule in rules.iter().copied().flatten() {
        let mut matched = false;
        for (file, text) in files.iter().zip(&mut texts) {
            if (rule.file.is_empty() || rule.file == file.name) && text.contains(rule.from) {
                matched = true;
                *text = text.replace(rule.from, rule.to);
            }
        }
        if !matched {
            let place = if rule.file.is_empty() { "any file" } else { rule.file };
            return Err(format!("the rule for `{}` finds nothing in {place}", rule.from));
        }
    }
    let named = files.iter().zip(texts);
    Ok(named.map(|(file, text)| TestFile { name: file.name.clone(), text }).collect())
}

/// Threads that [`GOROUTINES`] did not see, as in `use std::{thread, ..}`.
pub(super) fn expect_no_threads(files: &[TestFile]) -> Outcome {
    for file in files {
        for statement in file.text.split(';') {
            let import = statement.rfind("use std::").map_or("", |start| &statement[start..]);
            if import.contains("thread") {
                return Err(format!("{} still runs on threads, by `{import}`", file.name));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> TestFile {
        TestFile { name: name.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_rule_changes_its_file_alone_and_must_match() {
        let files = [file("one", "a b a"), file("two", "a")];
        let texts = |rules: &[Rule]| {
            let changed = apply(&files, &[rules])?;
            Ok(changed.into_iter().map(|file| file.text).collect::<Vec<_>>())
        };
        assert_eq!(texts(&[within("one", "a", "c")]), Ok(vec!["c b c".into(), "a".into()]));
        assert_eq!(texts(&[everywhere("b", "c")]), Ok(vec!["a c a".into(), "a".into()]));
        let error = Err("the rule for `b` finds nothing in two".to_owned());
        assert_eq!(texts(&[within("two", "b", "c")]), error);
    }

    #[test]
    fn threads_in_a_list_are_seen() {
        assert!(
            expect_no_threads(&[file("one", "use std::{\n    fmt,\n    thread,\n};")]).is_err()
        );
        assert!(expect_no_threads(&[file("one", "use std::fmt; use goroutine::thread;")]).is_ok());
    }
}
