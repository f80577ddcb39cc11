//! `Server`: its settings, serving, stopping.

use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use tower_service::Service;

use super::answers::{Answers, OfFunction, OfService, Shared};
use super::config::Config;
use super::error::BoxError;
use super::link::Links;
use super::response::IntoResponse;
use super::{Request, accept, http1};
use crate::TcpListener;

/// An HTTP server on a TCP listener.
///
/// A clone is another handle to the same server: what stops one stops all. Settings are made
/// before serving, and hold for the handle they are made on and for later clones of it. See the
/// [module](super) for all limits, their defaults, and what each of them answers.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// # let rt = unsafe { gmp_core::Runtime::builder().start() }.unwrap();
/// # rt.block_on_goroutine(|| -> std::io::Result<()> {
/// use gmp_net::TcpStream;
/// use gmp_net::http::{Request, Server};
/// use std::io::{Read, Write};
/// use std::time::Duration;
///
/// let server = Server::bind("127.0.0.1:0")?;
/// let serving = server.clone();
/// let handle = gmp_core::spawn(move || {
///     serving.serve(|request: Request| format!("you asked for {}", request.uri().path()))
/// });
///
/// let mut stream = TcpStream::connect(server.local_addr()?)?;
/// stream.write_all(b"GET /tea HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
/// let mut text = String::new();
/// stream.read_to_string(&mut text)?;
/// assert!(text.starts_with("HTTP/1.1 200 OK\r\n"));
/// assert!(text.ends_with("you asked for /tea"));
///
/// server.shutdown(Duration::from_secs(1))?;
/// handle.join().unwrap()?;
/// # Ok(()) })
/// # }
/// ```
#[derive(Clone)]
pub struct Server {
    listener: Arc<TcpListener>,
    pub(super) config: Arc<Config>,
    links: Arc<Links>,
}

impl Server {
    /// A server that listens at `addr`. Port 0 is any free one; see
    /// [`local_addr`](Server::local_addr). Clients queue from now on, and are served once
    /// [`serve`](Server::serve) is called.
    ///
    /// # Errors
    /// As [`TcpListener::bind`].
    ///
    /// ```
    /// let server = gmp_net::http::Server::bind("127.0.0.1:0")?;
    /// assert_ne!(server.local_addr()?.port(), 0);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn bind(addr: impl ToSocketAddrs) -> io::Result<Server> {
        Ok(Server::from_listener(TcpListener::bind(addr)?))
    }

    /// A server on a listener that was made elsewhere.
    ///
    /// ```
    /// let listener = gmp_net::TcpListener::bind("127.0.0.1:0")?;
    /// let server = gmp_net::http::Server::from_listener(listener);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn from_listener(listener: TcpListener) -> Server {
        let (listener, config) = (Arc::new(listener), Arc::new(Config::default()));
        Server { listener, config, links: Arc::default() }
    }

    /// Where it listens.
    ///
    /// # Errors
    /// As [`TcpListener::local_addr`].
    ///
    /// ```
    /// let server = gmp_net::http::Server::bind("127.0.0.1:0")?;
    /// assert!(server.local_addr()?.ip().is_loopback());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// How many connections are open now.
    ///
    /// ```
    /// let server = gmp_net::http::Server::bind("127.0.0.1:0")?;
    /// assert_eq!(server.connections(), 0);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn connections(&self) -> usize {
        self.links.len()
    }

    /// Serves requests with `handler`, until [`shutdown`](Server::shutdown) is called by somebody
    /// else. Returns when the last connection has ended, or was cut.
    ///
    /// The handler runs on a goroutine, with all others at the same time: it may park, block, and
    /// take its time. If it panics, the client gets 500 and the connection is closed; so it is
    /// after a `goexit`. The goroutine is the connection's own if the request has no body, or one
    /// that has come with the head; otherwise one is started for it, as for each stream of HTTP/2.
    ///
    /// Several goroutines may serve at the same time.
    ///
    /// # Errors
    /// The listener was closed, or is not one. Not when the system runs out of descriptors: that
    /// is waited for.
    ///
    /// # Panics
    /// If no runtime has been started, with the first connection.
    ///
    /// ```no_run
    /// use gmp_net::http::{Request, Server, StatusCode};
    ///
    /// # unsafe { gmp_core::Runtime::builder().start() }.unwrap();
    /// Server::bind("127.0.0.1:8080")?.serve(|mut request: Request| match request.uri().path() {
    ///     "/" => Ok((StatusCode::OK, "hello".to_owned())),
    ///     "/echo" => request.body_mut().read_text(1 << 20).map(|text| (StatusCode::OK, text)),
    ///     _ => Ok((StatusCode::NOT_FOUND, "nothing here".to_owned())),
    /// })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn serve<F, R>(&self, handler: F) -> io::Result<()>
    where
        F: Fn(Request) -> R + Send + Sync + 'static,
        R: IntoResponse,
    {
        self.run(OfFunction(handler))
    }

    /// As [`serve`](Server::serve), with a tower service: an axum `Router`, for instance.
    ///
    /// Each request gets a clone of it. Its future is driven by the goroutine on which a handler
    /// would run, so it may park, too; no other executor is involved. An error of the service is
    /// answered with 500. A client that goes away does not stop the future.
    ///
    /// # Errors
    /// As [`serve`](Server::serve).
    ///
    /// # Panics
    /// As [`serve`](Server::serve).
    ///
    /// ```no_run
    /// use axum::{Router, routing::get};
    /// use gmp_net::http::Server;
    ///
    /// # unsafe { gmp_core::Runtime::builder().start() }.unwrap();
    /// let router: Router = Router::new().route("/", get(|| async { "hello" }));
    /// Server::bind("127.0.0.1:8080")?.serve_service(router)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn serve_service<S, B>(&self, service: S) -> io::Result<()>
    where
        S: Service<Request, Response = ::http::Response<B>> + Clone + Send + Sync + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
        B: ::http_body::Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
    {
        self.run(OfService(service))
    }

    fn run<A: Answers>(&self, answers: A) -> io::Result<()> {
        let http1 = http1::builder(&self.config);
        let (config, links) = (Arc::clone(&self.config), Arc::clone(&self.links));
        let shared = Arc::new(Shared { answers, config, links, http1 });
        accept::run(&self.listener, &shared)?;
        self.links.wait_for_end();
        Ok(())
    }

    /// Stops the server: no more connections are accepted, idle ones are closed, and requests that
    /// are being answered have `timeout` to come to their end, each the last on its connection.
    /// What is left then is cut off. Returns when all are gone.
    ///
    /// A handler whose connection is cut goes on until it returns; it finds that its request's body
    /// fails.
    ///
    /// # Errors
    /// [`TimedOut`](io::ErrorKind::TimedOut) if connections had to be cut.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let server = gmp_net::http::Server::bind("127.0.0.1:0")?;
    /// server.shutdown(Duration::from_secs(5))?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn shutdown(&self, timeout: Duration) -> io::Result<()> {
        self.links.stop();
        // It may have been closed; then nobody accepts anyhow.
        let _ = self.listener.shutdown();
        if self.links.drain(timeout) {
            return Ok(());
        }
        self.links.cut();
        let text = "connections that did not end in time were cut";
        Err(io::Error::new(io::ErrorKind::TimedOut, text))
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("listener", &self.listener)
            .field("config", &self.config)
            .field("connections", &self.connections())
            .finish()
    }
}
