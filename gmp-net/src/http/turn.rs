//! HTTP/1: the request that hyper has read, and the answer that it waits for.
//!
//! hyper's service only leaves the request here, and the connection's goroutine runs the handler
//! when hyper has returned: a handler may park and resume on another thread, and hyper's frames
//! use thread-locals (the cached date), which must not be held across that. It also means that
//! nothing is allocated, and no other goroutine started, for a request without a body.

use std::cell::{Cell, RefCell, RefMut};
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::http::{Request, Response, StatusCode};
use futures_channel::oneshot;
use hyper::body::Incoming;
use hyper::service::Service;

use super::config::Config;
use super::io::Pace;
use super::link::Links;
use super::reply::Reply;

/// One connection's turn. It belongs to the connection's goroutine alone.
///
/// Requests and responses are large: they are moved in and out once, and made in place.
pub(super) struct Turn<'a, B> {
    config: &'a Config,
    links: &'a Links,
    /// What hyper has read last.
    request: RefCell<Option<Request<Incoming>>>,
    /// Its answer, until hyper has it.
    answer: RefCell<Option<Response<Reply<B>>>>,
    /// Another goroutine makes the answer.
    elsewhere: Cell<Option<oneshot::Receiver<Response<Reply<B>>>>>,
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
            request: RefCell::new(None),
            answer: RefCell::new(None),
            elsewhere: Cell::new(None),
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
        self.request.borrow_mut().take()
    }

    /// Where its answer belongs. hyper is polled after that.
    #[inline]
    pub(super) fn answer(&self) -> RefMut<'_, Option<Response<Reply<B>>>> {
        self.answer.borrow_mut()
    }

    /// The answer will come from there. hyper is polled after that.
    pub(super) fn answer_elsewhere(&self, receiver: oneshot::Receiver<Response<Reply<B>>>) {
        self.elsewhere.set(Some(receiver));
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
        *turn.request.borrow_mut() = Some(request);
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
        if let Some(response) = turn.answer.borrow_mut().take() {
            turn.is_busy.set(false);
            return Poll::Ready(Ok(response));
        }
        // If there is neither, the connection's goroutine polls again when it has one.
        let Some(mut receiver) = turn.elsewhere.take() else { return Poll::Pending };
        match Pin::new(&mut receiver).poll(cx) {
            Poll::Pending => {
                turn.elsewhere.set(Some(receiver));
                Poll::Pending
            }
            Poll::Ready(response) => {
                turn.is_busy.set(false);
                // None if the handler has called `goexit`.
                let failed = |_| Reply::refusal(StatusCode::INTERNAL_SERVER_ERROR);
                Poll::Ready(Ok(response.unwrap_or_else(failed)))
            }
        }
    }
}
