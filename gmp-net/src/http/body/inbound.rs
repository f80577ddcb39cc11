//! A request's body, as hyper receives it, with the server's limit.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use ::http_body::{Body as _, Frame, SizeHint};
use bytes::Bytes;
use hyper::body::Incoming;

use super::TOO_LARGE;
use crate::http::error::BodyError;

/// Told whether somebody waits for a piece of a body.
pub(in crate::http) trait Hunger: Send + Sync {
    /// One more waits, or one less.
    fn change(&self, waits: bool);
}

pub(in crate::http) struct Inbound {
    /// What was received before the handler was called.
    early: VecDeque<Frame<Bytes>>,
    /// What came instead of the rest.
    failed: Option<BodyError>,
    incoming: Incoming,
    /// How many bytes may come yet.
    left: u64,
    hunger: Option<Arc<dyn Hunger>>,
    waits: bool,
}

impl Inbound {
    pub(in crate::http) fn new(incoming: Incoming, limit: u64) -> Inbound {
        let early = VecDeque::new();
        Inbound { early, failed: None, incoming, left: limit, hunger: None, waits: false }
    }

    /// Tells `hunger` from now on.
    pub(in crate::http) fn telling(mut self, hunger: Arc<dyn Hunger>) -> Inbound {
        self.hunger = Some(hunger);
        self
    }

    pub(in crate::http) fn is_at_end(&self) -> bool {
        self.early.is_empty() && self.failed.is_none() && self.incoming.is_end_stream()
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        let early = self.early.iter().filter_map(Frame::data_ref).map(Bytes::len).sum::<usize>();
        let mut hint = self.incoming.size_hint();
        if let Some(rest) = hint.exact() {
            hint.set_exact(rest + early as u64);
        }
        hint
    }

    /// Takes in what has come, ahead of who reads. True once that is all.
    pub(in crate::http) fn gather(&mut self, cx: &mut Context<'_>) -> bool {
        loop {
            match Pin::new(&mut self.incoming).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => self.early.push_back(frame),
                Poll::Ready(None) => return true,
                Poll::Ready(Some(Err(error))) => {
                    self.failed = Some(BodyError::from_hyper(&error));
                    return false;
                }
                Poll::Pending => return false,
            }
        }
    }

    /// How many bytes were gathered.
    pub(in crate::http) fn gathered(&self) -> usize {
        self.early.iter().filter_map(Frame::data_ref).map(Bytes::len).sum()
    }

    /// All of it, if that is one piece and within the limit.
    pub(in crate::http) fn only_piece(&mut self) -> Option<Bytes> {
        if self.early.len() > 1 || self.gathered() as u64 > self.left {
            return None;
        }
        match self.early.pop_front() {
            None => Some(Bytes::new()),
            Some(frame) => match frame.into_data() {
                Ok(data) => Some(data),
                Err(trailers) => {
                    self.early.push_front(trailers);
                    None
                }
            },
        }
    }

    /// The next frame, when it is there; None at the end.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = match (self.early.pop_front(), self.failed) {
            (Some(frame), _) => frame,
            (None, Some(error)) => return Poll::Ready(Some(Err(error))),
            (None, None) => match Pin::new(&mut self.incoming).poll_frame(cx) {
                Poll::Pending => {
                    self.set_waits(true);
                    return Poll::Pending;
                }
                ready => {
                    self.set_waits(false);
                    match ready!(ready) {
                        None => return Poll::Ready(None),
                        Some(Ok(frame)) => frame,
                        Some(Err(error)) => {
                            return Poll::Ready(Some(Err(BodyError::from_hyper(&error))));
                        }
                    }
                }
            },
        };
        let len = frame.data_ref().map_or(0, Bytes::len) as u64;
        if len > self.left {
            return Poll::Ready(Some(Err(TOO_LARGE)));
        }
        self.left -= len;
        Poll::Ready(Some(Ok(frame)))
    }

    fn set_waits(&mut self, waits: bool) {
        if let Some(hunger) = &self.hunger
            && waits != self.waits
        {
            hunger.change(waits);
        }
        self.waits = waits;
    }
}

impl Drop for Inbound {
    fn drop(&mut self) {
        self.set_waits(false);
    }
}
