//! A server's side of the protocol: where it listens, how it ends, what it may open.

use std::io::{Read, Write};
use std::{io, process, thread};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What the hello-world server answers.
pub const HELLO: &str = "Hello, world!";
/// The type of [`HELLO`].
pub const PLAIN: &str = "text/plain";
/// The type of a [`Message`](crate::message::Message).
pub const JSON: &str = "application/json";
/// How many bytes a connection's buffer has in the echo of bytes.
pub const ECHO: usize = 4096;

/// Raises the limit of open files as far as it goes; for a server, before it listens.
pub fn raise_files() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum {
        // As many as there are allowed now is what remains where it is refused.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    }
}

/// Says that clients can come to 127.0.0.1:`port`, and ends the process when the standard
/// input does, so that no server outlives the one that started it.
pub fn listening(port: u16) {
    let mut out = io::stdout().lock();
    writeln!(out, "listening {port}").and_then(|()| out.flush()).expect("somebody wants to know");
    // A thread of its own: a contender's threads are not to block in it.
    thread::spawn(|| {
        let mut byte = [0];
        while io::stdin().read(&mut byte).is_ok_and(|read| read > 0) {}
        process::exit(0);
    });
}
