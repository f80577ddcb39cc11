//! Instructions per operation, counted, beside those on record: what costs more than it did
//! turns red, however busy the machine is.

mod count;
mod figures;

use std::fs;
use std::path::Path;

use crate::Outcome;
use crate::site::Site;
use figures::Figures;

pub(crate) use count::has_counter;

/// The record.
const RECORD: &str = "benches/guard.txt";

/// Counts, and compares with the record; or makes the record, if it is to `write` it.
pub(crate) fn run(site: &Site, write: bool) -> Outcome {
    if !has_counter() {
        return Err("there is no valgrind, which counts the instructions; systems have it in a \
                    package of that name: apt-get install valgrind"
            .to_owned());
    }
    let origin = count::origin(site)?;
    if write {
        let program = count::build(site)?;
        let text = Figures { origin, each: count::all(site, &program)? }.print();
        site.say(&text);
        return fs::write(site.root().join(RECORD), text)
            .map_err(|error| format!("cannot write {RECORD}: {error}"));
    }

    let record = fs::read_to_string(site.root().join(RECORD))
        .map_err(|error| format!("cannot read {RECORD}: {error}; --write makes it"))?;
    let record = Figures::parse(&record).map_err(|why| format!("{RECORD}: {why}"))?;
    if record.origin.machine != origin.machine {
        // Red would only say that this is another kind of machine, and stay.
        println!(
            "bench-guard: SKIPPED, {RECORD} is of {}, and this is {}",
            record.origin.machine, origin.machine
        );
        return Ok(());
    }
    let program = count::build(site)?;
    let counted = Figures { origin, each: count::all(site, &program)? };
    site.say(&record.beside(&counted));
    let findings = record.findings(&counted);
    if findings.is_empty() {
        return Ok(());
    }
    Err(format!(
        "instructions per operation are not those of {RECORD}:\n  {}\n{}",
        findings.join("\n  "),
        advice(&record, &counted, &program)
    ))
}

fn advice(record: &Figures, counted: &Figures, program: &Path) -> String {
    let [then, now] = [record, counted].map(|figures| &figures.origin.compiler);
    let compilers = if then == now {
        format!("Both are by {now}.")
    } else {
        format!(
            "{RECORD} is by {then},\nthis build by {now}: it may be the compilers' doing, which \
             shows when the code before the change is counted as well."
        )
    };
    format!(
        "{compilers}\n\
         To see where they are: valgrind --tool=callgrind {} NAME 100000; callgrind_annotate\n\
         To leave it so: cargo x bench-guard --write; the commit says what it bought, or cost.",
        program.display()
    )
}
