//! Tokio's traits.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::coop::poll_proceed;

use super::stream::{AsyncStream, Stream};

/// In a task of tokio, an operation counts as tokio's own do: after so many the task has to
/// let others run, however much there is to read. Elsewhere nothing is counted.
fn in_turn<T>(
    context: &mut Context<'_>,
    operation: impl FnOnce(&mut Context<'_>) -> Poll<T>,
) -> Poll<T> {
    let turn = ready!(poll_proceed(context));
    let done = operation(context);
    if done.is_ready() {
        turn.made_progress();
    }
    done
}

impl<S: Stream> AsyncRead for AsyncStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        in_turn(context, |context| {
            if buf.initialized().len() == buf.capacity() {
                let read = self.poll_read_into(context, buf.initialize_unfilled());
                return read.map_ok(|n| buf.advance(n));
            }
            let room = buf.remaining();
            self.poll_read_piece(context, room, |bytes| buf.put_slice(bytes)).map_ok(|_| ())
        })
    }
}

impl<S: Stream> AsyncWrite for AsyncStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        in_turn(context, |context| self.poll_write_from(context, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.end_writing())
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        in_turn(context, |context| self.poll_write_from_all(context, bufs))
    }
}
