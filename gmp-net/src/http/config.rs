//! The settings of a server, and their defaults.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::access::Access;

/// Which versions of HTTP are spoken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Protocol {
    /// By what the client sends first.
    Either,
    Http1,
    Http2,
}

/// Called after each request.
pub(super) type AccessHook = Arc<dyn Fn(&Access) + Send + Sync>;
/// Called when a connection cannot be accepted.
pub(super) type ErrorHook = Arc<dyn Fn(&io::Error) + Send + Sync>;

#[derive(Clone)]
pub(super) struct Config {
    pub(super) max_header_bytes: usize,
    pub(super) max_headers: usize,
    pub(super) max_body_bytes: u64,
    /// In nanoseconds, as the other times; `u64::MAX` for no limit.
    pub(super) header_timeout: u64,
    pub(super) idle_timeout: u64,
    pub(super) read_timeout: u64,
    pub(super) write_timeout: u64,
    pub(super) max_connections: usize,
    pub(super) max_streams: u32,
    pub(super) protocol: Protocol,
    pub(super) nodelay: bool,
    pub(super) access_log: Option<AccessHook>,
    pub(super) error_log: Option<ErrorHook>,
}

pub(super) const MAX_HEADER_BYTES: usize = 64 << 10;
/// What hyper's parser has room for without an allocation for each request.
pub(super) const MAX_HEADERS: usize = 100;
const MAX_BODY_BYTES: u64 = 32 << 20;
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);
const READ_TIMEOUT: Duration = Duration::from_secs(60);
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);
const MAX_STREAMS: u32 = 200;

impl Default for Config {
    fn default() -> Config {
        Config {
            max_header_bytes: MAX_HEADER_BYTES,
            max_headers: MAX_HEADERS,
            max_body_bytes: MAX_BODY_BYTES,
            header_timeout: nanoseconds(Some(HEADER_TIMEOUT)),
            idle_timeout: nanoseconds(Some(IDLE_TIMEOUT)),
            read_timeout: nanoseconds(Some(READ_TIMEOUT)),
            write_timeout: nanoseconds(Some(WRITE_TIMEOUT)),
            max_connections: usize::MAX,
            max_streams: MAX_STREAMS,
            protocol: Protocol::Either,
            nodelay: true,
            access_log: None,
            error_log: None,
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("max_header_bytes", &self.max_header_bytes)
            .field("max_headers", &self.max_headers)
            .field("max_body_bytes", &self.max_body_bytes)
            .field("max_connections", &self.max_connections)
            .field("protocol", &self.protocol)
            .finish_non_exhaustive()
    }
}

/// `u64::MAX` for none.
pub(super) fn nanoseconds(time: Option<Duration>) -> u64 {
    time.map_or(u64::MAX, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}
