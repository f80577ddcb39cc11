//! Each check is seen to fail: a small workspace, on which all is green, is
//! broken in one place at a time, and the check in charge must turn red and
//! name what was broken.

mod cases;
mod fixture;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use crate::site::Site;
use crate::{Outcome, checks, suites};
use cases::Case;
use fixture::Fixture;

/// What needs valgrind.
const COUNTED: &str = "bench-guard";

/// Each has a fixture of its own: what a case builds keeps one CPU busy, at most.
const WORKERS: usize = 2;

/// Breaks a fixture for every case.
pub(crate) fn run() -> Outcome {
    let start = Instant::now();
    let counts = suites::guard::has_counter();
    if !counts {
        println!("{COUNTED}: SKIPPED, there is no valgrind");
    }
    let possible = |subject: &str| counts || subject != COUNTED;
    let subjects: Vec<&str> = subjects().filter(|name| possible(name)).collect();

    let next = AtomicUsize::new(0);
    let worker = |number: usize| work(number, &subjects, counts, &next);
    let mut findings = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|n| scope.spawn(move || worker(n))).collect();
        let ended = workers.into_iter().map(|worker| match worker.join() {
            Ok(findings) => findings,
            Err(_) => Err("the self-test panicked: see above".to_owned()),
        });
        ended.collect::<Outcome<Vec<_>>>()
    })?
    .concat();
    for name in subjects.iter().filter(|name| !cases::ALL.iter().any(|c| c.subject == **name)) {
        findings.push(format!("{name}: no case breaks it"));
    }
    println!("{} cases, {:.1} s", cases::ALL.len(), start.elapsed().as_secs_f32());
    if findings.is_empty() { Ok(()) } else { Err(findings.join("\n")) }
}

/// Takes one case after the other, until there are no more; returns what is wrong. First it
/// sees its part of the subjects green: all fixtures are the same.
fn work(
    number: usize,
    subjects: &[&str],
    counts: bool,
    next: &AtomicUsize,
) -> Outcome<Vec<String>> {
    let fixture = Fixture::create(number)?;
    let root = fixture.root();
    let site = Site::fixture(root, None);
    if counts {
        suites::guard::run(&site, true).map_err(|text| format!("{text}\n{}", site.log()))?;
    }
    for name in subjects.iter().skip(number).step_by(WORKERS) {
        expect_green(name, &site)?;
    }
    let mut findings = Vec::new();
    while let Some(case) = cases::ALL.get(next.fetch_add(1, Relaxed)) {
        if !subjects.contains(&case.subject) {
            continue;
        }
        let verdict = turns_red(case, root)?;
        println!(
            "{:<11} {}: {}",
            case.subject,
            case.what,
            verdict.as_deref().unwrap_or("red, as it must")
        );
        findings.extend(verdict.map(|why| format!("{}, {}: {why}", case.subject, case.what)));
    }
    Ok(findings)
}

/// All checks, and all suites.
fn subjects() -> impl Iterator<Item = &'static str> {
    let suites = ["test", "loom", "examples", "conformance", "bench", COUNTED];
    checks::ALL.iter().map(|check| check.name).chain(suites)
}

fn examine(subject: &str, site: &Site) -> Outcome {
    match subject {
        "test" => suites::test::run(site),
        "loom" => suites::loom::run(site),
        "examples" => suites::examples::run(site),
        "conformance" => suites::conformance::run(site),
        "bench" => suites::bench::run(site, &[]),
        COUNTED => suites::guard::run(site, false),
        _ => match checks::ALL.iter().find(|check| check.name == subject) {
            Some(check) => (check.run)(site),
            None => Err(format!("there is no check `{subject}`")),
        },
    }
}

fn expect_green(subject: &str, site: &Site) -> Outcome {
    site.clear_log()?;
    examine(subject, site)
        .map_err(|text| format!("{subject} is red on the sound fixture:\n{text}\n{}", site.log()))
}

/// Breaks, examines and mends the fixture; `None` if the check turned red and
/// said why, otherwise what was wrong.
fn turns_red(case: &Case, root: &Path) -> Outcome<Option<String>> {
    let site = Site::fixture(root, case.limit_s.map(Duration::from_secs));
    let mended = fixture::break_file(root, case)?;
    site.clear_log()?;
    let outcome = examine(case.subject, &site);
    mended.restore()?;
    let said = match outcome {
        Ok(()) => return Ok(Some("stayed green".to_owned())),
        Err(text) => format!("{text}\n{}", site.log()),
    };
    let expected = said.contains(case.says);
    Ok((!expected).then(|| format!("red, but without saying {:?}:\n{said}", case.says)))
}
