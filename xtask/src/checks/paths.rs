//! Paths named in code spans of the documents that map the repository.

use crate::checks::markdown::Document;
use crate::tree::Tree;

/// The documents that speak of this repository's files and of no one else's.
const MAPS: &[&str] = &["ARCHITECTURE.md", "CONTRIBUTING.md"];

/// Names with these endings are files of the repository.
const ENDINGS: &[&str] = &[".rs", ".md", ".toml", ".txt", ".sh", ".stderr", ".yml"];

/// The code spans of `file` that look like paths and lead nowhere.
pub(super) fn dead(tree: &Tree, file: &str, document: &Document) -> Vec<String> {
    if !MAPS.contains(&file) {
        return Vec::new();
    }
    let spans = document.spans.iter().filter(|(_, span)| looks_like_path(tree, span));
    spans
        .filter(|(_, span)| !exists(tree, span))
        .map(|(line, span)| format!("{file}:{line}: `{span}`: there is no such path"))
        .collect()
}

fn looks_like_path(tree: &Tree, span: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
    if !span.bytes().all(plain) || span.starts_with('/') || span.starts_with("target/") {
        return false;
    }
    // `a/b` may be a pair of words, unless `a` is a folder at the top.
    let rooted = span.split_once('/').is_some_and(|(first, _)| tree.has(first));
    rooted || span.ends_with('/') || ENDINGS.iter().any(|ending| span.ends_with(ending))
}

/// Whether `span` is a path from the root, or the last parts of one: a reader
/// inside a crate's chapter needs no more.
fn exists(tree: &Tree, span: &str) -> bool {
    let path = span.trim_end_matches('/');
    let (inner, end) = (format!("/{path}/"), format!("/{path}"));
    tree.has(path) || tree.files().any(|file| file.ends_with(&end) || file.contains(&inner))
}
