//! HTTP/1: the request that hyper has read, and the answer that it waits for.
//!
//! hyper's service only leaves the request here, and the connection's goroutine runs the handler
//! when hyper has returned: a handler may park and resume on another thread, and hyper's frames
//! use thread-locals (the cached date), which must not be held across that. It also means that
//! nothing is allocated, and no other goroutine started, for a request without a body.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::http::{Request, Response, StatusCode};
use futures_channel::oneshot;
use hyper::body::Incoming;
use hyper::service::Service;

use super::config::Config;
use super::io::Pace;
use super::link::Links;
use super::reply::Reply;

/// What becomes of the request that was read last.
#[expect(
    clippy::large_enum_variant,
    reason = "one for each connection; a box would be an allocation for each request"
)]
pub(super) enum Answer<B> {
    /// Nothing yet, or hyper has it.
    None,
    Ready(Response<Reply<B>>),
    /// Another goroutine makes it.
    Elsewhere(oneshot::Receiver<Response<Reply<B>>>),
}

/// One connection's turn. It belongs to the connection's goroutine alone.
pub(super) struct Turn<'a, B> {
    config: &'a Config,
    links: &'a Links,
    request: Cell<Option<Request<Incoming>>>,
    answer: Cell<Answer<B>>,
    /// A request was read, and hyper does not have the answer.
    is_busy: Cell<bool>,
    /// Bytes have come since the last request was read.
    is_in_head: Cell<bool>,
    /// Since when its head is waited for; 0 if that did not have to wait yet.
    head_since: Cell<u64>,
    /// No request was read yet.
    is_first: Cell<bool>,
    is_overdue: Cell<bool>,
}

impl<'a, B> Turn<'a, B> {
    pub(super) fn new(config: &'a Config, links: &'a Links) -> Turn<'a, B> {
        Turn {
            config,
            links,
            request: Cell::new(None),
            answer: Cell::new(Answer::None),
            is_busy: Cell::new(false),
            is_in_head: Cell::new(false),
            head_since: Cell::new(0),
            is_first: Cell::new(true),
            is_overdue: Cell::new(false),
        }
    }

    /// The request that hyper has left.
    #[inline]
    pub(super) fn take_request(&self) -> Option<Request<Incoming>> {
        self.request.take()
    }

    /// Answers it. hyper is polled after that.
    #[inline]
    pub(super) fn answer(&self, answer: Answer<B>) {
        self.answer.set(answer);
    }

    /// Whether the connection ended since the head of a request was not complete in time.
    pub(super) fn is_late(&self) -> bool {
        self.is_overdue.get() && self.is_in_head.get() && !self.is_busy.get()
    }

    /// Whether the connection ended since something was not there in time.
    pub(super) fn is_overdue(&self) -> bool {
        self.is_overdue.get()
    }
}

impl<B> Pace for Turn<'_, B> {
    fn limit(&self, since: u64) -> u64 {
        if self.is_busy.get() {
            return since.saturating_add(self.config.read_timeout);
        }
        if self.is_in_head.get() {
            // The head as a whole, not each of its pieces.
            if self.head_since.get() == 0 {
                self.head_since.set(since);
            }
            return self.head_since.get().saturating_add(self.config.header_timeout);
        }
        if self.is_first.get() {
            return since.saturating_add(self.config.header_timeout.min(self.config.idle_timeout));
        }
        since.saturating_add(self.config.idle_timeout)
    }

    fn is_over(&self, since: u64, now: u64) -> bool {
        let is_over = now >= self.limit(since);
        self.is_overdue.set(is_over);
        is_over
    }

    #[inline]
    fn came(&self) {
        if !self.is_busy.get() {
            self.is_in_head.set(true);
        }
    }

    #[inline]
    fn expects_much(&self) -> bool {
        self.is_busy.get()
    }

    fn ends(&self) -> bool {
        self.links.is_stopping() && !self.is_busy.get() && !self.is_in_head.get()
    }
}

/// hyper's service: see above.
pub(super) struct Calls<'t, 'a, B>(pub(super) &'t Turn<'a, B>);

impl<'t, 'a, B> Service<Request<Incoming>> for Calls<'t, 'a, B>
where
    Reply<B>: ::http_body::Body,
{
    type Response = Response<Reply<B>>;
    type Error = Infallible;
    type Future = Answering<'t, 'a, B>;

    #[inline]
    fn call(&self, request: Request<Incoming>) -> Answering<'t, 'a, B> {
        let turn = self.0;
        turn.is_busy.set(true);
        turn.is_in_head.set(false);
        turn.head_since.set(0);
        turn.is_first.set(false);
        turn.request.set(Some(request));
        Answering(turn)
    }
}

/// Waits for the answer.
pub(super) struct Answering<'t, 'a, B>(&'t Turn<'a, B>);

impl<B> Future for Answering<'_, '_, B> {
    type Output = Result<Response<Reply<B>>, Infallible>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let turn = self.0;
        let response = match turn.answer.replace(Answer::None) {
            // The connection's goroutine polls again when it has it.
            Answer::None => return Poll::Pending,
            Answer::Ready(response) => response,
            Answer::Elsewhere(mut receiver) => match Pin::new(&mut receiver).poll(cx) {
                Poll::Pending => {
                    turn.answer.set(Answer::Elsewhere(receiver));
                    return Poll::Pending;
                }
                // The handler has called `goexit`.
                ready => ready!(ready)
                    .unwrap_or_else(|_| Reply::refusal(StatusCode::INTERNAL_SERVER_ERROR)),
            },
        };
        turn.is_busy.set(false);
        Poll::Ready(Ok(response))
    }
}
