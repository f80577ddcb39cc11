//! A connection that speaks HTTP/1: hyper parses and writes, and in between the handler runs on
//! the same goroutine; on one of its own if the request's body has to be waited for.

use std::future::poll_fn;
use std::io::Write as _;
use std::net::Shutdown;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use ::http::header::{EXPECT, HOST};
use ::http::request::Parts;
use ::http::{Request, StatusCode, Version};
use ::http_body::Body as _;
use bytes::Bytes;
use futures_channel::oneshot;
use hyper::body::Incoming;
use hyper::server::conn::http1;

use super::access::{Ended, Note};
use super::answers::{Answers, Shared, respond, respond_to};
use super::body::{Body, Inbound};
use super::config::{Config, Protocol};
use super::io::Io;
use super::linger::linger;
use super::link::Link;
use super::reply::Reply;
use super::turn::{Calls, Turn};

/// How much of a body is taken in before its handler is called: it may then run in place.
const EARLY: usize = 64 << 10;
/// How often hyper is asked for the rest of it.
const EARLY_ROUNDS: usize = 8;

const LATE: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const NOT_SPOKEN: &[u8] =
    b"HTTP/1.1 505 HTTP Version Not Supported\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// hyper's part of the server, for all connections.
pub(super) fn builder(config: &Config) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        // A client may close its side once it has asked; it still gets its answer.
        .half_close(true)
        // The limits of time are those of `Io`.
        .header_read_timeout(None)
        .max_header_size(config.max_header_bytes);
    let default = super::config::MAX_HEADER_BYTES;
    if config.max_header_bytes > default {
        builder.max_buf_size(config.max_header_bytes.saturating_mul(2));
    }
    if config.max_headers != super::config::MAX_HEADERS {
        builder.max_headers(config.max_headers);
    }
    builder
}

/// What is to be done with a request.
enum Plan {
    /// All of it is there.
    Here(Body),
    /// Its body has to be read.
    Elsewhere(Body),
    Refuse(StatusCode),
    /// The connection has ended meanwhile.
    Gone,
}

type Http<'t, 'a, B> = http1::Connection<Io<'t, Turn<'a, B>>, Calls<'t, 'a, B>>;

struct Drive<'t, 'a, A: Answers> {
    shared: &'a Arc<Shared<A>>,
    link: &'a Arc<Link>,
    turn: &'t Turn<'a, A::Body>,
    http: Http<'t, 'a, A::Body>,
    ended: Option<Arc<Ended>>,
    /// hyper is done.
    end: Option<hyper::Result<()>>,
    is_closing: bool,
    /// The last request may have left bytes behind that nobody reads.
    may_leave_bytes: bool,
}

/// Serves the connection to its end. Returns what has been read if the client speaks HTTP/2,
/// and may.
#[inline(never)]
pub(super) fn serve<A: Answers>(shared: &Arc<Shared<A>>, link: &Arc<Link>) -> Option<Bytes> {
    let turn = Turn::new(&shared.config, &shared.links);
    let mut drive = Drive::new(shared, link, &turn);
    let end = gmp_core::block_on(poll_fn(|cx| drive.poll(cx)));
    drive.finish(end)
}

// What a connection waits in is its stack for as long as it is open, in whole pages: the three
// functions below have frames of their own, which are gone then, and the rest is boxed.

impl<'t, 'a, A: Answers> Drive<'t, 'a, A> {
    #[inline(never)]
    fn new(
        shared: &'a Arc<Shared<A>>,
        link: &'a Arc<Link>,
        turn: &'t Turn<'a, A::Body>,
    ) -> Box<Drive<'t, 'a, A>> {
        let config = &*shared.config;
        let mut io = Io::new(link, turn, config.write_timeout);
        if config.protocol == Protocol::Either {
            io = io.expecting_preface();
        }
        Box::new(Drive {
            shared,
            link,
            turn,
            http: shared.http1.serve_connection(io, Calls(turn)),
            ended: config.access_log.as_ref().map(|_| Arc::default()),
            end: None,
            is_closing: false,
            may_leave_bytes: false,
        })
    }

    #[inline(never)]
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<hyper::Result<()>> {
        loop {
            self.poll_http(cx);
            self.log();
            if let Some(end) = self.end.take() {
                return Poll::Ready(end);
            }
            match self.turn.take_request() {
                Some(request) => self.handle(request, cx),
                // After the poll: it takes in what is there, and it may have used up the nudge of
                // who stops the server.
                None if !self.is_closing && self.shared.links.is_stopping() => self.close(),
                None => return Poll::Pending,
            }
        }
    }

    /// The request under way is the last.
    #[cold]
    fn close(&mut self) {
        self.is_closing = true;
        Pin::new(&mut self.http).graceful_shutdown();
    }

    #[inline]
    fn poll_http(&mut self, cx: &mut Context<'_>) {
        if self.end.is_none()
            && let Poll::Ready(end) = Pin::new(&mut self.http).poll(cx)
        {
            self.end = Some(end);
        }
    }

    #[inline]
    fn log(&self) {
        if let (Some(ended), Some(hook)) = (&self.ended, &self.shared.config.access_log) {
            ended.tell(hook);
        }
    }

    fn handle(&mut self, request: Request<Incoming>, cx: &mut Context<'_>) {
        let peer = self.link.peer;
        let note = self.ended.as_ref().map(|ended| Note::new(&request, peer, ended));
        let (parts, incoming) = request.into_parts();
        match self.plan(&parts, incoming, cx) {
            Plan::Here(body) => self.answer_here(Request::from_parts(parts, body), note),
            Plan::Elsewhere(body) => self.answer_elsewhere(Request::from_parts(parts, body), note),
            Plan::Refuse(status) => self.refuse(status, note),
            Plan::Gone => {}
        }
    }

    fn refuse(&mut self, status: StatusCode, note: Option<Box<Note>>) {
        let mut response = Reply::refusal(status);
        Reply::noted(&mut response, note);
        *self.turn.answer() = Some(response);
    }

    #[inline]
    fn plan(&mut self, parts: &Parts, incoming: Incoming, cx: &mut Context<'_>) -> Plan {
        self.may_leave_bytes = false;
        if parts.version == Version::HTTP_11 && !parts.headers.contains_key(HOST) {
            self.may_leave_bytes = true;
            return Plan::Refuse(StatusCode::BAD_REQUEST);
        }
        let peer = self.link.peer;
        if incoming.is_end_stream() {
            return Plan::Here(Body::at_hand(Bytes::new(), peer));
        }
        let most = self.shared.config.max_body_bytes;
        if incoming.size_hint().lower() > most {
            self.may_leave_bytes = true;
            return Plan::Refuse(StatusCode::PAYLOAD_TOO_LARGE);
        }
        let mut inbound = Inbound::new(incoming, most);
        // Who waits for `100 Continue` gets it when the handler wants the body.
        let is_all = !parts.headers.contains_key(EXPECT) && self.gather(&mut inbound, cx);
        if self.end.is_some() {
            return Plan::Gone;
        }
        if inbound.gathered() as u64 > most {
            self.may_leave_bytes = true;
            return Plan::Refuse(StatusCode::PAYLOAD_TOO_LARGE);
        }
        if !is_all {
            self.may_leave_bytes = true;
            return Plan::Elsewhere(Body::inbound(inbound, peer));
        }
        Plan::Here(match inbound.only_piece() {
            Some(bytes) => Body::at_hand(bytes, peer),
            None => Body::inbound(inbound, peer),
        })
    }

    /// Takes in what has come together with the head; whether that is all. Most small bodies are.
    fn gather(&mut self, inbound: &mut Inbound, cx: &mut Context<'_>) -> bool {
        // Nobody has to be woken: we look again after hyper.
        let mut nobody = Context::from_waker(Waker::noop());
        let mut gathered = 0;
        for _ in 0..EARLY_ROUNDS {
            if inbound.gather(&mut nobody) {
                return true;
            }
            let now = inbound.gathered();
            if now == gathered || now > EARLY {
                return false;
            }
            gathered = now;
            self.poll_http(cx);
            if self.end.is_some() {
                return false;
            }
        }
        false
    }

    fn answer_here(&mut self, request: super::Request, note: Option<Box<Note>>) {
        let leaving = OnGoexit(Some(self));
        if let Some((shared, turn)) = leaving.0.as_ref().map(|drive| (drive.shared, drive.turn)) {
            respond(shared, request, note, &mut turn.answer());
            let drive = leaving.forget();
            if !drive.is_closing && drive.shared.links.is_stopping() {
                drive.close();
            }
        }
    }

    fn answer_elsewhere(&mut self, request: super::Request, note: Option<Box<Note>>) {
        let (sender, receiver) = oneshot::channel();
        let shared = Arc::clone(self.shared);
        let spawned =
            gmp_core::Builder::new().spawn(move || respond_to(sender, &shared, request, note));
        match spawned {
            Ok(_) => self.turn.answer_elsewhere(receiver),
            Err(_) => self.refuse(StatusCode::SERVICE_UNAVAILABLE, None),
        }
    }

    /// After hyper's end: says what it does not say, and sees to it that it arrives.
    #[inline(never)]
    fn finish(self: Box<Self>, end: hyper::Result<()>) -> Option<Bytes> {
        let Drive { shared, link, turn, http, may_leave_bytes, ended, .. } = *self;
        let mut lingers = may_leave_bytes;
        let mut status = None;
        match end {
            Err(error) if error.is_parse_version_h2() => {
                if shared.config.protocol == Protocol::Either {
                    return Some(http.into_parts().read_buf);
                }
                say(link, NOT_SPOKEN);
                status = Some(StatusCode::HTTP_VERSION_NOT_SUPPORTED);
            }
            Err(error) if error.is_parse_too_large() => {
                status = Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
            }
            Err(error) if error.is_parse() => status = Some(StatusCode::BAD_REQUEST),
            // Also if hyper has not seen what there is, as a part of HTTP/2's first words.
            _ if turn.is_late() => {
                say(link, LATE);
                status = Some(StatusCode::REQUEST_TIMEOUT);
            }
            // Whoever had no time for the rest has none to hear of it.
            _ if turn.is_overdue() => lingers = false,
            _ => {}
        }
        drop(http);
        if let (Some(ended), Some(hook)) = (ended, &shared.config.access_log) {
            // A response that did not come to its end was dropped with the connection.
            ended.tell(hook);
            if let Some(status) = status {
                hook(&Note::unreadable(link.peer, status));
            }
        }
        if (lingers || status.is_some()) && link.stream.shutdown(Shutdown::Write).is_ok() {
            linger(link);
        }
        None
    }
}

/// Last words. They fit into the socket's buffer, or the client does not read.
fn say(link: &Link, words: &[u8]) {
    let _ = link.stream.socket.inner().write(words);
}

/// Drives the connection to its end if the handler unwinds: it has called `goexit`, and the
/// goroutine ends with the handler. The client gets its 500 even so.
struct OnGoexit<'d, 't, 'a, A: Answers>(Option<&'d mut Drive<'t, 'a, A>>);

impl<'d, 't, 'a, A: Answers> OnGoexit<'d, 't, 'a, A> {
    fn forget(mut self) -> &'d mut Drive<'t, 'a, A> {
        match self.0.take() {
            Some(drive) => drive,
            None => unreachable!("it is taken once"),
        }
    }
}

impl<A: Answers> Drop for OnGoexit<'_, '_, '_, A> {
    fn drop(&mut self) {
        let Some(drive) = self.0.take() else { return };
        drive.refuse(StatusCode::INTERNAL_SERVER_ERROR, None);
        // A second panic would end the process.
        let _ = catch_unwind(AssertUnwindSafe(|| {
            let _ = gmp_core::block_on(poll_fn(|cx| Pin::new(&mut drive.http).poll(cx)));
            drive.log();
        }));
    }
}
