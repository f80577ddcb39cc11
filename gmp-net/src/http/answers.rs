//! Who answers: the user's function, or a tower service; and what is done when it does not.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ::http::{Response, StatusCode};
use ::http_body::Body as HttpBody;
use futures_channel::oneshot;
use gmp_core::rt::caught;
use tower_service::Service;

use super::access::Note;
use super::body::Body;
use super::error::{BodyError, BoxError};
use super::reply::Reply;
use super::response::IntoResponse;
use super::{Request, config::Config, link::Links};
use std::sync::Arc;

/// What all connections of a server share.
pub(super) struct Shared<A> {
    pub(super) answers: A,
    pub(super) config: Arc<Config>,
    pub(super) links: Arc<Links>,
    pub(super) http1: hyper::server::conn::http1::Builder,
}

/// Makes responses of requests, on the caller's goroutine: it may park.
pub(super) trait Answers: Send + Sync + 'static {
    type Body: HttpBody<Data: Send, Error: Into<BoxError>> + Send + 'static;

    fn answer(&self, request: Request) -> Result<Response<Self::Body>, BoxError>;
}

/// A function of the user.
pub(super) struct OfFunction<F>(pub(super) F);

impl<F, R> Answers for OfFunction<F>
where
    F: Fn(Request) -> R + Send + Sync + 'static,
    R: IntoResponse,
{
    type Body = Body;

    #[inline]
    fn answer(&self, request: Request) -> Result<Response<Body>, BoxError> {
        Ok((self.0)(request).into_response())
    }
}

/// A tower service: a clone of it for each request.
pub(super) struct OfService<S>(pub(super) S);

impl<S, B> Answers for OfService<S>
where
    S: Service<Request, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    B: HttpBody<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    type Body = B;

    fn answer(&self, request: Request) -> Result<Response<B>, BoxError> {
        let mut service = self.0.clone();
        gmp_core::block_on(async move {
            poll_fn(|cx| service.poll_ready(cx)).await?;
            service.call(request).await
        })
        .map_err(Into::into)
    }
}

/// Answers `request`, one way or another: `slot` is filled. Unwinds only if the handler calls
/// `goexit`.
pub(super) fn respond<A: Answers>(
    shared: &Shared<A>,
    request: Request,
    note: Option<Box<Note>>,
    slot: &mut Option<Response<Reply<A::Body>>>,
) {
    // Into its place at once: responses are large, and returning one copies it.
    let answer = catch_unwind(AssertUnwindSafe(|| {
        *slot = Some(Reply::of(shared.answers.answer(request)?));
        Ok(())
    }));
    let refusal = match answer {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(status_of(&error)),
        Err(payload) => {
            let payload = caught(payload);
            // It is the user's, and may panic again.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(payload)));
            Some(StatusCode::INTERNAL_SERVER_ERROR)
        }
    };
    if let Some(status) = refusal {
        *slot = Some(Reply::refusal(status));
    }
    if let Some(response) = slot {
        Reply::noted(response, note);
    }
}

/// The same on a goroutine of its own, for who waits at the other end of `sender`: he hears of
/// it, too, if there is no answer. If nobody waits, the client is gone.
pub(super) fn respond_to<A: Answers>(
    sender: oneshot::Sender<Response<Reply<A::Body>>>,
    shared: &Shared<A>,
    request: Request,
    note: Option<Box<Note>>,
) {
    let mut slot = None;
    respond(shared, request, note, &mut slot);
    if let Some(response) = slot {
        let _ = sender.send(response);
    }
}

fn status_of(error: &BoxError) -> StatusCode {
    match error.downcast_ref::<BodyError>() {
        Some(error) => error.status(),
        None => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
