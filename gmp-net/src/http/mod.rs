//! An HTTP server on goroutines: HTTP/1.1 with keep-alive and pipelining, and HTTP/2.
//!
//! [`Server`] runs a goroutine for each connection. A handler is a function from [`Request`] to
//! [`Response`], or to whatever [becomes one](IntoResponse); it is blocking code, which may wait,
//! and panic, for itself alone. Bodies are read with [`Read`](std::io::Read). hyper does the
//! protocol; an axum `Router` and any other tower service can be served, too.
//!
//! # Limits
//!
//! | limit | default | what the client gets |
//! |---|---|---|
//! | [`max_header_bytes`](Server::max_header_bytes) | 64 KiB | 431, and the end |
//! | [`max_headers`](Server::max_headers) | 100 | 431, and the end |
//! | length of the target | 65534 bytes | 414, and the end |
//! | [`max_body_bytes`](Server::max_body_bytes) | 32 MiB | 413, and the end, before the handler is called if the length is given or all is there; otherwise the handler's read fails, and its error is answered with 413 |
//! | [`header_timeout`](Server::header_timeout) | 30 s | 408, and the end; only the end if not a byte has come |
//! | [`idle_timeout`](Server::idle_timeout) | 90 s | the end (HTTP/2: GOAWAY) |
//! | [`read_timeout`](Server::read_timeout) | 60 s | the handler's read fails, and its error is answered with 408 (HTTP/2: the end) |
//! | [`write_timeout`](Server::write_timeout) | 60 s | the end |
//! | [`max_connections`](Server::max_connections) | none | it waits to be accepted |
//! | [`max_streams`](Server::max_streams) | 200 | the stream is refused (HTTP/2 only) |
//! | open files of the process | the system's | it waits: accepting pauses, up to a second at a time |
//!
//! What cannot be parsed is answered with 400, and so is a request of HTTP/1.1 without `host`; then
//! the connection ends. A request that is cut off gets no answer. A handler that panics, or calls
//! `goexit`, is answered for with 500, and the connection ends.
//!
//! # When the client goes away
//!
//! A handler that reads its request's body finds out: the read fails. One whose request has no
//! body, or that has all of it, does not, until it returns: nobody looks at the connection
//! meanwhile. A response that is being sent ends, and the reader it comes from is dropped.
//!
//! A client may close its own side after the request, and still gets the response.

mod accept;
mod access;
mod answers;
mod body;
mod config;
mod error;
mod http1;
mod http2;
mod io;
mod linger;
mod link;
mod reply;
mod response;
mod server;
mod settings;
mod turn;

pub use access::Access;
pub use body::Body;
pub use error::BodyError;
pub use response::IntoResponse;
pub use server::Server;

pub use ::http::header::{self, HeaderMap, HeaderName, HeaderValue};
pub use ::http::{Extensions, Method, StatusCode, Uri, Version, method, status, uri};
pub use bytes::Bytes;

use std::net::SocketAddr;

/// A request: `http::Request` with our [`Body`].
///
/// ```
/// use gmp_net::http::{Method, Request};
///
/// let request: Request = Request::new("body".into());
/// assert_eq!(request.method(), Method::GET);
/// ```
pub type Request = ::http::Request<Body>;

/// A response: `http::Response` with our [`Body`].
///
/// ```
/// use gmp_net::http::{Response, StatusCode};
///
/// let response: Response = Response::new("body".into());
/// assert_eq!(response.status(), StatusCode::OK);
/// ```
pub type Response = ::http::Response<Body>;

/// What a request knows besides what it says.
pub trait RequestExt {
    /// Who sent it; None if it was not received by a [`Server`], or has lost its body.
    ///
    /// ```
    /// use gmp_net::http::{Request, RequestExt};
    ///
    /// fn handler(request: Request) -> String {
    ///     match request.peer_addr() {
    ///         Some(peer) => format!("hello {}", peer.ip()),
    ///         None => "hello nobody".into(),
    ///     }
    /// }
    /// assert_eq!(handler(Request::new("".into())), "hello nobody");
    /// ```
    fn peer_addr(&self) -> Option<SocketAddr>;
}

impl RequestExt for Request {
    fn peer_addr(&self) -> Option<SocketAddr> {
        self.body().peer()
    }
}
