//! What a handler may answer with.

use std::borrow::Cow;
use std::convert::Infallible;
use std::io;

use ::http::header::CONTENT_TYPE;
use ::http::{HeaderValue, StatusCode};
use bytes::Bytes;

use super::Response;
use super::body::Body;
use super::error::BodyError;

/// What a handler may answer with, and how it becomes a [`Response`].
///
/// Strings are sent as `text/plain`; bytes and bodies without a type; a status alone with its
/// usual text. A pair sets the status of its second half. `Result` is whichever side it has: a
/// [`BodyError`], or an `io::Error` made of one, gives the status that fits, any other
/// `io::Error` 500 without details.
///
/// ```
/// use gmp_net::http::{BodyError, IntoResponse, Request, StatusCode};
///
/// fn handler(mut request: Request) -> Result<impl IntoResponse, BodyError> {
///     let text = request.body_mut().read_text(1000)?;
///     Ok(match text.parse::<u32>() {
///         Ok(number) => (StatusCode::OK, format!("{}\n", number + 1)),
///         Err(_) => (StatusCode::UNPROCESSABLE_ENTITY, "not a number\n".to_owned()),
///     })
/// }
///
/// let response = handler(Request::new("41".into())).into_response();
/// assert_eq!(response.into_body().read_text(100)?, "42\n");
/// # Ok::<(), gmp_net::http::BodyError>(())
/// ```
pub trait IntoResponse {
    /// The response.
    ///
    /// ```
    /// use gmp_net::http::{IntoResponse, StatusCode};
    ///
    /// assert_eq!(StatusCode::NOT_FOUND.into_response().status(), 404);
    /// ```
    fn into_response(self) -> Response;
}

fn text(body: Body) -> Response {
    let mut response = Response::new(body);
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}

impl IntoResponse for Response {
    fn into_response(self) -> Response {
        self
    }
}

impl IntoResponse for Body {
    fn into_response(self) -> Response {
        Response::new(self)
    }
}

impl IntoResponse for () {
    fn into_response(self) -> Response {
        Response::new(Body::empty())
    }
}

impl IntoResponse for &'static str {
    fn into_response(self) -> Response {
        text(self.into())
    }
}

impl IntoResponse for String {
    fn into_response(self) -> Response {
        text(self.into())
    }
}

impl IntoResponse for Cow<'static, str> {
    fn into_response(self) -> Response {
        text(self.into())
    }
}

impl IntoResponse for Vec<u8> {
    fn into_response(self) -> Response {
        Response::new(self.into())
    }
}

impl IntoResponse for &'static [u8] {
    fn into_response(self) -> Response {
        Response::new(self.into())
    }
}

impl IntoResponse for Bytes {
    fn into_response(self) -> Response {
        Response::new(self.into())
    }
}

impl IntoResponse for StatusCode {
    fn into_response(self) -> Response {
        let mut response = match self.canonical_reason() {
            Some(reason) if may_have_body(self) => text(reason.into()),
            _ => Response::new(Body::empty()),
        };
        *response.status_mut() = self;
        response
    }
}

fn may_have_body(status: StatusCode) -> bool {
    let without = [StatusCode::NO_CONTENT, StatusCode::RESET_CONTENT, StatusCode::NOT_MODIFIED];
    !status.is_informational() && !without.contains(&status)
}

impl<T: IntoResponse> IntoResponse for (StatusCode, T) {
    fn into_response(self) -> Response {
        let mut response = self.1.into_response();
        *response.status_mut() = self.0;
        response
    }
}

impl<T: IntoResponse, E: IntoResponse> IntoResponse for Result<T, E> {
    fn into_response(self) -> Response {
        match self {
            Ok(done) => done.into_response(),
            Err(error) => error.into_response(),
        }
    }
}

impl IntoResponse for BodyError {
    fn into_response(self) -> Response {
        self.status().into_response()
    }
}

impl IntoResponse for io::Error {
    fn into_response(self) -> Response {
        let status = BodyError::of(&self).map(BodyError::status);
        status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response()
    }
}

impl IntoResponse for Infallible {
    fn into_response(self) -> Response {
        match self {}
    }
}
