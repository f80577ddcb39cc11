//! The facts that figures mean nothing without: machine, versions, commit.

use std::fs;
use std::time::Duration;

use toml::{Table, Value};

use super::results;
use crate::Outcome;
use crate::site::Site;
use crate::step;

const LIMIT: Duration = Duration::from_secs(20);

/// How many CPUs this process may use.
pub(super) fn cpus() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Names and values, in the order they are shown.
pub(super) fn facts(site: &Site, go: Option<&str>) -> Outcome<Vec<(String, String)>> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let mut facts = vec![
        ("date", said(site, "date", &["-u", "+%Y-%m-%d"])?),
        ("machine", model(&read("/proc/cpuinfo"))),
        ("cpus", cpus().to_string()),
        ("memory", memory(&read("/proc/meminfo"))),
        ("kernel", kernel(&read("/proc/sys/kernel/osrelease"))),
        ("gmp", commit(site)),
        ("rustc", rustc(&said(site, "rustc", &["--version"])?)),
        ("go", go.unwrap_or_default().to_owned()),
    ];
    let lock = fs::read_to_string(site.root().join("compare/Cargo.lock"))
        .map_err(|error| format!("cannot read compare/Cargo.lock: {error}"))?;
    let lock: Table = lock.parse().map_err(|error| format!("compare/Cargo.lock: {error}"))?;
    for (name, package) in [
        ("tokio", "tokio"),
        ("hyper", "hyper"),
        ("may", "may"),
        ("may_minihttp", "may_minihttp"),
        ("crossbeam", "crossbeam-channel"),
    ] {
        facts.push((name, locked(&lock, package)));
    }
    facts.retain(|(_, value)| !value.is_empty());
    Ok(facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn said(site: &Site, program: &str, args: &[&str]) -> Outcome<String> {
    let mut command = site.command(program)?;
    let text = step::capture(program, command.args(args), site.limit(LIMIT))?;
    Ok(text.trim().to_owned())
}

/// Not every architecture names its CPUs.
fn model(cpuinfo: &str) -> String {
    let named = cpuinfo.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == "model name").then(|| value.trim().to_owned())
    });
    named.map_or(std::env::consts::ARCH.to_owned(), |name| {
        name.replace("(R)", "").replace("(TM)", "").split_whitespace().collect::<Vec<_>>().join(" ")
    })
}

fn memory(meminfo: &str) -> String {
    let kib = meminfo.lines().find_map(|line| {
        line.strip_prefix("MemTotal:")?.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()
    });
    kib.map_or(String::new(), |kib| format!("{:.1} GiB", kib / f64::from(1 << 20)))
}

/// The number alone: what follows it may name a place.
fn kernel(release: &str) -> String {
    let end = release.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(release.len());
    format!("Linux {}", &release[..end])
}

fn rustc(version: &str) -> String {
    version.split_whitespace().nth(1).unwrap_or(version).to_owned()
}

/// The commit, and `+` where the tree has more than is in it, what this program writes aside.
fn commit(site: &Site) -> String {
    let git = |args: &[&str]| said(site, "git", args);
    let Ok(commit) = git(&["rev-parse", "--short=10", "HEAD"]) else {
        return "unknown commit".to_owned();
    };
    let written = super::render::PATHS.iter().chain([&results::FILE]);
    let without: Vec<String> = written.map(|path| format!(":(exclude){path}")).collect();
    let mut status = vec!["status", "--porcelain", "--", "."];
    status.extend(without.iter().map(String::as_str));
    match git(&status) {
        Ok(changes) if changes.is_empty() => commit,
        _ => format!("{commit}+"),
    }
}

fn locked(lock: &Table, name: &str) -> String {
    let packages = lock.get("package").and_then(Value::as_array).into_iter().flatten();
    let text = |package: &Value, key: &str| {
        package.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let versions = packages.filter(|package| text(package, "name") == name);
    versions.map(|package| text(package, "version")).collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_described() {
        assert_eq!(model("processor\t: 0\nmodel name\t: A(R) CPU(TM)  @ 2 GHz\n"), "A CPU @ 2 GHz");
        assert_eq!(model("CPU part\t: 0xd0c\n"), std::env::consts::ARCH);
        assert_eq!(memory("MemTotal:        8388608 kB\nMemFree: 1 kB\n"), "8.0 GiB");
        assert_eq!(kernel("6.18.44-a-place\n"), "Linux 6.18.44");
        assert_eq!(rustc("rustc 1.95.0 (abc 2026-01-01)"), "1.95.0");
        let lock = "[[package]]\nname = \"may\"\nversion = \"0.3.51\"\n".parse().unwrap();
        assert_eq!(locked(&lock, "may"), "0.3.51");
        assert_eq!(locked(&lock, "tokio"), "");
    }
}
