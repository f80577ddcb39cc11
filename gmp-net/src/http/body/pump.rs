//! A reader as a body: a goroutine reads, and hands on what it gets.

use std::future::poll_fn;
use std::io::Read;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures_channel::mpsc::{self, Receiver, Sender};
use futures_core::Stream;

use crate::http::error::{BodyError, Kind};

/// How much is read at once.
const PIECE: usize = 16 << 10;

/// What the goroutine says; if it says nothing any more, it has panicked.
pub(super) enum Said {
    Piece(Bytes),
    End,
    Failed,
}

pub(super) enum Pump {
    /// Nobody has asked yet.
    Still(Box<dyn Read + Send>),
    Running(Receiver<Said>),
    Done,
}

const BROKEN: BodyError = BodyError(Kind::Broken);

impl Pump {
    pub(super) fn new(reader: Box<dyn Read + Send>) -> Pump {
        Pump::Still(reader)
    }

    pub(super) fn is_running(&self) -> bool {
        !matches!(self, Pump::Still(_))
    }

    /// Reads on the caller's stack: for whoever may park. Empty at the end.
    pub(super) fn read_here(&mut self) -> Result<Bytes, BodyError> {
        match self {
            Pump::Still(reader) => read(&mut **reader, &mut BytesMut::new()),
            Pump::Running(_) | Pump::Done => Err(BROKEN),
        }
    }

    /// The next piece, when it is there; None at the end. Starts the goroutine.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        if let Pump::Still(_) = self
            && let Pump::Still(reader) = std::mem::replace(self, Pump::Done)
        {
            // One piece on its way beside the one that the goroutine has in hand.
            let (sender, receiver) = mpsc::channel(0);
            let started = gmp_core::Builder::new().name("http body").spawn(|| run(reader, sender));
            if started.is_err() {
                return Poll::Ready(Some(Err(BROKEN)));
            }
            *self = Pump::Running(receiver);
        }
        let said = match self {
            Pump::Running(receiver) => ready!(Pin::new(receiver).poll_next(cx)),
            Pump::Still(_) | Pump::Done => return Poll::Ready(None),
        };
        Poll::Ready(match said {
            Some(Said::Piece(piece)) => Some(Ok(piece)),
            Some(Said::End) => {
                *self = Pump::Done;
                None
            }
            Some(Said::Failed) | None => Some(Err(BROKEN)),
        })
    }
}

/// Reads to the end, or until nobody wants it any more.
fn run(mut reader: Box<dyn Read + Send>, mut sender: Sender<Said>) {
    let mut buf = BytesMut::new();
    loop {
        let (said, last) = match read(&mut *reader, &mut buf) {
            Ok(piece) if piece.is_empty() => (Said::End, true),
            Ok(piece) => (Said::Piece(piece), false),
            Err(_) => (Said::Failed, true),
        };
        let wanted = gmp_core::block_on(poll_fn(|cx| sender.poll_ready(cx))).is_ok();
        if !wanted || sender.start_send(said).is_err() || last {
            return;
        }
    }
}

/// One piece; empty at the end.
fn read(reader: &mut dyn Read, buf: &mut BytesMut) -> Result<Bytes, BodyError> {
    buf.resize(PIECE, 0);
    loop {
        match reader.read(buf) {
            Ok(n) => return Ok(buf.split_to(n).freeze()),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(BodyError::of(&error).copied().unwrap_or(BROKEN)),
        }
    }
}
