//! The network's rows: may_minihttp, and may's sockets.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::thread;

use compare_harness::message;
use compare_harness::serve::{ECHO, HELLO, listening, raise_files};
use may::net::{TcpListener, TcpStream};
use may_minihttp::{HttpServer, HttpService, Request, Response};
use socket2::{Domain, Socket, Type};

use crate::start::{go, run};

#[derive(Clone)]
struct Hello;

impl HttpService for Hello {
    fn call(&mut self, _: Request<'_, '_, '_>, response: &mut Response<'_>) -> io::Result<()> {
        response.header("Content-Type: text/plain").body(HELLO);
        Ok(())
    }
}

#[derive(Clone)]
struct Json;

impl HttpService for Json {
    fn call(
        &mut self,
        request: Request<'_, '_, '_>,
        response: &mut Response<'_>,
    ) -> io::Result<()> {
        let mut text = Vec::new();
        request.body().read_to_end(&mut text)?;
        match message::again(&text) {
            Some(text) => response.header("Content-Type: application/json").body_vec(text),
            None => response.status_code(400, "Bad Request").body("no message"),
        }
        Ok(())
    }
}

pub(crate) fn hello() {
    serve(Hello);
}

pub(crate) fn json() {
    serve(Json);
}

fn serve<S: HttpService + Clone + Send + Sync + 'static>(service: S) {
    raise_files();
    // may's listeners share their port with others of this user. This one keeps it until the
    // server is there, and does not listen: no connection comes to it.
    let keeper = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    keeper.set_reuse_port(true).expect("Linux shares ports");
    keeper.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).expect("a free port");
    let address = keeper.local_addr().ok().and_then(|address| address.as_socket());
    let address = address.expect("it is bound");
    let _server = HttpServer(service).start(address).expect("the port is kept");
    drop(keeper);
    listening(address.port());
    loop {
        thread::park();
    }
}

/// Sends back what comes, a coroutine for each connection.
pub(crate) fn echo() {
    raise_files();
    run(|| {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listening(listener.local_addr().expect("it is bound").port());
        loop {
            let (mut stream, _) = listener.accept().expect("a connection is accepted");
            stream.set_nodelay(true).expect("a socket of TCP");
            go(move || send_back(&mut stream));
        }
    });
}

fn send_back(stream: &mut TcpStream) {
    let mut buffer = [0; ECHO];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        if stream.write_all(&buffer[..read]).is_err() {
            return;
        }
    }
}
