//! Hyper on our streams: client and server, each connection a goroutine that drives it.

use std::convert::Infallible;

use bytes::Bytes;
use gmp_core::{block_on, spawn, spawn_future};
use gmp_net::{AsyncStream, Stream, TcpListener, TcpStream};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, client, server};

use crate::support::{on_both, pattern, tcp_pair, unix_pair};

/// Answers with the body that came, and the path. It parks on the way, as handlers may.
async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let body = spawn(move || body);
    let response = Response::builder().header("path", path);
    Ok(response.body(Full::new(body.join().unwrap())).unwrap())
}

fn serve<S: Stream>(stream: S) {
    let connection = server::conn::http1::Builder::new()
        .serve_connection(AsyncStream::from(stream), service_fn(answer));
    block_on(connection).unwrap();
}

/// Requests one after the other on one connection, with bodies of all sizes.
fn ask<S: Stream>(stream: S, requests: usize) {
    block_on(async {
        let handshake = client::conn::http1::handshake(AsyncStream::from(stream));
        let (mut sender, connection) = handshake.await.unwrap();
        let driver = spawn_future(connection);
        for n in 0..requests {
            let body = pattern(n * n * 2000);
            let request = Request::post(format!("/request/{n}")).header("host", "here");
            let request = request.body(Full::new(Bytes::from(body.clone()))).unwrap();
            sender.ready().await.unwrap();
            let response = sender.send_request(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(response.headers()["path"], format!("/request/{n}"));
            let received = response.into_body().collect().await.unwrap().to_bytes();
            assert!(received == body);
        }
        drop(sender);
        driver.await.unwrap().unwrap();
    });
}

#[test]
fn a_connection() {
    fn connection<S: Stream>((near, far): (S, S)) {
        let server = spawn(move || serve(far));
        ask(near, 12);
        server.join().unwrap();
    }
    on_both(|| {
        connection(tcp_pair());
        connection(unix_pair());
    });
}

#[test]
fn many_connections() {
    const CLIENTS: usize = 50;
    on_both(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = spawn(move || {
            let connections: Vec<_> = (0..CLIENTS)
                .map(|_| {
                    let (stream, _) = listener.accept().unwrap();
                    spawn(move || serve(stream))
                })
                .collect();
            connections.into_iter().for_each(|handle| handle.join().unwrap());
        });
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| spawn(move || ask(TcpStream::connect(address).unwrap(), 8)))
            .collect();
        clients.into_iter().for_each(|handle| handle.join().unwrap());
        server.join().unwrap();
    });
}
