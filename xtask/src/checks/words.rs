//! No marks of unfinished work, and no paths of one machine.

use crate::Outcome;
use crate::checks::verdict;
use crate::site::Site;
use crate::tree::Tree;

// In pieces, so that this file is not a finding itself.
const MARKS: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX")];
const STUBS: &[&str] = &[concat!("to", "do!"), concat!("unimple", "mented!")];
const SKIP: &str = concat!("#[ign", "ore");
const PLACES: &[&str] = &[concat!("/wo", "rk/"), concat!("/tmp/", "gmp"), concat!("/ho", "me/")];

pub(super) fn run(site: &Site) -> Outcome {
    let tree = Tree::of(site)?;
    let mut findings = Vec::new();
    for file in tree.files() {
        let Some(text) = tree.text(file)? else { continue };
        let rust = file.ends_with(".rs");
        for (number, line) in text.lines().enumerate() {
            if let Some(word) = forbidden(line, rust) {
                findings.push(format!("{file}:{}: `{word}` in: {}", number + 1, line.trim()));
            }
        }
    }
    verdict(&findings, "words that must not stay in the repository:")
}

/// The first forbidden word of `line`.
fn forbidden(line: &str, rust: bool) -> Option<&'static str> {
    let name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    // After a dot it is a name of another language's library.
    let marked = found(line, MARKS, |before| !name(before) && before != b'.', |after| !name(after));
    // Inside a longer path it is an ordinary folder.
    let placed = found(line, PLACES, |before| !name(before) && !b".-}".contains(&before), |_| true);
    let stubbed = found(line, STUBS, |before| !name(before), |_| true);
    let skipped = || {
        let (before, _) = line.split_once(SKIP)?;
        // Only as an attribute: documents and messages may speak of it.
        (before.trim_end().is_empty() || before.trim_end().ends_with(']')).then_some(SKIP)
    };
    marked.or(placed).or_else(|| if rust { stubbed.or_else(skipped) } else { None })
}

/// The first of `words` in `line` whose neighbours are as they must be; the
/// ends of the line count as spaces.
fn found(
    line: &str,
    words: &[&'static str],
    before: impl Fn(u8) -> bool,
    after: impl Fn(u8) -> bool,
) -> Option<&'static str> {
    let neighbour = |index: Option<usize>| {
        index.and_then(|index| line.as_bytes().get(index)).copied().unwrap_or(b' ')
    };
    words.iter().copied().find(|word| {
        line.match_indices(word).any(|(start, _)| {
            before(neighbour(start.checked_sub(1))) && after(neighbour(Some(start + word.len())))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_only_where_they_mean_it() {
        let mark = MARKS[0];
        assert_eq!(forbidden(&format!("// {mark}: later"), true), Some(mark));
        assert_eq!(forbidden(&format!("as Go's context.{mark}"), false), None);
        assert_eq!(forbidden(&format!("{mark}S"), true), None);
        assert_eq!(forbidden(&format!("    {}()", STUBS[0]), true), Some(STUBS[0]));
        assert_eq!(forbidden(&format!("    {}()", STUBS[0]), false), None);
        assert_eq!(forbidden(&format!("#[test] {SKIP}]"), true), Some(SKIP));
        assert_eq!(forbidden(&format!("/// composes with `{SKIP}]`"), true), None);
        assert_eq!(forbidden(&format!("see {}x", PLACES[0]), false), Some(PLACES[0]));
        assert_eq!(forbidden(&format!("src{}x", PLACES[0]), false), None);
    }
}
