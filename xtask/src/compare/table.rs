//! The tables of figures in `compare/RESULTS.md`.

use std::fmt::Write as _;

use super::contenders::TITLES;
use super::ratios::{self, Place};
use super::results::{Measured, Results};
use super::rows::Group;
use super::units;

/// A table in Markdown; nothing without lines.
pub(super) fn table(head: &[&str], lines: &[Vec<String>]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    for line in lines {
        let _ = writeln!(text, "| {} |", line.join(" | "));
    }
    text
}

/// The lines of `group`'s table.
pub(super) fn places(results: &Results, group: Group) -> Vec<Place> {
    let mut places = ratios::places(results);
    places.retain(|place| {
        let known = TITLES.iter().any(|(name, _)| place.of(results, name).is_some());
        let failed = results.why(place.row.name, place.procs, "gmp").is_some();
        place.row.group == group && (known || failed)
    });
    places
}

/// The table of `group`, and why some of it is empty.
pub(super) fn figures(results: &Results, group: Group) -> String {
    let places = places(results, group);
    let (present, absent): (Vec<_>, Vec<_>) = TITLES
        .into_iter()
        .partition(|(name, _)| places.iter().any(|place| place.of(results, name).is_some()));
    if present.is_empty() {
        return String::new();
    }
    let mut notes: Vec<String> = Vec::new();
    let mut lines = Vec::new();
    for place in &places {
        let mut line = vec![format!("`{place}`<br>{}", place.figure.about)];
        line.extend(present.iter().map(|(name, _)| cell(results, *place, name, &mut notes)));
        lines.push(line);
    }
    let mut head = vec![""];
    head.extend(present.iter().map(|(_, title)| *title));
    let about = group.about().map_or(String::new(), |about| format!("{about}\n\n"));
    let mut text = format!("## {}\n\n{about}{}", group.title(), table(&head, &lines));
    if !notes.is_empty() {
        text += "\n";
    }
    for (index, note) in notes.iter().enumerate() {
        let _ = writeln!(text, "{}. {note}", index + 1);
    }
    for (name, title) in absent {
        let mut reasons: Vec<&str> = places
            .iter()
            .filter_map(|place| results.why(place.row.name, place.procs, name))
            .collect();
        reasons.sort_unstable();
        reasons.dedup();
        if !reasons.is_empty() {
            let _ = writeln!(text, "\nWithout {title}: {}.", reasons.join("; "));
        }
    }
    text + "\n"
}

fn cell(results: &Results, place: Place, name: &str, notes: &mut Vec<String>) -> String {
    let Some(measured) = place.of(results, name) else {
        return match results.why(place.row.name, place.procs, name) {
            Some(why) => format!("- <sup>{}</sup>", note(why, notes)),
            None => "-".to_owned(),
        };
    };
    let Measured { median, min, max, unit, .. } = measured;
    let mut text = units::amount(*median, unit);
    if is_best(results, place, *median) {
        text = format!("**{text}**");
    }
    if name != "gmp"
        && let Some(ratio) = place.over_gmp(results, name)
    {
        text += &format!(" ({})", units::times(ratio));
    }
    if ["gmp", "go"].contains(&name) {
        text += &format!("<br><sub>{}</sub>", units::spread(*min, *median, *max, unit));
    }
    text
}

fn is_best(results: &Results, place: Place, median: f64) -> bool {
    let others = TITLES.iter().filter_map(|(name, _)| place.of(results, name));
    let others: Vec<f64> = others.map(|other| other.median).collect();
    if place.figure.unit == units::RATE {
        others.iter().all(|other| *other <= median)
    } else {
        others.iter().all(|other| *other >= median)
    }
}

/// The number of the note that says `why`.
fn note(why: &str, notes: &mut Vec<String>) -> usize {
    match notes.iter().position(|note| note == why) {
        Some(index) => index + 1,
        None => {
            notes.push(why.to_owned());
            notes.len()
        }
    }
}
