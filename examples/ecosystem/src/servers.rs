//! Database servers for as long as an example needs them: processes of their own, without a
//! port, that end with the example, whichever way it ends.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Keeps a server until its standard input ends, that is until we close it, or are no more.
const KEEPER: &str = include_str!("servers.sh");

/// A server that runs; stopped, with all that it has stored, when this is dropped.
#[derive(Debug)]
pub struct Server {
    keeper: Child,
    folder: PathBuf,
}

/// Starts Redis, listening at `socket` in its folder. None, after saying why, if it is not
/// installed.
///
/// # Panics
/// If it does not start.
pub fn redis() -> Option<Server> {
    Server::start("redis")
}

/// Starts PostgreSQL, listening in its folder, for the user `postgres`. None, after saying why,
/// if it is not installed.
///
/// # Panics
/// If it does not start.
pub fn postgres() -> Option<Server> {
    Server::start("postgres")
}

impl Server {
    /// Where its sockets are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn start(name: &str) -> Option<Server> {
        let mut shell = Command::new("sh");
        // PostgreSQL's user may not be let into the present folder.
        shell.args(["-c", KEEPER, "servers.sh", name, KEEPER]).current_dir("/");
        // Ctrl-C is for us alone.
        shell.process_group(0);
        let mut keeper = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut line).unwrap();
        match line.trim_end().split_once(": ") {
            Some(("folder", folder)) => Some(Server { keeper, folder: folder.into() }),
            Some(("absent", reason)) => {
                println!("{name}: skipped: {reason}");
                keeper.wait().unwrap();
                None
            }
            _ => panic!("{name} does not start: {}", keeper.wait().unwrap()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // A failure has no consequence but the one that its own message tells.
        let _ = self.keeper.wait();
    }
}
