//! A few words on how a contender's program failed.

/// How much of what it said is kept.
const SAID: usize = 120;

/// From the watchdog's `error`, and what it `said` itself.
pub(super) fn what_happened(contender: &str, error: &str, said: &str) -> String {
    let error = error.strip_prefix(contender).and_then(|e| e.strip_prefix(": ")).unwrap_or(error);
    let error = error.split("; killed").next().unwrap_or(error).replace(" (core dumped)", "");
    let end = error.strip_prefix("failed (").and_then(|end| end.strip_suffix(')'));
    let (end, hung) = match end {
        Some(end) => (end, false),
        None => (error.as_str(), true),
    };
    match message(said) {
        Some(message) if !hung => format!("{end}: {message}"),
        _ => end.to_owned(),
    }
}

/// The first thing it said, without the place in its source and the folders of this machine.
fn message(said: &str) -> Option<String> {
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next()?;
    let header = first.starts_with("thread '") || first.starts_with("panicked at");
    let panicked = header && first.contains("panicked at");
    let line = if panicked { lines.next().unwrap_or(first) } else { first };
    let words = line.split_whitespace().map(|word| match word.rsplit_once('/') {
        Some((folder, file)) if folder.contains('/') || word.starts_with('/') => file,
        _ => word,
    });
    let message = words.collect::<Vec<_>>().join(" ");
    Some(match message.char_indices().nth(SAID) {
        Some((end, _)) => format!("{}...", &message[..end]),
        None => message,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_quoted_without_its_place() {
        let said = "\nthread 'main' (7) panicked at src/a.rs:1:2:\nthe sum is wrong\nnote: x\n";
        let happened = what_happened("may", "may: failed (exit status: 101)", said);
        assert_eq!(happened, "exit status: 101: the sum is wrong");
        let hooked = said.replace("thread 'main' (7) ", "");
        let happened = what_happened("may", "may: failed (exit status: 101)", &hooked);
        assert_eq!(happened, "exit status: 101: the sum is wrong");
        let aborted = what_happened("may", "may: failed (signal: 6 (SIGABRT) (core dumped))", "");
        assert_eq!(aborted, "signal: 6 (SIGABRT)");
        let long = what_happened("may", "may: failed (exit status: 1)", &"ä ".repeat(SAID));
        assert_eq!(long, format!("exit status: 1: {}...", "ä ".repeat(SAID / 2)));
        let odd = what_happened("may", "may: cannot start it", "");
        assert_eq!(odd, "cannot start it");
    }
}
