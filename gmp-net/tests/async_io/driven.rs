//! Our streams in tasks of tokio: it is tokio's wakers that our poller calls.

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use gmp_core::spawn;
use gmp_net::{AsyncStream, TcpListener, TcpStream, UnixStream};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader, copy_bidirectional, split};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::support::{alone, on_both, pattern, start, tcp_pair, unix_pair, watchdog};

fn multi_thread() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap()
}

/// On both of tokio's schedulers, each on a thread of its own.
fn on_each<F: Future<Output = ()>>(body: impl Fn() -> F + Send + Copy + 'static) {
    let current_thread = || Builder::new_current_thread().enable_time().build().unwrap();
    for runtime in [current_thread, multi_thread] {
        thread::spawn(move || runtime().block_on(body())).join().unwrap();
    }
}

/// Goroutines at one end of each connection, tasks at the other one.
#[test]
fn echo() {
    const CONNECTIONS: usize = 20;
    const ROUNDS: usize = 100;
    let _watchdog = watchdog();
    start();
    on_each(|| async {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut clients = Vec::new();
        for n in 0..CONNECTIONS {
            clients.push(spawn(move || {
                let mut stream = TcpStream::connect(address).unwrap();
                let sent = pattern(100 * n + 1);
                let mut received = vec![0; sent.len()];
                for _ in 0..ROUNDS {
                    stream.write_all(&sent).unwrap();
                    stream.read_exact(&mut received).unwrap();
                    assert_eq!(received, sent);
                }
            }));
        }
        let mut tasks = JoinSet::new();
        for _ in 0..CONNECTIONS {
            let (stream, _) = listener.accept().unwrap();
            tasks.spawn(async move {
                let (mut read, mut write) = split(AsyncStream::from(stream));
                tokio::io::copy(&mut read, &mut write).await.unwrap()
            });
        }
        let copied: u64 = tasks.join_all().await.into_iter().sum();
        let sent: usize = (0..CONNECTIONS).map(|n| ROUNDS * (100 * n + 1)).sum();
        assert_eq!(copied, sent as u64);
        for client in clients {
            client.await.unwrap();
        }
    });
}

/// Both ends are tasks, and more comes than the kernel keeps.
#[test]
fn tasks_at_both_ends() {
    const BYTES: usize = 4 << 20;
    let _watchdog = watchdog();
    start();
    on_each(|| async {
        let ((near, left), (right, far)) = (unix_pair(), tcp_pair());
        let proxy = tokio::spawn(async move {
            let (mut left, mut right) = (left.into_async(), right.into_async());
            copy_bidirectional(&mut left, &mut right).await.unwrap()
        });
        let echo = tokio::spawn(async move {
            let (read, mut write) = split(far.into_async());
            let mut read = BufReader::with_capacity(100_000, read);
            tokio::io::copy_buf(&mut read, &mut write).await.unwrap();
            write.shutdown().await.unwrap();
        });
        let (mut read, mut write) = split(near.into_async());
        let sent = pattern(BYTES);
        let expected = sent.clone();
        let writer = tokio::spawn(async move {
            write.write_all(&sent).await.unwrap();
            write.shutdown().await.unwrap();
            write
        });
        let mut received = Vec::new();
        // Into memory that is not initialised, and into memory that is.
        read.read_buf(&mut received).await.unwrap();
        let mut piece = vec![0; 20_000];
        let n = read.read(&mut piece).await.unwrap();
        received.extend_from_slice(&piece[..n]);
        read.read_to_end(&mut received).await.unwrap();
        assert!(received == expected);
        drop(writer.await.unwrap());
        echo.await.unwrap();
        assert_eq!(proxy.await.unwrap(), (BYTES as u64, BYTES as u64));
    });
}

/// A read that tokio gives up is taken up again later.
#[test]
fn timeouts() {
    let _watchdog = watchdog();
    start();
    on_each(|| async {
        let (near, mut far) = unix_pair();
        let mut near = near.into_async();
        let mut byte = [0];
        for n in 0..20 {
            assert!(timeout(Duration::from_millis(1), near.read(&mut byte)).await.is_err());
            far.write_all(&[n]).unwrap();
            assert_eq!(near.read(&mut byte).await.unwrap(), 1);
            assert_eq!(byte, [n]);
        }
        drop(far);
        assert_eq!(near.read(&mut byte).await.unwrap(), 0);
    });
}

/// A task that always finds something to read lets the others of its thread run.
#[test]
fn takes_turns() {
    let _watchdog = watchdog();
    start();
    let tokio = Builder::new_current_thread().build().unwrap();
    tokio.block_on(async {
        let (near, mut far) = unix_pair();
        far.write_all(&[1; 1000]).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stops = Arc::clone(&stop);
        let reader = tokio::spawn(async move {
            let mut near = near.into_async();
            while !stop.load(SeqCst) {
                // Never less than what is read.
                assert_eq!(near.read(&mut [0]).await.unwrap(), 1);
                far.write_all(&[1]).unwrap();
            }
        });
        let other = tokio::spawn(async move { stops.store(true, SeqCst) });
        reader.await.unwrap();
        other.await.unwrap();
    });
}

/// Tasks that are dropped while they wait leave nothing behind.
#[test]
fn aborted() {
    on_both(|| {
        let tokio = multi_thread();
        for _ in 0..50 {
            let (near, mut far) = unix_pair();
            let task = tokio.spawn(async move {
                let mut near: AsyncStream<UnixStream> = near.into();
                near.read(&mut [0]).await
            });
            task.abort();
            assert!(gmp_core::block_on(task).unwrap_err().is_cancelled());
            assert_eq!(far.read(&mut [0]).unwrap(), 0);
        }
    });
}

/// Without a runtime of ours: somebody polls all the same.
pub(crate) fn without_runtime() {
    multi_thread().block_on(async {
        let mut tasks = JoinSet::new();
        for _ in 0..10 {
            let (near, far) = tcp_pair();
            tasks.spawn(async move {
                let (mut read, mut write) = split(far.into_async());
                tokio::io::copy(&mut read, &mut write).await.unwrap();
            });
            tasks.spawn(async move {
                let mut near = near.into_async();
                for n in 0..100 {
                    near.write_u8(n).await.unwrap();
                    assert_eq!(near.read_u8().await.unwrap(), n);
                }
            });
        }
        tasks.join_all().await;
    });
}

#[test]
fn no_runtime() {
    alone("driven");
}
