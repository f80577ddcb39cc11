//! The access log: what is said of each request, and when.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ::http::{Method, StatusCode, Uri, Version};

use super::config::AccessHook;

/// One request that has been answered, as the hook of
/// [`access_log`](super::Server::access_log) gets it.
///
/// ```no_run
/// use gmp_net::http::{Access, Server};
///
/// let server = Server::bind("127.0.0.1:0")?.access_log(|access: &Access| {
///     let method = access.method.as_ref().map_or("-", |method| method.as_str());
///     let target = access.uri.as_ref().map_or_else(|| "-".into(), ToString::to_string);
///     println!("{} {method} {target} {}", access.peer, access.status);
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Access {
    /// Who asked.
    pub peer: SocketAddr,
    /// The method; None if the request could not be read.
    pub method: Option<Method>,
    /// What was asked for: path and query, mostly. None if the request could not be read.
    pub uri: Option<Uri>,
    /// The request's version; None if the request could not be read.
    pub version: Option<Version>,
    /// The status of the answer.
    pub status: StatusCode,
    /// Bytes of the response's body, as far as they were handed to the connection.
    pub bytes: u64,
    /// Whether the response's body came to its end; false if it failed, or if nobody was there
    /// any more to take it.
    pub complete: bool,
    /// From the moment at which the request's head was read to the end of the response's body.
    pub duration: Duration,
}

/// What has ended on a connection and was not logged yet: hooks may park, so they are called
/// outside of hyper.
#[derive(Default)]
pub(super) struct Ended(Mutex<Vec<Access>>);

impl Ended {
    pub(super) fn add(&self, access: Access) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(access);
    }

    /// Calls the hook for each.
    pub(super) fn tell(&self, hook: &AccessHook) {
        let ended = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for access in &ended {
            hook(access);
        }
    }
}

/// A request that is being answered. It is logged when this is dropped.
pub(super) struct Note {
    pub(super) access: Access,
    begun: Instant,
    ended: Arc<Ended>,
}

impl Note {
    pub(super) fn new<B>(
        request: &::http::Request<B>,
        peer: SocketAddr,
        ended: &Arc<Ended>,
    ) -> Box<Note> {
        let access = Access {
            peer,
            method: Some(request.method().clone()),
            uri: Some(request.uri().clone()),
            version: Some(request.version()),
            status: StatusCode::INTERNAL_SERVER_ERROR,
            bytes: 0,
            complete: false,
            duration: Duration::ZERO,
        };
        Box::new(Note { access, begun: Instant::now(), ended: Arc::clone(ended) })
    }

    /// Of a request that could not be read.
    pub(super) fn unreadable(peer: SocketAddr, status: StatusCode) -> Access {
        Access {
            peer,
            method: None,
            uri: None,
            version: None,
            status,
            bytes: 0,
            complete: true,
            duration: Duration::ZERO,
        }
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        self.access.duration = self.begun.elapsed();
        self.ended.add(self.access.clone());
    }
}
