//! The body that hyper gets: the handler's or the service's own, counted for the access log.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::http::header::{CONNECTION, HeaderValue};
use ::http::{Response, StatusCode};
use ::http_body::{Body as HttpBody, Frame, SizeHint};
use bytes::{Buf, Bytes};
use pin_project_lite::pin_project;

use super::access::Note;
use super::body::Body;
use super::error::BoxError;
use super::response::IntoResponse;

pin_project! {
    /// Which body it is.
    #[project = WhoseProj]
    enum Whose<B> {
        Theirs { #[pin] body: B },
        Ours { body: Body },
    }
}

pin_project! {
    pub(super) struct Reply<B> {
        #[pin]
        whose: Whose<B>,
        note: Option<Box<Note>>,
        // hyper drops what it has not sent when it hears of it: first it may send.
        failed: Option<BoxError>,
    }
}

impl<B> Reply<B> {
    fn new(whose: Whose<B>) -> Reply<B> {
        Reply { whose, note: None, failed: None }
    }

    /// What a handler or a service has answered.
    pub(super) fn of(response: Response<B>) -> Response<Reply<B>> {
        response.map(|body| Reply::new(Whose::Theirs { body }))
    }

    /// What the server answers in its place. The connection ends with it.
    pub(super) fn refusal(status: StatusCode) -> Response<Reply<B>> {
        let mut response = status.into_response().map(|body| Reply::new(Whose::Ours { body }));
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        response
    }

    /// Logs it by `note`, at its end.
    pub(super) fn noted(response: &mut Response<Reply<B>>, note: Option<Box<Note>>)
    where
        B: HttpBody,
    {
        if let Some(mut note) = note {
            note.access.status = response.status();
            note.access.complete = response.body().whose.is_at_end();
            response.body_mut().note = Some(note);
        }
    }
}

impl<B: HttpBody> Whose<B> {
    fn is_at_end(&self) -> bool {
        match self {
            Whose::Theirs { body } => body.is_end_stream(),
            Whose::Ours { body } => body.is_end_stream(),
        }
    }
}

impl<B> HttpBody for Reply<B>
where
    B: HttpBody,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut this = self.project();
        if let Some(error) = this.failed.take() {
            return Poll::Ready(Some(Err(error)));
        }
        let frame = match this.whose.as_mut().project() {
            WhoseProj::Theirs { body } => ready!(body.poll_frame(cx)).map(|frame| {
                frame
                    // No copy where these are `Bytes`.
                    .map(|frame| frame.map_data(|mut data| data.copy_to_bytes(data.remaining())))
                    .map_err(Into::into)
            }),
            WhoseProj::Ours { body } => {
                ready!(Pin::new(body).poll_frame(cx)).map(|frame| frame.map_err(Into::into))
            }
        };
        if let Some(note) = this.note {
            if let Some(Ok(frame)) = &frame {
                note.access.bytes += frame.data_ref().map_or(0, Bytes::len) as u64;
            }
            // hyper does not ask once more when it knows that nothing comes.
            note.access.complete = frame.is_none() || this.whose.is_at_end();
        }
        if let Some(Err(error)) = frame {
            *this.failed = Some(error);
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.failed.is_none() && self.whose.is_at_end()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.whose {
            Whose::Theirs { body } => body.size_hint(),
            Whose::Ours { body } => body.size_hint(),
        }
    }
}
