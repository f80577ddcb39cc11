//! Our streams with the traits of futures, in goroutines and on threads.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Instant;

use futures_util::future::{join, join_all};
use futures_util::io::copy;
use futures_util::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use gmp_core::{block_on, spawn, spawn_future};
use gmp_net::{AsyncStream, Stream, TcpStream, UnixStream};

use crate::support::{alone, on_both, pattern, start, tcp_pair, unix_pair, until, watchdog};

/// More than the kernel keeps, both ways at once: each side has to wait for the other one.
fn there_and_back<S: Stream>((near, far): (S, S)) {
    const BYTES: usize = 8 << 20;
    let echo = spawn_future(async move {
        let (read, mut write) = AsyncStream::from(far).split();
        let copied = copy(read, &mut write).await.unwrap();
        write.close().await.unwrap();
        copied
    });
    let sent = pattern(BYTES);
    let (mut read, mut write) = AsyncStream::from(near).split();
    let mut received = Vec::new();
    block_on(join(
        async {
            write.write_all(&sent).await.unwrap();
            write.close().await.unwrap();
        },
        async { _ = read.read_to_end(&mut received).await.unwrap() },
    ));
    assert_eq!(echo.join().unwrap(), BYTES as u64);
    assert!(received == sent);
}

#[test]
fn more_than_the_kernel_keeps() {
    on_both(|| {
        there_and_back(tcp_pair());
        there_and_back(unix_pair());
    });
}

/// A byte at a time: each side waits for each of them.
#[test]
fn ping_pong() {
    fn play<S: Stream>((near, far): (S, S)) {
        let (near, far) = (AsyncStream::from(near), AsyncStream::from(far));
        let partner = spawn_future(async move {
            let (mut read, mut write) = far.split();
            let mut byte = [0];
            while read.read(&mut byte).await.unwrap() == 1 {
                write.write_all(&[byte[0].wrapping_add(1)]).await.unwrap();
            }
        });
        block_on(async {
            let (mut read, mut write) = near.split();
            for n in 0..=255 {
                write.write_all(&[n]).await.unwrap();
                let mut byte = [0];
                read.read_exact(&mut byte).await.unwrap();
                assert_eq!(byte[0], n.wrapping_add(1));
            }
        });
        partner.join().unwrap();
    }
    on_both(|| {
        play(tcp_pair());
        play(unix_pair());
    });
}

#[test]
fn vectored() {
    on_both(|| {
        let (near, mut far) = tcp_pair();
        let mut near = near.into_async();
        let (one, two, three) = (pattern(10), pattern(1000), pattern(3));
        let bufs = [&one, &two, &three].map(|buf| IoSlice::new(buf));
        assert_eq!(block_on(near.write_vectored(&bufs)).unwrap(), 1013);
        assert_eq!(block_on(near.write_vectored(&bufs[..1])).unwrap(), 10);
        let mut all = vec![0; 1023];
        far.read_exact(&mut all).unwrap();
        assert_eq!(all, [one.clone(), two, three, one].concat());
        assert_eq!(block_on(near.write_vectored(&[])).unwrap(), 0);
        assert_eq!(block_on(near.write(&[])).unwrap(), 0);
        assert_eq!(block_on(near.read(&mut [])).unwrap(), 0);
    });
}

/// What one side has not read yet belongs to whoever reads next, async or not.
#[test]
fn there_and_back_again() {
    on_both(|| {
        let (mut near, mut far) = tcp_pair();
        let mut bytes = [0; 4];
        for round in 0..20 {
            far.write_all(&[round, 1, 2, 3, 4, 5, 6, 7]).unwrap();
            let mut here = AsyncStream::from(near);
            block_on(here.read_exact(&mut bytes)).unwrap();
            assert_eq!(bytes, [round, 1, 2, 3]);
            near = here.into_inner();
            near.read_exact(&mut bytes).unwrap();
            assert_eq!(bytes, [4, 5, 6, 7]);
            // Once as one that has waited, for nothing.
            let mut here = near.into_async();
            let mut context = Context::from_waker(Waker::noop());
            assert!(Pin::new(&mut here).poll_read(&mut context, &mut bytes).is_pending());
            near = TcpStream::from(here);
        }
    });
}

/// The reader sees the end, whichever way the other side has gone.
#[test]
fn ends() {
    fn end<S: Stream>(pair: fn() -> (S, S)) {
        let ways: [fn(AsyncStream<S>); 3] = [
            |mut stream| block_on(stream.close()).unwrap(),
            drop,
            |stream| drop(stream.into_inner()),
        ];
        for end in ways {
            let (near, far) = pair();
            let mut near = AsyncStream::from(near);
            let reads = spawn_future(async move { near.read(&mut [0]).await });
            end(AsyncStream::from(far));
            assert_eq!(reads.join().unwrap().unwrap(), 0);
        }
        // Twice is once, also if nobody is left.
        let (near, far) = pair();
        let mut near = AsyncStream::from(near);
        block_on(near.close()).unwrap();
        block_on(near.close()).unwrap();
        drop(far);
        block_on(near.close()).unwrap();
    }
    on_both(|| {
        end(tcp_pair);
        end(unix_pair);
    });
}

/// Writing to who has gone is an error, and no signal.
#[test]
fn nobody_reads() {
    on_both(|| {
        let (near, far) = unix_pair();
        let mut near = near.into_async();
        drop(far);
        let error = block_on(near.write_all(&pattern(1 << 20))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    });
}

/// Counts how often it was woken.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Wakes>) {
        self.0.fetch_add(1, SeqCst);
    }
}

fn poll_read<S: Stream>(
    stream: &mut AsyncStream<S>,
    wakes: &Arc<Wakes>,
    byte: &mut [u8; 1],
) -> Poll<io::Result<usize>>
where
    AsyncStream<S>: AsyncRead,
{
    let waker = Waker::from(Arc::clone(wakes));
    // Streams are Unpin.
    Pin::new(stream).poll_read(&mut Context::from_waker(&waker), byte)
}

/// Who closes it, or lets its deadline pass, wakes the task that waits.
#[test]
fn closing_wakes() {
    on_both(|| {
        let (near, _far) = tcp_pair();
        let (mut near, wakes, mut byte) = (near.into_async(), Arc::default(), [0]);
        assert!(poll_read(&mut near, &wakes, &mut byte).is_pending());
        near.get_ref().close().unwrap();
        until(|| wakes.0.load(SeqCst) == 1);
        let Poll::Ready(Err(error)) = poll_read(&mut near, &wakes, &mut byte) else {
            panic!("it was closed");
        };
        assert_eq!(error.kind(), ErrorKind::NotConnected);
        assert_eq!(block_on(near.write(&[1])).unwrap_err().kind(), ErrorKind::NotConnected);
        assert_eq!(block_on(near.close()).unwrap_err().kind(), ErrorKind::NotConnected);

        let (near, mut far) = tcp_pair();
        let (mut near, wakes) = (near.into_async(), Arc::default());
        assert!(poll_read(&mut near, &wakes, &mut byte).is_pending());
        near.get_ref().set_deadline(Some(Instant::now())).unwrap();
        until(|| wakes.0.load(SeqCst) == 1);
        assert_eq!(block_on(near.read(&mut [0])).unwrap_err().kind(), ErrorKind::TimedOut);
        near.get_ref().set_deadline(None).unwrap();
        far.write_all(&[9]).unwrap();
        assert_eq!(block_on(near.read(&mut byte)).unwrap(), 1);
        assert_eq!(byte, [9]);
    });
}

/// A task that is polled with another waker is woken by that one; each is dropped in the end.
#[test]
fn the_last_waker_counts() {
    on_both(|| {
        let (near, mut far) = tcp_pair();
        let (mut near, mut byte) = (near.into_async(), [0]);
        let wakes: [Arc<Wakes>; 3] = Default::default();
        for wakes in &wakes {
            assert!(poll_read(&mut near, wakes, &mut byte).is_pending());
        }
        far.write_all(&[5]).unwrap();
        until(|| wakes[2].0.load(SeqCst) > 0);
        let counts = [0, 1, 2].map(|n: usize| wakes[n].0.load(SeqCst));
        assert_eq!(counts, [0, 0, 1]);
        assert!(matches!(poll_read(&mut near, &wakes[0], &mut byte), Poll::Ready(Ok(1))));
        drop(near);
        until(|| wakes.iter().all(|wakes| Arc::strong_count(wakes) == 1));
    });
}

/// A read that another task's wake-up has made useless waits again.
#[test]
fn reading_and_writing_do_not_mix() {
    on_both(|| {
        let (near, mut far) = unix_pair();
        let (mut near, wakes, mut byte) = (near.into_async(), Arc::default(), [0]);
        assert!(poll_read(&mut near, &wakes, &mut byte).is_pending());
        let writes: Arc<Wakes> = Arc::default();
        let waker = Waker::from(Arc::clone(&writes));
        let full = pattern(1 << 16);
        let mut written = 0;
        while let Poll::Ready(n) =
            Pin::new(&mut near).poll_write(&mut Context::from_waker(&waker), &full)
        {
            written += n.unwrap();
        }
        assert!(written > 0);
        let mut rest = vec![0; written];
        far.read_exact(&mut rest).unwrap();
        until(|| writes.0.load(SeqCst) > 0);
        assert!(poll_read(&mut near, &wakes, &mut byte).is_pending());
        far.write_all(&[1]).unwrap();
        until(|| wakes.0.load(SeqCst) > 0);
        assert!(matches!(poll_read(&mut near, &wakes, &mut byte), Poll::Ready(Ok(1))));
    });
}

/// One goroutine, many connections; and many goroutines with one each.
#[test]
fn many() {
    const CONNECTIONS: usize = 200;
    let _watchdog = watchdog();
    start();
    gmp_core::run_test(|| {
        let pairs: Vec<_> = (0..CONNECTIONS).map(|_| unix_pair()).collect();
        let (near, far): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let each = far.into_iter().enumerate().map(|(n, stream)| {
            spawn_future(async move {
                let mut stream: AsyncStream<UnixStream> = stream.into();
                for round in 0..20 {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).await.unwrap();
                    assert_eq!(byte[0], round);
                    stream.write_all(&[n as u8]).await.unwrap();
                }
            })
        });
        let each: Vec<_> = each.collect();
        let all = near.into_iter().enumerate().map(|(n, stream)| async move {
            let mut stream = stream.into_async();
            for round in 0..20 {
                stream.write_all(&[round]).await.unwrap();
                let mut byte = [0];
                stream.read_exact(&mut byte).await.unwrap();
                assert_eq!(byte[0], n as u8);
            }
        });
        block_on(join_all(all));
        each.into_iter().for_each(|handle| handle.join().unwrap());
    });
}

/// The other side may block its thread.
#[test]
fn with_plain_sockets() {
    on_both(|| {
        let (near, far) = tcp_pair();
        let mut far = std::net::TcpStream::from(far);
        let other = thread::spawn(move || {
            let mut all = Vec::new();
            far.read_to_end(&mut all).unwrap();
            far.write_all(&all).unwrap();
        });
        let ours = spawn(move || {
            block_on(async {
                let (sent, mut received, mut near) = (pattern(50_000), vec![], near.into_async());
                near.write_all(&sent).await.unwrap();
                near.close().await.unwrap();
                near.read_to_end(&mut received).await.unwrap();
                assert_eq!(received, sent);
            });
        });
        ours.join().unwrap();
        other.join().unwrap();
    });
}

/// Without a runtime, each future on a thread of its own.
pub(crate) fn without_runtime() {
    let (near, far) = tcp_pair();
    let mut far = far.into_async();
    let other = thread::spawn(move || {
        block_on(async {
            let mut byte = [0];
            while far.read(&mut byte).await.unwrap() == 1 {
                far.write_all(&byte).await.unwrap();
            }
        });
    });
    block_on(async {
        let mut near = near.into_async();
        for n in 0..100 {
            near.write_all(&[n]).await.unwrap();
            let mut byte = [0];
            near.read_exact(&mut byte).await.unwrap();
            assert_eq!(byte, [n]);
        }
    });
    other.join().unwrap();
}

#[test]
fn no_runtime() {
    alone("streams");
}
