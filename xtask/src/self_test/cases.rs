//! What is broken for which check, and what the check must then say.

/// One way to break the fixture.
#[derive(Debug)]
pub(super) struct Case {
    /// The check or suite in charge.
    pub(super) subject: &'static str,
    pub(super) what: &'static str,
    pub(super) file: &'static str,
    pub(super) edit: Edit,
    /// Must be part of what the failing check prints.
    pub(super) says: &'static str,
    /// Takes the place of the suite's limits, for a case that hangs.
    pub(super) limit_s: Option<u64>,
}

/// A change of one file.
#[derive(Debug)]
pub(super) enum Edit {
    Append(&'static str),
    Replace(&'static str, &'static str),
    /// So many empty lines more.
    Lengthen(usize),
}

use Edit::{Append, Lengthen, Replace};

const fn case(
    subject: &'static str,
    what: &'static str,
    file: &'static str,
    edit: Edit,
    says: &'static str,
) -> Case {
    Case { subject, what, file, edit, says, limit_s: None }
}

const fn hang(
    subject: &'static str,
    what: &'static str,
    file: &'static str,
    edit: Edit,
    says: &'static str,
) -> Case {
    Case { subject, what, file, edit, says, limit_s: Some(5) }
}

const LIB: &str = "src/lib.rs";
const HELLO: &str = "examples/hello.rs";
const TESTS: &str = "gmp-core/src/tests.rs";
const LIST: &str = "xtask/islands.txt";
const SENT: &str = "crossbeam-channel/tests/mpsc.rs";
const LOCAL: &str = "crossbeam-channel/tests/thread_locals.rs";
const PROGRAM: &str = "compare/gmp/src/main.rs";
const FIGURES: &str = "compare/results.tsv";
const GUARD: &str = "benches/guard.rs";
const RECORD: &str = "benches/guard.txt";
const EXCEPTIONS: &str = "xtask/conformance/exceptions.txt";

pub(super) const ALL: &[Case] = &[
    case("fmt", "a badly formatted file", LIB, Append("fn  spaced( ) {}\n"), "cargo fmt: failed"),
    case("fmt", "one in the comparison", PROGRAM, Append("fn  f( ) {}\n"), "compare/Cargo.toml`"),
    case("lines", "a long file", LIB, Lengthen(500), "src/lib.rs: 5"),
    case("lines", "a long test", TESTS, Lengthen(500), "tests.rs: 5"),
    case("lines", "a long file of Go", "compare/go/main.go", Lengthen(500), "main.go: 5"),
    // Islands.
    case("islands", "an island not listed", LIB, Append(ISLAND), "src/lib.rs: uses unsafe code"),
    case(
        "islands",
        "a listed file that is none",
        LIST,
        Append("src/lib.rs: so\n"),
        "uses no unsafe",
    ),
    case(
        "islands",
        "no reason",
        LIST,
        Replace(": it is the fixture's island", ":"),
        "without a reason",
    ),
    case(
        "islands",
        "a package without the lints",
        "gmp-sync/Cargo.toml",
        Replace("[lints]\nworkspace = true", ""),
        "gmp-sync/Cargo.toml: needs `[lints]",
    ),
    case(
        "islands",
        "a workspace that allows unsafe code",
        "Cargo.toml",
        Replace("unsafe_code = \"deny\"", "unsafe_code = \"warn\""),
        "Cargo.toml: needs `unsafe_code",
    ),
    // Links.
    case(
        "links",
        "a link to nothing",
        "README.md",
        Append("[x](gone.md)\n"),
        "`gone.md`: there is no",
    ),
    case(
        "links",
        "a reference to nothing",
        "README.md",
        Append("[x]: gone.md\n"),
        "`gone.md`: there",
    ),
    case(
        "links",
        "a heading renamed",
        "ARCHITECTURE.md",
        Replace("# The map", "# Map"),
        "no such heading",
    ),
    case("links", "a path in code", "ARCHITECTURE.md", Append("`src/gone.rs`\n"), "`src/gone.rs`"),
    // Words.
    case("words", "a mark in code", LIB, Append(concat!("// TO", "DO: more\n")), "src/lib.rs:26"),
    case("words", "a mark in a text", "README.md", Append(concat!("FIX", "ME\n")), "README.md:"),
    case("words", "a stub", LIB, Append(concat!("fn f() { to", "do!() }\n")), "src/lib.rs:26"),
    case("words", "a test switched off", TESTS, Append(concat!("#[ign", "ore]\n")), "tests.rs:7"),
    case(
        "words",
        "a machine's path",
        "README.md",
        Append(concat!("in /ho", "me/me\n")),
        "README.md:",
    ),
    // Results.
    case(
        "results",
        "a figure that was changed",
        FIGURES,
        Replace("12.000\t", "11.500\t"),
        "compare/RESULTS.md: is not what",
    ),
    case("results", "no figure", FIGURES, Replace("ns", "ms"), "results.tsv:4: not as it is"),
    case(
        "results",
        "a report that was changed",
        "compare/RESULTS.md",
        Replace("12.0 ns", "11.0 ns"),
        "compare/RESULTS.md: is not what",
    ),
    case(
        "results",
        "a picture that was changed",
        "compare/results.svg",
        Replace("8.0x", "9.0x"),
        "compare/results.svg: is not what",
    ),
    case("results", "README's section", "README.md", Replace("8.0x", "9.0x"), "README.md: is not"),
    case("results", "a mark gone", "README.md", Replace("<!-- /speed -->", ""), "README.md: needs"),
    // Policy.
    case(
        "policy",
        "a licence",
        "gmp-sync/Cargo.toml",
        Replace("license = \"MIT\"", "license = \"GPL-3.0-only\""),
        "gmp-sync: licence GPL-3.0-only",
    ),
    case(
        "policy",
        "a banned crate",
        "deny.toml",
        Replace("evil", "gmp-sync"),
        "gmp-sync: banned: it is",
    ),
    case(
        "policy",
        "a ban without a reason",
        "deny.toml",
        Replace("it is", ""),
        "`evil` has no reason",
    ),
    case("policy", "a stale skip", "deny.toml", Replace("deny = [{", SKIP), "`evil@1.0.0` fits no"),
    case(
        "policy",
        "a key not read",
        "deny.toml",
        Append("allow-git = []\n"),
        "`sources.allow-git`",
    ),
    case(
        "policy",
        "git allowed",
        "deny.toml",
        Replace("git = \"deny\"", "git = \"allow\""),
        "unknown-git",
    ),
    case("policy", "a git package", "Cargo.lock", Append(GIT), "far: comes from git+https://"),
    case(
        "policy",
        "one in the comparison",
        "compare/Cargo.lock",
        Append(GIT),
        "far: comes from git+https://",
    ),
    case(
        "policy",
        "a licence there",
        "compare/gmp/Cargo.toml",
        Replace("license = \"MIT\"", "license = \"GPL-3.0-only\""),
        "compare-gmp: licence GPL-3.0-only",
    ),
    case(
        "policy",
        "an old lock file there",
        "compare/gmp/Cargo.toml",
        Replace("0.1.0", "0.2.0"),
        "is compare/Cargo.lock up to date?",
    ),
    case(
        "policy",
        "an old lock file",
        "gmp-sync/Cargo.toml",
        Replace("0.1.0", "0.2.0"),
        "is Cargo.lock up to date?",
    ),
    // What the compiler judges.
    case("clippy", "an unused variable", LIB, Append(UNUSED), "unused variable"),
    case("clippy", "one in the comparison", PROGRAM, Append(UNUSED), "unused variable"),
    case("clippy", "one in a test", TESTS, Append(UNUSED), "unused variable"),
    case("clippy", "one on the other backend", TESTS, Append(UNUSED_GENERATOR), "unused variable"),
    case("doc", "a dead link in code", LIB, Replace("[`two`]", "[`three`]"), "unresolved link"),
    case("doc", "one in a private item", LIB, Append(PRIVATE), "unresolved link"),
    // Suites.
    case(
        "test",
        "a failing test",
        TESTS,
        Replace("fn sound() {}", FAILING),
        "tests, debug: failed",
    ),
    case("test", "a failing doc test", LIB, Replace("/// Two.", DOC_TEST), "tests, debug: failed"),
    case(
        "test",
        "one failing in release",
        TESTS,
        Append(FAILING_RELEASE),
        "tests, release: failed",
    ),
    case(
        "test",
        "one failing on the other backend",
        TESTS,
        Append(FAILING_GENERATOR),
        "backend: failed",
    ),
    case("test", "an example that does not build", HELLO, Append(BROKEN), "tests, debug: failed"),
    case("test", "one on the other backend", HELLO, Append(BROKEN_GENERATOR), "examples, gen"),
    hang(
        "test",
        "a test that hangs",
        TESTS,
        Replace("fn sound() {}", HANGING),
        "still running after 5 s",
    ),
    case(
        "loom",
        "a failing model",
        TESTS,
        Replace("fn loom_sound() {}", FAILING_MODEL),
        "models: failed",
    ),
    case(
        "loom",
        "no model",
        TESTS,
        Replace("loom_sound", "sound_too"),
        "no test whose name begins",
    ),
    case("examples", "a failing example", HELLO, Replace("{}", EXIT), "example hello: failed"),
    case(
        "examples",
        "a wrong checksum",
        "examples/checksum.rs",
        Replace("print!(\"", WRONG),
        "prints",
    ),
    hang("examples", "one that hangs", HELLO, Replace("{}", LOOP), "still running after 5 s"),
    case(
        "conformance",
        "a failing test",
        SENT,
        Replace("Ok(1)", "Ok(2)"),
        "threads: mpsc::sent: failed",
    ),
    case(
        "conformance",
        "one failing on goroutines",
        LOCAL,
        Append(FAILING_GOROUTINE),
        "goroutines: thread_locals::named: failed",
    ),
    case(
        "conformance",
        "one that is skipped",
        LOCAL,
        Replace("#[test]", concat!("#[test]\n#[ign", "ore]")),
        "threads: thread_locals::two: did not run",
    ),
    case(
        "conformance",
        "a file without tests",
        LOCAL,
        Replace("#[test]\n", ""),
        "threads, build: there are no tests in thread_locals",
    ),
    case(
        "conformance",
        "one that does not build",
        LOCAL,
        Append(BROKEN),
        "conformance, threads, build: failed",
    ),
    hang(
        "conformance",
        "one that hangs",
        SENT,
        Replace("thread::spawn(move || s.send(1));", "let _kept = s;"),
        "threads: mpsc::sent: still running after 5 s",
    ),
    case(
        "conformance",
        "a rule without a match",
        SENT,
        Replace("cc::crossbeam_channel_internal!", "assert!"),
        "the rule for `cc::crossbeam_channel_internal!` finds nothing in mpsc",
    ),
    case(
        "conformance",
        "threads that no rule sees",
        LOCAL,
        Append("\nuse std::{thread as _};\n"),
        "thread_locals still runs on threads",
    ),
    case(
        "conformance",
        "a stale exception",
        EXCEPTIONS,
        Append("goroutines mpsc::sent: it is slow\n"),
        "goroutines: mpsc::sent: passes, and is still",
    ),
    case(
        "conformance",
        "one for no test",
        EXCEPTIONS,
        Append("threads mpsc::gone: it is slow\n"),
        "threads has no test `mpsc::gone`",
    ),
    case(
        "conformance",
        "one without a reason",
        EXCEPTIONS,
        Append("threads mpsc::sent:\n"),
        "exceptions.txt:2: not of the form",
    ),
    case("bench", "a failing bench", "benches/speed.rs", Replace("{}", EXIT), "benches: failed"),
    case("bench-guard", "more instructions", GUARD, Replace("* 100", "* 106"), ", 6.0 % more"),
    case("bench-guard", "fewer of them", GUARD, Replace("* 100", "* 94"), ", 6.0 % fewer"),
    case("bench-guard", "none", GUARD, Replace("[\"count\"", "[\"other\""), ": it does nothing"),
    case("bench-guard", "a stale record", RECORD, Append("gone: 3.0\n"), "gone: 3.0 on record"),
    case("bench-guard", "an empty one", RECORD, Replace("count: ", "# "), ", and not on record"),
    case(
        "bench-guard",
        "a failing workload",
        GUARD,
        Replace("std::hint::black_box(i)", "std::process::exit(3)"),
        "guard count 10000: failed",
    ),
];

const ISLAND: &str = concat!("#[allow(unsafe_", "code)]\nmod hidden {}\n");
const SKIP: &str = "skip = [{ crate = \"evil@1.0.0\", reason = \"old\" }]\ndeny = [{";
const GIT: &str = "\n[[package]]\nname = \"far\"\nversion = \"1.0.0\"\nsource = \"git+https://far.invalid/far\"\n";
const UNUSED: &str = "\n#[test]\nfn unused() {\n    let one = 1;\n}\n";
const UNUSED_GENERATOR: &str =
    "\n#[cfg(feature = \"generator\")]\nfn unused() {\n    let one = 1;\n}\n";
const PRIVATE: &str = "\n/// See [`three`].\n#[expect(dead_code)]\nfn private() {}\n";
const FAILING: &str = "fn sound() {\n    panic!();\n}";
const DOC_TEST: &str = "/// Two.\n///\n/// ```\n/// assert_eq!(gmp::two(), 3);\n/// ```";
const FAILING_RELEASE: &str =
    "\n#[cfg(not(debug_assertions))]\n#[test]\nfn release() {\n    panic!();\n}\n";
const FAILING_GENERATOR: &str =
    "\n#[cfg(feature = \"generator\")]\n#[test]\nfn generator() {\n    panic!();\n}\n";
const BROKEN: &str = "\nconst ONE: u32 = \"one\";\n";
const BROKEN_GENERATOR: &str = "\n#[cfg(feature = \"generator\")]\nconst ONE: u32 = \"one\";\n";
const HANGING: &str = "fn sound() {\n    loop {\n        std::thread::park();\n    }\n}";
const FAILING_MODEL: &str = "fn loom_sound() {\n    panic!();\n}";
/// A rule changes the text, and so what it is.
const FAILING_GOROUTINE: &str =
    "\n#[test]\nfn named() {\n    assert_eq!(\"std::thread\".len(), 11);\n}\n";
const EXIT: &str = "{ std::process::exit(3) }";
const LOOP: &str = "{ loop { std::thread::park() } }";
const WRONG: &str = "print!(\"0";
