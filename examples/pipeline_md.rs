//! A pipeline: one goroutine walks a tree of files, a few read and hash them, and their
//! results are merged into one channel. Closing the channel `done` stops it half-way.
//!
//! ```text
//! cargo run --release --example pipeline_md
//! ```
//!
//! Fan-out: all digesters receive from the one channel of paths. Fan-in: `merge` has a
//! goroutine for each of their channels. Every send of a stage is a `select!` with `done`, so
//! none of them waits for ever for a receiver that has lost interest.

#[path = "support/leftover.rs"]
mod leftover;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, fs, io, process};

use gmp::chan::{Receiver, Sender, bounded};
use gmp::{go, num_goroutine, select};
use sha2::{Digest as _, Sha256};

const DIRECTORIES: usize = 16;
const FILES_EACH: usize = 32;
const MAX_SIZE: u64 = 64 * 1024;
const DIGESTERS: usize = 8;
const ENOUGH: usize = 20;

type Digest = [u8; 32];
/// Nothing is ever sent over it. It is closed when its sender is dropped.
type Done = Receiver<Infallible>;

struct Digested {
    path: PathBuf,
    digest: io::Result<Digest>,
}

#[gmp::main]
fn main() -> io::Result<()> {
    let tree = Tree::generate()?;
    let goroutines = num_goroutine();

    let start = Instant::now();
    let expected = one_by_one(&tree.root)?;
    let sequential = start.elapsed();

    let start = Instant::now();
    let (stop, done) = bounded(0);
    let mut digests = BTreeMap::new();
    for Digested { path, digest } in pipeline(&done, &tree.root) {
        digests.insert(path, digest?);
    }
    let pipelined = start.elapsed();
    drop(stop);

    let files = DIRECTORIES * FILES_EACH;
    println!("{files} files, {:.1} MB", tree.bytes as f64 / 1e6);
    println!("  one by one:   {sequential:.1?}");
    println!("  {DIGESTERS} digesters:  {pipelined:.1?}");
    assert_eq!(digests, expected);
    assert_eq!(digests.len(), files);
    leftover::assert_no_more_than(goroutines);

    let (stop, done) = bounded(0);
    let results = pipeline(&done, &tree.root);
    let first: Vec<Digested> = results.iter().take(ENOUGH).collect();
    let running = num_goroutine() - goroutines;
    drop(stop);
    // `results` still exists: it is `done` that ends the stages.
    leftover::assert_no_more_than(goroutines);
    println!("stopped after {ENOUGH} files: {running} goroutines were running, none is left");
    assert_eq!(first.len(), ENOUGH);
    assert!(running <= 1 + 2 * DIGESTERS);
    for Digested { path, digest } in first {
        assert_eq!(Some(&digest?), expected.get(&path));
    }
    Ok(())
}

fn pipeline(done: &Done, root: &Path) -> Receiver<Digested> {
    let paths = walk(done.clone(), root.to_owned());
    let digested = (0..DIGESTERS).map(|_| digest(done.clone(), paths.clone())).collect();
    merge(done, digested)
}

/// The first stage: the files below `root`, and whatever cannot be looked at.
fn walk(done: Done, root: PathBuf) -> Receiver<io::Result<PathBuf>> {
    let (out, paths) = bounded(0);
    go! {
        // No recursion: a tree may be deeper than a goroutine's stack.
        let mut directories = vec![root];
        while let Some(directory) = directories.pop() {
            let (files, mut below) = match list(&directory) {
                Ok(listed) => listed,
                Err(error) => {
                    pass(&done, &out, Err(error));
                    return;
                }
            };
            directories.append(&mut below);
            for file in files {
                if !pass(&done, &out, Ok(file)) {
                    return;
                }
            }
        }
    };
    paths
}

/// The files and the directories in `directory`.
fn list(directory: &Path) -> io::Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let entries = fs::read_dir(directory)?.map(|entry| Ok(entry?.path()));
    let paths = entries.collect::<io::Result<Vec<PathBuf>>>()?;
    Ok(paths.into_iter().partition(|path| path.is_file()))
}

/// The second stage, one of several with the same `paths`.
fn digest(done: Done, paths: Receiver<io::Result<PathBuf>>) -> Receiver<Digested> {
    let (out, digested) = bounded(0);
    go! {
        for path in paths {
            let result = match path {
                Ok(path) => Digested { digest: fs::read(&path).map(hash), path },
                Err(error) => Digested { path: PathBuf::new(), digest: Err(error) },
            };
            if !pass(&done, &out, result) {
                return;
            }
        }
    };
    digested
}

/// The last stage: all of `inputs` as one channel, which ends when all of them have.
fn merge(done: &Done, inputs: Vec<Receiver<Digested>>) -> Receiver<Digested> {
    let (out, merged) = bounded(0);
    for input in inputs {
        let (done, out) = (done.clone(), out.clone());
        go! {
            for digested in input {
                if !pass(&done, &out, digested) {
                    return;
                }
            }
        };
    }
    merged
}

/// Sends `value`, unless `done` is closed first. False: it is time to stop.
fn pass<T>(done: &Done, out: &Sender<T>, value: T) -> bool {
    select! {
        sent = out <- value => sent.is_ok(),
        <-done => false,
    }
}

fn one_by_one(root: &Path) -> io::Result<BTreeMap<PathBuf, Digest>> {
    let mut digests = BTreeMap::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        let (files, mut below) = list(&directory)?;
        directories.append(&mut below);
        for path in files {
            let digest = hash(fs::read(&path)?);
            digests.insert(path, digest);
        }
    }
    Ok(digests)
}

fn hash(data: Vec<u8>) -> Digest {
    Sha256::digest(data).into()
}

/// Directories of files in the system's directory for temporary files, removed on drop.
struct Tree {
    root: PathBuf,
    bytes: u64,
}

impl Tree {
    fn generate() -> io::Result<Tree> {
        let root = env::temp_dir().join(format!("gmp-pipeline_md-{}", process::id()));
        let mut tree = Tree { root, bytes: 0 };
        let mut state = 1_u64;
        let mut random = || {
            // Knuth's MMIX generator; its high bits are the better ones.
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        };
        for directory in 0..DIRECTORIES {
            // Every other one is inside its predecessor.
            let parent = tree.root.join(format!("{:02}", directory & !1));
            let path = if directory % 2 == 0 { parent } else { parent.join("inner") };
            fs::create_dir_all(&path)?;
            for file in 0..FILES_EACH {
                let size = random() % MAX_SIZE;
                let data: Vec<u8> = (0..size).map(|_| random() as u8).collect();
                fs::write(path.join(format!("{file:02}")), data)?;
                tree.bytes += size;
            }
        }
        Ok(tree)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        // A directory left behind is not worth a failure.
        let _ = fs::remove_dir_all(&self.root);
    }
}
