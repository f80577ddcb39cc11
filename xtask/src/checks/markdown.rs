//! As much of Markdown as the link checks need.

use std::collections::HashMap;

/// What one document links to and can be linked at.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// Line number and target of every link and image.
    pub(super) links: Vec<(usize, String)>,
    /// The anchors of its headings and of its HTML ids.
    pub(super) anchors: Vec<String>,
    /// Line number and content of every code span.
    pub(super) spans: Vec<(usize, String)>,
}

impl Document {
    pub(super) fn parse(text: &str) -> Self {
        let mut document = Self::default();
        let mut seen = HashMap::new();
        let mut fence: Option<&str> = None;
        for (index, line) in text.lines().enumerate() {
            let trimmed = line.trim_start();
            let marker = ["```", "~~~"].into_iter().find(|marker| trimmed.starts_with(marker));
            match (fence, marker) {
                (Some(open), Some(marker)) if open == marker => fence = None,
                (None, Some(marker)) => fence = Some(marker),
                (Some(_), _) => {}
                (None, None) => document.line(index + 1, line, &mut seen),
            }
        }
        document
    }

    fn line(&mut self, number: usize, line: &str, seen: &mut HashMap<String, usize>) {
        let hashes = line.bytes().take_while(|&byte| byte == b'#').count();
        if (1..=6).contains(&hashes) && line[hashes..].starts_with(' ') {
            self.anchors.push(unique(slug(&line[hashes..]), seen));
        }
        let (prose, spans) = split_spans(line);
        self.spans.extend(spans.into_iter().map(|span| (number, span)));
        for (start, _) in prose.match_indices("](") {
            if let Some(target) = inline_target(&prose[start + 2..]) {
                self.links.push((number, target));
            }
        }
        if let Some((label, target)) = prose.trim_start().split_once("]:")
            && label.starts_with('[')
            && !label.starts_with("[^")
            && let Some(target) = target.split_whitespace().next()
        {
            self.links.push((number, target.to_owned()));
        }
        for attribute in ["href=\"", "src=\""] {
            self.links.extend(attributes(&prose, attribute).map(|value| (number, value)));
        }
        for attribute in [" id=\"", " name=\""] {
            self.anchors.extend(attributes(&prose, attribute));
        }
    }
}

/// The anchor that a heading gets where Markdown is shown on the web.
fn slug(heading: &str) -> String {
    let mut text = heading.trim().trim_end_matches('#').trim_end().to_lowercase();
    // Of a link, only its words count.
    while let Some((head, rest)) = text.split_once("](") {
        let Some((_, tail)) = rest.split_once(')') else { break };
        text = format!("{head}{tail}");
    }
    text.chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            '-' | '_' => Some(c),
            _ => c.is_alphanumeric().then_some(c),
        })
        .collect()
}

/// The second heading of a name is `name-1`, the third `name-2`.
fn unique(slug: String, seen: &mut HashMap<String, usize>) -> String {
    let count = seen.entry(slug.clone()).or_default();
    *count += 1;
    if *count == 1 { slug } else { format!("{slug}-{}", *count - 1) }
}

/// The line with its code spans blanked out, and the spans.
fn split_spans(line: &str) -> (String, Vec<String>) {
    let mut prose = String::new();
    let mut spans = Vec::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        let ticks = rest[start..].bytes().take_while(|&byte| byte == b'`').count();
        let (fence, body) = (&rest[start..start + ticks], &rest[start + ticks..]);
        let Some(end) = body.find(fence) else { break };
        prose.push_str(&rest[..start]);
        spans.push(body[..end].trim().to_owned());
        rest = &body[end + ticks..];
    }
    prose.push_str(rest);
    (prose, spans)
}

/// The target of an inline link, given what follows its `](`.
fn inline_target(rest: &str) -> Option<String> {
    let mut depth = 1;
    let end = rest.find(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    let target = rest[..end].split_whitespace().next().unwrap_or_default();
    Some(target.trim_start_matches('<').trim_end_matches('>').to_owned())
}

fn attributes<'a>(prose: &'a str, attribute: &'a str) -> impl Iterator<Item = String> + 'a {
    prose.match_indices(attribute).filter_map(move |(start, _)| {
        let value = &prose[start + attribute.len()..];
        value.find('"').map(|end| value[..end].to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_get_the_anchors_of_the_web() {
        let text = "# The `go!` macro\n## A [link](x.md), too\n```\n# not a heading\n```\n# Twice\n# Twice\n";
        let anchors = Document::parse(text).anchors;
        assert_eq!(anchors, ["the-go-macro", "a-link-too", "twice", "twice-1"]);
    }

    #[test]
    fn links_of_every_form_are_found() {
        let text = "[a](one.md) ![b](<two.png> \"title\") `[c](code.md)` [`d`](three.md#x(y))\n\
                    [ref]: four.md\n<a id=\"here\" href=\"five.md\">e</a>\n";
        let document = Document::parse(text);
        let targets: Vec<_> = document.links.iter().map(|(_, target)| target.as_str()).collect();
        assert_eq!(targets, ["one.md", "two.png", "three.md#x(y)", "four.md", "five.md"]);
        assert_eq!(document.anchors, ["here"]);
        assert_eq!(document.spans, [(1, "[c](code.md)".to_owned()), (1, "d".to_owned())]);
    }
}
