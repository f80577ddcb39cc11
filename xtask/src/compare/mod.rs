//! `cargo x compare`: gmp, Go and others, measured in turn on the reader's machine.

mod aims;
mod args;
mod contenders;
mod failure;
mod go;
mod line;
mod machine;
mod picture;
mod progress;
mod ratios;
mod readme;
pub(crate) mod render;
mod report;
mod results;
mod rounds;
mod rows;
mod scale;
mod table;
mod text;
mod units;

use std::fs;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::site::Site;
use args::{Ask, Measure};
use contenders::Contender;
use results::Results;
use rounds::Rounds;
use rows::Row;

pub(crate) use args::USAGE;

/// For one process of one contender.
const LIMIT: Duration = Duration::from_secs(60);
const QUICK_LIMIT: Duration = Duration::from_secs(20);

pub(crate) fn run(site: &Site, args: &[String]) -> Outcome {
    match args::parse(args)? {
        Ask::Help => {
            site.say(USAGE);
            Ok(())
        }
        Ask::Render => render::write(site),
        Ask::Measure(ask) => measure(site, &ask, args),
    }
}

fn measure(site: &Site, ask: &Measure, args: &[String]) -> Outcome {
    let rows = rows::chosen(ask.only.as_deref())?;
    if ask.setup {
        go::setup(site)?;
    }
    let (contenders, missing) = contenders::build(site)?;
    let go = contenders.iter().any(|c| c.name == "go").then(|| go::find(site)).transpose()?;
    let mut facts = machine::facts(site, go.as_ref().map(|go| go.version.as_str()))?;
    let mut results = Results { missing, ..Results::default() };
    let start = Instant::now();
    let failed = all_rows(site, ask, &rows, &contenders, &mut results)?;
    let mut fact = |name: &str, value: String| facts.push((name.to_owned(), value));
    fact("command", [&["cargo x compare".to_owned()], args].concat().join(" "));
    fact("rounds", ask.rounds.to_string());
    fact("took", format!("{:.0} min", (start.elapsed().as_secs_f64() / 60.0).ceil()));
    results.facts = facts;
    site.say("");
    progress::summary(&results).iter().for_each(|line| site.say(line));
    match ask.unwritten() {
        Some(why) => site.say(&format!("nothing is written: {why}")),
        None => {
            fs::write(site.root().join(results::FILE), results.to_tsv())
                .map_err(|error| format!("cannot write {}: {error}", results::FILE))?;
            render::write(site)?;
            site.say(&format!("written: {}, and what it renders to", results::FILE));
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(format!("gmp has no figure in: {}", failed.join(", ")))
}

/// Measures `rows`, and prints each as it is done; returns those that gmp failed in.
fn all_rows(
    site: &Site,
    ask: &Measure,
    rows: &[&Row],
    contenders: &[Contender],
    results: &mut Results,
) -> Outcome<Vec<String>> {
    let home = contenders::home(site);
    let text = rows.iter().any(|row| row.reads_text());
    let text = text.then(|| text::file(site, &home, ask.quick)).transpose()?;
    let load = rows.iter().any(|row| row.is_served());
    let load = load.then(|| contenders::load(site)).transpose()?;
    let limit = if ask.quick { QUICK_LIMIT } else { LIMIT };
    let (quick, count) = (ask.quick, ask.rounds);
    let (text, load) = (text.as_deref(), load.as_deref());
    let rounds = Rounds { site, home: &home, quick, text, load, count, limit };
    let cpus = machine::cpus();
    let mut failed = Vec::new();
    site.say(&format!("\n{}", progress::head(contenders)));
    for row in rows {
        let procs = row.procs.on(cpus);
        if procs.is_empty() {
            site.say(&format!("{} is left out: this machine has {cpus} CPUs", row.name));
        }
        for procs in procs {
            let outcomes = rounds.run(row, procs, contenders)?;
            let lines = progress::lines(row, procs, contenders, &outcomes);
            lines.iter().for_each(|line| site.say(line));
            if outcomes.missing.iter().any(|missing| missing.contender == "gmp") {
                failed.push(format!("{}/{procs}P", row.name));
            }
            results.measured.extend(outcomes.measured);
            results.missing.extend(outcomes.missing);
        }
    }
    Ok(failed)
}
