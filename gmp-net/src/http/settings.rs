//! The settings of a server, as methods.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::access::Access;
use super::config::{Config, Protocol, nanoseconds};
use super::server::Server;

/// Settings: made before serving. Durations may be given as they are, or as `Option`s, of which
/// `None` is no limit.
impl Server {
    fn with(mut self, change: impl FnOnce(&mut Config)) -> Server {
        change(Arc::make_mut(&mut self.config));
        self
    }

    /// The most bytes of a request's line and headers together; 64 KiB by default. HTTP/1 reads in
    /// pieces of 2 KiB, so a little more may pass.
    ///
    /// ```
    /// let server = gmp_net::http::Server::bind("127.0.0.1:0")?.max_header_bytes(16 << 10);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn max_header_bytes(self, bytes: usize) -> Server {
        self.with(|config| config.max_header_bytes = bytes)
    }

    /// The most headers of a request; 100 by default. Another number costs HTTP/1 an allocation for
    /// each request.
    ///
    /// ```
    /// let server = gmp_net::http::Server::bind("127.0.0.1:0")?.max_headers(20);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn max_headers(self, headers: usize) -> Server {
        self.with(|config| config.max_headers = headers)
    }

    /// The most bytes of a request's body; 32 MiB by default, `None` for any number.
    ///
    /// ```
    /// let server = gmp_net::http::Server::bind("127.0.0.1:0")?.max_body_bytes(1 << 20);
    /// let server = gmp_net::http::Server::bind("127.0.0.1:0")?.max_body_bytes(None);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn max_body_bytes(self, bytes: impl Into<Option<u64>>) -> Server {
        let bytes = bytes.into().unwrap_or(u64::MAX);
        self.with(|config| config.max_body_bytes = bytes)
    }

    /// How long a request's line and headers may take, from the first byte to the last one, and a
    /// new connection to its first byte; 30 seconds by default.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let server = gmp_net::http::Server::bind("127.0.0.1:0")?;
    /// let server = server.header_timeout(Duration::from_secs(5));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn header_timeout(self, time: impl Into<Option<Duration>>) -> Server {
        let time = nanoseconds(time.into());
        self.with(|config| config.header_timeout = time)
    }

    /// How long a connection may be without a request; 90 seconds by default. With HTTP/2 it may be
    /// up to twice as long.
    ///
    /// ```
    /// let server = gmp_net::http::Server::bind("127.0.0.1:0")?.idle_timeout(None);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn idle_timeout(self, time: impl Into<Option<Duration>>) -> Server {
        let time = nanoseconds(time.into());
        self.with(|config| config.idle_timeout = time)
    }

    /// How long a client may send nothing while its request's body is waited for; 60 seconds by
    /// default.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let server = gmp_net::http::Server::bind("127.0.0.1:0")?;
    /// let server = server.read_timeout(Duration::from_secs(5));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn read_timeout(self, time: impl Into<Option<Duration>>) -> Server {
        let time = nanoseconds(time.into());
        self.with(|config| config.read_timeout = time)
    }

    /// How long a client may take nothing of a response; 60 seconds by default.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let server = gmp_net::http::Server::bind("127.0.0.1:0")?;
    /// let server = server.write_timeout(Duration::from_secs(5));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn write_timeout(self, time: impl Into<Option<Duration>>) -> Server {
        let time = nanoseconds(time.into());
        self.with(|config| config.write_timeout = time)
    }

    /// The most connections at once; any number by default. Further clients queue in the kernel
    /// until one ends.
    ///
    /// # Panics
    /// If there are to be none.
    ///
    /// ```
    /// let server = gmp_net::http::Server::bind("127.0.0.1:0")?.max_connections(10_000);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn max_connections(self, connections: usize) -> Server {
        assert!(connections > 0, "a server of no connections serves nobody");
        self.with(|config| config.max_connections = connections)
    }

    /// The most streams that a connection of HTTP/2 may have open at once; 200 by default.
    ///
    /// ```
    /// let server = gmp_net::http::Server::bind("127.0.0.1:0")?.max_streams(50);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn max_streams(self, streams: u32) -> Server {
        self.with(|config| config.max_streams = streams)
    }

    /// Speaks HTTP/1 only; by default it goes by what the client begins with.
    ///
    /// ```
    /// let server = gmp_net::http::Server::bind("127.0.0.1:0")?.http1_only();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn http1_only(self) -> Server {
        self.with(|config| config.protocol = Protocol::Http1)
    }

    /// Speaks HTTP/2 only, without TLS ("prior knowledge").
    ///
    /// ```
    /// let server = gmp_net::http::Server::bind("127.0.0.1:0")?.http2_only();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn http2_only(self) -> Server {
        self.with(|config| config.protocol = Protocol::Http2)
    }

    /// Whether connections get `TCP_NODELAY`; they do by default.
    ///
    /// ```
    /// let server = gmp_net::http::Server::bind("127.0.0.1:0")?.nodelay(false);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn nodelay(self, nodelay: bool) -> Server {
        self.with(|config| config.nodelay = nodelay)
    }

    /// Calls `hook` after each request, on the goroutine of its connection, or of its stream, which
    /// goes on when it returns.
    ///
    /// Costs two allocations and two looks at the clock for each request.
    ///
    /// ```
    /// let server = gmp_net::http::Server::bind("127.0.0.1:0")?.access_log(|access| {
    ///     println!("{} {:?} {:?}", access.status, access.uri, access.duration);
    /// });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn access_log(self, hook: impl Fn(&Access) + Send + Sync + 'static) -> Server {
        self.with(|config| config.access_log = Some(Arc::new(hook)))
    }

    /// Calls `hook` when a connection cannot be accepted for now, as when there are too many open
    /// files: the first time, and then at most every ten seconds. By default a line is written to
    /// stderr.
    ///
    /// ```
    /// let server = gmp_net::http::Server::bind("127.0.0.1:0")?
    ///     .error_log(|error| eprintln!("cannot accept: {error}"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn error_log(self, hook: impl Fn(&io::Error) + Send + Sync + 'static) -> Server {
        self.with(|config| config.error_log = Some(Arc::new(hook)))
    }
}
