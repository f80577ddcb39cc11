//! What can go wrong while a body is read, and what a client is told of it.

use std::error::Error;
use std::fmt;
use std::io;

use ::http::StatusCode;

/// Any error that can be sent to another thread.
pub(super) type BoxError = Box<dyn Error + Send + Sync>;

/// Why a body could not be read to its end.
///
/// As an [`io::Error`], which reading gives, it is found with [`BodyError::of`]. A handler that
/// returns it, or the `io::Error`, as its answer sends the status that fits: 413, 408 or 400.
///
/// ```
/// use gmp_net::http::{Body, BodyError};
///
/// let error = Body::from("four").read_all(3).unwrap_err();
/// assert!(error.is_too_large());
/// assert_eq!(error.status(), 413);
/// let error = std::io::Error::from(error);
/// assert!(BodyError::of(&error).is_some_and(BodyError::is_too_large));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BodyError(pub(super) Kind);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    TooLarge,
    TimedOut,
    /// The peer went away before the end.
    CutOff,
    /// It breaks the rules of its encoding.
    Malformed,
    /// Text that is not UTF-8.
    NotText,
    /// Who was to make it has failed.
    Broken,
}

impl BodyError {
    /// The body has more bytes than are allowed.
    ///
    /// ```
    /// let error = gmp_net::http::Body::from("four").read_text(3).unwrap_err();
    /// assert!(error.is_too_large());
    /// ```
    pub fn is_too_large(&self) -> bool {
        self.0 == Kind::TooLarge
    }

    /// The peer sent nothing for too long.
    ///
    /// ```
    /// let error = gmp_net::http::Body::from("four").read_text(3).unwrap_err();
    /// assert!(!error.is_timeout());
    /// ```
    pub fn is_timeout(&self) -> bool {
        self.0 == Kind::TimedOut
    }

    /// The status that says so to the client.
    ///
    /// ```
    /// let error = gmp_net::http::Body::from(vec![0xff]).read_text(10).unwrap_err();
    /// assert_eq!(error.status(), 400);
    /// ```
    pub fn status(&self) -> StatusCode {
        match self.0 {
            Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Kind::TimedOut => StatusCode::REQUEST_TIMEOUT,
            Kind::CutOff | Kind::Malformed | Kind::NotText => StatusCode::BAD_REQUEST,
            Kind::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The one that `error` was made of, if it was.
    ///
    /// ```
    /// use gmp_net::http::BodyError;
    ///
    /// let error = std::io::Error::other("something else");
    /// assert!(BodyError::of(&error).is_none());
    /// ```
    pub fn of(error: &io::Error) -> Option<&BodyError> {
        error.get_ref()?.downcast_ref()
    }

    /// What hyper says, in our terms: the cause is at the bottom.
    pub(super) fn from_hyper(error: &hyper::Error) -> BodyError {
        let mut cause: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(error) = cause {
            if let Some(io) = error.downcast_ref::<io::Error>() {
                return BodyError(match io.kind() {
                    io::ErrorKind::TimedOut => Kind::TimedOut,
                    io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => Kind::Malformed,
                    _ => Kind::CutOff,
                });
            }
            cause = error.source();
        }
        BodyError(Kind::CutOff)
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::TooLarge => "the body is too large",
            Kind::TimedOut => "the body did not come in time",
            Kind::CutOff => "the peer went away in the middle of the body",
            Kind::Malformed => "the body is malformed",
            Kind::NotText => "the body is not UTF-8",
            Kind::Broken => "the body could not be made",
        })
    }
}

impl Error for BodyError {}

impl From<BodyError> for io::Error {
    fn from(error: BodyError) -> io::Error {
        let kind = match error.0 {
            Kind::TooLarge => io::ErrorKind::FileTooLarge,
            Kind::TimedOut => io::ErrorKind::TimedOut,
            Kind::CutOff => io::ErrorKind::UnexpectedEof,
            Kind::Malformed | Kind::NotText => io::ErrorKind::InvalidData,
            Kind::Broken => io::ErrorKind::Other,
        };
        io::Error::new(kind, error)
    }
}
