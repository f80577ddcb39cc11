//! Connections to databases over streams of gmp: whoever waits for an answer is a parked
//! goroutine, not a blocked thread.

use std::fmt;
use std::io::{self, Write};
use std::path::Path;

use gmp::net::{AsyncStream, UnixStream};
use redis::{ConnectionLike, Parser, RedisResult, Value};
use tokio_postgres::{Client, Config, NoTls};

/// What commands of the redis crate run on: a trait of it, here over a stream that parks.
pub struct Redis {
    stream: UnixStream,
    parser: Parser,
    open: bool,
}

impl Redis {
    /// Connects to the server that listens at `path`.
    ///
    /// # Errors
    /// As [`UnixStream::connect`].
    pub fn connect(path: impl AsRef<Path>) -> io::Result<Redis> {
        Ok(Redis { stream: UnixStream::connect(path)?, parser: Parser::new(), open: true })
    }

    fn exchange(&mut self, commands: &[u8], answers: usize) -> RedisResult<Vec<Value>> {
        let sent = self.stream.write_all(commands).map_err(Into::into);
        let read = |()| (0..answers).map(|_| self.parser.parse_value(&self.stream)).collect();
        // An error that the server answers with is a value like others.
        let answered: RedisResult<_> = sent.and_then(read);
        // Otherwise a later command might get what this one has left unread.
        self.open &= answered.is_ok();
        answered
    }
}

impl ConnectionLike for Redis {
    fn req_packed_command(&mut self, cmd: &[u8]) -> RedisResult<Value> {
        Ok(self.exchange(cmd, 1)?.remove(0))
    }

    fn req_packed_commands(
        &mut self,
        cmd: &[u8],
        offset: usize,
        count: usize,
    ) -> RedisResult<Vec<Value>> {
        Ok(self.exchange(cmd, offset + count)?.split_off(offset))
    }

    fn get_db(&self) -> i64 {
        0
    }

    fn check_connection(&mut self) -> bool {
        redis::cmd("PING").exec(self).is_ok()
    }

    fn is_open(&self) -> bool {
        self.open
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis")
            .field("stream", &self.stream)
            .field("open", &self.open)
            .finish_non_exhaustive()
    }
}

/// Connects to the PostgreSQL server that listens in `folder`.
///
/// The client's calls are futures, for [`gmp::block_on`]. It may be shared: what several have
/// asked is on the way at the same time. A goroutine of its own reads the answers, until the
/// client is dropped.
///
/// # Errors
/// As [`UnixStream::connect`], and what the server has against it.
pub fn postgres(folder: &Path) -> io::Result<Client> {
    let stream = AsyncStream::from(UnixStream::connect(folder.join(".s.PGSQL.5432"))?);
    let connected = gmp::block_on(Config::new().user("postgres").connect_raw(stream, NoTls));
    let (client, connection) = connected.map_err(io::Error::other)?;
    gmp::spawn_future(connection);
    Ok(client)
}
