//! The network's rows: gmp's sockets and its HTTP server, a goroutine for each connection.

use std::io::{Read, Write};
use std::net::Ipv4Addr;

use compare_harness::message;
use compare_harness::serve::{ECHO, HELLO, JSON, listening, raise_files};
use gmp::http::header::{CONTENT_TYPE, HeaderValue};
use gmp::http::{IntoResponse, Request, Response, Server, StatusCode};
use gmp::net::{TcpListener, TcpStream};
use gmp::prelude::*;

pub(crate) fn hello() {
    serve(|_| HELLO);
}

pub(crate) fn json() {
    serve(|mut request| {
        let text = request.body_mut().read_all(1 << 20).ok();
        match text.and_then(|text| message::again(&text)) {
            Some(text) => {
                let mut response = Response::new(text.into());
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
                response
            }
            None => StatusCode::BAD_REQUEST.into_response(),
        }
    });
}

fn serve<R: IntoResponse>(handler: impl Fn(Request) -> R + Send + Sync + 'static) {
    raise_files();
    let server = Server::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listening(server.local_addr().expect("it is bound").port());
    server.serve(handler).expect("it is never shut down");
}

/// Sends back what comes.
pub(crate) fn echo() {
    raise_files();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listening(listener.local_addr().expect("it is bound").port());
    for stream in listener.incoming() {
        let stream = stream.expect("a connection is accepted");
        stream.set_nodelay(true).expect("a socket of TCP");
        go!(send_back(stream));
    }
}

fn send_back(mut stream: TcpStream) {
    let mut buffer = [0; ECHO];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        if stream.write_all(&buffer[..read]).is_err() {
            return;
        }
    }
}
