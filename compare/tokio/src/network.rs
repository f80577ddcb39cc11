//! The network's rows: hyper on tokio's sockets, a task for each connection.

use std::convert::Infallible;
use std::net::Ipv4Addr;

use bytes::Bytes;
use compare_harness::message;
use compare_harness::serve::{ECHO, HELLO, JSON, PLAIN, listening, raise_files};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::runtime::run_with_sockets;

pub(crate) fn hello() {
    serve(|stream| async {
        let service = service_fn(async |_: Request<Incoming>| {
            Ok::<_, Infallible>(response(PLAIN, Bytes::from_static(HELLO.as_bytes())))
        });
        // A client that goes away in the middle of it is no matter.
        let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    });
}

pub(crate) fn json() {
    serve(|stream| async {
        let service = service_fn(async |request: Request<Incoming>| {
            let text = request.into_body().collect().await?.to_bytes();
            Ok::<_, hyper::Error>(match message::again(&text) {
                Some(text) => response(JSON, text.into()),
                None => {
                    let mut bad = response(PLAIN, Bytes::from_static(b"no message"));
                    *bad.status_mut() = StatusCode::BAD_REQUEST;
                    bad
                }
            })
        });
        // As above.
        let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    });
}

fn response(media: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    response
}

/// Sends back what comes.
pub(crate) fn echo() {
    serve(|mut stream| async move {
        let mut buffer = [0; ECHO];
        while let Ok(read @ 1..) = stream.read(&mut buffer).await {
            if stream.write_all(&buffer[..read]).await.is_err() {
                return;
            }
        }
    });
}

/// Serves each connection by a task of its own.
fn serve<F>(connection: fn(TcpStream) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    raise_files();
    run_with_sockets(async move {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        listening(listener.local_addr().expect("it is bound").port());
        loop {
            let (stream, _) = listener.accept().await.expect("a connection is accepted");
            stream.set_nodelay(true).expect("a socket of TCP");
            tokio::spawn(connection(stream));
        }
    });
}
