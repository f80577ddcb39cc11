//! "Did you mean" for names that came close.

/// How many letters must be added, removed or replaced to turn one word into the other.
pub(crate) fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

/// The name that `word` was probably meant to be: first by meaning, then by spelling.
pub(crate) fn nearest<'a>(
    word: &str,
    synonyms: &[(&str, &'a str)],
    names: &[&'a str],
) -> Option<&'a str> {
    let word = word.to_lowercase();
    if let Some((_, name)) = synonyms.iter().find(|(synonym, _)| *synonym == word) {
        return Some(name);
    }
    let closest = names.iter().min_by_key(|name| distance(&word, name))?;
    (distance(&word, closest) <= 1 + closest.len() / 4).then_some(*closest)
}

/// `a`, `b` and `c`, in back quotes.
pub(crate) fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        assert_eq!(distance("pinned", "pinned"), 0);
        assert_eq!(distance("pined", "pinned"), 1);
        assert_eq!(distance("", "stack"), 5);
        assert_eq!(distance("stcak", "stack"), 2);
    }

    #[test]
    fn spelling_and_meaning() {
        let names = ["name", "stack", "pinned"];
        assert_eq!(nearest("stak", &[], &names), Some("stack"));
        assert_eq!(nearest("NAME", &[], &names), Some("name"));
        assert_eq!(nearest("label", &[("label", "name")], &names), Some("name"));
        assert_eq!(nearest("priority", &[], &names), None);
    }

    #[test]
    fn lists() {
        assert_eq!(listed(&["a"]), "`a`");
        assert_eq!(listed(&["a", "b", "c"]), "`a`, `b` and `c`");
    }
}
