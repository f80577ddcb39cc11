//! Reading a body as blocking code does: parks until there is something.

use std::future::poll_fn;
use std::io::{self, BufRead, Read};
use std::task::Poll;

use bytes::{Buf, Bytes};

use super::{Body, Source, TOO_LARGE};
use crate::http::error::{BodyError, Kind};

impl Body {
    /// All of it, or what is left: waits for the end, but takes no more than `limit` bytes.
    ///
    /// # Errors
    /// There are more, or it cannot be read. What was read by then is gone.
    ///
    /// ```
    /// use gmp_net::http::Body;
    ///
    /// let bytes = Body::from(vec![1, 2, 3]).read_all(1024)?;
    /// assert_eq!(&bytes[..], [1, 2, 3]);
    /// # Ok::<(), gmp_net::http::BodyError>(())
    /// ```
    pub fn read_all(&mut self, limit: usize) -> Result<Bytes, BodyError> {
        let Some(first) = self.piece()? else { return Ok(Bytes::new()) };
        if first.len() > limit {
            return Err(self.fail(TOO_LARGE));
        }
        let Some(second) = self.piece()? else { return Ok(first) };
        let mut all = Vec::with_capacity(first.len() + second.len());
        all.extend_from_slice(&first);
        let mut next = Some(second);
        while let Some(piece) = next {
            if piece.len() > limit - all.len() {
                return Err(self.fail(TOO_LARGE));
            }
            all.extend_from_slice(&piece);
            next = self.piece()?;
        }
        Ok(all.into())
    }

    /// As [`read_all`](Body::read_all), for text in UTF-8.
    ///
    /// # Errors
    /// As there, and where it is not UTF-8.
    ///
    /// ```
    /// use gmp_net::http::Body;
    ///
    /// assert_eq!(Body::from("text").read_text(1024)?, "text");
    /// assert!(Body::from(vec![0xff]).read_text(1024).is_err());
    /// # Ok::<(), gmp_net::http::BodyError>(())
    /// ```
    pub fn read_text(&mut self, limit: usize) -> Result<String, BodyError> {
        let bytes = self.read_all(limit)?;
        String::from_utf8(bytes.into()).map_err(|_| BodyError(Kind::NotText))
    }

    fn fail(&mut self, error: BodyError) -> BodyError {
        self.source = Source::Failed(error);
        error
    }

    /// The next piece with bytes in it; parks until it is there. None at the end.
    fn piece(&mut self) -> Result<Option<Bytes>, BodyError> {
        loop {
            if !self.chunk.is_empty() {
                return Ok(Some(std::mem::take(&mut self.chunk)));
            }
            let frame = match &mut self.source {
                Source::None => return Ok(None),
                Source::Failed(error) => return Err(*error),
                // Needs nobody else to read for us.
                Source::Pump(pump) if !pump.is_running() => match pump.read_here() {
                    Ok(piece) if piece.is_empty() => {
                        self.source = Source::None;
                        return Ok(None);
                    }
                    Ok(piece) => return Ok(Some(piece)),
                    Err(error) => return Err(self.fail(error)),
                },
                Source::Inbound(_) | Source::Pump(_) => {
                    gmp_core::block_on(poll_fn(|cx| match self.poll_piece(cx) {
                        Poll::Ready(piece) => Poll::Ready(piece.transpose()),
                        Poll::Pending => Poll::Pending,
                    }))?
                }
            };
            match frame.map(::http_body::Frame::into_data) {
                None => return Ok(None),
                Some(Ok(data)) if !data.is_empty() => return Ok(Some(data)),
                // An empty piece, or trailers, which are no bytes of the body.
                Some(_) => {}
            }
        }
    }
}

impl Read for Body {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let at_hand = self.fill_buf()?;
        let n = at_hand.len().min(buf.len());
        buf[..n].copy_from_slice(&at_hand[..n]);
        self.consume(n);
        Ok(n)
    }
}

impl BufRead for Body {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.chunk.is_empty()
            && let Some(piece) = self.piece()?
        {
            self.chunk = piece;
        }
        Ok(&self.chunk)
    }

    fn consume(&mut self, n: usize) {
        self.chunk.advance(n);
    }
}
