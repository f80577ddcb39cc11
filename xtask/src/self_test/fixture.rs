//! The sound workspace that the self-test breaks.

use std::fs;
use std::path::{Path, PathBuf};

use super::cases::{Case, Edit};
use crate::Outcome;
use crate::compare::render;
use crate::site::{COMPARE, Site, WORKSPACES};
use crate::step;

const MANIFEST: &str = r#"[workspace]
members = ["gmp-core", "gmp-chan", "gmp-sync", "crossbeam-channel"]
resolver = "3"

[workspace.lints.rust]
unsafe_code = "deny"
unexpected_cfgs = { level = "warn", check-cfg = ['cfg(gmp_loom)'] }

[package]
name = "gmp"
version = "0.1.0"
edition = "2024"
license = "MIT OR Apache-2.0"

[features]
generator = ["gmp-core/generator"]
full = []

[dependencies]
gmp-core = { path = "gmp-core" }
gmp-chan = { path = "gmp-chan" }

[lints]
workspace = true

[[bench]]
name = "speed"
harness = false

[[bench]]
name = "guard"
harness = false
"#;

const LIBRARY: &str = r"//! Sound.

/// One, as [`two`] is not.
pub fn one() -> u32 {
    1
}

/// Two.
pub fn two() -> u32 {
    2
}

// What the conformance suite looks for, as the standard library has it.
pub use core::prelude::v1::test;
pub use std::thread::{JoinHandle, Scope, ScopedJoinHandle, scope, spawn, yield_now as gosched};
pub use std::thread_local as goroutine_local;
/// Time.
pub mod time {
    pub use std::thread::sleep;
}
/// Channels.
pub mod chan {
    pub use std::assert as select;
    pub use std::sync::mpsc::channel as unbounded;
}
";

/// Stands for crossbeam-channel: every rule finds its text in the tests.
const ORIGINAL: &str = r"//! Sound.

pub use std::assert as crossbeam_channel_internal;
pub use std::sync::mpsc::channel as unbounded;
";
const SENT: &str = r"//! Sound.

use crossbeam_channel as cc;
use std::thread;

#[test]
fn sent() {
    let (s, r) = cc::unbounded();
    thread::spawn(move || s.send(1));
    cc::crossbeam_channel_internal!(r.recv() == Ok(1));
}
";
const LOCAL: &str = r"//! Sound, without crossbeam_utils::thread.

thread_local! {
    static TWO: u32 = const { 2 };
}

#[test]
fn two() {
    TWO.with(|two| assert_eq!(*two, 2));
}
";

/// An example that prints what `sha256sum src/lib.rs` prints.
const CHECKSUM: &str = r#"//! Sound.

fn main() {
    let folder = std::env::args().nth(1).unwrap();
    let output = std::process::Command::new("sha256sum").arg(format!("{folder}/lib.rs")).output();
    match output {
        Ok(output) => print!("{}", String::from_utf8(output.stdout).unwrap()),
        Err(_) => println!("not compared where there is no sha256sum"),
    }
}
"#;

/// A workload of which an operation is a hundred times around a loop.
const GUARD: &str = r#"//! Sound.

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--list"] => println!("count 10000"),
        ["count", n] => {
            for i in 0..n.parse::<u64>().unwrap() * 100 {
                std::hint::black_box(i);
            }
        }
        _ => {}
    }
}
"#;

// In pieces, so that this file is not taken for an island itself.
const ISLAND: &str = concat!(
    "//! An island.\n#![expect(unsafe_",
    "code, reason = \"the fixture needs one\")]\n\n\
     /// The byte.\npub fn byte(byte: &u8) -> u8 {\n    unsafe { *std::ptr::from_ref(byte) }\n}\n",
);

/// The second workspace, with its figures.
const COMPARISON: &str = r#"[workspace]
members = ["gmp"]
resolver = "3"

[workspace.lints.rust]
unsafe_code = "deny"
"#;
const FIGURES: &str = "\
# cpus\t2
# rounds\t5
row\tprocs\tcontender\tmedian\tmin\tmax\tunit\tn
yield\t1\tgmp\t12.000\t11.000\t13.000\tns\t5x3
yield\t1\tgo\t96.000\t95.000\t98.000\tns\t5x3
";

const FILES: &[(&str, &str)] = &[
    ("rustfmt.toml", "max_width = 100\nuse_small_heuristics = \"Max\"\n"),
    ("src/lib.rs", LIBRARY),
    ("examples/hello.rs", "//! Sound.\n\nfn main() {}\n"),
    ("examples/checksum.rs", CHECKSUM),
    ("benches/speed.rs", "//! Sound.\n\nfn main() {}\n"),
    ("benches/guard.rs", GUARD),
    ("gmp-core/src/lib.rs", "//! Sound.\n\npub mod island;\n#[cfg(test)]\nmod tests;\n"),
    ("gmp-core/src/island.rs", ISLAND),
    (
        "gmp-core/src/tests.rs",
        "#[test]\nfn sound() {}\n\n#[cfg(gmp_loom)]\n#[test]\nfn loom_sound() {}\n",
    ),
    ("gmp-chan/src/lib.rs", "//! Sound.\n"),
    ("crossbeam-channel/src/lib.rs", ORIGINAL),
    ("crossbeam-channel/tests/mpsc.rs", SENT),
    ("crossbeam-channel/tests/thread_locals.rs", LOCAL),
    ("xtask/conformance/exceptions.txt", "# RUN FILE::TEST: why\n"),
    ("gmp-sync/src/lib.rs", "//! Sound.\n"),
    ("xtask/islands.txt", "gmp-core/src/island.rs: it is the fixture's island\n"),
    (COMPARE, COMPARISON),
    ("compare/gmp/src/main.rs", "//! Sound.\n\nfn main() {}\n"),
    ("compare/go/main.go", "package main\n\nfunc main() {}\n"),
    ("compare/README.md", "# Comparison\n"),
    ("compare/results.tsv", FIGURES),
    (
        "README.md",
        "# Fixture\n\nSee [the map](ARCHITECTURE.md#the-map).\n\n\
         <!-- speed: written by `cargo x compare` -->\n<!-- /speed -->\n",
    ),
    ("ARCHITECTURE.md", "# The map\n\nAll is in `src/lib.rs`.\n"),
    (
        "deny.toml",
        "[graph]\ntargets = [\"x86_64-unknown-linux-gnu\"]\n\n\
         [licenses]\nallow = [\"MIT\"]\n\n\
         [bans]\nmultiple-versions = \"deny\"\ndeny = [{ crate = \"evil\", reason = \"it is\" }]\n\n\
         [sources]\nunknown-registry = \"deny\"\nunknown-git = \"deny\"\n",
    ),
];

/// A folder that is gone when this is dropped.
#[derive(Debug)]
pub(super) struct Fixture {
    /// Holds the workspace and the log beside it.
    home: PathBuf,
    root: PathBuf,
}

impl Fixture {
    /// The `number`th of this process.
    pub(super) fn create(number: usize) -> Outcome<Self> {
        let temporary = std::env::temp_dir();
        // Paths are compared with those cargo prints, which have no links in them.
        let temporary = temporary.canonicalize().unwrap_or(temporary);
        let home = temporary.join(format!("gmp-self-test-{}-{number}", std::process::id()));
        let fixture = Self { root: home.join("site"), home };
        write(&fixture.root.join("Cargo.toml"), MANIFEST)?;
        for (file, text) in FILES {
            write(&fixture.root.join(file), text)?;
        }
        for name in ["gmp-core", "gmp-chan", "gmp-sync", "crossbeam-channel", "compare/gmp"] {
            let features = if name == "gmp-core" { "generator = []\n" } else { "" };
            let folder = fixture.root.join(name);
            write(&folder.join("Cargo.toml"), &member(&name.replace('/', "-"), features))?;
        }
        let site = Site::fixture(&fixture.root, None);
        for manifest in WORKSPACES {
            let mut lock = site.cargo("generate-lockfile")?;
            lock.args(["--manifest-path", manifest]);
            step::run("lock file", &mut lock, std::time::Duration::from_secs(60))
                .map_err(|text| format!("{text}\n{}", site.log()))?;
        }
        render::write(&site)?;
        Ok(fixture)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        // What is left in the temporary folder is no reason to fail.
        let _ = fs::remove_dir_all(&self.home);
    }
}

fn member(name: &str, features: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
         license = \"MIT\"\n\n[features]\n{features}\n[lints]\nworkspace = true\n"
    )
}

fn write(path: &Path, text: &str) -> Outcome {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// A broken file's former state.
#[derive(Debug)]
pub(super) struct Mended {
    path: PathBuf,
    former: String,
}

impl Mended {
    pub(super) fn restore(&self) -> Outcome {
        write(&self.path, &self.former)
    }
}

/// Does to the fixture what `case` asks for.
pub(super) fn break_file(root: &Path, case: &Case) -> Outcome<Mended> {
    let path = root.join(case.file);
    let former = fs::read_to_string(&path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let broken = match case.edit {
        Edit::Append(more) => format!("{former}{more}"),
        Edit::Replace(old, new) if former.contains(old) => former.replacen(old, new, 1),
        Edit::Replace(old, _) => {
            return Err(format!("{}: there is no {old:?} to break in {}", case.what, case.file));
        }
        Edit::Lengthen(lines) => format!("{former}{}", "\n".repeat(lines)),
    };
    write(&path, &broken)?;
    Ok(Mended { path, former })
}
