//! Every relative link of the documents leads somewhere.

use std::collections::BTreeMap;

use crate::Outcome;
use crate::checks::markdown::Document;
use crate::checks::{paths, verdict};
use crate::site::Site;
use crate::tree::Tree;

pub(super) fn run(site: &Site) -> Outcome {
    let tree = Tree::of(site)?;
    let mut documents = BTreeMap::new();
    for file in tree.with_extension("md") {
        let text = tree.text(file)?.ok_or_else(|| format!("{file} is not text"))?;
        documents.insert(file, Document::parse(&text));
    }
    if documents.is_empty() {
        return Err("there is no .md file to check".to_owned());
    }
    let mut findings = Vec::new();
    for (file, document) in &documents {
        for (line, link) in &document.links {
            if let Err(why) = follow(&tree, &documents, file, link) {
                findings.push(format!("{file}:{line}: `{link}`: {why}"));
            }
        }
        findings.extend(paths::dead(&tree, file, document));
    }
    verdict(&findings, "dead links:")
}

fn follow(
    tree: &Tree,
    documents: &BTreeMap<&str, Document>,
    from: &str,
    link: &str,
) -> Result<(), &'static str> {
    if ["http://", "https://", "mailto:"].iter().any(|scheme| link.starts_with(scheme)) {
        return Ok(());
    }
    let (path, anchor) = match link.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor)),
        None => (link, None),
    };
    let target = if path.is_empty() { from.to_owned() } else { resolve(from, path)? };
    if !tree.has(&target) {
        return Err("there is no such file");
    }
    match (anchor, documents.get(target.as_str())) {
        (None, _) => Ok(()),
        (Some(_), None) => Err("only .md files have anchors; line numbers rot"),
        (Some(anchor), Some(document)) => {
            let known = document.anchors.iter().any(|known| known == anchor);
            if known { Ok(()) } else { Err("the file has no such heading") }
        }
    }
}

/// `path`, seen from the file `from`, as a path from the root.
fn resolve(from: &str, path: &str) -> Result<String, &'static str> {
    if path.starts_with('/') {
        return Err("an absolute path; write it relative to this file");
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.pop().is_none() => return Err("leads out of the repository"),
            ".." => {}
            _ => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn paths_are_resolved_from_their_file() {
        assert_eq!(resolve("a/b.md", "../c/./d.md"), Ok("c/d.md".to_owned()));
        assert_eq!(resolve("a/b.md", ".."), Ok(String::new()));
        assert!(resolve("a.md", "../b.md").is_err());
        assert!(resolve("a.md", "/b.md").is_err());
    }
}
