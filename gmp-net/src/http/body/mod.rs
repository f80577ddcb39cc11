//! Bodies: of requests, which come from the network, and of responses.

mod inbound;
mod pump;
mod read;

pub(super) use inbound::{Hunger, Inbound};

use std::fmt;
use std::io::Read;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::http_body::{Frame, SizeHint};
use bytes::Bytes;

use super::error::{BodyError, Kind};
use pump::Pump;

/// The body of a request or of a response.
///
/// It is read with [`Read`] or [`BufRead`](std::io::BufRead), which park until there is
/// something, or at once and up to a limit with [`read_all`](Body::read_all) and
/// [`read_text`](Body::read_text).
///
/// A request's body comes from the client while it is read: who does not read it, does not let
/// it in. It fails with a [`BodyError`] when the client goes away, sends nothing for too long, or
/// sends more than the server's limit. If it is dropped before it was read to its end, the
/// connection is closed after the response, unless what is left is there already.
///
/// ```
/// use gmp_net::http::Body;
/// use std::io::Read;
///
/// let mut body = Body::from("hello");
/// let mut text = String::new();
/// body.read_to_string(&mut text)?;
/// assert_eq!(text, "hello");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Body {
    /// What is at hand, and comes first.
    chunk: Bytes,
    source: Source,
    peer: Option<SocketAddr>,
}

/// Where the rest comes from.
enum Source {
    /// There is no more.
    None,
    /// From the client.
    Inbound(Box<Inbound>),
    /// From a reader.
    Pump(Pump),
    /// It ended before its end.
    Failed(BodyError),
}

impl Body {
    /// One without bytes.
    ///
    /// ```
    /// use gmp_net::http::Body;
    ///
    /// assert_eq!(Body::empty().read_text(0)?, "");
    /// # Ok::<(), gmp_net::http::BodyError>(())
    /// ```
    pub const fn empty() -> Body {
        Body { chunk: Bytes::new(), source: Source::None, peer: None }
    }

    /// What `reader` gives, sent as it comes: up to 16 KiB at once.
    ///
    /// A goroutine of its own reads, at most two pieces ahead of the client; it parks, or
    /// blocks, as `reader` does. HTTP/1.1 sends it in chunks, unless the response has a
    /// `content-length`. If `reader` fails or panics the response is cut off, so that the
    /// client does not take a part for the whole.
    ///
    /// ```
    /// use gmp_net::http::Body;
    ///
    /// let mut body = Body::from_reader(&b"from a reader"[..]);
    /// assert_eq!(body.read_text(100)?, "from a reader");
    /// # Ok::<(), gmp_net::http::BodyError>(())
    /// ```
    pub fn from_reader(reader: impl Read + Send + 'static) -> Body {
        let source = Source::Pump(Pump::new(Box::new(reader)));
        Body { chunk: Bytes::new(), source, peer: None }
    }

    /// That of a request whose body is all there, or empty.
    pub(super) fn at_hand(chunk: Bytes, peer: SocketAddr) -> Body {
        Body { chunk, source: Source::None, peer: Some(peer) }
    }

    /// That of a request.
    pub(super) fn inbound(inbound: Inbound, peer: SocketAddr) -> Body {
        Body { chunk: Bytes::new(), source: Source::Inbound(Box::new(inbound)), peer: Some(peer) }
    }

    /// Of a request: who sent it.
    pub(super) fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// The next piece, when it is there; None at the end.
    fn poll_piece(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if !self.chunk.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.chunk)))));
        }
        let piece = match &mut self.source {
            Source::None => None,
            Source::Inbound(inbound) => ready!(inbound.poll(cx)),
            Source::Pump(pump) => ready!(pump.poll(cx)).map(|piece| piece.map(Frame::data)),
            Source::Failed(error) => return Poll::Ready(Some(Err(*error))),
        };
        match &piece {
            None => self.source = Source::None,
            Some(Err(error)) => self.source = Source::Failed(*error),
            Some(Ok(_)) => {}
        }
        Poll::Ready(piece)
    }
}

impl Default for Body {
    fn default() -> Body {
        Body::empty()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = match &self.source {
            Source::None => "at hand",
            Source::Inbound(_) => "from the network",
            Source::Pump(_) => "from a reader",
            Source::Failed(_) => "failed",
        };
        f.debug_struct("Body").field("at_hand", &self.chunk.len()).field("source", &source).finish()
    }
}

impl From<Bytes> for Body {
    fn from(chunk: Bytes) -> Body {
        Body { chunk, ..Body::empty() }
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Body {
        Bytes::from(bytes).into()
    }
}

impl From<String> for Body {
    fn from(text: String) -> Body {
        Bytes::from(text).into()
    }
}

/// Costs no allocation.
impl From<&'static str> for Body {
    fn from(text: &'static str) -> Body {
        Bytes::from_static(text.as_bytes()).into()
    }
}

/// Costs no allocation.
impl From<&'static [u8]> for Body {
    fn from(bytes: &'static [u8]) -> Body {
        Bytes::from_static(bytes).into()
    }
}

impl From<()> for Body {
    fn from((): ()) -> Body {
        Body::empty()
    }
}

impl From<std::borrow::Cow<'static, str>> for Body {
    fn from(text: std::borrow::Cow<'static, str>) -> Body {
        match text {
            std::borrow::Cow::Borrowed(text) => text.into(),
            std::borrow::Cow::Owned(text) => text.into(),
        }
    }
}

/// For async code, and for whatever else takes bodies: axum, tower, hyper.
impl ::http_body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.get_mut().poll_piece(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.chunk.is_empty()
            && match &self.source {
                Source::None => true,
                Source::Inbound(inbound) => inbound.is_at_end(),
                Source::Pump(_) | Source::Failed(_) => false,
            }
    }

    fn size_hint(&self) -> SizeHint {
        let at_hand = self.chunk.len() as u64;
        match &self.source {
            Source::None => SizeHint::with_exact(at_hand),
            Source::Inbound(inbound) => inbound.size_hint(),
            Source::Pump(_) | Source::Failed(_) => SizeHint::default(),
        }
    }
}

/// Too many bytes for whoever asked.
const TOO_LARGE: BodyError = BodyError(Kind::TooLarge);
