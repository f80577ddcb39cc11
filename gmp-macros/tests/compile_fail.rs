//! What the macros say to those who misuse them: one program per mistake, in `ui/`.
//!
//! The messages are compared on the compiler that they were recorded with, for rustc's part
//! of them changes from one to the next. Elsewhere the programs must still not compile.
//! After a change, `TRYBUILD=overwrite cargo test -p gmp-macros --test compile_fail` records
//! them anew.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// The compiler that the `.stderr` files were recorded with.
const RECORDED_WITH: &str = "rustc 1.95.";
/// Set in the child that checks copies of the programs without comparing.
const COPIES: &str = "GMP_UI_COPIES";

#[test]
fn compile_fail() {
    let cases = trybuild::TestCases::new();
    if let Ok(copies) = env::var(COPIES) {
        cases.compile_fail(format!("{copies}/*/*.rs"));
        return;
    }
    let version = rustc_version();
    if version.starts_with(RECORDED_WITH) {
        cases.compile_fail("tests/ui/*/*.rs");
        return;
    }
    eprintln!(
        "compile_fail: messages are not compared, for they were recorded with {RECORDED_WITH}x \
         and this is {version}; that the programs do not compile is checked"
    );
    let copies = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui");
    copy_programs(Path::new("tests/ui"), &copies);
    // Overwriting the copies' messages is how trybuild is told not to compare.
    let status = Command::new(env::current_exe().unwrap())
        .args(["--exact", "compile_fail", "--nocapture"])
        .env("TRYBUILD", "overwrite")
        .env(COPIES, &copies)
        .status()
        .unwrap();
    assert!(status.success(), "a program in tests/ui compiles: see above");
}

fn rustc_version() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Copies `from/*/*.rs`, without the recorded messages.
fn copy_programs(from: &Path, to: &Path) {
    if to.exists() {
        fs::remove_dir_all(to).unwrap();
    }
    let mut copied = 0;
    for folder in fs::read_dir(from).unwrap() {
        let folder = folder.unwrap();
        fs::create_dir_all(to.join(folder.file_name())).unwrap();
        for file in fs::read_dir(folder.path()).unwrap() {
            let file = file.unwrap();
            if file.path().extension().is_some_and(|extension| extension == "rs") {
                let copy = to.join(folder.file_name()).join(file.file_name());
                fs::copy(file.path(), copy).unwrap();
                copied += 1;
            }
        }
    }
    assert!(copied > 0, "no programs in {}", from.display());
}
