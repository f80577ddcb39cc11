//! HTTP/2, spoken by the h2 crate on a thread with a tokio runtime.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use gmp_net::http::{Body, Request, Server, StatusCode};
use h2::client::SendRequest;

use crate::common::{Site, run, until};

/// Runs `session` with a connection to `addr`, on a thread of its own; returns when it and the
/// connection have ended.
fn speak<F: Future<Output = ()> + Send>(
    addr: SocketAddr,
    session: impl FnOnce(SendRequest<Bytes>) -> F + Send + 'static,
) {
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let stream = tokio::net::TcpStream::connect(addr).await.unwrap();
            let (send, connection) = h2::client::handshake(stream).await.unwrap();
            let driven = tokio::spawn(connection);
            session(send).await;
            // However it ends.
            let _ = driven.await.unwrap();
        });
    });
    until(|| thread.is_finished());
    thread.join().unwrap();
}

fn request(path: &str) -> http::Request<()> {
    let uri = format!("http://test{path}");
    http::Request::builder().method("POST").uri(uri).body(()).unwrap()
}

/// Asks for `path` with `body`; the status and the body of the answer.
async fn ask(send: &SendRequest<Bytes>, path: &str, body: &[u8]) -> (u16, Vec<u8>) {
    try_ask(send, path, body).await.unwrap()
}

async fn try_ask(
    send: &SendRequest<Bytes>,
    path: &str,
    body: &[u8],
) -> Result<(u16, Vec<u8>), h2::Error> {
    let mut send = send.clone().ready().await?;
    let (response, mut stream) = send.send_request(request(path), body.is_empty())?;
    if !body.is_empty() {
        stream.send_data(Bytes::copy_from_slice(body), true)?;
    }
    let (head, mut body) = response.await?.into_parts();
    let mut all = Vec::new();
    while let Some(piece) = body.data().await {
        let piece = piece?;
        body.flow_control().release_capacity(piece.len())?;
        all.extend_from_slice(&piece);
    }
    Ok((head.status.as_u16(), all))
}

fn handler(mut request: Request) -> Result<(StatusCode, Body), gmp_net::http::BodyError> {
    let ok = StatusCode::OK;
    Ok(match request.uri().path() {
        "/panic" => panic!("a handler's panic, as the test wants it"),
        "/goexit" => gmp_core::goexit(),
        "/slow" => {
            gmp_core::time::sleep(Duration::from_millis(20));
            (ok, "slow".into())
        }
        "/stream" => (ok, Body::from_reader(request.into_body())),
        "/ignore" => (ok, "ignored".into()),
        _ => (ok, request.body_mut().read_all(1 << 20)?.into()),
    })
}

#[test]
fn streams_share_a_connection() {
    run(|| {
        let site = Site::new(handler);
        let server = site.server.clone();
        speak(site.addr, |send| async move {
            let begun = std::time::Instant::now();
            let slow: Vec<_> = (0..50)
                .map(|_| {
                    let send = send.clone();
                    tokio::spawn(async move { ask(&send, "/slow", b"").await })
                })
                .collect();
            assert_eq!(ask(&send, "/", b"").await, (200, vec![]));
            let large: Vec<u8> = (0..1_000_000).map(|n| (n % 251) as u8).collect();
            for path in ["/", "/stream"] {
                assert_eq!(ask(&send, path, b"echo").await, (200, b"echo".to_vec()));
                assert_eq!(ask(&send, path, &large).await, (200, large.clone()));
            }
            for slow in slow {
                assert_eq!(slow.await.unwrap(), (200, b"slow".to_vec()));
            }
            // Not one after the other.
            assert!(begun.elapsed() < Duration::from_secs(10));
            assert_eq!(server.connections(), 1);
        });
        site.stop();
    });
}

#[test]
fn handlers_that_fail_end_their_stream_only() {
    run(|| {
        let site = Site::new(handler);
        speak(site.addr, |send| async move {
            for path in ["/panic", "/goexit"] {
                for body in [&b""[..], b"body"] {
                    assert_eq!(ask(&send, path, body).await.0, 500);
                    assert_eq!(ask(&send, "/", b"ok").await, (200, b"ok".to_vec()));
                }
            }
        });
        site.stop();
    });
}

#[test]
fn limits_of_streams() {
    run(|| {
        let configure = |server: Server| {
            server.max_body_bytes(1000).max_headers(10).max_header_bytes(5000).max_streams(3)
        };
        let site = Site::with(configure, handler);
        speak(site.addr, |send| async move {
            assert_eq!(ask(&send, "/", &[7; 1000]).await.1.len(), 1000);
            assert_eq!(ask(&send, "/", &[7; 1001]).await.0, 413);
            let with = |name: &'static str, count: usize, len: usize| {
                let mut request = request("/");
                for n in 0..count {
                    let name = http::HeaderName::try_from(format!("{name}{n}")).unwrap();
                    request.headers_mut().insert(name, "x".repeat(len).parse().unwrap());
                }
                request
            };
            for (count, len, status) in [(8, 10, 200), (11, 10, 431), (1, 6000, 431)] {
                let mut send = send.clone().ready().await.unwrap();
                let (response, _) = send.send_request(with("name", count, len), true).unwrap();
                assert_eq!(response.await.unwrap().status(), status, "{count} of {len}");
            }
            let mut send = send.clone().ready().await.unwrap();
            let mut length = request("/ignore");
            length.headers_mut().insert("content-length", "1001".parse().unwrap());
            let (response, _stream) = send.send_request(length, false).unwrap();
            assert_eq!(response.await.unwrap().status(), 413);
        });
        site.stop();
    });
}

#[test]
fn an_idle_connection_is_told_to_go() {
    run(|| {
        let short = Duration::from_millis(100);
        let site = Site::with(|server| server.idle_timeout(short), handler);
        speak(site.addr, move |send| async move {
            assert_eq!(ask(&send, "/", b"ok").await, (200, b"ok".to_vec()));
            let begun = std::time::Instant::now();
            // What is asked for now is refused sooner or later: the connection has ended.
            while try_ask(&send, "/slow", b"").await.is_ok() {
                assert!(begun.elapsed() < Duration::from_secs(20));
                tokio::time::sleep(short * 5).await;
            }
        });
        until(|| site.server.connections() == 0);
        site.stop();
    });
}

#[test]
fn a_body_that_does_not_come_ends_the_connection() {
    run(|| {
        let short = Duration::from_millis(100);
        let site = Site::with(|server| server.read_timeout(short), handler);
        speak(site.addr, |send| async move {
            let mut send = send.ready().await.unwrap();
            let (response, mut stream) = send.send_request(request("/"), false).unwrap();
            stream.send_data(Bytes::from_static(b"half"), false).unwrap();
            // Either the handler's answer, or the end of the connection, is first.
            if let Ok(response) = response.await {
                assert_ne!(response.status(), 200);
            }
        });
        until(|| site.server.connections() == 0);
        site.stop();
    });
}

#[test]
fn stopping_lets_streams_end() {
    run(|| {
        let site = Site::new(handler);
        let server = site.server.clone();
        speak(site.addr, move |send| async move {
            let slow: Vec<_> = (0..5)
                .map(|_| {
                    let send = send.clone();
                    tokio::spawn(async move { ask(&send, "/slow", b"").await })
                })
                .collect();
            // All of them have begun.
            assert_eq!(ask(&send, "/slow", b"").await.0, 200);
            let stopping =
                std::thread::spawn(move || server.shutdown(Duration::from_secs(20)).unwrap());
            for slow in slow {
                assert_eq!(slow.await.unwrap(), (200, b"slow".to_vec()));
            }
            drop(send);
            while !stopping.is_finished() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            stopping.join().unwrap();
        });
        site.stop();
    });
}

#[test]
fn the_version_is_found_out() {
    run(|| {
        // Cut into pieces, the first words are understood all the same.
        let site = Site::new(handler);
        let mut client = site.client();
        for byte in *b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" {
            client.send([byte]);
            gmp_core::time::sleep(Duration::from_millis(1));
        }
        // An empty SETTINGS frame.
        client.send([0, 0, 0, 4, 0, 0, 0, 0, 0]);
        let mut head = [0; 9];
        std::io::Read::read_exact(&mut client.stream, &mut head).unwrap();
        assert_eq!(head[3], 4, "SETTINGS comes first");
        drop(client);
        site.stop();
        // Only one of them is spoken.
        let site = Site::with(Server::http1_only, handler);
        let mut client = site.client();
        client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        assert_eq!(client.answer().status, 505);
        client.ends();
        site.stop();
        let site = Site::with(Server::http2_only, handler);
        let mut client = site.client();
        client.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
        assert!(!client.rest().starts_with(b"HTTP/1.1"));
        speak(site.addr, |send| async move {
            assert_eq!(ask(&send, "/", b"ok").await.0, 200);
        });
        site.stop();
    });
}
