//! The example `checksum`, run as a program: its output, its messages, its exit status.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

/// How long a run may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Builds the example, as `cargo test` does that only when it is asked for everything, and
/// gives its path.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        // TARGET/PROFILE/deps/TEST
        let [profile, target] = [2, 3].map(|up| test.ancestors().nth(up).unwrap());
        let name = match profile.file_name().unwrap().to_str().unwrap() {
            "debug" => "dev",
            name => name,
        };
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--example", "checksum", "--profile", name]);
        cargo.arg("--target-dir").arg(target).current_dir(env!("CARGO_MANIFEST_DIR"));
        // As this test was built, so that nothing is built twice.
        for (feature, is_on) in
            [("generator", cfg!(feature = "generator")), ("full", cfg!(feature = "full"))]
        {
            if is_on {
                cargo.args(["--features", feature]);
            }
        }
        if cfg!(feature = "full") {
            cargo.arg("--workspace");
        }
        assert!(cargo.status().unwrap().success(), "the example is not built");
        profile.join("examples/checksum")
    })
}

struct Outcome {
    code: Option<i32>,
    stdout: Vec<u8>,
    stderr: String,
}

impl Outcome {
    /// Asserts that all went well, without a word, and gives what was printed.
    #[track_caller]
    fn printed(&self) -> &[u8] {
        assert_eq!((self.code, &*self.stderr), (Some(0), ""));
        &self.stdout
    }

    /// Asserts that nothing was printed but one message.
    #[track_caller]
    fn failed(&self, code: i32, message: &str) {
        let printed = String::from_utf8_lossy(&self.stdout);
        assert_eq!((self.code, &*printed, &*self.stderr), (Some(code), "", message));
    }
}

/// Runs the program in the folder `tree`.
fn run(tree: &Tree, args: &[impl AsRef<OsStr>]) -> Outcome {
    let [stdout, stderr] = ["stdout", "stderr"].map(|name| tree.beside(name));
    let mut command = Command::new(program());
    command.args(args).current_dir(tree.path()).stdin(Stdio::null());
    command.stdout(File::create(&stdout).unwrap()).stderr(File::create(&stderr).unwrap());
    let status = wait(command.spawn().unwrap());
    Outcome {
        code: status.code(),
        stdout: fs::read(stdout).unwrap(),
        stderr: fs::read_to_string(stderr).unwrap(),
    }
}

fn wait(mut child: Child) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if start.elapsed() > LIMIT {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("checksum has not ended within {LIMIT:?}");
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// A folder of files, removed at the end.
struct Tree(PathBuf);

impl Tree {
    fn new() -> Tree {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("gmp-checksum-{}-{}", process::id(), COUNT.fetch_add(1, Relaxed));
        let tree = Tree(std::env::temp_dir().join(name));
        fs::create_dir_all(tree.path()).unwrap();
        tree
    }

    fn path(&self) -> PathBuf {
        self.0.join("tree")
    }

    /// A place for files that are not part of the tree.
    fn beside(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: impl AsRef<OsStr>, content: impl AsRef<[u8]>) {
        let path = self.path().join(Path::new(name.as_ref()));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("{} is left over: {error}", self.0.display());
        }
    }
}

const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const NONE: &[&str] = &[];

/// More than one buffer of the program's, and not a multiple of it.
fn big() -> Vec<u8> {
    (0..3_000_001_u32).map(|i| (i >> 8 ^ i) as u8).collect()
}

/// Names in the order of their bytes, each as `sha256sum` prints it.
const NAMES: &[(&[u8], &[u8])] = &[
    (b" space first", b" space first"),
    (b"*[?]$", b"*[?]$"),
    (b"--help", b"--help"),
    (b".hidden", b".hidden"),
    (b"Capital", b"Capital"),
    (b"back\\slash", b"back\\\\slash"),
    (b"big", b"big"),
    (b"dir-more", b"dir-more"),
    (b"dir.more", b"dir.more"),
    (b"dir/big", b"dir/big"),
    (b"dir/deep/er/x", b"dir/deep/er/x"),
    (b"dir/empty", b"dir/empty"),
    (b"dir0", b"dir0"),
    (b"latin1 caf\xe9", b"latin1 caf\xe9"),
    (b"new\nline\nfolder\\/new\nline", b"new\\nline\\nfolder\\\\/new\\nline"),
    (b"tab\t", b"tab\t"),
    ("utf8 caf\u{e9}".as_bytes(), "utf8 caf\u{e9}".as_bytes()),
];

fn content(name: &[u8]) -> Vec<u8> {
    match name {
        _ if name.ends_with(b"big") => big(),
        _ if name.ends_with(b"empty") => Vec::new(),
        _ => name.to_vec(),
    }
}

/// The files of `NAMES`, and things that are not files.
fn odd_tree() -> Tree {
    let tree = Tree::new();
    for (name, _) in NAMES {
        tree.write(OsStr::from_bytes(name), content(name));
    }
    fs::create_dir(tree.path().join("no files")).unwrap();
    symlink("big", tree.path().join("link to a file")).unwrap();
    symlink("dir", tree.path().join("link to a folder")).unwrap();
    symlink("nowhere", tree.path().join("link to nothing")).unwrap();
    UnixListener::bind(tree.path().join("socket")).unwrap();
    tree
}

/// What is to be printed for `NAMES`, each below `prefix`.
fn expected(prefix: &str) -> Vec<u8> {
    let mut lines = Vec::new();
    for (name, printed) in NAMES {
        if name != printed {
            lines.push(b'\\');
        }
        for byte in Sha256::digest(content(name)) {
            lines.extend(format!("{byte:02x}").bytes());
        }
        lines.extend([b"  ", prefix.as_bytes(), printed, b"\n"].concat());
    }
    lines
}

#[test]
fn a_tree_of_odd_names() {
    let tree = odd_tree();
    let expected = expected("./");
    assert_eq!(run(&tree, NONE).printed(), expected);
    for workers in ["1", "2", "7", "1024"] {
        assert_eq!(run(&tree, &["--workers", workers]).printed(), expected, "{workers} workers");
    }
    assert_eq!(run(&tree, &[".", "--workers=3"]).printed(), expected);
}

#[test]
fn the_same_as_sha256sum() {
    let tree = odd_tree();
    let mut sha256sum = Command::new("sha256sum");
    sha256sum.current_dir(tree.path());
    sha256sum.args(NAMES.iter().map(|(name, _)| Path::new(".").join(OsStr::from_bytes(name))));
    match sha256sum.output() {
        Ok(output) => assert_eq!(run(&tree, NONE).printed(), output.stdout),
        Err(error) => eprintln!("not compared: sha256sum: {error}"),
    }
}

#[test]
fn known_digests() {
    let tree = Tree::new();
    tree.write("abc", "abc");
    tree.write("empty", "");
    let expected = format!("{ABC}  ./abc\n{EMPTY}  ./empty\n");
    assert_eq!(run(&tree, NONE).printed(), expected.as_bytes());
}

/// Older versions of `sha256sum` print it as it is, so this is not compared.
#[test]
fn a_carriage_return() {
    let tree = Tree::new();
    tree.write("a\rb", "abc");
    assert_eq!(run(&tree, NONE).printed(), format!("\\{ABC}  ./a\\rb\n").as_bytes());
}

/// Paths begin with DIR as it was given.
#[test]
fn spelling_of_dir() {
    let tree = odd_tree();
    let folder = tree.path();
    let whole = folder.to_str().unwrap();
    assert_eq!(run(&tree, &[whole]).printed(), expected(&format!("{whole}/")));
    for (dir, prefix) in
        [("../tree", "../tree/"), ("./", "./"), (".//", ".//"), ("..//tree/", "..//tree/")]
    {
        assert_eq!(run(&tree, &[dir]).printed(), expected(prefix), "DIR is {dir}");
    }
    let dir = OsString::from("../tree/new\nline\nfolder\\");
    let line = run(&tree, &[dir]).stdout;
    assert!(
        line.starts_with(b"\\")
            && line.ends_with(b"  ../tree/new\\nline\\nfolder\\\\/new\\nline\n")
    );
}

#[test]
fn one_file() {
    let tree = Tree::new();
    tree.write("abc", "abc");
    tree.write("--help", "abc");
    assert_eq!(run(&tree, &["abc"]).printed(), format!("{ABC}  abc\n").as_bytes());
    assert_eq!(run(&tree, &["--", "--help"]).printed(), format!("{ABC}  --help\n").as_bytes());
}

/// As `find` without options: a link given as DIR is not followed, unless `/` is behind it.
#[test]
fn nothing_to_hash() {
    let tree = odd_tree();
    for dir in ["no files", "link to a file", "link to a folder", "link to nothing", "socket"] {
        assert_eq!(run(&tree, &[dir]).printed(), b"", "DIR is {dir}");
    }
    assert_eq!(run(&tree, &["link to a folder/"]).printed().split(|&b| b == b'\n').count(), 4);
}

#[test]
fn no_such_dir() {
    let tree = Tree::new();
    run(&tree, &["nowhere"])
        .failed(1, "checksum: nowhere: No such file or directory (os error 2)\n");
    run(&tree, &[""]).failed(1, "checksum: : No such file or directory (os error 2)\n");
}

#[test]
fn wrong_command_lines() {
    let tree = Tree::new();
    tree.write("abc", "abc");
    let workers = "--workers takes a number from 1 to 1024";
    let cases: &[(&[&str], &str)] = &[
        (&["--workers", "0"], &format!("cannot parse argument \"0\": {workers}")),
        (&["--workers", "abc"], &format!("cannot parse argument \"abc\": {workers}")),
        (&["--workers=-1"], &format!("cannot parse argument \"-1\": {workers}")),
        (&["--workers", ""], &format!("cannot parse argument \"\": {workers}")),
        (&["--workers", "1025"], &format!("cannot parse argument \"1025\": {workers}")),
        (&["--workers"], "missing argument for option '--workers'"),
        (&["--worker", "1"], "invalid option '--worker'"),
        (&["-w"], "invalid option '-w'"),
        (&["a", "b"], "only one DIR is allowed, \"b\" is the second"),
    ];
    for (args, message) in cases {
        let message = format!("checksum: {message}\nTry `checksum --help`.\n");
        run(&tree, args).failed(2, &message);
    }
}

#[test]
fn help() {
    let tree = Tree::new();
    for args in [&["--help"][..], &["-h"], &["nowhere", "--help"]] {
        let outcome = run(&tree, args);
        let text = str::from_utf8(outcome.printed()).unwrap();
        assert!(text.contains("Usage: checksum [DIR] [--workers N]"), "{text}");
    }
}

#[test]
fn a_file_that_fails_to_read() {
    let tree = Tree::new();
    run(&tree, &["/proc/self/mem"])
        .failed(1, "checksum: /proc/self/mem: Input/output error (os error 5)\n");
}

/// A folder whose path is longer than the system takes: nobody can list it, root included.
#[test]
fn a_folder_that_cannot_be_listed() {
    let tree = Tree::new();
    tree.write("abc", "abc");
    let half = ["x".repeat(200).as_str(); 15].join("/");
    for top in ["one", "two"] {
        fs::create_dir_all(tree.path().join(top).join(&half)).unwrap();
    }
    fs::rename(tree.path().join("two"), tree.path().join("one").join(&half).join("two")).unwrap();

    let outcome = run(&tree, NONE);
    assert_eq!(outcome.stdout, format!("{ABC}  ./abc\n").as_bytes());
    assert!(outcome.stderr.starts_with("checksum: ./one/xxx"), "{}", outcome.stderr);
    assert!(
        outcome.stderr.ends_with("x: File name too long (os error 36)\n"),
        "{}",
        outcome.stderr
    );
    assert_eq!(outcome.code, Some(1));
}

#[test]
fn no_permission() {
    let tree = Tree::new();
    tree.write("abc", "abc");
    tree.write("locked", "abc");
    tree.write("shut/abc", "abc");
    let modes = |file, folder| {
        for (name, mode) in [("locked", file), ("shut", folder)] {
            fs::set_permissions(tree.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    modes(0o000, 0o000);
    let privileged = File::open(tree.path().join("locked")).is_ok();
    let outcome = run(&tree, &["--workers", "1"]);
    modes(0o600, 0o700);
    if privileged {
        eprintln!("not tested: this user may read everything");
        return;
    }
    assert_eq!(outcome.stdout, format!("{ABC}  ./abc\n").as_bytes());
    let mut lines: Vec<&str> = outcome.stderr.lines().collect();
    lines.sort_unstable();
    let denied = ["./locked", "./shut"]
        .map(|path| format!("checksum: {path}: Permission denied (os error 13)"));
    assert_eq!(lines, denied);
    assert_eq!(outcome.code, Some(1));
}

/// More files than the program's channels and a pipe hold.
fn many_files() -> Tree {
    let tree = Tree::new();
    for i in 0..1500 {
        tree.write(format!("{:02}/{i:060}", i % 50), "");
    }
    tree
}

#[test]
fn many() {
    let tree = many_files();
    let outcome = run(&tree, &["--workers", "3"]);
    let mut names: Vec<String> =
        (0..1500).map(|i| format!("{EMPTY}  ./{:02}/{i:060}\n", i % 50)).collect();
    names.sort_unstable();
    assert_eq!(outcome.printed(), names.concat().as_bytes());
}

#[test]
fn a_reader_that_goes_away() {
    let tree = many_files();
    let mut command = Command::new(program());
    command.current_dir(tree.path()).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(File::create(tree.beside("stderr")).unwrap());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::with_capacity(200, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with(EMPTY), "{line}");
    assert_eq!(wait(child).code(), Some(0));
    assert_eq!(fs::read_to_string(tree.beside("stderr")).unwrap(), "");
}

#[test]
fn no_room_for_the_output() {
    let tree = Tree::new();
    tree.write("abc", "abc");
    let mut command = Command::new(program());
    command.current_dir(tree.path()).stdin(Stdio::null());
    command.stdout(File::options().write(true).open("/dev/full").unwrap()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut message = String::new();
    child.stderr.take().unwrap().read_to_string(&mut message).unwrap();
    assert_eq!(message, "checksum: standard output: No space left on device (os error 28)\n");
    assert_eq!(wait(child).code(), Some(1));
}
