//! Tokio's own types in goroutines, with a runtime of tokio entered.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use gmp_core::{block_on, gosched, spawn, spawn_future};
use gmp_net::in_tokio;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::time;

use crate::support::{on_both, pattern, start, watchdog};

static TOKIO: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap());

fn here<F: IntoFuture>(future: F) -> F::Output {
    block_on(in_tokio(TOKIO.handle(), future))
}

#[test]
fn its_clock() {
    on_both(|| {
        let start = Instant::now();
        let ticks = here(async {
            time::sleep(Duration::from_millis(2)).await;
            let mut ticker = time::interval(Duration::from_millis(1));
            for _ in 0..3 {
                ticker.tick().await;
            }
            time::timeout(Duration::from_millis(2), std::future::pending::<()>()).await
        });
        assert!(ticks.is_err());
        assert!(start.elapsed() >= Duration::from_millis(6));
    });
}

#[test]
fn its_sockets() {
    const CLIENTS: usize = 20;
    on_both(|| {
        let listener = here(async { TcpListener::bind("127.0.0.1:0").await }).unwrap();
        let address = listener.local_addr().unwrap();
        let server = spawn(move || {
            let connections: Vec<_> = (0..CLIENTS)
                .map(|_| {
                    let (stream, _) = here(listener.accept()).unwrap();
                    spawn_future(in_tokio(TOKIO.handle(), async move {
                        let (mut read, mut write) = stream.into_split();
                        tokio::io::copy(&mut read, &mut write).await.unwrap();
                    }))
                })
                .collect();
            connections.into_iter().for_each(|handle| handle.join().unwrap());
        });
        let clients: Vec<_> = (0..CLIENTS)
            .map(|n| {
                spawn(move || {
                    let mut stream = here(TcpStream::connect(address)).unwrap();
                    let (sent, mut received) = (pattern(1000 * n + 1), vec![]);
                    for _ in 0..10 {
                        // Entered for each of them, and left again.
                        here(stream.write_all(&sent)).unwrap();
                        received.resize(sent.len(), 0);
                        here(stream.read_exact(&mut received)).unwrap();
                        assert_eq!(received, sent);
                    }
                })
            })
            .collect();
        clients.into_iter().for_each(|handle| handle.join().unwrap());
        server.join().unwrap();
    });
}

/// Tasks, their results, and tokio's threads for what blocks.
#[test]
fn its_tasks() {
    on_both(|| {
        let sum = here(async {
            let blocking = tokio::task::spawn_blocking(|| 1);
            let task = tokio::spawn(async { spawn(|| 2).await.unwrap() });
            blocking.await.unwrap() + task.await.unwrap()
        });
        assert_eq!(sum, 3);
    });
}

/// A future that waits as goroutines do stays on its thread, where the runtime is entered;
/// others never see it.
#[test]
fn parks_inside() {
    const GOROUTINES: usize = 16;
    let _watchdog = watchdog();
    start();
    gmp_core::run_test(|| {
        let goroutines: Vec<_> = (0..GOROUTINES)
            .map(|n| {
                spawn(move || {
                    for _ in 0..50 {
                        assert!(Handle::try_current().is_err());
                        if n % 2 == 0 {
                            gosched();
                            continue;
                        }
                        here(async {
                            let before = thread::current().id();
                            assert!(Handle::try_current().is_ok());
                            gosched();
                            gmp_core::time::sleep(Duration::from_micros(100));
                            spawn(gosched).join().unwrap();
                            assert!(Handle::try_current().is_ok());
                            assert_eq!(thread::current().id(), before);
                            tokio::task::yield_now().await;
                            time::sleep(Duration::from_micros(100)).await;
                        });
                    }
                })
            })
            .collect();
        goroutines.into_iter().for_each(|handle| handle.join().unwrap());
    });
}

/// A panic leaves the runtime behind, and the goroutine free to go anywhere.
#[test]
fn panics_inside() {
    on_both(|| {
        let panics = AssertUnwindSafe(|| here(async { std::panic::resume_unwind(Box::new(1)) }));
        let caught: Result<(), _> = catch_unwind(panics);
        assert_eq!(*caught.unwrap_err().downcast::<i32>().unwrap(), 1);
        assert!(Handle::try_current().is_err());
        assert_eq!(here(async { 2 }), 2);
    });
}
