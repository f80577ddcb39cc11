//! A connection that speaks HTTP/2: its goroutine drives hyper, and each stream has a goroutine
//! of its own, which runs the handler first and then sends the response.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use ::http::{Request, Response, StatusCode};
use ::http_body::Body as _;
use bytes::Bytes;
use futures_channel::oneshot;
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::server::conn::http2;
use hyper::service::Service;

use super::access::{Ended, Note};
use super::answers::{Answers, Shared, respond_to};
use super::body::{Body, Hunger, Inbound};
use super::config::{AccessHook, Config};
use super::io::{Io, Pace};
use super::link::Link;
use super::reply::Reply;

/// What the streams tell the connection.
#[derive(Default)]
struct Streams {
    /// How many are open.
    open: AtomicUsize,
    /// How many wait for a piece of their request's body.
    hungry: AtomicUsize,
}

impl Hunger for Streams {
    fn change(&self, waits: bool) {
        if waits {
            self.hungry.fetch_add(1, Relaxed);
        } else {
            self.hungry.fetch_sub(1, Relaxed);
        }
    }
}

/// How long the client may say nothing.
struct Silence<'a> {
    config: &'a Config,
    streams: Arc<Streams>,
    /// The client has asked for nothing for too long, and is told to go.
    is_dull: Cell<bool>,
}

impl Pace for Silence<'_> {
    fn limit(&self, since: u64) -> u64 {
        since.saturating_add(self.config.idle_timeout.min(self.config.read_timeout))
    }

    fn is_over(&self, since: u64, now: u64) -> bool {
        let silent = now.saturating_sub(since);
        if self.streams.hungry.load(Relaxed) > 0 {
            return silent >= self.config.read_timeout;
        }
        let is_idle = self.streams.open.load(Relaxed) == 0 && silent >= self.config.idle_timeout;
        // The first time it is told to go, and has until the next time to do so.
        is_idle && self.is_dull.replace(true)
    }

    fn came(&self) {}

    fn expects_much(&self) -> bool {
        true
    }

    fn ends(&self) -> bool {
        false
    }
}

/// Serves the connection to its end. `begun` has been read before.
#[inline(never)]
pub(super) fn serve<A: Answers>(shared: &Arc<Shared<A>>, link: &Arc<Link>, begun: Bytes) {
    let config = &*shared.config;
    let streams = Arc::new(Streams::default());
    let silence = Silence { config, streams: Arc::clone(&streams), is_dull: Cell::new(false) };
    let io = Io::new(link, &silence, config.write_timeout).beginning_with(begun);
    let next = Next::default();
    let log = config.access_log.clone().map(|hook| Log { hook, ended: Arc::default() });
    let service = Calls {
        shared: Arc::clone(shared),
        link: Arc::clone(link),
        streams: Arc::clone(&streams),
        next: Arc::clone(&next),
        log: log.clone(),
    };
    let mut builder = http2::Builder::new(Spawn { streams, next, log });
    builder
        .max_concurrent_streams(config.max_streams)
        .max_header_list_size(u32::try_from(config.max_header_bytes).unwrap_or(u32::MAX));
    let mut http = pin!(builder.serve_connection(io, service));
    let mut is_closing = false;
    let _ = gmp_core::block_on(poll_fn(|cx| {
        loop {
            if let Poll::Ready(end) = http.as_mut().poll(cx) {
                return Poll::Ready(end);
            }
            // After the poll: it may have used up the nudge of who stops the server.
            if is_closing || !(shared.links.is_stopping() || silence.is_dull.get()) {
                return Poll::Pending;
            }
            is_closing = true;
            http.as_mut().graceful_shutdown();
        }
    }));
}

/// The access log of a connection.
#[derive(Clone)]
struct Log {
    hook: AccessHook,
    ended: Arc<Ended>,
}

/// Answers one request.
type Job = Box<dyn FnOnce() + Send>;
/// hyper calls the service, and then has the stream executed that waits for its answer: the job
/// of the one is the other's.
type Next = Arc<Mutex<Option<Job>>>;

fn exchange(next: &Next, job: Option<Job>) -> Option<Job> {
    std::mem::replace(&mut *next.lock().unwrap_or_else(PoisonError::into_inner), job)
}

struct Calls<A> {
    shared: Arc<Shared<A>>,
    link: Arc<Link>,
    streams: Arc<Streams>,
    next: Next,
    log: Option<Log>,
}

impl<A: Answers> Calls<A> {
    /// The request as handlers get it, or why it is refused.
    fn accept(&self, request: Request<Incoming>) -> Result<super::Request, StatusCode> {
        let config = &self.shared.config;
        if request.headers().len() > config.max_headers {
            return Err(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
        }
        let most = config.max_body_bytes;
        if request.body().size_hint().lower() > most {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        let peer = self.link.peer;
        Ok(request.map(|incoming| {
            if incoming.is_end_stream() {
                Body::at_hand(Bytes::new(), peer)
            } else {
                let hunger = Arc::clone(&self.streams);
                Body::inbound(Inbound::new(incoming, most).telling(hunger), peer)
            }
        }))
    }
}

impl<A: Answers> Service<Request<Incoming>> for Calls<A> {
    type Response = Response<Reply<A::Body>>;
    type Error = Infallible;
    type Future = Answering<A::Body>;

    fn call(&self, request: Request<Incoming>) -> Answering<A::Body> {
        let log = self.log.as_ref();
        let note = log.map(|log| Note::new(&request, self.link.peer, &log.ended));
        let (sender, receiver) = oneshot::channel();
        match self.accept(request) {
            Ok(request) => {
                let shared = Arc::clone(&self.shared);
                let job = move || respond_to(sender, &shared, request, note);
                exchange(&self.next, Some(Box::new(job)));
            }
            Err(status) => {
                let mut response = Reply::refusal(status);
                Reply::noted(&mut response, note);
                let _ = sender.send(response);
            }
        }
        Answering(receiver)
    }
}

/// Waits for the answer.
struct Answering<B>(oneshot::Receiver<Response<Reply<B>>>);

impl<B> Future for Answering<B> {
    type Output = Result<Response<Reply<B>>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(|answer| {
            // None if the handler has called `goexit`.
            Ok(answer.unwrap_or_else(|_| Reply::refusal(StatusCode::INTERNAL_SERVER_ERROR)))
        })
    }
}

/// A goroutine for each stream.
#[derive(Clone)]
struct Spawn {
    streams: Arc<Streams>,
    next: Next,
    log: Option<Log>,
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Spawn {
    fn execute(&self, future: F) {
        let job = exchange(&self.next, None);
        self.streams.open.fetch_add(1, Relaxed);
        let (streams, log) = (Arc::clone(&self.streams), self.log.clone());
        let mut sending = Sending { future: Some(future), has_begun: false, streams, log };
        // If there is no goroutine to be had, the future is dropped, which resets the stream.
        let _: io::Result<_> = gmp_core::Builder::new().spawn(move || {
            sending.has_begun = true;
            if let Some(job) = job {
                job();
            }
            sending.run();
        });
    }
}

/// Sends the response; also when the handler has called `goexit`.
struct Sending<F: Future<Output = ()>> {
    future: Option<F>,
    has_begun: bool,
    streams: Arc<Streams>,
    log: Option<Log>,
}

impl<F: Future<Output = ()>> Sending<F> {
    fn run(&mut self) {
        if let Some(future) = self.future.take() {
            gmp_core::block_on(future);
        }
        if let Some(log) = &self.log {
            log.ended.tell(&log.hook);
        }
    }
}

impl<F: Future<Output = ()>> Drop for Sending<F> {
    fn drop(&mut self) {
        if self.has_begun && self.future.is_some() {
            // A second panic would end the process.
            let _ = catch_unwind(AssertUnwindSafe(|| self.run()));
        }
        self.streams.open.fetch_sub(1, Relaxed);
    }
}
