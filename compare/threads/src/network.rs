//! The echo of bytes: std's sockets, a thread for each connection.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

use compare_harness::serve::{ECHO, listening, raise_files};

/// Sends back what comes.
pub(crate) fn echo() {
    raise_files();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listening(listener.local_addr().expect("it is bound").port());
    loop {
        let (mut stream, _) = listener.accept().expect("a connection is accepted");
        stream.set_nodelay(true).expect("a socket of TCP");
        thread::spawn(move || send_back(&mut stream));
    }
}

fn send_back(stream: &mut TcpStream) {
    let mut buffer = [0; ECHO];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        if stream.write_all(&buffer[..read]).is_err() {
            return;
        }
    }
}
