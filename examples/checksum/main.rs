//! SHA-256 of every file below a directory: a pipeline of goroutines.
//!
//! One goroutine walks the tree and sends paths; workers receive paths and send
//! digests; main collects. Both channels are bounded, so a fast walk waits for
//! slow hashing instead of filling the memory. Standard output is what
//!
//! ```text
//! find DIR -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
//! ```
//!
//! prints. What cannot be read is reported and skipped, and makes the exit status 1.
//!
//! ```text
//! cargo run --release --example checksum -- [DIR] [--workers N]
//! ```

mod args;
mod hash;
mod report;
mod walk;

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use args::{Args, Command};
use gmp::chan::{Receiver, bounded};
use gmp::go;
use hash::Digest;
use indicatif::ProgressBar;

/// How many paths, and how many results, may wait in a channel.
const QUEUE: usize = 256;

/// A path, and its digest or why there is none.
struct Entry {
    path: PathBuf,
    digest: io::Result<Digest>,
}

#[gmp::main]
fn main() -> ExitCode {
    match args::parse() {
        Ok(Command::Run(args)) => run(args),
        Ok(Command::Help) => {
            report::help(args::HELP);
            ExitCode::SUCCESS
        }
        Err(error) => {
            report::problem(format_args!("{error}\nTry `checksum --help`."));
            ExitCode::from(2)
        }
    }
}

fn run(args: Args) -> ExitCode {
    let progress = report::progress();
    let mut files = Vec::new();
    let mut complete = true;
    for Entry { path, digest } in pipeline(args, &progress) {
        match digest {
            Ok(digest) => files.push((path, digest)),
            Err(error) => {
                progress.suspend(|| report::unreadable(&path, &error));
                complete = false;
            }
        }
        progress.inc(1);
    }
    progress.finish_and_clear();

    // By bytes: a path's own order goes by its components.
    files.sort_unstable_by(|(a, _), (b, _)| a.as_os_str().cmp(b.as_os_str()));
    match report::print(&files) {
        // Whoever reads the output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) => {
            report::unreadable(Path::new("standard output"), &error);
            complete = false;
        }
        Ok(()) => {}
    }
    if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Starts the goroutines; the results end when the last of them has dropped its
/// sender.
fn pipeline(args: Args, progress: &ProgressBar) -> Receiver<Entry> {
    let (path_sender, paths) = bounded(QUEUE);
    let (results, receiver) = bounded(QUEUE);

    let (failures, progress) = (results.clone(), progress.clone());
    go!(move || {
        let found = |path| {
            progress.inc_length(1);
            path_sender.send(path).expect("workers receive to the end");
        };
        let failed = |path, error| {
            progress.inc_length(1);
            failures.send(Entry { path, digest: Err(error) }).expect("main receives to the end");
        };
        walk::files(args.dir, found, failed);
    });

    for _ in 0..args.workers {
        let (paths, results) = (paths.clone(), results.clone());
        go!(move || {
            let mut buffer = hash::buffer();
            for path in paths {
                let digest = hash::file(&path, &mut buffer);
                results.send(Entry { path, digest }).expect("main receives to the end");
            }
        });
    }
    receiver
}
